"""A release of rule packs is let in only if it answers its own cases and fits this box."""

import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from edge.access.pack import SHIPPED, load_pack
from edge.config import Zone
from edge.daemon import wiring_law
from edge.daemon.pack_gate import PackGate
from edge.errors import PackError
from tests.site import Clock

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)
UTRECHT = Zone(id="utrecht", pack="nl-ze")
OURS = load_pack(SHIPPED / "nl-ze.toml").version


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "000002"
    folder.mkdir()
    for path in [*SHIPPED.glob("*.toml"), *SHIPPED.glob("*.cases.csv")]:
        shutil.copy(path, folder)
    return folder


def gate(*zones: Zone, now: datetime = NOW) -> PackGate:
    clock = Clock()
    clock.now = now
    return PackGate(zones or (UTRECHT,), wiring_law.laws, clock)


def edit(release: Path, old: str, new: str, name: str = "nl-ze.toml") -> None:
    text = (release / name).read_text()
    assert old in text
    (release / name).write_text(text.replace(old, new, 1))


def numbered(release: Path, version: str, name: str = "nl-ze.toml") -> None:
    text, times = re.subn('versie = ".*"', f'versie = "{version}"', (release / name).read_text())
    assert times == 1
    (release / name).write_text(text)


def refused(
    release: Path,
    *zones: Zone,
    now: datetime = NOW,
    replaces: Path | None = None,
    rollback: bool = False,
) -> str:
    with pytest.raises(PackError) as error:
        gate(*zones, now=now)(release, replaces, rollback)
    assert "stay" in error.value.remedy
    return error.value.cause


def test_a_copy_of_our_own_packs_is_let_in(release) -> None:
    gate()(release, None, False)


def test_a_newer_version_of_the_same_law_is_let_in(release) -> None:
    numbered(release, "2026.11.10")
    gate()(release, None, False)


def test_a_pack_that_contradicts_a_case_is_refused_by_name_and_number(release) -> None:
    numbered(release, "2026.12")
    edit(release, "waarde = 2026-12-31", "waarde = 2026-12-30")
    cause = refused(release)
    assert "Case N-" in cause
    assert "pack nl-ze" in cause
    assert "must end in free_access/none" in cause
    assert "no_access/hold_day by rule NV7" in cause


def test_a_pack_of_no_zone_of_this_box_must_answer_its_cases_too(release) -> None:
    numbered(release, "2027", "fl-zes.toml")
    edit(release, "waarde = 2032-12-31", "waarde = 2033-01-01", "fl-zes.toml")
    assert "pack fl-zes" in refused(release)


def test_a_pack_that_is_not_proven_is_refused_with_its_row(release) -> None:
    edit(release, "norm = { hoogstens = 4 }", "norm = { hoogstens = 3 }")
    with pytest.raises(PackError, match="no row of lines"):
        gate()(release, None, False)


def test_a_pack_without_a_case_table_is_refused(release) -> None:
    (release / "nl-ze.cases.csv").unlink()
    assert "nl-ze comes without its case table nl-ze.cases.csv" in refused(release)


@pytest.mark.parametrize(("lines", "cause"), [(0, "it is empty"), (1, "it holds no cases")])
def test_an_empty_case_table_is_refused(release, lines, cause) -> None:
    table = release / "nl-ze.cases.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:lines]))
    assert cause in refused(release)


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        (("no_access", "permit_possible"), "accused"),
        (("free_access", "exempt", "permitted"), "cle"),
    ],
)
def test_a_table_that_never_accuses_or_never_clears_proves_nothing(
    release, outcomes, words
) -> None:
    table = release / "nl-ze.cases.csv"
    rows = table.read_text().splitlines(keepends=True)
    table.write_text("".join(r for r in rows if not any(f",{o}," in r for o in outcomes)))
    assert f"no case in which a vehicle is {words}" in refused(release)


@pytest.mark.parametrize("broken", [b"\xff\xfe", b"case_id\n1\n", b'"'])
def test_a_broken_case_table_is_refused(release, broken) -> None:
    (release / "nl-ze.cases.csv").write_bytes(broken)
    assert "nl-ze.cases.csv of pack nl-ze cannot be run" in refused(release)


def test_the_table_of_another_jurisdiction_is_refused(release) -> None:
    shutil.copy(release / "fl-zes.cases.csv", release / "nl-ze.cases.csv")
    assert "'FL' is none of NL" in refused(release)


