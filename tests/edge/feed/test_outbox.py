import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge import storefile
from edge.errors import OutboxError, RecordError
from edge.feed import ballast as ballast_module
from edge.feed.ballast import Ballast
from edge.feed.outbox import Outbox
from edge.record.chain import Head, Place
from edge.record.message import GENESIS, Receipt
from edge.types import Envelope, Link
from tests.chains import NOW, STORAGE_KEY, Pen

SMALL = ballast_module.LEAST_BYTES


@pytest.fixture
def pen() -> Pen:
    return Pen("box-1")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(tmp_path / "outbox.sqlite", "box-1", STORAGE_KEY, SMALL) as opened:
        yield opened


def receipt(envelope: Envelope, box: str = "box-1", sha256: str | None = None) -> Receipt:
    return Receipt(
        box=box,
        epoch=envelope.epoch,
        seq=envelope.seq,
        sha256=sha256 or envelope.sha256,
        stored_at=NOW,
    )


def fill(outbox: Outbox, pen: Pen, length: int) -> list[Envelope]:
    envelopes = pen.chain(length)
    for envelope in envelopes:
        outbox.append(envelope)
    return envelopes


def test_what_was_appended_comes_back_byte_for_byte_in_order(outbox: Outbox, pen: Pen) -> None:
    written = fill(outbox, pen, 5)
    assert outbox.pending(None, 10) == written
    assert outbox.pending(Place(1, 3), 10) == written[3:]
    assert outbox.pending(None, 2) == written[:2]
    assert outbox.count_through(Place(1, 3)) == 3


def test_the_right_to_write_is_asked_for_and_changes_nothing(
    outbox: Outbox, pen: Pen, tmp_path: Path
) -> None:
    written = fill(outbox, pen, 1)
    log = tmp_path / "outbox.sqlite-wal"
    before = log.read_bytes()
    outbox.check_writable()
    assert (outbox.pending(None, 10), log.read_bytes()) == (written, before)


def test_who_may_not_write_is_told(outbox: Outbox, tmp_path: Path) -> None:
    outbox._db.execute("PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(tmp_path / "outbox.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutboxError, match="in use"):
            outbox.check_writable()
        other.execute("ROLLBACK")
    outbox.check_writable()
    (tmp_path / "outbox.sqlite").rename(tmp_path / "elsewhere")
    with pytest.raises(OutboxError, match="gone"):
        outbox.check_writable()


def test_the_first_link_is_genesis_and_the_next_follows_the_head(outbox: Outbox, pen: Pen) -> None:
    assert outbox.next_link() == Link(1, 1, GENESIS)
    last = fill(outbox, pen, 2)[-1]
    assert outbox.next_link() == Link(1, 3, last.sha256)


def test_a_receipt_forgets_what_it_covers_and_the_head_stays(outbox: Outbox, pen: Pen) -> None:
    written = fill(outbox, pen, 5)
    assert outbox.forget(receipt(written[2])) == 3
    assert outbox.pending(None, 10) == written[3:]
    assert outbox.forget(receipt(written[4])) == 2
    assert outbox.backlog().records == 0
    assert outbox.head() == outbox.forgotten() == Head(1, 5, written[4].sha256)


def test_the_chain_goes_on_after_everything_was_forgotten(tmp_path: Path, pen: Pen) -> None:
    path = tmp_path / "outbox.sqlite"
    with Outbox.open(path, "box-1", STORAGE_KEY, SMALL) as outbox:
        last = fill(outbox, pen, 3)[-1]
        outbox.forget(receipt(last))
    with Outbox.open(path, "box-1", STORAGE_KEY, SMALL) as outbox:
        assert outbox.next_link() == Link(1, 4, last.sha256)
        fill(outbox, pen, 1)


def test_a_repeated_or_early_receipt_forgets_nothing(outbox: Outbox, pen: Pen) -> None:
    written = fill(outbox, pen, 3)
    outbox.forget(receipt(written[1]))
    assert outbox.forget(receipt(written[0])) == 0
    assert outbox.forget(receipt(replace(written[2], seq=99))) == 0
    assert outbox.pending(None, 10) == written[2:]


def test_a_receipt_with_a_wrong_hash_forgets_nothing(outbox: Outbox, pen: Pen) -> None:
    written = fill(outbox, pen, 3)
    with pytest.raises(RecordError, match="another hash"):
        outbox.forget(receipt(written[2], sha256="0" * 64))
    assert outbox.pending(None, 10) == written


