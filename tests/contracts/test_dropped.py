"""What a box dropped on a full disk, as the receiver takes it: over each database."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from edge.daemon.uplink import Pace, Uplink
from edge.feed.ledger import open_ledgers
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.record.chain import START, Head, check, examine, next_link
from edge.record.message import DroppedSpan
from edge.types import Envelope
from tests.chains import STORAGE_KEY, Pen
from tests.drops import HELD, drop, other, passage, write_drop
from tests.fakes_feed import MemoryPublisher
from tools.receive.growth import Verdict
from tools.receive.listen import receipts
from tools.receive.store import Store

PLATFORM = Pen("platform")


class Box:
    """A chain of ten alarms, and what was dropped of it."""

    def __init__(self) -> None:
        self.pen = Pen("box-1")
        self.chain = self.pen.chain(10)

    def drops(self, *runs: tuple[int, int], sha256: str | None = None) -> Envelope:
        spans = tuple(self.span(*run, sha256) for run in runs)
        made = write_drop(self.pen, next_link(self.pen.head), spans)
        self.pen.head = Head(made.epoch, made.seq, made.sha256)
        self.chain.append(made)
        return made

    def span(self, first: int, last: int, sha256: str | None) -> DroppedSpan:
        digest, kinds = sha256 or self.chain[last - 1].sha256, {"alarm": last - first + 1}
        return DroppedSpan(epoch=1, first=first, last=last, last_sha256=digest, kinds=kinds)

    def but(self, *gone: int) -> list[Envelope]:
        return [e for e in self.chain if e.seq not in gone]


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path, box: Box) -> Iterator[Store]:
    address = (
        request.getfixturevalue("postgres_server").address()
        if request.param == "postgresql"
        else tmp_path / "received.sqlite"
    )
    with Store.open(address, lambda: box.pen.keyring) as opened:
        yield opened


def send(store: Store, envelopes: Sequence[Envelope], at_once: int = 99) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for start in range(0, len(envelopes), at_once):
        some = envelopes[start : start + at_once]
        verdicts += store.take([(e.box, e.jws) for e in some])
    return verdicts


@pytest.mark.parametrize("at_once", [1, 99])
def test_a_gap_that_a_drop_covers_is_closed_when_the_drop_comes(
    store: Store, box: Box, at_once: int
) -> None:
    made = box.drops((3, 5), (7, 8))
    verdicts = send(store, box.but(3, 4, 5, 7, 8), at_once)
    assert verdicts.count(Verdict.WAITING) == 4
    assert store.head("box-1") == Head(1, 11, made.sha256)
    (account,) = store.accounts()
    assert (account.is_sound, account.gaps, account.dropped, account.verified) == (True, 0, 5, 6)


def test_a_drop_that_comes_first_is_remembered(store: Store, box: Box) -> None:
    made = box.drops((3, 5))
    send(store, [made])
    for envelope in box.but(3, 4, 5, 11):
        send(store, [envelope])
    assert store.head("box-1") == Head(1, 11, made.sha256)
    assert store.accounts()[0].is_sound


def test_a_gap_that_no_drop_covers_stays_one(store: Store, box: Box) -> None:
    box.drops((3, 5))
    send(store, box.but(3, 4, 5, 7))
    assert store.head("box-1") == Head(1, 6, box.chain[5].sha256)
    (account,) = store.accounts()
    assert (account.is_sound, account.gaps, account.waiting) == (False, 1, 4)


def test_what_was_dropped_after_it_was_sent_is_stored_and_no_fork(store: Store, box: Box) -> None:
    made = box.drops((3, 5))
    assert send(store, box.but(4, 5))[:3] == [Verdict.STORED] * 3
    assert store.head("box-1") == Head(1, 11, made.sha256)
    assert send(store, box.chain[3:5]) == [Verdict.STORED] * 2  # the network was slow
    assert send(store, box.chain[3:5]) == [Verdict.DUPLICATE] * 2
    (account,) = store.accounts()
    assert (account.is_sound, account.verified) == (True, 11)


def test_another_record_for_a_dropped_place_is_a_fork(store: Store, box: Box) -> None:
    box.drops((3, 5))
    send(store, box.but(3, 4, 5))
    link = next_link(Head(1, 4, box.chain[3].sha256))
    assert send(store, [box.pen.at(link, "another")]) == [Verdict.FORKED]
    assert not store.accounts()[0].is_sound


def test_a_drop_that_contradicts_what_is_stored_is_a_finding(store: Store, box: Box) -> None:
    made = box.drops((3, 5), sha256="ab" * 32)
    send(store, box.chain)
    assert store.head("box-1") == Head(1, 11, made.sha256)
    assert store.accounts()[0].forks == 1


def test_a_span_whose_hash_does_not_fit_what_follows_is_a_finding(store: Store, box: Box) -> None:
    box.drops((3, 5), sha256="ab" * 32)
    send(store, box.but(3, 4, 5))
    (account,) = store.accounts()
    assert (account.last_seq, account.is_sound, account.forks) == (5, False, 1)


def test_a_drop_of_another_box_closes_nothing(store: Store, box: Box) -> None:
    stranger = Pen("box-2")
    made = write_drop(stranger, next_link(None), (box.span(3, 5, None),))
    send(store, box.but(3, 4, 5))
    assert store.take([("box-1", made.jws), ("box-2", made.jws)]) == [Verdict.REFUSED] * 2
    assert store.head("box-1") == Head(1, 2, box.chain[1].sha256)


def test_an_outbox_comes_home_across_its_drops_in_a_window_of_four(
    tmp_path: Path, store: Store, box: Box
) -> None:
    """The window is smaller than what lies between a gap and the drop that covers it."""
    pen = Pen("box-1")
    pen.key, pen.signer = box.pen.key, box.pen.signer
    with Outbox.open(tmp_path / "outbox.sqlite", "box-1", STORAGE_KEY, 0) as outbox:
        for n in range(60):
            how = HELD if n % 7 == 0 else ("free_access", ())
            outbox.append(passage(pen, outbox.next_link(), how))
        assert drop(outbox, pen) is not None
        for _ in range(10):
            outbox.append(other(pen, outbox.next_link(), "alarm"))
        head, waiting = outbox.head(), len(outbox.pending(None, 999))
        publisher = MemoryPublisher()
        reader = receipt_reader("box-1", PLATFORM.trusted)
        uplink = Uplink(outbox, lambda: publisher, reader, Pace(window=4))
        for _ in range(40):
            uplink.step(0)
            arrived, publisher.arrived = publisher.arrived, []
            send(store, arrived)
            publisher.answers += [jws for _, jws in receipts(store, PLATFORM.signer, {"box-1"})]
        assert outbox.backlog().records == 0
        assert store.head("box-1") == head
    (account,) = store.accounts()
    assert (account.is_sound, account.verified, account.dropped) == (True, waiting, 50)


def test_an_auditor_finds_the_received_chain_whole(tmp_path: Path, box: Box) -> None:
    path = tmp_path / "received.sqlite"
    box.drops((3, 5))
    with Store.open(path, lambda: box.pen.keyring) as store:
        send(store, box.but(3, 4, 5, 9))
        assert findings(path, box) == ["removed"]
        send(store, [box.chain[8]])
        assert findings(path, box) == []


def findings(path: Path, box: Box) -> list[str]:
    (ledger,) = open_ledgers(path)
    entries = [check(s.where, s.jws, box.pen.keyring) for s in ledger.records]
    found = examine("box-1", entries, ledger.since or START, ledger.until)
    return [one.flaw.value for one in found if one.flaw.value != "reordered"]