def test_a_case_table_without_its_pack_is_refused(release) -> None:
    (release / "fl-zes.toml").unlink()
    assert "case table of a pack fl-zes, but not the pack" in refused(release)


def test_a_release_without_packs_is_refused(tmp_path) -> None:
    assert "no rule pack" in refused(tmp_path)


def test_a_release_without_the_pack_of_a_zone_of_this_box_is_refused(release) -> None:
    for path in release.glob("nl-ze.*"):
        path.unlink()
    assert "no pack nl-ze, which rules zone utrecht" in refused(release)


def test_a_pack_that_names_itself_otherwise_is_refused(release) -> None:
    edit(release, 'id = "nl-ze"', 'id = "nl-zee"')
    assert "nl-ze.toml holds a pack that names itself nl-zee" in refused(release)


def test_a_zone_of_this_box_that_the_pack_dropped_is_refused(release) -> None:
    numbered(release, "2026.12")
    edit(release, 'id = "utrecht"', 'id = "utrecht-stad"')
    own_start = Zone(id="utrecht", pack="nl-ze", start=date(2025, 1, 1))
    for zone in (UTRECHT, own_start):
        assert "no longer has the zone utrecht" in refused(release, zone)


def test_a_zone_that_the_box_defines_itself_need_not_be_in_the_pack(release) -> None:
    gate(Zone(id="ons-dorp", pack="nl-ze", start=date(2027, 1, 1)))(release, None, False)


def test_a_choice_of_the_municipality_that_the_pack_no_longer_knows_is_refused(release) -> None:
    chosen = Zone(id="utrecht", pack="nl-ze", choices={"N-AMB-06": "uit"})
    gate(chosen)(release, None, False)
    numbered(release, "2026.12")
    edit(release, 'uit = "de gemeente geeft haar niet"', 'nee = "de gemeente geeft haar niet"')
    with pytest.raises(PackError, match="N-AMB-06"):
        gate(chosen)(release, None, False)


def test_a_kind_of_zone_that_the_pack_is_no_longer_for_is_refused(release) -> None:
    other = Zone(id="ons-dorp", pack="nl-ze", start=date(2027, 1, 1), kind="milieuzone")
    assert "does not fit this box" in refused(release, other)


@pytest.mark.parametrize("version", ["2026.11.1", OURS, "2026.2", "2025.12.31"])
def test_another_pack_that_is_not_newer_than_the_one_in_force_is_refused(release, version) -> None:
    numbered(release, version)
    edit(release, "# Nederland:", "# NEDERLAND:")
    assert f"nl-ze {version} is not newer than the {OURS} in force" in refused(release)


def test_what_is_in_force_is_the_release_before_and_not_what_came_with_the_software(
    release, tmp_path
) -> None:
    before = tmp_path / "000001"
    shutil.copytree(release, before)
    numbered(before, "2027.5")
    numbered(release, "2027.4")
    assert "not newer than the 2027.5" in refused(release, replaces=before)
    gate()(release, before, True)


def test_a_release_in_force_that_is_broken_does_not_keep_its_successor_away(
    release, tmp_path
) -> None:
    before = tmp_path / "000001"
    before.mkdir()
    (before / "nl-ze.toml").write_text("versie = ")
    gate()(release, before, False)


@pytest.mark.parametrize("version", ["", "next", "2026.x", "1" * 5000])
def test_a_version_that_has_no_order_is_refused(release, version) -> None:
    numbered(release, version)
    assert "not made of numbers" in refused(release)


def test_an_expired_pack_is_refused_and_let_in_after_a_withdrawal(release) -> None:
    on_last_day = datetime(2035, 12, 31, 12, tzinfo=UTC)
    after = datetime(2035, 12, 31, 23, 30, tzinfo=UTC)  # it is 2036 in Amsterdam
    gate(now=on_last_day)(release, None, False)
    assert f"nl-ze {OURS} expired on 2036-01-01" in refused(release, now=after)
    gate(now=after)(release, None, True)


def test_a_pack_that_contradicts_its_cases_is_refused_after_a_withdrawal_too(release) -> None:
    edit(release, "waarde = 2026-12-31", "waarde = 2026-12-30")
    assert "Case N-" in refused(release, rollback=True)