def test_a_receipt_of_another_box_forgets_nothing(outbox: Outbox, pen: Pen) -> None:
    written = fill(outbox, pen, 3)
    with pytest.raises(RecordError, match="another box"):
        outbox.forget(receipt(written[2], box="box-2"))
    assert outbox.pending(None, 10) == written


def test_a_record_that_does_not_follow_is_not_taken(outbox: Outbox, pen: Pen) -> None:
    first, second, third = pen.chain(3)
    outbox.append(first)
    wrong_prev = pen.at(Link(1, 2, "f" * 64))
    stranger = Pen("box-2").write()
    lying = replace(second, seq=7)
    for envelope in (first, third, wrong_prev, stranger, lying):
        with pytest.raises(OutboxError):
            outbox.append(envelope)
    outbox.append(second)
    assert outbox.pending(None, 10) == [first, second]


def test_only_one_process_appends(tmp_path: Path, outbox: Outbox, pen: Pen) -> None:
    with pytest.raises(OutboxError, match="Another process appends") as refused:
        Outbox.open(tmp_path / "outbox.sqlite", "box-1", STORAGE_KEY, SMALL)
    assert "another replay" in refused.value.remedy
    fill(outbox, pen, 1)


def test_the_uplink_reads_and_forgets_beside_the_appender(
    tmp_path: Path, outbox: Outbox, pen: Pen
) -> None:
    written = fill(outbox, pen, 3)
    with Outbox.attach(tmp_path / "outbox.sqlite", STORAGE_KEY, SMALL) as attached:
        assert attached.box == "box-1"
        assert attached.forget(receipt(written[1])) == 2
        fill(outbox, pen, 1)
        assert [e.seq for e in attached.pending(None, 10)] == [3, 4]
        with pytest.raises(OutboxError, match="did not open the outbox to append"):
            attached.append(pen.write())


def test_the_outbox_of_another_box_is_refused(tmp_path: Path, pen: Pen) -> None:
    path = tmp_path / "outbox.sqlite"
    Outbox.open(path, "box-1", STORAGE_KEY, SMALL).close()
    with pytest.raises(OutboxError, match="belongs to box box-1, not box-2"):
        Outbox.open(path, "box-2", STORAGE_KEY, SMALL)
    Outbox.open(path, "box-1", STORAGE_KEY, SMALL).close()


def foreign(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE other (x)")
    db.commit()
    db.close()


def newer(path: Path) -> None:
    Outbox.open(path, "box-1", STORAGE_KEY, SMALL).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()


def scrambled(path: Path) -> None:
    with Outbox.open(path, "box-1", STORAGE_KEY, SMALL) as outbox:
        fill(outbox, Pen("box-1"), 20)
    content = bytearray(path.read_bytes())
    content[100:] = os.urandom(len(content) - 100)
    path.write_bytes(content)


SPOILERS = {
    "foreign": foreign,
    "newer": newer,
    "corrupt": scrambled,
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(b"SQLite format 3\0"),
    "text": lambda path: path.write_text("hello" * 100),
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_file_that_is_no_sound_outbox_is_refused_and_left_alone(
    tmp_path: Path, spoiler: str
) -> None:
    path = tmp_path / "outbox.sqlite"
    SPOILERS[spoiler](path)
    before = path.read_bytes()
    for opener in (
        lambda: Outbox.open(path, "box-1", STORAGE_KEY, SMALL),
        lambda: Outbox.attach(path, STORAGE_KEY, SMALL),
    ):
        with pytest.raises(OutboxError):
            opener()
    assert path.read_bytes() == before


def test_a_missing_outbox_or_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutboxError, match="There is no outbox"):
        Outbox.attach(tmp_path / "outbox.sqlite", STORAGE_KEY)
    with pytest.raises(OutboxError, match="cannot be locked"):
        Outbox.open(tmp_path / "missing" / "outbox.sqlite", "box-1", STORAGE_KEY)


def test_the_file_is_written_through_at_every_commit(outbox: Outbox) -> None:
    settings = {p: outbox._row(f"PRAGMA {p}")[0] for p in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}


def test_the_backlog_says_how_much_waits_and_since_when(outbox: Outbox, pen: Pen) -> None:
    assert outbox.backlog().oldest_at is None
    fill(outbox, pen, 2)
    backlog = outbox.backlog()
    assert backlog.records == 2
    assert backlog.oldest_at is not None
    assert backlog.oldest_at.tzinfo is not None


def test_a_full_file_refuses_the_record_and_loses_none(outbox: Outbox, pen: Pen) -> None:
    outbox._db.execute("PRAGMA max_page_count = 12")
    taken: list[Envelope] = []

    def fill_up() -> None:
        for envelope in pen.chain(200):
            outbox.append(envelope)
            taken.append(envelope)

    with pytest.raises(OutboxError, match="disk is full"):
        fill_up()
    assert outbox.pending(None, 999) == taken
    assert outbox.head() == Head(1, len(taken), taken[-1].sha256)
    assert outbox.forget(receipt(taken[-1])) == len(taken)
    outbox.append(pen.at(outbox.next_link()))


def test_the_ballast_is_held_from_the_start(tmp_path: Path, outbox: Outbox) -> None:
    assert (tmp_path / "outbox.sqlite.ballast").stat().st_blocks * 512 >= SMALL


def test_the_ballast_gives_parts_down_to_what_a_delete_needs_and_takes_them_back(
    tmp_path: Path,
) -> None:
    ballast = Ballast(tmp_path / "ballast")
    assert ballast.hold()
    given = 0
    while ballast.give_part():
        given += 1
    assert given == 3
    assert ballast.path.stat().st_size == ballast_module.LEAST_BYTES
    assert not ballast.is_held
    assert ballast.hold()
    assert ballast.path.stat().st_blocks * 512 >= ballast_module.DEFAULT_BYTES


def test_a_ballast_that_cannot_be_made_whole_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballast = Ballast(tmp_path / "ballast")
    ballast.hold()
    ballast.give_part()
    before = ballast.path.stat().st_size

    def half(handle: int, start: int, size: int) -> None:
        os.ftruncate(handle, size)  # as some systems do
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ballast_module.os, "posix_fallocate", half)
    assert not ballast.hold()
    assert ballast.path.stat().st_size == before


