"""The versions of a family: whoever follows the link finds one, whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.errors import UpdateError
from edge.update.shelf import (
    Shelved,
    activate,
    active,
    leave,
    left,
    previous,
    settle,
    shelved,
    stage,
    tidy,
)
from tests.edge.update.test_choice import release

AT = datetime(2028, 6, 1, tzinfo=UTC)


def put(state: Path, number: int, *, keep_before: bool = True) -> Path:
    staged = stage(state, "packs", number)
    (staged / "nl-ze.toml").write_text(str(number))
    place = settle(staged, Shelved(release(number), AT))
    activate(place, keep_before=keep_before)
    return place


def names(state: Path) -> list[str]:
    return sorted(path.name for path in (state / "packs").iterdir())


def test_before_a_first_version_there_is_none(tmp_path: Path) -> None:
    assert active(tmp_path, "packs") is None
    assert previous(tmp_path, "packs") is None


def test_the_link_leads_to_the_newest_and_the_one_before_is_kept(tmp_path: Path) -> None:
    places = [put(tmp_path, number) for number in (1, 2, 3)]
    assert active(tmp_path, "packs") == places[2]
    assert previous(tmp_path, "packs") == places[1]
    assert names(tmp_path) == ["000002", "000003", "active", "previous"]
    assert (tmp_path / "packs" / "active" / "nl-ze.toml").read_text() == "3"
    assert (tmp_path / "packs" / "active").readlink() == Path("000003")  # the state may be moved


def test_a_version_that_is_staged_is_not_in_force(tmp_path: Path) -> None:
    one = put(tmp_path, 1)
    stage(tmp_path, "packs", 2)
    assert active(tmp_path, "packs") == one
    tidy(tmp_path / "packs")
    assert names(tmp_path) == ["000001", "active"]


def test_a_version_that_is_settled_is_not_in_force_and_goes_when_tidied(tmp_path: Path) -> None:
    one = put(tmp_path, 1)
    settle(stage(tmp_path, "packs", 2), Shelved(release(2), AT))
    assert active(tmp_path, "packs") == one
    tidy(tmp_path / "packs")
    assert names(tmp_path) == ["000001", "active"]


def test_what_was_staged_by_a_killed_one_is_begun_anew(tmp_path: Path) -> None:
    (stage(tmp_path, "packs", 1) / "half").write_text("half")
    assert list(stage(tmp_path, "packs", 1).iterdir()) == []


def test_a_withdrawn_version_leaves_and_is_remembered_until_another_comes(tmp_path: Path) -> None:
    put(tmp_path, 1)
    two = put(tmp_path, 2)
    leave(two)
    assert active(tmp_path, "packs") is None
    assert left(tmp_path, "packs") == two
    tidy(tmp_path / "packs")
    assert shelved(two).release.number == 2
    put(tmp_path, 3, keep_before=False)
    assert left(tmp_path, "packs") is None
    assert previous(tmp_path, "packs") is None
    assert names(tmp_path) == ["000003", "active"]


@pytest.mark.parametrize("target", ["000009", "../other", "/etc", ".000001.new", ""])
def test_a_link_to_anything_but_a_version_beside_it_leads_nowhere(
    tmp_path: Path, target: str
) -> None:
    put(tmp_path, 1)
    link = tmp_path / "packs" / "active"
    link.unlink()
    if target:
        link.symlink_to(target)
    assert active(tmp_path, "packs") is None


def test_a_version_that_cannot_be_told_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    place = put(tmp_path, 1)
    (place / "release.json").write_text("{")
    with pytest.raises(UpdateError) as refused:
        shelved(place)
    assert "Remove that version's folder" in refused.value.remedy


def test_a_shelf_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "packs").write_text("no folder")
    with pytest.raises(UpdateError, match="cannot be written"):
        stage(tmp_path, "packs", 1)


@pytest.mark.parametrize("name", [".unfit.json.new", ".000002.new", "000002", ".active.new"])
@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_whatever_a_kill_or_a_full_disk_left_never_stops_the_next_version(
    tmp_path: Path, name: str, kind: str
) -> None:
    """`unfit.json` is drafted beside the versions: half of it shut out every later sync."""
    one = put(tmp_path, 1)
    left_over = tmp_path / "packs" / name
    if kind == "file":
        left_over.write_bytes(b"[")
    elif kind == "folder":
        (left_over / "deeper").mkdir(parents=True)
    else:
        left_over.symlink_to("nowhere")
    tidy(tmp_path / "packs")
    assert names(tmp_path) == ["000001", "active"]
    assert active(tmp_path, "packs") == one
    put(tmp_path, 2)
    assert names(tmp_path) == ["000001", "000002", "active", "previous"]
