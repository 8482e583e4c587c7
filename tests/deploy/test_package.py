"""A box from its package: installed, at work under a real systemd, upgraded, and gone.

The steps follow one another on one Debian. `make test-deb` builds the package and runs them.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import __version__
from tests.conftest import DEMO, REPOSITORY
from tests.deploy.debian import Debian, booted, bootstrap, depends
from tests.deploy.street_camera import street_camera
from tests.deploy.variant import with_version
from tests.street import OUTCOMES
from tests.systemd.units import FOLDER, UNITS, entries, values

DEB = os.environ.get("ANPR_EDGE_DEB", "")
pytestmark = pytest.mark.skipif(not DEB, reason="it takes minutes and a network: make test-deb")

BOX, FPS = "gent-0012", 10.0
UPGRADED = "0.1.1"
PATIENCE_S, LOOKS_S = 240.0, 5.0
STATE, CONFIG = "/var/lib/anpr-edge", "/etc/anpr-edge/box.toml"
STICK = "/media/anpr"
CREDENTIALS = ("box.pem", "token.key", "storage.key")
TOML = """\
[box]
id = "{box}"
state = "{state}"

[camera]
id = "camera-1"
lane = "towards the centre"
source = "{camera}"

[access]
registry = "{state}/registry.sqlite"
token_key = "credential:token.key"

[keys]
signing = "credential:box.pem"
platform = "/etc/anpr-edge/platform.jwk"
storage = "credential:storage.key"

[[zones]]
id = "gent"
pack = "fl-zes"
start = 2026-01-01

[uplink]
publisher = "spool"
spool = "{stick}"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("package")


@pytest.fixture(scope="module")
def camera() -> Iterator[str]:
    with street_camera(DEMO / "street.mp4", FPS) as address:
        yield address


@pytest.fixture(scope="module")
def debian(folder: Path) -> Iterator[Debian]:
    base = bootstrap(Path(DEB).parent / "root-amd64", "amd64", depends(Path(DEB)))
    with booted(base, folder / "root") as found:
        yield found


@pytest.fixture(scope="module")
def before(debian: Debian) -> tuple[dict[str, str], dict[str, str]]:
    """What there was before the package came."""
    return debian.files(), debian.accounts()


def tool(*command: str) -> str:
    """Run one command of the platform, on this machine."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    print(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}", end="")
    return done.stdout if done.returncode == 0 else ""


def delivered(debian: Debian, folder: Path) -> list[dict[str, Any]]:
    """Take what is on the stick to the platform, and return all that it holds, once proven."""
    keys, received = folder / "platform", str(folder / "received.sqlite")
    trusted = ("--keys", str(keys / "boxes.jwks"))
    signing = ("--signing", str(keys / "platform.pem"))
    tool(
        "tools.receive", "--db", received, *trusted, *signing, "--ingest", f"{debian.folder}{STICK}"
    )
    listed = tool("edge.cli.main", "records", "list", received, "--json")
    assert not listed or tool("edge.cli.main", "records", "verify", received, *trusted)
    return [json.loads(line) for line in listed.splitlines()]


def until(
    debian: Debian, folder: Path, enough: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """Wait until the platform has enough; return all that it has."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = delivered(debian, folder)
        if enough(found):
            return found
        time.sleep(LOOKS_S)
    raise AssertionError(f"That did not come in {PATIENCE_S:g} s.")


def has_passage(records: list[dict[str, Any]]) -> bool:
    return any(record["kind"] == "passage" for record in records)


