"""A box from its package: installed, at work under a real systemd, upgraded, and gone.

The steps follow one another on one Debian. `make test-deb` builds the package and runs them.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import __version__
from tests.booth import Caller
from tests.conftest import DEMO
from tests.deploy.debian import Debian, booted, bootstrap, depends
from tests.deploy.platform import BOX, PATIENCE_S, Platform, Records
from tests.deploy.street_camera import street_camera
from tests.deploy.variant import with_version
from tests.mosquitto import free_port
from tests.street import OUTCOMES
from tests.systemd.units import FOLDER, UNITS, entries, settings, values

DEB = os.environ.get("ANPR_EDGE_DEB", "")
pytestmark = pytest.mark.skipif(not DEB, reason="it takes minutes and a network: make test-deb")

FPS = 10.0
UPGRADED = "0.1.1"
STATE, CONFIG = "/var/lib/anpr-edge", "/etc/anpr-edge/box.toml"
SEALED = "etc/credstore.encrypted"
KIT, STICK = "/media/kit", "/media/stick"
PROVISION = ("anpr-edge", "provision", f"--box={BOX}", f"--kit={KIT}", f"--exchange={STICK}")
SERVICES = ("anpr-run.service", "anpr-uplink.service", "anpr-panel.service")
PANEL = free_port()


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
def platform(folder: Path, debian: Debian) -> Iterator[Platform]:
    (folder / "platform").mkdir()
    stick = debian.folder / STICK.lstrip("/")
    stick.mkdir()
    found = Platform(folder / "platform", stick)
    yield found
    found.close()


@pytest.fixture(scope="module")
def before(debian: Debian) -> tuple[dict[str, str], dict[str, str]]:
    """What there was before the package came."""
    return debian.files(), debian.accounts()


def has_passage(records: Records) -> bool:
    return any(record["kind"] == "passage" for record in records)


def since_last_start(records: Records) -> Records:
    """Return what came after the daemon's first word."""
    starts = [at for at, record in enumerate(records) if record["kind"] == "health"]
    return records[starts[-1] :]


def credentials(unit: Path) -> list[str]:
    """Return which credentials a unit loads."""
    return [value.partition(":")[0] for value in values(unit, "LoadCredentialEncrypted")]


def sandbox(unit: Path) -> list[tuple[str, str]]:
    """Return who a unit runs as, with which keys, and all that it may not do."""
    found = list(settings(unit))
    begins = [key for key, _ in found].index("UMask")
    who = [pair for pair in found if pair[0] in ("User", "LoadCredentialEncrypted")]
    return [*who, *(pair for pair in found[begins:] if pair[0] != "WantedBy")]


def label(platform: Platform) -> str:
    """Return the password that stands on the label of the box."""
    return platform.bench.paper("label.txt").read_text().partition("panel:")[2].split()[0]


