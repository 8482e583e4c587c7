"""What a box never goes below again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import SourceError, UpdateError
from edge.update.floors import (
    Floors,
    Mark,
    raised,
    read_floors,
    refuse_lower,
    write_floors,
)

BUILT = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = ("a", "b")
VERSIONS = st.dictionaries(st.sampled_from(["root", "targets", "registry"]), st.integers(1, 9))


def marks(versions: dict[str, int], keys: tuple[str, ...] = KEYS) -> dict[str, Mark]:
    return {role: Mark(version, keys) for role, version in versions.items()}


@given(VERSIONS, VERSIONS)
def test_with_the_same_keys_no_version_ever_falls(
    before: dict[str, int], seen: dict[str, int]
) -> None:
    floors = Floors(BUILT, marks(before))
    lower = [role for role in seen if role in before and seen[role] < before[role]]
    if lower:
        with pytest.raises(SourceError, match="was seen before"):
            refuse_lower(floors, marks(seen))
    else:
        refuse_lower(floors, marks(seen))


def test_a_role_with_other_keys_starts_anew() -> None:
    floors = Floors(BUILT, marks({"registry": 9}))
    refuse_lower(floors, marks({"registry": 1}, ("c",)))
    refuse_lower(floors, marks({"registry": 1}, ("a", "c")))


def test_the_same_keys_in_another_order_are_no_other_keys() -> None:
    with pytest.raises(SourceError):
        refuse_lower(Floors(BUILT, marks({"registry": 9})), marks({"registry": 1}, ("b", "a")))


def test_the_root_never_starts_anew() -> None:
    with pytest.raises(SourceError):
        refuse_lower(Floors(BUILT, marks({"root": 2})), marks({"root": 1}, ("c",)))


@given(st.timedeltas(-timedelta(days=9000), timedelta(days=9000)))
def test_the_clock_never_goes_back(span: timedelta) -> None:
    assert raised(Floors(BUILT), {}, BUILT + span).clock == max(BUILT, BUILT + span)


def test_roles_that_were_not_seen_keep_their_floor() -> None:
    floors = raised(Floors(BUILT, marks({"packs": 4})), marks({"registry": 2}), BUILT)
    assert floors.roles == marks({"packs": 4, "registry": 2})


def test_floors_are_kept_and_found_again(tmp_path: Path) -> None:
    floors = Floors(BUILT + timedelta(days=1), marks({"root": 3}))
    write_floors(tmp_path / "floors.json", floors)
    assert read_floors(tmp_path / "floors.json", BUILT) == floors


def test_before_the_first_sync_the_floor_is_when_the_software_was_built(tmp_path: Path) -> None:
    assert read_floors(tmp_path / "floors.json", BUILT) == Floors(BUILT)


def test_newer_software_raises_the_clock(tmp_path: Path) -> None:
    write_floors(tmp_path / "floors.json", Floors(BUILT))
    later = BUILT + timedelta(days=99)
    assert read_floors(tmp_path / "floors.json", later).clock == later


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"clock": "2026-01-01T00:00:00"}', '{"clock": 1}', "\xff", "[" * 10000],
)
def test_floors_that_cannot_be_read_are_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "floors.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UpdateError) as refused:
        read_floors(path, BUILT)
    assert "remove it" in refused.value.remedy


def test_floors_in_a_folder_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "updates").write_text("no folder")
    with pytest.raises(UpdateError, match="cannot be written"):
        write_floors(tmp_path / "updates" / "floors.json", Floors(BUILT))
