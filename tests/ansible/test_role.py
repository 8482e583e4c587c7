"""The Ansible role on a Debian 12 root: a box taken in, upgraded, and brought back by its gate.

`make test-ansible` prepares the root (debootstrap) and Ansible (PyPI, an environment of its own).
The package is a stub made here: it brings the users and folders of the box and starts this code.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench import Bench
from tests.conftest import REPOSITORY
from tests.repository import Publisher, registry_file
from tests.tools.registry_orders import KEY

ROOT, PLAYBOOK = (os.environ.get(f"ANPR_EDGE_ANSIBLE_{name}") for name in ("ROOT", "PLAYBOOK"))
ROLE = REPOSITORY / "deploy" / "ansible"
BOX = "gent-0012"
CONTROL = """\
Package: anpr-edge
Version: {version}
Architecture: all
Maintainer: tests
Description: a stub of the package
"""
PROGRAM = """\
#!/bin/sh
export PYTHONPATH=/opt/anpr-edge-test/site:/opt/anpr-edge-test/src PYTHONDONTWRITEBYTECODE=1
cd / && exec python3 -m edge.cli.main "$@"
"""
BROKEN = "#!/bin/sh\necho This version does not work. >&2\nexit 1\n"
POSTINST = (
    "#!/bin/sh\nsystemd-sysusers anpr-edge.conf && systemd-tmpfiles --create anpr-edge.conf\n"
)
pytestmark = pytest.mark.skipif(
    not (ROOT and PLAYBOOK and os.geteuid() == 0), reason="see `make test-ansible`"
)


def stub(folder: Path, version: str, program: str = PROGRAM) -> Path:
    """Build the package of a version."""
    tree = folder / f"anpr-edge_{version}"
    for name in ("DEBIAN", "usr/bin", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d"):
        (tree / name).mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(CONTROL.format(version=version))
    for name, text in {"DEBIAN/postinst": POSTINST, "usr/bin/anpr-edge": program}.items():
        (tree / name).write_text(text)
        (tree / name).chmod(0o755)
    for kind in ("sysusers", "tmpfiles"):
        source = REPOSITORY / "systemd" / f"anpr-edge.{kind}.conf"
        shutil.copy(source, tree / f"usr/lib/{kind}.d/anpr-edge.conf")
    deb = folder / f"anpr-edge_{version}.deb"
    command = ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(deb)]
    subprocess.run(command, check=True, capture_output=True)
    return deb


@pytest.fixture
def root() -> Iterator[Path]:
    """The Debian root, with this code and the kernel's files in it, and no box."""
    found = Path(str(ROOT))
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    mounts = {
        "proc": ["-t", "proc", "proc"],
        "opt/anpr-edge-test/site": ["--bind", str(site)],
        "opt/anpr-edge-test/src": ["--bind", str(REPOSITORY)],
    }
    for leftover in ("etc/anpr-edge", "var/lib/anpr-edge", "etc/credstore.encrypted"):
        shutil.rmtree(found / leftover, ignore_errors=True)
    subprocess.run(["chroot", str(found), "dpkg", "--purge", "anpr-edge"], check=False)
    with ExitStack() as undo:
        for place, how in mounts.items():
            (found / place).mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", *how, str(found / place)], check=True)
            undo.callback(subprocess.run, ["umount", str(found / place)], check=True)
        yield found


class Fleet:
    """A maintainer's machine with one box in its inventory."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder, self.bench = root, folder, Bench(folder)
        for name in ("box.toml", "boxes.csv"):
            (self.bench.kit / name).unlink()
        (self.bench.kit / "token.key").write_text(KEY.hex())
        publisher = Publisher(folder / "publisher")
        publisher.offer_registry(registry_file(folder, "first", publisher.now))
        publisher.publish()
        shutil.copytree(publisher.folder, self.bench.kit / "updates")
        shutil.copy(publisher.root, self.bench.kit / "root.json")

    def play(self, **variables: object) -> subprocess.CompletedProcess[str]:
        office = self.bench.office
        keys = {"signing": "platform.pem", "ca": "ca.pem", "ca_key": "ca.key"}
        known: dict[str, object] = {
            "ansible_connection": "community.general.chroot",
            "ansible_host": str(self.root),
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_become": False,
            "anpr_edge_kit": str(self.bench.kit),
            "anpr_edge_papers": str(self.bench.stick),
            "anpr_edge_registrar_python": sys.executable,
            "anpr_edge_registrar": {
                "register": str(office / "register.json"),
                **{name: str(office / file) for name, file in keys.items()},
            },
            "anpr_edge_camera": {"source": "/dev/video0", "lane": "inbound"},
            "anpr_edge_zones": [{"id": "gent", "pack": "fl-zes", "start": "2027-01-01"}],
            "anpr_edge_sources": ["/media/anpr-updates"],
            "anpr_edge_broker": "broker.example.org",
            "anpr_edge_services": False,
            "anpr_edge_gate": ["anpr-edge --version"],
            "anpr_edge_gate_tries": 1,
            "anpr_edge_gate_pause_s": 0,
        }
        inventory = self.folder / "inventory.json"
        host = {"boxes": {"hosts": {BOX: known | variables}}}
        inventory.write_text(json.dumps(host))
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "temp"),
            "ANSIBLE_REMOTE_TEMP": "/tmp/ansible",
        }
        command = [str(PLAYBOOK), "-i", str(inventory), str(ROLE / "site.yml")]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=600, check=False
        )

    def version(self) -> str:
        command = ["chroot", str(self.root), "dpkg-query", "-W", "-f${Version}", "anpr-edge"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def owner(self, path: str) -> str:
        command = ["chroot", str(self.root), "stat", "-L", "-c%U", f"/{path}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def state(self) -> dict[str, bytes]:
        folders = ("etc/anpr-edge", "etc/credstore.encrypted", "var/lib/anpr-edge")
        return {
            str(path): path.read_bytes()
            for folder in folders
            for path in (self.root / folder).rglob("*")
            if path.is_file()
        }


def test_a_box_is_made_left_alone_upgraded_and_brought_back(root: Path, tmp_path: Path) -> None:
    fleet = Fleet(root, tmp_path)
    one, two = stub(tmp_path, "1"), stub(tmp_path, "2")
    three = stub(tmp_path, "3", BROKEN)

    made = fleet.play(anpr_edge_deb=str(one))
    assert made.returncode == 0, made.stdout + made.stderr
    proven = fleet.bench.prove(fleet.bench.paper("commissioning.zip"))
    assert f"Box {BOX} signed all" in proven.output
    assert proven.exit_code == 0, proven.output
    assert fleet.owner("var/lib/anpr-edge/registry/active/registry.sqlite") == "anpr-sync"
    assert "Password of the panel" in fleet.bench.paper("label.txt").read_text()
    assert not list((root / "run").glob("anpr-edge-*"))
    state = fleet.state()

    again = fleet.play(anpr_edge_deb=str(one))
    assert "changed=0" in again.stdout, again.stdout
    upgraded = fleet.play(anpr_edge_deb=str(two))
    assert upgraded.returncode == 0, upgraded.stdout
    assert fleet.version() == "2"

    broken = fleet.play(anpr_edge_deb=str(three), anpr_edge_deb_before=str(two))
    assert broken.returncode != 0
    assert "It went back to anpr-edge_2.deb." in broken.stdout, broken.stdout
    assert fleet.version() == "2"
    assert fleet.play(anpr_edge_deb=str(one)).returncode == 0
    assert fleet.version() == "1"
    assert fleet.state() == state