@pytest.mark.parametrize("size", [1, 64 * 1024, ballast_module.LEAST_BYTES - 1])
def test_a_ballast_too_small_to_drain_a_full_disk_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "outbox.sqlite"
    with pytest.raises(OutboxError, match="too small"):
        Outbox.open(path, "box-1", STORAGE_KEY, size)
    Outbox.open(path, "box-1", STORAGE_KEY, 0).close()
    with pytest.raises(OutboxError, match="too small"):
        Outbox.attach(path, STORAGE_KEY, size)


def test_what_is_written_in_need_is_taken_without_a_whole_ballast(
    outbox: Outbox, pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox._ballast.release()

    def full(handle: int, start: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ballast_module.os, "posix_fallocate", full)
    with outbox.reserve():
        outbox.append(pen.write())
    with pytest.raises(OutboxError, match="disk is full"):
        outbox.append(pen.at(outbox.next_link()))
    assert outbox.backlog().records == 1


def test_on_a_full_disk_nothing_is_taken_but_what_is_there_can_be_drained(
    tmp_path: Path, outbox: Outbox, pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = fill(outbox, pen, 3)
    outbox._ballast.release()

    def full(handle: int, start: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(ballast_module.os, "posix_fallocate", full)
        with pytest.raises(OutboxError, match="disk is full"):
            outbox.append(pen.write())
        assert outbox.forget(receipt(written[1])) == 2
        assert [p.name for p in tmp_path.iterdir() if "ballast" in p.name] == []
    outbox.append(pen.at(outbox.next_link()))
    assert outbox._ballast.is_held


def test_no_half_made_outbox_is_left_when_making_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Path, target: Path) -> Path:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "replace", broken)
        with pytest.raises(OutboxError, match="cannot be created"):
            Outbox.open(tmp_path / "outbox.sqlite", "box-1", STORAGE_KEY, SMALL)
    assert not (tmp_path / "outbox.sqlite").exists()
    Outbox.open(tmp_path / "outbox.sqlite", "box-1", STORAGE_KEY, SMALL).close()


def gone(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


@pytest.mark.parametrize("fate", [gone, replaced])
def test_an_outbox_that_left_its_place_takes_and_gives_nothing(
    tmp_path: Path, outbox: Outbox, pen: Pen, fate: Callable[[Path], None]
) -> None:
    path = tmp_path / "outbox.sqlite"
    fill(outbox, pen, 2)
    with Outbox.attach(path, STORAGE_KEY, SMALL) as attached:
        fate(path)
        for act in (lambda: outbox.append(pen.write()), lambda: attached.pending(None, 9)):
            with pytest.raises(OutboxError, match=r"is gone from its place|was replaced") as told:
                act()
            assert "Nothing was taken" in told.value.remedy
    assert outbox.head() is not None
    assert outbox.head().seq == 2  # type: ignore[union-attr]


class Failing:
    """SQLite, where the first connections of a test fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int, times: int) -> None:
        self.connect, self.code, self.left = sqlite3.connect, code, times
        monkeypatch.setattr(storefile.sqlite3, "connect", self)

    def __call__(self, *words: object, **more: object) -> object:
        if self.left:
            self.left -= 1
            fault = sqlite3.OperationalError("it failed")
            fault.sqlite_errorcode = self.code
            raise fault
        return self.connect(*words, **more)  # type: ignore[call-overload]


NO_ROOM = [
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_CANTOPEN,
]


@pytest.mark.parametrize("code", NO_ROOM)
@pytest.mark.parametrize("is_appender", [True, False])
def test_without_room_to_open_the_ballast_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, is_appender: bool
) -> None:
    path = tmp_path / "outbox.sqlite"
    Outbox.open(path, "box-1", STORAGE_KEY, SMALL).close()
    Failing(monkeypatch, code, 1)
    opened = (
        Outbox.open(path, "box-1", STORAGE_KEY, SMALL)
        if is_appender
        else Outbox.attach(path, STORAGE_KEY, SMALL)
    )
    with opened:
        assert (tmp_path / "outbox.sqlite.ballast").exists() is is_appender


@pytest.mark.parametrize("code", NO_ROOM)
def test_a_disk_without_room_is_not_called_a_damaged_outbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / "outbox.sqlite"
    Outbox.open(path, "box-1", STORAGE_KEY, SMALL).close()
    Failing(monkeypatch, code, 2)
    with pytest.raises(OutboxError, match="disk is full or cannot be written") as told:
        Outbox.attach(path, STORAGE_KEY, SMALL)
    assert "keep the outbox" in told.value.remedy
    assert "set it aside" not in told.value.remedy
    assert (tmp_path / "outbox.sqlite.ballast").exists()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB])
def test_a_damaged_outbox_is_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / "outbox.sqlite"
    Outbox.open(path, "box-1", STORAGE_KEY, SMALL).close()
    Failing(monkeypatch, code, 1)
    with pytest.raises(OutboxError, match="is damaged"):
        Outbox.attach(path, STORAGE_KEY, SMALL)


def test_no_new_outbox_is_begun_beside_the_log_of_a_lost_one(
    tmp_path: Path, outbox: Outbox, pen: Pen
) -> None:
    fill(outbox, pen, 2)
    path = tmp_path / "outbox.sqlite"
    log = (tmp_path / "outbox.sqlite-wal").read_bytes()
    outbox.close()
    path.unlink()
    (tmp_path / "outbox.sqlite-wal").write_bytes(log)
    with pytest.raises(OutboxError, match=r"its log outbox\.sqlite-wal is there"):
        Outbox.open(path, "box-1", STORAGE_KEY, SMALL)
    assert not path.exists()


def test_nothing_of_a_record_lies_on_the_disk_in_clear(
    tmp_path: Path, outbox: Outbox, pen: Pen
) -> None:
    written = fill(outbox, pen, 3)
    disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert written[0].sha256.encode() in disk  # the hash tells nothing: each record has a salt
    for envelope in written:
        parts = envelope.jws.split(b".")
        assert not any(part[at : at + 16] in disk for part in parts for at in range(0, 60, 16))


def test_another_storage_key_opens_nothing_and_is_named(tmp_path: Path, pen: Pen) -> None:
    path, another = tmp_path / "outbox.sqlite", b"x" * 32
    with Outbox.open(path, "box-1", STORAGE_KEY, SMALL) as outbox:
        written = fill(outbox, pen, 2)
    for opener in (
        lambda: Outbox.open(path, "box-1", another, SMALL),
        lambda: Outbox.attach(path, another, SMALL),
    ):
        with pytest.raises(OutboxError, match="sealed with another storage key") as told:
            opener()
        assert "keys.storage" in told.value.remedy
    with Outbox.open(path, "box-1", STORAGE_KEY, SMALL) as outbox:
        assert outbox.pending(None, 10) == written


def test_a_row_that_rotted_or_was_moved_holds_up_no_other(
    outbox: Outbox, pen: Pen, caplog: pytest.LogCaptureFixture
) -> None:
    written = fill(outbox, pen, 5)
    rows = dict(outbox._db.execute("SELECT seq, sealed FROM records").fetchall())
    spoilt = {2: rows[2][:-1], 3: rows[4]}
    for seq, sealed in spoilt.items():
        outbox._db.execute("UPDATE records SET sealed = ? WHERE seq = ?", (sealed, seq))
    assert outbox.pending(None, 3) == [written[0], written[3], written[4]]
    assert "record 1/2 in the outbox is damaged" in caplog.text
    assert outbox.backlog().records == 5  # it stays, for an auditor