def since_last_start(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what came after the daemon's first word."""
    starts = [at for at, record in enumerate(records) if record["kind"] == "health"]
    return records[starts[-1] :]


def test_a_package_that_is_installed_waits_for_a_configuration(
    debian: Debian, before: tuple[dict[str, str], dict[str, str]]
) -> None:
    debian.install(Path(DEB))
    assert debian.do("anpr-edge", "--version").startswith("anpr-edge, version ")
    for _, user, *_ in (line for line in entries("anpr-edge.sysusers.conf") if line[0] == "u"):
        debian.do("id", user)
    assert debian.do("stat", "--format=%a %U %G", STATE) == "2771 root anpr-records"
    for unit in UNITS:
        wanted = "enabled" if values(unit, "WantedBy") else "static"
        assert debian.do("systemctl", "is-enabled", unit.name, fine=False) == wanted
    assert debian.is_active("anpr-sync.timer")
    assert not debian.is_active("anpr-run.service")  # and it is not tried again and again
    assert debian.do("systemctl", "--failed", "--quiet", "--plain", "list-units", "anpr-*") == ""


def test_a_box_that_is_provisioned_reads_plates_and_delivers(
    debian: Debian, folder: Path, camera: str
) -> None:
    provision(debian, folder, camera)
    debian.do("systemctl", "start", "anpr-run.service", "anpr-uplink.service")
    assert debian.is_active("anpr-run.service")
    assert debian.is_active("anpr-uplink.service")
    found = until(debian, folder, has_passage)
    assert debian.do("stat", "--format=%U", f"{STATE}/outbox.sqlite") == "anpr-run"
    assert {record["epoch"] for record in found} == {1}
    assert debian.do("systemctl", "show", "--property=NRestarts", "anpr-run") == "NRestarts=0"
    journal = debian.do("journalctl", "--no-pager", "--unit=anpr-*")
    assert "anpr-run" in journal
    assert not [plate for plate in OUTCOMES if plate in journal]


def test_a_daemon_that_hangs_is_started_again(debian: Debian) -> None:
    """It is stopped in the middle of whatever it does, as a dead driver would."""
    hangs_at = time.monotonic()
    debian.do("systemctl", "kill", "--signal=SIGSTOP", "anpr-run.service")
    while debian.do("systemctl", "show", "--property=NRestarts", "anpr-run") == "NRestarts=0":
        assert time.monotonic() < hangs_at + PATIENCE_S
        time.sleep(1)
    print(f"The daemon was started again {time.monotonic() - hangs_at:.0f} s after it hung.")
    while not debian.is_active("anpr-run.service"):
        assert time.monotonic() < hangs_at + PATIENCE_S
        time.sleep(1)
    print(f"It watched again {time.monotonic() - hangs_at:.0f} s after it hung.")


def provision(debian: Debian, folder: Path, camera: str) -> None:
    """Give the box its keys, its registry, its configuration, and what its services need more."""
    keys, registry = folder / "platform", folder / "registry.sqlite"
    as_of = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    assert tool("tools.make_keys", "--box", BOX, "--out", str(keys))
    assert tool(
        *("tools.build_registry", "--vehicles", str(DEMO / "vehicles.csv")),
        *("--exemptions", str(DEMO / "exemptions.csv"), "--key", str(keys / "token.key")),
        *("--id", "test-1", "--vehicles-as-of", as_of, "--exemptions-as-of", as_of),
        *("--out", str(registry)),
    )
    for name in CREDENTIALS:
        sealed = f"/etc/credstore.encrypted/{name}"
        encrypt = ("systemd-creds", "encrypt", "--with-key=host", f"--name={name}", "-", sealed)
        debian.do(*encrypt, put=(keys / name).read_bytes())
    for path in (registry, registry.with_name("registry.sqlite.sha256")):
        put(debian, f"{STATE}/{path.name}", path.read_bytes(), "anpr-updates")
    put(debian, "/etc/anpr-edge/platform.jwk", (keys / "platform.jwk").read_bytes(), "anpr-edge")
    text = TOML.format(box=BOX, state=STATE, camera=camera, stick=STICK)
    put(debian, CONFIG, text.encode(), "anpr-edge")
    for name, unit in (("network-camera", "anpr-run"), ("spool", "anpr-uplink")):
        example = (FOLDER / "examples" / f"{name}.conf").read_text()
        dropped = f"/etc/systemd/system/{unit}.service.d/{name}.conf"
        put(debian, dropped, example.replace("10.0.0.8", "127.0.0.1").encode(), "root")
    debian.do("install", "--directory", "--owner=anpr-uplink", STICK)
    debian.do("systemctl", "daemon-reload")
    debian.do("anpr-edge", "check", fine=False)


def put(debian: Debian, path: str, content: bytes, group: str) -> None:
    """Write a file that a group may read."""
    into = ("install", "-D", "--mode=0640", f"--group={group}", "/dev/stdin", path)
    debian.do(*into, put=content)


@pytest.mark.parametrize("change", ["upgrade", "downgrade"])
def test_another_version_goes_on_where_the_last_one_stopped(
    debian: Debian, folder: Path, change: str
) -> None:
    delivered(debian, folder)
    kept = contents(debian)
    deb = with_version(Path(DEB), UPGRADED, folder) if change == "upgrade" else Path(DEB)
    debian.install(deb)
    assert contents(debian) == kept
    assert debian.is_active("anpr-run.service")
    assert debian.is_active("anpr-uplink.service")
    wanted = UPGRADED if change == "upgrade" else __version__

    def went_on(records: list[dict[str, Any]]) -> bool:
        return wanted in software(folder) and has_passage(since_last_start(records))

    found = until(debian, folder, went_on)
    assert [record["seq"] for record in found] == list(range(1, len(found) + 1))
    assert {record["epoch"] for record in found} == {1}


def contents(debian: Debian) -> dict[str, bytes]:
    """Return what a person gave to the box: configuration, keys, drop-ins."""
    places = ("etc/anpr-edge", "etc/credstore.encrypted", "etc/systemd/system")
    paths = (path for place in places for path in (debian.folder / place).rglob("*"))
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def software(folder: Path) -> str:
    """Return which version the platform knows the box to run."""
    said = tool("tools.receive", "--db", str(folder / "received.sqlite"), "--boxes", "--json")
    return str(json.loads(said)[0]["health"]["software"])


def test_removal_keeps_what_is_the_boxs(debian: Debian, folder: Path) -> None:
    debian.do("dpkg", "--remove", "anpr-edge")
    assert not [unit.name for unit in UNITS if debian.is_active(unit.name)]
    left = debian.files()
    for path in (CONFIG, f"{STATE}/outbox.sqlite", "/etc/credstore.encrypted/box.pem"):
        assert path.lstrip("/") in left
    assert not [path for path in left if path.startswith("usr/lib/anpr-edge")]


def test_a_purge_leaves_nothing(
    debian: Debian, before: tuple[dict[str, str], dict[str, str]]
) -> None:
    debian.do("dpkg", "--purge", "anpr-edge")
    debian.do("rm", "-rf", STICK)
    debian.do("sh", "-c", "rm /root/anpr-edge*.deb")
    files, accounts = before
    now = debian.files()
    differs = {path for path in files | now if files.get(path) != now.get(path)}
    assert {path: (files.get(path), now.get(path)) for path in differs} == {}
    assert debian.accounts() == accounts
