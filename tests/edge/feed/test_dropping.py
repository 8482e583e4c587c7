"""What is given up first, what never is, and that the chain proves it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.errors import OutboxError, RecordError
from edge.feed.dropping import LEAST, MOST
from edge.feed.outbox import Outbox
from edge.record.chain import START, Head, Place, check, examine
from edge.record.message import Receipt
from edge.record.worth import Counted
from edge.types import Envelope
from tests.chains import NOW, STORAGE_KEY, Pen
from tests.drops import FREE, HELD, REVIEW, content, drop, other, passage, write_drop

KEPT = ("resolution", "count", "alarm", "checkpoint")


@pytest.fixture
def pen() -> Pen:
    return Pen("box-1")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(tmp_path / "outbox.sqlite", "box-1", STORAGE_KEY, 0) as opened:
        yield opened


def seen(
    outbox: Outbox, pen: Pen, n: int, how: tuple[str, tuple[str, ...]] = FREE
) -> list[Envelope]:
    made = []
    for _ in range(n):
        made.append(passage(pen, outbox.next_link(), how))
        outbox.append(made[-1])
    return made


def told(outbox: Outbox, pen: Pen, kind: str, n: int = 1) -> None:
    for _ in range(n):
        outbox.append(other(pen, outbox.next_link(), kind))


def left(outbox: Outbox) -> list[int]:
    return [e.seq for e in outbox.pending(None, 10_000)]


def is_whole(outbox: Outbox, pen: Pen, since: Head = START) -> bool:
    entries = [check(str(e.seq), e.jws, pen.keyring) for e in outbox.pending(None, 10_000)]
    return examine("box-1", entries, since, outbox.head()) == []


def test_complying_passages_go_first_then_health_then_reviews(outbox: Outbox, pen: Pen) -> None:
    seen(outbox, pen, 10, REVIEW)  # 1-10
    told(outbox, pen, "health", 10)  # 11-20
    seen(outbox, pen, 10)  # 21-30
    told(outbox, pen, "alarm")  # 31
    gone = []
    while (made := drop(outbox, pen)) is not None:
        gone += [(span.first, span.last) for span in content(made).spans]
    assert gone == [(21, 30), (11, 19), (2, 10)]
    assert left(outbox) == [1, 20, 31, 32, 33, 34]
    assert is_whole(outbox, pen)


def test_candidates_counts_and_what_the_chain_hangs_on_are_never_dropped(
    outbox: Outbox, pen: Pen
) -> None:
    seen(outbox, pen, 20, HELD)
    for kind in KEPT:
        told(outbox, pen, kind, 10)
    assert drop(outbox, pen) is None
    assert len(left(outbox)) == 60


def test_a_passage_whose_hour_is_not_counted_yet_stays(outbox: Outbox, pen: Pen) -> None:
    for n in range(20):
        at = NOW + timedelta(hours=n % 2)
        outbox.append(passage(pen, outbox.next_link(), FREE, at))
    told(outbox, pen, "count")

    def is_counted(where: Counted) -> bool:
        assert where.zone == "gent"
        return where.seen_first < NOW + timedelta(minutes=30)

    made = outbox.drop(is_counted, lambda link, spans: write_drop(pen, link, spans))
    assert made is not None
    assert content(made).records == 9
    assert left(outbox) == [1, *range(2, 21, 2), 21, 22]
    assert is_whole(outbox, pen)


def test_one_record_stands_for_many_that_were_dropped(outbox: Outbox, pen: Pen) -> None:
    seen(outbox, pen, MOST + 20)
    before = outbox.size()
    made = drop(outbox, pen)
    assert made is not None
    assert (content(made).records, len(content(made).spans)) == (MOST, 1)
    assert content(made).spans[0].kinds == {"passage": MOST}
    assert outbox.size().spare - before.spare > MOST * 2000
    assert outbox.backlog().dropped == MOST


def test_a_drop_with_as_many_spans_as_there_can_be_is_smaller_than_what_it_frees(
    outbox: Outbox, pen: Pen
) -> None:
    for _ in range(MOST):
        seen(outbox, pen, 1, HELD)
        seen(outbox, pen, 1)
    told(outbox, pen, "alarm")
    made = drop(outbox, pen)
    assert made is not None
    assert len(content(made).spans) == MOST
    assert len(made.jws) < outbox.size().spare / 4
    assert is_whole(outbox, pen)


def test_few_records_are_not_worth_a_drop(outbox: Outbox, pen: Pen) -> None:
    seen(outbox, pen, LEAST)
    told(outbox, pen, "alarm")
    assert drop(outbox, pen) is None
    seen(outbox, pen, 1)
    told(outbox, pen, "alarm")
    assert drop(outbox, pen) is not None


def test_the_first_record_of_a_chain_stays(outbox: Outbox, pen: Pen) -> None:
    seen(outbox, pen, 20)
    assert drop(outbox, pen) is not None
    assert left(outbox)[0] == 1


def test_the_last_record_stays_for_the_casebook_to_find(outbox: Outbox, pen: Pen) -> None:
    last = seen(outbox, pen, 20)[-1]
    assert drop(outbox, pen) is not None
    assert left(outbox)[:2] == [1, last.seq]
    assert drop(outbox, pen) is None


def test_where_no_drop_can_be_signed_nothing_is_deleted(outbox: Outbox, pen: Pen) -> None:
    seen(outbox, pen, 20)
    stranger = Pen("box-2")
    with pytest.raises(OutboxError):
        drop(outbox, stranger)
    assert left(outbox) == [*range(1, 21)]
    assert outbox.backlog().dropped == 0


def test_receipts_forget_across_what_was_dropped(outbox: Outbox, pen: Pen) -> None:
    seen(outbox, pen, 10)
    told(outbox, pen, "alarm")
    assert drop(outbox, pen) is not None
    told(outbox, pen, "alarm", 2)
    assert left(outbox) == [1, 11, 12, 13, 14]
    assert outbox.count_through(Place(1, 12)) == 3
    assert outbox.pending(Place(1, 4), 1)[0].seq == 11
    head = outbox.pending(None, 9)[3]
    told_by = Receipt(box="box-1", epoch=1, seq=13, sha256=head.sha256, stored_at=NOW)
    assert outbox.forget(told_by) == 4
    assert left(outbox) == [14]
    assert is_whole(outbox, pen, Head(1, 13, head.sha256))
    assert outbox.covering(Place(1, 0), Place(1, 14)) == []


def test_a_receipt_for_a_record_that_was_dropped_meanwhile_deletes_nothing(
    outbox: Outbox, pen: Pen
) -> None:
    sent = seen(outbox, pen, 20)[4]
    assert drop(outbox, pen) is not None
    late = Receipt(box="box-1", epoch=1, seq=sent.seq, sha256=sent.sha256, stored_at=NOW)
    assert outbox.forget(late) == 0
    assert left(outbox) == [1, 20, 21]


def test_a_receipt_for_the_last_of_what_was_dropped_forgets_what_came_before(
    outbox: Outbox, pen: Pen
) -> None:
    """The platform's chain ends there until the record after it comes."""
    last = seen(outbox, pen, 10)[-1]
    told(outbox, pen, "alarm")
    assert drop(outbox, pen) is not None
    forged = Receipt(box="box-1", epoch=1, seq=last.seq, sha256="ab" * 32, stored_at=NOW)
    with pytest.raises(RecordError):
        outbox.forget(forged)
    word = Receipt(box="box-1", epoch=1, seq=last.seq, sha256=last.sha256, stored_at=NOW)
    assert outbox.forget(word) == 1
    assert outbox.forget(word) == 0
    assert left(outbox) == [11, 12]


