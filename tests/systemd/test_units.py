"""The units hold what systemd's own tools ask of them, and name nothing that is not there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from edge.cli.held import held
from edge.cli.main import VERBS
from tests.systemd.units import (
    EXAMPLES,
    FOLDER,
    SERVICES,
    UNITS,
    entries,
    installed,
    settings,
    values,
)

MOST_EXPOSED = 15
"""In tenths: systemd calls up to 2 OK."""
MORE_EXPOSED = {"metrics.conf": 16}
"""A camera of its own and a page of figures, in one service."""
SIGNS = {"anpr-run.service", "anpr-release.service"}
AS = {
    "anpr-run": "anpr-run",
    "anpr-release": "anpr-run",
    "anpr-stick": "anpr-sync",
}
"""Who a service is, where it is not of its own name."""
USES_CLOCK = {
    *("anpr-run.service", "anpr-release.service", "anpr-sync.service"),
    *("anpr-stick.service", "anpr-panel.service"),
}
DROPS = {
    "network-camera.conf": "anpr-run",
    "external-camera.conf": "anpr-run",
    "metrics.conf": "anpr-run",
    "next-key.conf": "anpr-run",
    "spool.conf": "anpr-uplink",
    "panel.conf": "anpr-panel",
}
each_service = pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd-analyze here: apt install systemd")
    return found


def verify(analyze: str, root: Path) -> subprocess.CompletedProcess[str]:
    units = sorted((root / "etc/systemd/system").glob("anpr-*.*[!d]"))
    command = [analyze, "verify", "--man=no", "--recursive-errors=no", f"--root={root}"]
    return subprocess.run([*command, *map(str, units)], capture_output=True, text=True, check=False)


def exposure(
    analyze: str, unit: Path, most: int = MOST_EXPOSED
) -> subprocess.CompletedProcess[str]:
    command = [analyze, "security", "--offline=true", f"--threshold={most}", "--no-pager"]
    return subprocess.run([*command, str(unit)], capture_output=True, text=True, check=False)


def test_systemd_finds_no_fault_in_the_units(analyze: str, tmp_path: Path) -> None:
    found = verify(analyze, installed(tmp_path / "root"))
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_a_fault_in_a_unit_would_be_found(analyze: str, tmp_path: Path) -> None:
    root = installed(tmp_path / "root")
    unit = root / "etc/systemd/system/anpr-run.service"
    unit.write_text(unit.read_text().replace("WatchdogSec", "WatchDogSec"))
    assert "WatchDogSec" in verify(analyze, root).stderr


@each_service
def test_a_service_is_hardly_exposed(analyze: str, unit: Path) -> None:
    found = exposure(analyze, unit)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("name", sorted(DROPS))
def test_a_service_with_a_drop_in_is_hardly_exposed(
    analyze: str, name: str, tmp_path: Path
) -> None:
    unit = tmp_path / f"{DROPS[name]}.service"
    sections = (FOLDER / unit.name).read_text().split("[Install]")
    unit.write_text(sections[0] + (EXAMPLES / name).read_text())
    found = exposure(analyze, unit, MORE_EXPOSED.get(name, MOST_EXPOSED))
    assert found.returncode == 0, found.stdout
    root = installed(tmp_path / "root")
    place = root / "etc/systemd/system" / f"{unit.name}.d"
    place.mkdir()
    shutil.copy(EXAMPLES / name, place)
    told = verify(analyze, root)
    assert (told.returncode, told.stderr) == (0, "")


def test_every_example_is_tried() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == set(DROPS)


@each_service
def test_what_a_service_starts_is_a_verb(unit: Path) -> None:
    (command,) = values(unit, "ExecStart")
    program, verb, *rest = command.split()
    assert program == "/usr/bin/anpr-edge"
    assert verb in VERBS
    if verb == "sync" and rest:
        assert rest == ["--from", "/media/anpr-edge"]
    else:
        assert all(verb == "held" and word in held.commands for word in rest)


def test_users_and_groups_are_made_before_they_are_named() -> None:
    made = entries("anpr-edge.sysusers.conf")
    users = {name for kind, name, *_ in made if kind == "u"}
    groups = users | {name for kind, name, *_ in made if kind == "g"} | {"root"}
    assert {user for unit in SERVICES for user in values(unit, "User")} == users
    for _, _, mode, user, group, *_ in entries("anpr-edge.tmpfiles.conf"):
        assert user in users | {"root"}
        assert group in groups
        assert int(mode, 8) & 0o006 == 0
    assert {words[2] for words in made if words[0] == "m"} <= groups | {"video", "dialout"}


def test_folders_that_a_service_writes_to_or_waits_for_are_made() -> None:
    made = {words[1] for words in entries("anpr-edge.tmpfiles.conf")}
    named = [p for unit in UNITS for p in values(unit, "ReadWritePaths")]
    named += [p for unit in UNITS for p in values(unit, "PathChanged")]
    assert named
    assert {path for words in named for path in words.split()} <= made


@each_service
def test_only_who_signs_has_the_signing_key_and_nobody_has_both_key_and_network(unit: Path) -> None:
    keys = {value.partition(":")[0] for value in values(unit, "LoadCredentialEncrypted")}
    assert ("box.pem" in keys) == (unit.name in SIGNS)
    assert ("PrivateNetwork", "yes") in settings(unit) or "box.pem" not in keys
    assert values(unit, "User") == [AS.get(unit.stem, unit.stem)]


@each_service
def test_who_decides_by_the_clock_may_ask_how_far_it_can_be_trusted(unit: Path) -> None:
    may_ask = any("adjtimex" in value for value in values(unit, "SystemCallFilter"))
    has_boot_id = not values(unit, "ProcSubset")
    asks = unit.name in USES_CLOCK
    assert (may_ask, has_boot_id, not values(unit, "ProtectClock")) == (asks, asks, asks)


@pytest.mark.parametrize("name", ["anpr-run", "anpr-uplink", "anpr-firmware", "anpr-panel"])
def test_a_daemon_is_started_again_for_as_long_as_it_takes(name: str) -> None:
    found = dict(settings(FOLDER / f"{name}.service"))
    assert (found["Type"], found["Restart"]) == ("notify", "always")
    most = int(found["StartLimitIntervalSec"]) / int(found["RestartSec"])
    assert int(found["StartLimitBurst"]) > most  # nobody is there to reset a unit that gave up


def test_a_hung_daemon_works_again_within_half_a_minute() -> None:
    found = dict(settings(FOLDER / "anpr-run.service"))
    assert int(found["WatchdogSec"]) + int(found["RestartSec"]) < 30


@each_service
def test_a_box_starts_without_a_network(unit: Path) -> None:
    waited = " ".join(values(unit, "Wants") + values(unit, "After") + values(unit, "Requires"))
    assert "time-sync.target" in waited
    assert "network-online.target" not in waited
    assert not values(unit, "Requires")


@each_service
def test_a_storm_of_any_service_is_a_bounded_part_of_the_journal(unit: Path) -> None:
    (minutes,) = values(unit, "LogRateLimitIntervalSec")
    (lines,) = values(unit, "LogRateLimitBurst")
    a_day = int(lines) * 24 * 60 // int(minutes.removesuffix("min"))
    assert a_day * 150 < 11_000_000  # bytes, at 150 a line


def test_the_journal_of_a_box_has_a_bound() -> None:
    found = dict(settings(FOLDER / "anpr-edge.journald.conf"))
    assert found["SystemMaxUse"] == "64M"
    assert {"SystemKeepFree", "RuntimeMaxUse", "SyncIntervalSec"} <= set(found)
