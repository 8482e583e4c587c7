"""The casebook: what is written together is there together, and nothing deleted stays."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.casebook.casebook import Casebook
from edge.casebook.entries import Mark, Order
from edge.casebook.sealed import Kept, open_kept, seal_kept
from edge.errors import CasebookError
from edge.types import Tally
from edge.vault import Vault
from tests.cases import KEY, PLATE, T0, case, entry, passage
from tests.chains import Pen

HOUR = datetime(2028, 6, 1, 8, tzinfo=UTC)
SEEN = Tally("utrecht", HOUR, "passages", "van")


@pytest.fixture
def pen() -> Pen:
    return Pen("box-1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "casebook.sqlite"


@pytest.fixture
def book(path: Path) -> Iterator[Casebook]:
    with Casebook.open(path, "box-1", KEY) as opened:
        yield opened


def on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def sealed(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as db:
        return bytes(db.execute("SELECT sealed FROM held").fetchone()[0])


def test_a_candidate_is_held_with_its_record_its_mark_and_what_was_counted(
    book: Casebook, pen: Pen
) -> None:
    envelope = pen.write()
    came = entry(envelope)
    book.enter(envelope, came, [SEEN, SEEN])
    assert book.held() == [came.held]
    assert book.passage(came.held) == came.passage
    assert book.times_held(came.mark) == 1
    assert book.counted("utrecht", HOUR) == [SEEN._replace(n=2)]
    assert book.intent() == envelope


def test_all_of_it_is_there_after_the_file_was_closed(path: Path, pen: Pen) -> None:
    envelope = pen.write()
    came = entry(envelope)
    with Casebook.open(path, "box-1", KEY) as book:
        book.enter(envelope, came, [SEEN])
    with Casebook.open(path, "box-1", KEY) as book:
        assert (book.held(), book.intent()) == ([came.held], envelope)
        assert book.passage(came.held) == came.passage
        assert book.times_held(came.mark) == 1
        assert book.counted("utrecht", HOUR) == [SEEN]


def test_no_plate_is_in_any_file_while_it_is_held(book: Casebook, path: Path, pen: Pen) -> None:
    envelope = pen.write()
    book.enter(envelope, entry(envelope), [])
    assert PLATE.encode() not in on_disk(path)
    assert KEY not in on_disk(path)


def test_after_its_end_neither_plate_nor_seal_is_in_any_file(
    book: Casebook, path: Path, pen: Pen
) -> None:
    first, second = pen.write(), pen.write()
    came = entry(first)
    book.enter(first, came, [])
    kept = sealed(path)
    assert kept[:40] in on_disk(path)
    book.resolve(came.held, second, [])
    book.appended(second)
    book.clean()
    left = on_disk(path)
    assert book.held() == []
    assert not any(kept[at : at + 16] in left for at in range(0, len(kept) - 16, 16))
    assert second.jws not in left


def test_a_reader_that_stands_in_the_way_of_cleaning_only_delays_it(
    book: Casebook, path: Path, pen: Pen
) -> None:
    first, second = pen.write(), pen.write()
    came = entry(first)
    book.enter(first, came, [])
    kept = sealed(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM held").fetchall()
        book._db.execute("PRAGMA busy_timeout = 1")
        book.resolve(came.held, second, [])
        book.clean()
        assert kept[:40] in on_disk(path)
    book.clean()
    assert kept[:40] not in on_disk(path)


def test_a_stolen_file_does_not_open_with_another_key(path: Path, pen: Pen) -> None:
    envelope = pen.write()
    came = entry(envelope)
    with Casebook.open(path, "box-1", KEY) as book:
        book.enter(envelope, came, [])
    with Casebook.open(path, "box-1", b"x" * 32) as book:
        assert book.passage(came.held) is None


@pytest.mark.parametrize("at", [0, 12, -1])
def test_an_altered_seal_does_not_open(pen: Pen, at: int) -> None:
    held = case(pen.write())
    vault = Vault(KEY, "test", "box-1")
    seal = bytearray(seal_kept(vault, Kept(passage()), held))
    assert open_kept(vault, bytes(seal), held) == Kept(passage())
    seal[at] ^= 1
    assert open_kept(vault, bytes(seal), held) is None


def test_a_seal_opens_in_its_own_place_alone(pen: Pen) -> None:
    mine, other = case(pen.write()), case(pen.write())
    vault = Vault(KEY, "test", "box-1")
    seal = seal_kept(vault, Kept(passage()), mine)
    assert open_kept(vault, seal, other) is None
    assert open_kept(Vault(KEY, "test", "box-2"), seal, mine) is None
    assert open_kept(Vault(KEY, "other", "box-1"), seal, mine) is None
    assert open_kept(vault, b"", mine) is None


def test_no_two_seals_of_one_passage_are_alike(pen: Pen) -> None:
    held, vault = case(pen.write()), Vault(KEY, "test", "box-1")
    assert len({seal_kept(vault, Kept(passage()), held) for _ in range(50)}) == 50


def test_whoever_lists_cannot_open(book: Casebook, path: Path, pen: Pen) -> None:
    envelope = pen.write()
    came = entry(envelope)
    book.enter(envelope, came, [])
    with Casebook.attach(path) as listing:
        assert listing.held() == [came.held]
        with pytest.raises(CasebookError, match="may not open candidates"):
            listing.passage(came.held)
        with pytest.raises(CasebookError, match="may not open candidates"):
            listing.enter(pen.write(), came, [])
    assert PLATE not in repr(came.held)


def test_a_candidate_ends_once(book: Casebook, pen: Pen) -> None:
    first, second, third = pen.chain(3)
    came = entry(first)
    book.enter(first, came, [])
    book.resolve(came.held, second, [SEEN])
    with pytest.raises(CasebookError, match="not a held candidate"):
        book.resolve(came.held, third, [SEEN])
    assert book.intent() == second
    assert book.counted("utrecht", HOUR) == [SEEN]


def test_its_mark_of_the_day_outlives_it_for_a_week(book: Casebook, pen: Pen) -> None:
    first, second, third = pen.chain(3)
    came = entry(first)
    book.enter(first, came, [])
    book.resolve(came.held, second, [])
    assert book.times_held(came.mark) == 1
    assert book.times_held(came.mark._replace(day=T0.date() + timedelta(days=1))) == 0
    assert book.times_held(Mark("gent", T0.date(), came.mark.token)) == 0
    book.enter(third, entry(third, at=T0 + timedelta(days=8)), [])
    assert book.times_held(came.mark) == 0


def test_the_next_record_is_not_written_down_before_the_last_one_is_in_the_outbox(
    book: Casebook, pen: Pen
) -> None:
    lost = pen.write()
    book.enter(lost, None, [])
    again = Pen("box-1").write()  # the outbox never took it, so the same place comes again
    with pytest.raises(CasebookError, match="not in the outbox yet"):
        book.enter(again, entry(again), [SEEN])
    assert (book.intent(), book.held(), book.counted("utrecht", HOUR)) == (lost, [], [])


def test_only_the_intent_that_was_appended_is_forgotten(book: Casebook, pen: Pen) -> None:
    first, second = pen.chain(2)
    book.enter(first, None, [])
    book.enter(second, None, [])
    book.appended(first)
    assert book.intent() == second
    book.appended(second)
    assert book.intent() is None


def test_what_is_only_counted_leaves_no_intent(book: Casebook) -> None:
    book.count([SEEN])
    book.count([])
    assert book.intent() is None
    assert book.counted("utrecht", HOUR) == [SEEN]


def test_an_hour_that_was_recorded_leaves_the_casebook(book: Casebook, pen: Pen) -> None:
    later = SEEN._replace(hour=HOUR + timedelta(hours=1))
    book.count([SEEN, SEEN, SEEN._replace(value="truck"), later])
    assert book.hours_open({HOUR, later.hour}) == []
    assert book.hours_open({later.hour}) == [("utrecht", HOUR)]
    envelope = pen.write()
    book.record_hour(envelope, "utrecht", HOUR)
    assert book.intent() == envelope
    assert book.counted("utrecht", HOUR) == []
    assert book.hours_open() == [("utrecht", later.hour)]


def test_an_order_stands_until_it_is_lifted(book: Casebook, path: Path) -> None:
    order = Order("a" * 64, "The snapshot was bad.", T0)
    with Casebook.attach(path) as another:
        another.order(order)
    assert book.orders() == [order]
    assert book.lift("a" * 64)
    assert not book.lift("a" * 64)
    assert book.orders() == []


def test_the_casebook_of_another_box_is_refused(path: Path) -> None:
    Casebook.open(path, "box-1", KEY).close()
    with pytest.raises(CasebookError, match="belongs to box box-1, not box-2"):
        Casebook.open(path, "box-2", KEY)


def test_a_file_that_is_no_casebook_is_left_alone(path: Path) -> None:
    path.write_bytes(b"no casebook at all" * 20)
    with pytest.raises(CasebookError, match="is not a casebook"):
        Casebook.open(path, "box-1", KEY)
    assert path.read_bytes() == b"no casebook at all" * 20


def test_a_missing_casebook_is_named(path: Path) -> None:
    with pytest.raises(CasebookError, match="There is no casebook"):
        Casebook.attach(path)


def test_no_new_casebook_is_begun_beside_the_log_of_a_lost_one(path: Path) -> None:
    path.with_name("casebook.sqlite-wal").write_bytes(b"what was held")
    with pytest.raises(CasebookError, match="its log"):
        Casebook.open(path, "box-1", KEY)


def test_a_casebook_that_left_its_place_takes_nothing(book: Casebook, path: Path, pen: Pen) -> None:
    path.unlink()
    with pytest.raises(CasebookError, match="is gone from its place"):
        book.enter(pen.write(), None, [])


def test_a_full_disk_refuses_the_candidate_whole(book: Casebook, pen: Pen) -> None:
    pages = book._db.execute("PRAGMA page_count").fetchone()[0]
    book._db.execute(f"PRAGMA max_page_count = {pages}")
    envelope = pen.write()
    many = [SEEN._replace(value=f"{n:0>400}") for n in range(100)]
    with pytest.raises(CasebookError, match="disk is full"):
        book.enter(envelope, entry(envelope), many)
    assert (book.held(), book.intent()) == ([], None)


def test_the_file_is_written_through_at_every_commit(book: Casebook) -> None:
    pragmas = ("journal_mode", "synchronous", "secure_delete")
    found = [book._db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert found == ["wal", 2, 1]
