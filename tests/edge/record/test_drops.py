"""A drop record makes of removed places dropped ones, and only of those that it proves."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from edge.record.chain import START, Entry, Head, check, dropped, examine, next_link
from edge.record.drops import Dropped, Span
from edge.record.envelope import Flaw, seal
from edge.record.message import DroppedSpan, DropRecord, event
from edge.types import Envelope, Link
from tests.chains import NOW, Pen, carried


def span_of(run: list[Envelope], sha256: str | None = None) -> DroppedSpan:
    first, last = run[0], run[-1]
    kinds = {"alarm": len(run)}
    return DroppedSpan(
        epoch=first.epoch,
        first=first.seq,
        last=last.seq,
        last_sha256=sha256 or last.sha256,
        kinds=kinds,
    )


def drop(pen: Pen, *spans: DroppedSpan) -> Envelope:
    link: Link = next_link(pen.head)
    record = DropRecord(
        **carried(link, pen.box),
        reason="outbox_full",
        records=sum(s.last - s.first + 1 for s in spans),
        spans=spans,
    )
    at = NOW + timedelta(seconds=link.seq)
    made = seal(event("drop", record, id=UUID(int=1), source="/b", time=at), pen.signer)
    pen.head = Head(made.epoch, made.seq, made.sha256)
    return made


def entries(pen: Pen, chain: list[Envelope]) -> list[Entry]:
    return [check(str(e.seq), e.jws, pen.keyring) for e in chain]


def findings(pen: Pen, chain: list[Envelope]) -> list[tuple[Flaw, int | None]]:
    found = examine(pen.box, entries(pen, chain), START, Head(*pen.head or START))
    return [(one.flaw, one.seq) for one in found]


def test_places_that_a_drop_record_covers_are_dropped_and_not_removed() -> None:
    pen = Pen()
    chain = pen.chain(8)
    chain.append(drop(pen, span_of(chain[1:3]), span_of(chain[4:6])))
    left = [e for e in chain if e.seq not in (2, 3, 5, 6)]
    assert findings(pen, left) == []
    assert dropped(pen.box, entries(pen, left)).count == 4


def test_a_place_beside_a_span_is_still_removed() -> None:
    pen = Pen()
    chain = pen.chain(8)
    chain.append(drop(pen, span_of(chain[1:3])))
    assert findings(pen, [e for e in chain if e.seq not in (2, 3, 4)]) == [(Flaw.REMOVED, 4)]


def test_the_record_after_a_span_must_follow_its_last_hash() -> None:
    pen = Pen()
    chain = pen.chain(8)
    chain.append(drop(pen, span_of(chain[1:3], "ab" * 32)))
    left = [e for e in chain if e.seq not in (2, 3)]
    assert findings(pen, left) == [(Flaw.WRONG_PREV, 4)]


def test_a_record_that_was_dropped_after_it_was_sent_is_no_finding() -> None:
    pen = Pen()
    chain = pen.chain(8)
    chain.append(drop(pen, span_of(chain[1:4])))
    assert findings(pen, chain) == []
    assert findings(pen, [e for e in chain if e.seq != 3]) == []


def test_a_drop_that_names_another_hash_than_the_record_has_is_a_finding() -> None:
    pen = Pen()
    chain = pen.chain(8)
    chain.append(drop(pen, span_of(chain[1:3], "ab" * 32)))
    assert findings(pen, chain) == [(Flaw.DROP, 3)]


def test_a_drop_of_another_box_covers_nothing() -> None:
    pen, other = Pen("box-1"), Pen("box-2")
    chain = pen.chain(4)
    other.chain(8)
    foreign = check("x", drop(other, span_of(chain[1:3])).jws, other.keyring)
    found = examine("box-1", [*entries(pen, [chain[0], chain[3]]), foreign], START)
    assert [one.flaw for one in found] == [Flaw.OTHER_BOX, Flaw.REMOVED]


def test_a_drop_of_places_that_come_after_it_covers_nothing() -> None:
    pen = Pen()
    chain = pen.chain(2)
    later = DroppedSpan(epoch=1, first=4, last=5, last_sha256="ab" * 32, kinds={"alarm": 2})
    chain.append(drop(pen, later))
    chain += pen.chain(3)
    assert findings(pen, [e for e in chain if e.seq not in (4, 5)]) == [(Flaw.REMOVED, 4)]


def test_two_drops_that_say_otherwise_of_a_place_are_a_finding() -> None:
    pen = Pen()
    chain = pen.chain(6)
    chain.append(drop(pen, span_of(chain[1:3])))
    chain.append(drop(pen, span_of(chain[1:3], "ab" * 32)))
    left = [e for e in chain if e.seq not in (2, 3)]
    assert findings(pen, left) == [(Flaw.DROP, 3)]


def test_a_drop_that_was_altered_covers_nothing() -> None:
    pen = Pen()
    chain = pen.chain(4)
    made = drop(pen, span_of(chain[1:3]))
    head, body, signature = made.jws.split(b".")
    torn = replace(made, jws=b".".join((head, body, signature[:-8] + b"AAAAAAAA")))
    flaws = [flaw for flaw, _ in findings(pen, [chain[0], chain[3], torn])]
    assert flaws[:2] == [Flaw.ALTERED, Flaw.REMOVED]


spans = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 8)).map(
        lambda t: Span(1, t[0], t[0] + t[1], "h" * 64)
    )
)


@given(spans, st.integers(1, 50), st.integers(0, 50))
def test_what_is_left_is_every_place_that_no_span_covers(
    some: list[Span], first: int, length: int
) -> None:
    last = first + length
    free = {n for n in range(first, last + 1) if not any(s.covers((1, n)) for s in some)}
    left = Dropped(some).left(1, first, last)
    assert {n for low, high in left for n in range(low, high + 1)} == free
    assert Dropped(some).count == len({n for s in some for n in range(s.first, s.last + 1)})