def test_the_drops_that_cover_a_gap_are_found_and_no_others(outbox: Outbox, pen: Pen) -> None:
    seen(outbox, pen, 10)
    told(outbox, pen, "alarm")  # 11
    first = drop(outbox, pen)  # 12: 2-10
    seen(outbox, pen, 10, REVIEW)  # 13-22
    told(outbox, pen, "alarm")  # 23
    second = drop(outbox, pen)  # 24: 13-22
    assert outbox.covering(None, Place(1, 11)) == [first]
    assert outbox.covering(Place(1, 11), Place(1, 12)) == []
    assert outbox.covering(Place(1, 12), Place(1, 23)) == [second]
    assert outbox.covering(None, Place(1, 23)) == [first, second]


def test_what_was_dropped_is_known_after_a_restart(tmp_path: Path, pen: Pen) -> None:
    path = tmp_path / "outbox.sqlite"
    with Outbox.open(path, "box-1", STORAGE_KEY, 0) as outbox:
        seen(outbox, pen, 10)
        told(outbox, pen, "alarm")
        made = drop(outbox, pen)
    with Outbox.attach(path, STORAGE_KEY, 0) as uplink:
        assert uplink.backlog().dropped == 9
        assert uplink.covering(None, Place(1, 11)) == [made]
        with pytest.raises(OutboxError, match="did not open"):
            drop(uplink, pen)
