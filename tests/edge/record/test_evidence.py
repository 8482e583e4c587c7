"""The evidence room: durable or not there, noise without its key, bounded."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import pytest

from edge.errors import EvidenceError
from edge.record.evidence import Budget, EvidenceRoom, Exhibits

AGE = {"overview": b"age-encryption.org/v1\n" + b"o" * 4000, "crop": b"age-encryption.org/v1\nc"}


@pytest.fixture
def room(tmp_path: Path) -> EvidenceRoom:
    return EvidenceRoom(tmp_path / "evidence", "box-1")


def names(tmp_path: Path) -> set[str]:
    folder = tmp_path / "evidence"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_what_is_kept_bears_its_hash_and_opens_with_its_key_alone(
    room: EvidenceRoom, tmp_path: Path
) -> None:
    kept = room.keep(AGE)
    assert [(ref.name, ref.sha256, ref.bytes) for ref in kept.refs] == [
        (name, hashlib.sha256(age).hexdigest(), len(age)) for name, age in AGE.items()
    ]
    assert names(tmp_path) == {f"{ref.sha256}.sealed" for ref in kept.refs}
    assert [room.opened(ref.sha256, kept.key) for ref in kept.refs] == list(AGE.values())
    assert room.opened(kept.refs[0].sha256, os.urandom(32)) is None
    assert (
        EvidenceRoom(tmp_path / "evidence", "box-2").opened(kept.refs[0].sha256, kept.key) is None
    )


def test_under_the_seal_nothing_shows_what_it_is(room: EvidenceRoom, tmp_path: Path) -> None:
    room.keep(AGE)
    lying = b"".join(path.read_bytes() for path in (tmp_path / "evidence").iterdir())
    assert b"age-encryption" not in lying
    assert b"ooo" not in lying


def test_two_candidates_never_share_a_key(room: EvidenceRoom) -> None:
    assert room.keep(AGE).key != room.keep(AGE).key


def test_an_altered_moved_or_missing_file_is_none(room: EvidenceRoom, tmp_path: Path) -> None:
    kept = room.keep(AGE)
    first, second = (tmp_path / "evidence" / f"{ref.sha256}.sealed" for ref in kept.refs)
    content = first.read_bytes()
    first.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert room.opened(kept.refs[0].sha256, kept.key) is None
    second.write_bytes(content)
    assert room.opened(kept.refs[1].sha256, kept.key) is None
    second.unlink()
    assert room.opened(kept.refs[1].sha256, kept.key) is None


def test_handed_over_it_is_the_age_file_and_the_seal_is_gone(
    room: EvidenceRoom, tmp_path: Path
) -> None:
    kept = room.keep(AGE)
    for ref in kept.refs:
        room.hand_over(ref.sha256, kept.key)
        room.hand_over(ref.sha256, kept.key)
    assert names(tmp_path) == {f"{ref.sha256}.age" for ref in kept.refs}
    assert room.held() == set()
    assert sorted(room.released()) == sorted(ref.sha256 for ref in kept.refs)
    assert room.read(kept.refs[0].sha256) == AGE["overview"]
    room.forget(kept.refs[0].sha256)
    assert room.released() == [kept.refs[1].sha256]


def test_a_released_file_that_rotted_is_none(room: EvidenceRoom, tmp_path: Path) -> None:
    kept = room.keep(AGE)
    room.hand_over(kept.refs[1].sha256, kept.key)
    (tmp_path / "evidence" / f"{kept.refs[1].sha256}.age").write_bytes(b"rot")
    assert room.read(kept.refs[1].sha256) is None


def test_destroyed_is_what_was_named_and_what_a_cut_left(
    room: EvidenceRoom, tmp_path: Path
) -> None:
    one, two = room.keep(AGE), room.keep({"crop": b"another"})
    (tmp_path / "evidence" / ".draft").write_bytes(b"half")
    room.destroy({ref.sha256 for ref in one.refs})
    assert names(tmp_path) == {f"{two.refs[0].sha256}.sealed"}


def test_a_full_budget_takes_nothing_more_and_loses_nothing(tmp_path: Path) -> None:
    room = EvidenceRoom(tmp_path / "evidence", "box-1", Budget(most=6000, reserve=0))
    kept = room.keep(AGE)
    before = names(tmp_path)
    assert room.fault() is None
    with pytest.raises(EvidenceError, match=r"evidence\.max_mb"):
        room.keep(AGE)
    assert names(tmp_path) == before
    assert room.used() > 4000
    for ref in kept.refs:  # what was released counts until it has left
        room.hand_over(ref.sha256, kept.key)
    with pytest.raises(EvidenceError):
        room.keep(AGE)


def test_the_last_of_the_disk_is_left_to_records(tmp_path: Path) -> None:
    room = EvidenceRoom(tmp_path / "evidence", "box-1", Budget(reserve=2**60))
    assert room.fault() is not None
    with pytest.raises(EvidenceError, match="for records"):
        room.keep(AGE)
    assert names(tmp_path) == set()


STEPS = ("open", "fsync", "replace")


@pytest.mark.parametrize("nth", range(5))
@pytest.mark.parametrize("step", STEPS)
def test_a_disk_that_fails_at_any_step_leaves_nothing_half_done(
    room: EvidenceRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, nth: int
) -> None:
    place = os if step == "fsync" else Path
    real, calls = getattr(place, step), []

    def failing(*args: object, **more: object) -> object:
        calls.append(step)
        if len(calls) == nth + 1:
            raise OSError(28, "No space left on device")
        return real(*args, **more)

    kept: Exhibits | None = None
    with monkeypatch.context() as m:
        m.setattr(place, step, failing)
        with suppress(EvidenceError):
            kept = room.keep(AGE)
    wanted = set() if kept is None else {f"{ref.sha256}.sealed" for ref in kept.refs}
    assert names(tmp_path) == wanted
    assert (kept is None) == (len(calls) > nth)


def test_what_is_kept_survives_a_power_cut_after_it(
    room: EvidenceRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content is synced before it gets its name, and the name before anyone is told."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        fsync(handle)

    def renamed(path: Path, to: Path) -> Path:
        steps.append(f"name {to.suffix}")
        return replace(path, to)

    room.keep({"crop": b"first"})  # makes the folder
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    kept = room.keep({"overview": b"o", "crop": b"c"})
    assert steps == ["sync .draft", "name .sealed", "sync evidence"] * 2
    steps.clear()
    room.hand_over(kept.refs[0].sha256, kept.key)
    assert steps == ["sync .draft", "name .age", "sync evidence", "sync evidence"]
