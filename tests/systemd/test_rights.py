"""Who may do what to the state of a box: users and folders as systemd makes them, and real work."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.systemd.acts import UMASK
from tests.systemd.units import SERVICES, installed, values

WORK = [
    ("anpr-run", "watch"),
    ("anpr-uplink", "deliver"),
    ("anpr-run", "watch"),
    ("anpr-uplink", "deliver"),
    ("anpr-sync", "update"),
    ("anpr-run", "step_back"),
    ("anpr-run", "open_casebook"),
    ("anpr-firmware", "serve"),
    ("anpr-run", "call"),
    ("anpr-panel", "technician"),
    ("anpr-run", "sign_deeds"),
    *((user, "read_settings") for user in ("anpr-run", "anpr-uplink", "anpr-sync")),
]
FORBIDDEN = [
    ("anpr-uplink", "open_casebook"),
    ("anpr-uplink", "change_law"),
    ("anpr-sync", "open_casebook"),
    ("anpr-sync", "open_outbox"),
    ("anpr-sync", "look_at_pictures"),
    ("anpr-sync", "litter"),
    *(("anpr-panel", name) for name in ("open_casebook", "open_outbox", "look_at_pictures")),
    *(("anpr-panel", name) for name in ("change_law", "litter")),
    *((user, name) for user in ("anpr-uplink", "anpr-sync") for name in ("forge_deed", "draw")),
    ("anpr-run", "draw"),
    ("anpr-uplink", "call"),
    ("anpr-sync", "call"),
    ("anpr-run", "serve"),
    ("anpr-firmware", "litter"),
    ("anpr-firmware", "open_outbox"),
    ("anpr-firmware", "open_casebook"),
]


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """A root with users and folders, which those users can reach."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    if shutil.which("systemd-sysusers") is None or shutil.which("systemd-tmpfiles") is None:
        pytest.skip("no systemd-sysusers or systemd-tmpfiles here: apt install systemd")
    with tempfile.TemporaryDirectory(prefix="anpr-rights-") as folder:
        Path(folder).chmod(0o755)
        made = installed(Path(folder) / "root")
        for tool in (["systemd-sysusers"], *2 * [["systemd-tmpfiles", "--create"]]):
            done = subprocess.run([*tool, f"--root={made}", "anpr-edge.conf"], check=False)
            assert done.returncode == 0, tool  # the second time finds all of it there
        yield made


def ids(root: Path, file: str) -> dict[str, list[str]]:
    lines = (root / "etc" / file).read_text().splitlines()
    return {words[0]: words for words in (line.split(":") for line in lines)}


def act(root: Path, user: str, name: str) -> subprocess.CompletedProcess[str]:
    """Do something as a service would, in a process with its user, its groups and its umask."""
    own = ids(root, "passwd")[user][2:4]
    groups = [g[2] for g in ids(root, "group").values() if user in g[3].split(",")]
    command = [sys.executable, "-B", "-m", "tests.systemd.acts", name]
    return subprocess.run(
        [*command, str(root / "var/lib/anpr-edge"), *own, *groups],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_service_does_its_work_and_no_other(root: Path) -> None:
    for user, name in WORK:
        done = act(root, user, name)
        assert done.returncode == 0, (user, name, done.stderr)
    for user, name in FORBIDDEN:
        refused = act(root, user, name)
        assert refused.returncode == 1, (user, name)
        assert refused.stderr.startswith("refused: "), (user, name, refused.stderr)


def test_the_services_have_the_umask_of_this_test() -> None:
    assert {int(mask, 8) for unit in SERVICES for mask in values(unit, "UMask")} == {UMASK}


def test_nothing_is_for_everybody(root: Path) -> None:
    act(root, "anpr-run", "watch")
    state = root / "var/lib/anpr-edge"
    modes = {path: path.lstat().st_mode for path in state.rglob("*") if not path.is_symlink()}
    assert [str(path) for path, mode in modes.items() if mode & 0o006] == []
    assert (state / "casebook.sqlite").stat().st_mode & 0o777 == 0o600