def logs_in(password: str) -> bool:
    """Try a password at the panel; a panel that is starting is waited for."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return Caller(f"https://127.0.0.1:{PANEL}").log_in(password) == 303
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.5)


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


def test_a_box_is_provisioned_with_sealed_keys(
    debian: Debian, platform: Platform, camera: str
) -> None:
    shutil.copytree(platform.make_kit(camera, PANEL), debian.folder / KIT.lstrip("/"))
    assert "has not answered" in debian.do(*PROVISION, fine=False)
    platform.answer()
    assert f"Box {BOX} is made" in debian.do(*PROVISION)
    assert "fault" not in debian.do("anpr-edge", "check", fine=False)
    drop_ins = debian.folder / "etc/systemd/system"
    camera_s, panel_s = (
        drop_ins / f"anpr-{unit}.service.d" / f"{name}.conf"
        for unit, name in (("run", "network-camera"), ("panel", "panel"))
    )
    assert values(camera_s, "IPAddressAllow") == ["127.0.0.1"]
    assert values(panel_s, "SocketBindAllow") == [f"ipv4:tcp:{PANEL}"]
    sealed = {path.name for path in (debian.folder / SEALED).iterdir()}
    assert sealed == {name for unit in UNITS for name in credentials(unit)}
    assert not list((debian.folder / "run").glob("anpr-edge-provision*"))
    proven = platform.bench.prove(platform.bench.paper("commissioning.zip"))
    assert proven.exit_code == 0, proven.output


def test_it_reads_plates_and_delivers_over_tls(debian: Debian, platform: Platform) -> None:
    debian.do("systemctl", "start", *SERVICES)
    assert [unit for unit in SERVICES if not debian.is_active(unit)] == []
    found = platform.until(has_passage)
    assert debian.do("stat", "--format=%U", f"{STATE}/outbox.sqlite") == "anpr-run"
    assert {record["epoch"] for record in found} == {1}
    assert debian.do("systemctl", "show", "--property=NRestarts", "anpr-run") == "NRestarts=0"
    journal = debian.do("journalctl", "--no-pager", "--unit=anpr-*")
    assert "anpr-run" in journal
    assert not [plate for plate in OUTCOMES if plate in journal]


def test_a_technician_sees_that_the_box_is_right(debian: Debian) -> None:
    """The keys are sealed: systemd opens them for the look, as it does for the service."""
    assert "ok     signing key: key id" in debian.do("anpr-edge", "check")
    said = debian.do("anpr-edge", "status", fine=False)
    faults = {line.split()[1] for line in said.splitlines() if line.startswith("fault")}
    assert faults <= {"clock:", "alarms:", "body:"}  # those of the machine that this runs on


def test_a_sealed_key_that_cannot_be_opened_is_named(debian: Debian) -> None:
    sealed = debian.folder / SEALED / "storage.key"
    kept = sealed.read_bytes()
    sealed.write_bytes(kept[: len(kept) // 2])
    said = debian.do("anpr-edge", "check", fine=False)
    sealed.write_bytes(kept)
    assert "systemd could not open the sealed keys" in said


def test_the_service_user_replays_a_clip_under_the_rules_of_its_unit(debian: Debian) -> None:
    """The very program, user, keys and sandbox of `anpr-run`, on a clip and a box beside it."""
    unit = FOLDER / "anpr-run.service"
    rules = [f"--property={key}={value}" for key, value in sandbox(unit)]
    (program, _verb) = values(unit, "ExecStart")[0].split()
    clip = "/var/lib/anpr-edge/street.mp4"
    shutil.copy(DEMO / "street.mp4", debian.folder / clip.lstrip("/"))
    replay = (program, "replay", clip, f"--out={STATE}/replayed", "--no-video", "--json")
    said = debian.do("systemd-run", "--quiet", "--pipe", "--wait", *rules, *replay)
    seen = {passage["plate"] for passage in json.loads(said)["passages"]}
    assert set(OUTCOMES) & seen == set(OUTCOMES)


def test_a_new_password_is_in_force_at_once(debian: Debian, platform: Platform) -> None:
    old = label(platform)
    assert logs_in(old)
    debian.do(*PROVISION, "--new-password")
    assert label(platform) != old
    assert logs_in(label(platform))
    assert not logs_in(old)


def test_a_daemon_that_hangs_is_started_again(debian: Debian) -> None:
    """It is stopped in the middle of whatever it does, as a dead driver would."""
    hangs_at = time.monotonic()
    debian.do("systemctl", "kill", "--kill-whom=main", "--signal=SIGSTOP", "anpr-run.service")
    while debian.do("systemctl", "show", "--property=NRestarts", "anpr-run") == "NRestarts=0":
        assert time.monotonic() < hangs_at + PATIENCE_S
        time.sleep(1)
    print(f"The daemon was started again {time.monotonic() - hangs_at:.0f} s after it hung.")
    while not debian.is_active("anpr-run.service"):
        assert time.monotonic() < hangs_at + PATIENCE_S
        time.sleep(1)
    print(f"It watched again {time.monotonic() - hangs_at:.0f} s after it hung.")


@pytest.mark.parametrize("change", ["upgrade", "downgrade"])
def test_another_version_goes_on_where_the_last_one_stopped(
    debian: Debian, platform: Platform, folder: Path, change: str
) -> None:
    kept = contents(debian)
    deb = with_version(Path(DEB), UPGRADED, folder) if change == "upgrade" else Path(DEB)
    debian.install(deb)
    assert contents(debian) == kept
    assert [unit for unit in SERVICES if not debian.is_active(unit)] == []
    wanted = UPGRADED if change == "upgrade" else __version__

    def went_on(records: Records) -> bool:
        return wanted in platform.software() and has_passage(since_last_start(records))

    found = platform.until(went_on)
    assert [record["seq"] for record in found] == list(range(1, len(found) + 1))
    assert {record["epoch"] for record in found} == {1}


def contents(debian: Debian) -> dict[str, bytes]:
    """Return what a person gave to the box: configuration, keys, drop-ins."""
    places = ("etc/anpr-edge", "etc/credstore.encrypted", "etc/systemd/system")
    paths = (path for place in places for path in (debian.folder / place).rglob("*"))
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def test_removal_keeps_what_is_the_boxs(debian: Debian) -> None:
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
    debian.do("rm", "-rf", STICK, KIT)
    debian.do("sh", "-c", "rm /root/anpr-edge*.deb")
    files, accounts = before
    now = debian.files()
    differs = {path for path in files | now if files.get(path) != now.get(path)}
    assert {path: (files.get(path), now.get(path)) for path in differs} == {}
    assert debian.accounts() == accounts
