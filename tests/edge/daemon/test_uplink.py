import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.daemon.uplink import Pace, Time, Uplink
from edge.errors import FeedError, OutboxError
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader, sign_receipt
from edge.record.chain import Head
from edge.record.message import Receipt
from edge.types import Envelope
from tests.chains import NOW, STORAGE_KEY, Pen
from tests.drops import drop, other, passage
from tests.fakes_feed import MemoryPublisher, StoppedTime

PLATFORM = Pen("platform")


class Bench:
    """An outbox, an uplink, and a platform that answers when it is told to."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox, self.pen = outbox, Pen("box-1")
        self.time = StoppedTime()
        self.opened: list[MemoryPublisher] = []
        self.refusals = 0

    def uplink(self, pace: Pace = Pace()) -> Uplink:  # noqa: B008 - frozen
        time = Time(self.time.monotonic, self.time.sleep, lambda: 1.0)
        reader = receipt_reader("box-1", PLATFORM.trusted)
        return Uplink(self.outbox, self.connect, reader, pace, time)

    def connect(self) -> MemoryPublisher:
        if self.refusals:
            self.refusals -= 1
            raise FeedError("Nobody answers.", "Wait.")
        self.opened.append(MemoryPublisher())
        return self.opened[-1]

    @property
    def publisher(self) -> MemoryPublisher:
        return self.opened[-1]

    @property
    def sent(self) -> list[int]:
        """What went out over all connections."""
        return [envelope.seq for way in self.opened for envelope in way.arrived]

    @property
    def arrived(self) -> list[int]:
        return [envelope.seq for envelope in self.publisher.arrived]

    def fill(self, length: int) -> list[Envelope]:
        written = self.pen.chain(length)
        for envelope in written:
            self.outbox.append(envelope)
        return written

    def gave_up(self, length: int) -> Envelope:
        """Take an alarm, so many passages and an alarm, and drop the passages."""
        self.outbox.append(other(self.pen, self.outbox.next_link(), "alarm"))
        for _ in range(length):
            self.outbox.append(passage(self.pen, self.outbox.next_link()))
        self.outbox.append(other(self.pen, self.outbox.next_link(), "alarm"))
        made = drop(self.outbox, self.pen)
        assert made is not None
        return made

    def waiting(self) -> list[int]:
        return [envelope.seq for envelope in self.outbox.pending(None, 999)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Outbox.open(tmp_path / "outbox.sqlite", "box-1", STORAGE_KEY, 0) as outbox:
        yield Bench(outbox)


def receipt(envelope: Envelope, box: str = "box-1", sha256: str | None = None) -> bytes:
    word = Receipt(
        box=box, epoch=1, seq=envelope.seq, sha256=sha256 or envelope.sha256, stored_at=NOW
    )
    return sign_receipt(word, PLATFORM.signer)


def test_records_leave_in_order_and_stay_until_their_receipt(bench: Bench) -> None:
    written, uplink = bench.fill(3), bench.uplink()
    uplink.step(0)
    assert bench.arrived == [1, 2, 3]
    assert bench.waiting() == [1, 2, 3]
    bench.publisher.answers.append(receipt(written[1]))
    uplink.step(0)
    assert bench.waiting() == [3]
    assert bench.arrived == [1, 2, 3]


def test_no_more_than_the_window_is_under_way(bench: Bench) -> None:
    written, uplink = bench.fill(10), bench.uplink(Pace(window=4, chunk=3))
    uplink.step(0)
    uplink.step(0)
    assert bench.arrived == [1, 2, 3, 4]
    bench.publisher.answers.append(receipt(written[2]))
    uplink.step(0)
    uplink.step(0)
    assert bench.arrived == [1, 2, 3, 4, 5, 6, 7]


def test_without_a_window_everything_leaves(bench: Bench) -> None:
    bench.fill(10)
    bench.uplink(Pace(window=None, chunk=3)).step(0)
    assert bench.arrived == list(range(1, 11))


FORGERIES = {
    "wrong hash": lambda e: receipt(e, sha256="0" * 64),
    "another box": lambda e: receipt(e, box="box-2"),
    "another key": lambda e: Pen("x").signer.sign(b"{}"),
    "a replayed record": lambda e: e.jws,
    "noise": lambda e: b"\xff\x00",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_receipt_forgets_nothing(
    bench: Bench, forgery: str, caplog: pytest.LogCaptureFixture
) -> None:
    written, uplink = bench.fill(3), bench.uplink()
    uplink.step(0)
    bench.publisher.answers.append(FORGERIES[forgery](written[2]))
    with caplog.at_level(logging.WARNING):
        uplink.step(0)
    assert bench.waiting() == [1, 2, 3]
    assert "receipt refused" in caplog.text


def test_a_receipt_ahead_of_the_box_forgets_nothing(bench: Bench) -> None:
    bench.fill(3)
    uplink = bench.uplink()
    uplink.step(0)
    ahead = Receipt(box="box-1", epoch=1, seq=9, sha256="0" * 64, stored_at=NOW)
    bench.publisher.answers.append(sign_receipt(ahead, PLATFORM.signer))
    uplink.step(0)
    assert bench.waiting() == [1, 2, 3]


def test_after_a_lost_connection_it_begins_at_the_lowest_without_a_receipt(bench: Bench) -> None:
    written, uplink = bench.fill(4), bench.uplink()
    uplink.step(0)
    bench.publisher.answers.append(receipt(written[0]))
    uplink.step(0)
    bench.publisher.is_cut = True
    uplink.step(0)
    assert bench.publisher.is_closed
    uplink.step(60)
    uplink.step(0)
    assert len(bench.opened) == 2
    assert bench.arrived == [2, 3, 4]


def test_a_way_that_stays_closed_is_tried_ever_less_often(bench: Bench) -> None:
    bench.refusals = 6
    uplink = bench.uplink(Pace(retry_s=1, retry_limit_s=8))
    while bench.refusals:
        uplink.step(1000)
    assert bench.time.slept == [1, 2, 4, 8, 8]


def test_without_a_receipt_for_a_while_it_sends_again_ever_less_often(bench: Bench) -> None:
    bench.fill(2)
    uplink = bench.uplink(Pace(patience_s=10))
    moments: list[float] = []
    while len(moments) < 3:
        before = len(bench.sent)
        uplink.step(0)
        if len(bench.sent) > before > 0:
            moments.append(bench.time.now)
        bench.time.now += 1
    assert bench.sent == [1, 2, 1, 1, 1]
    assert [b - a for a, b in zip([0.0, *moments], moments, strict=False)] == [12, 22, 42]


def test_after_a_silence_one_record_asks_and_its_receipt_lets_the_rest_go(bench: Bench) -> None:
    """What a platform that is away for long finds is little more than what was sent once."""
    written, uplink = bench.fill(4), bench.uplink(Pace(patience_s=10, window=3))
    for now in (0, 11, 12):
        bench.time.now = now
        uplink.step(0)
    assert bench.sent == [1, 2, 3, 1]
    bench.publisher.answers.append(receipt(written[0]))
    uplink.step(0)
    uplink.step(0)
    assert bench.sent == [1, 2, 3, 1, 2, 3, 4]


def test_a_second_silence_is_met_over_another_server(bench: Bench) -> None:
    """A server that was cut off from its cluster keeps the line open, and brings nothing home."""
    bench.fill(1)
    uplink = bench.uplink(Pace(patience_s=10, servers=2))
    for now, connections in ((0, 1), (11, 1), (12, 1), (33, 1), (34, 2)):
        bench.time.now = now
        uplink.step(0)
        assert len(bench.opened) == connections, now
    assert bench.opened[0].is_closed
    assert not bench.opened[1].is_closed


def test_the_only_server_is_called_anew_after_the_fourth_silence_alone(bench: Bench) -> None:
    """When all boxes come back at once, receipts are slow: each call more would make it worse."""
    bench.fill(1)
    uplink = bench.uplink(Pace(patience_s=10))
    opened_at = {}
    for now in range(200):
        bench.time.now = now
        uplink.step(0)
        opened_at.setdefault(len(bench.opened), now)
    assert list(opened_at) == [1, 2]
    assert bench.sent == [1] * 5
    assert 10 + 20 + 40 + 80 < opened_at[2] < 160


def test_a_receipt_that_comes_ends_the_impatience(bench: Bench) -> None:
    written, uplink = bench.fill(2), bench.uplink(Pace(patience_s=10))
    uplink.step(0)
    bench.time.now = 9
    bench.publisher.answers.append(receipt(written[0]))
    uplink.step(0)
    bench.time.now = 18
    uplink.step(0)
    uplink.step(0)
    assert bench.arrived == [1, 2]


def test_puback_mode_forgets_what_the_next_hop_took(bench: Bench) -> None:
    bench.fill(3)
    bench.uplink(Pace(ack="puback")).step(0)
    assert bench.waiting() == []


def test_receipt_mode_forgets_nothing_the_next_hop_took(bench: Bench) -> None:
    bench.fill(3)
    bench.uplink().step(0)
    assert bench.waiting() == [1, 2, 3]


def test_puback_mode_forgets_in_order_only(bench: Bench) -> None:
    bench.fill(3)
    uplink = bench.uplink(Pace(ack="puback"))
    bench.opened.append(first := MemoryPublisher())
    uplink._connect = lambda: first
    publish, kept = first.publish, []
    first.publish = lambda e: kept.append(e) if e.seq == 1 else publish(e)  # type: ignore[method-assign]
    uplink.step(0)
    assert bench.waiting() == [1, 2, 3]


def test_the_docstring_of_puback_says_what_it_gives_up() -> None:
    assert "gives up the proof" in str(Pace.__doc__)


def test_draining_ends_when_nothing_waits(bench: Bench) -> None:
    written = bench.fill(2)
    bench.connect()
    bench.publisher.answers.append(receipt(written[1]))
    uplink = bench.uplink()
    uplink._connect = lambda: bench.publisher
    assert uplink.drain(5) == 0
    assert bench.publisher.is_closed


def test_draining_gives_up_at_its_deadline_and_says_how_many_wait(bench: Bench) -> None:
    bench.fill(2)
    uplink = bench.uplink()
    bench.time.monotonic = lambda: _tick(bench)  # type: ignore[method-assign]
    uplink = bench.uplink()
    assert uplink.drain(5) == 2


def _tick(bench: Bench) -> float:
    bench.time.now += 0.1
    return bench.time.now


def test_draining_tells_why_the_way_was_closed(bench: Bench) -> None:
    bench.fill(1)
    bench.refusals = 99
    with pytest.raises(FeedError, match="Nobody answers"):
        bench.uplink().drain(5)
    assert bench.waiting() == [1]


def test_no_other_try_is_promised_when_draining_ends_before_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.fill(1)
    bench.refusals = 99
    with caplog.at_level(logging.WARNING), pytest.raises(FeedError):
        bench.uplink(Pace(retry_s=2)).drain(5)
    assert [("Trying again" in line) for line in caplog.messages] == [True, False]
    caplog.clear()
    with caplog.at_level(logging.WARNING), pytest.raises(FeedError):
        bench.uplink(Pace(retry_s=2)).drain(1)
    assert caplog.messages == ["Nobody answers."]


def test_draining_an_empty_outbox_does_nothing(bench: Bench) -> None:
    assert bench.uplink().drain(5) == 0


def test_handing_over_is_enough_for_a_stick(bench: Bench) -> None:
    bench.fill(3)
    assert bench.uplink(Pace(window=None)).drain(5, handed_over=True) == 3
    assert bench.arrived == [1, 2, 3]
    assert bench.publisher.is_closed


def test_a_running_uplink_stops_when_told(bench: Bench) -> None:
    written, uplink = bench.fill(1), bench.uplink()
    steps = iter([False, False, True])
    told: list[str] = []
    uplink.run(lambda: next(steps), lambda: told.append(uplink.status()))
    assert told[-1] == "connected; 1 records wait"
    assert len(told) == 2
    assert bench.publisher.is_closed
    assert bench.publisher.arrived == written


def test_a_broken_outbox_is_not_hidden(bench: Bench) -> None:
    bench.fill(1)
    uplink = bench.uplink()
    bench.outbox._db.execute("DROP TABLE records")
    with pytest.raises(OutboxError, match="failed"):
        uplink.step(0)


def test_the_drop_that_covers_a_gap_is_told_before_what_comes_after_the_gap(bench: Bench) -> None:
    bench.gave_up(10)
    bench.uplink(Pace(window=3)).step(0)
    assert bench.arrived == [1, 13, 12, 13]


def test_a_drop_is_told_though_the_window_would_never_reach_its_place(bench: Bench) -> None:
    bench.gave_up(10)
    for _ in range(20):
        bench.outbox.append(other(bench.pen, bench.outbox.next_link(), "alarm"))
    made = bench.gave_up(10)
    for _ in range(20):
        bench.outbox.append(other(bench.pen, bench.outbox.next_link(), "alarm"))
    uplink = bench.uplink(Pace(window=4))
    uplink.step(0)
    assert bench.arrived == [1, 13, 12, 13, 14]
    last = bench.outbox.pending(None, 99)[23]
    assert last.seq == 34  # the alarm before the second gap
    bench.outbox.forget_through(Head(1, last.seq, last.sha256))
    uplink.step(0)
    assert bench.arrived[5:] == [made.seq, 45, 46, 47, 48]


def test_a_stick_brings_everything_once_and_in_order(bench: Bench) -> None:
    bench.gave_up(10)
    bench.uplink(Pace(window=None)).step(0)
    assert bench.arrived == [1, 12, 13]


def test_puback_mode_forgets_across_a_gap(bench: Bench) -> None:
    bench.gave_up(10)
    bench.uplink(Pace(ack="puback")).step(0)
    assert bench.waiting() == []


def test_it_says_from_when_on_it_opens_the_way(bench: Bench) -> None:
    """Who steps thousands of them leaves those alone that have nothing to do."""
    bench.refusals = 1
    uplink = bench.uplink(Pace(retry_s=8.0))
    assert uplink.opens_at() == bench.time.monotonic()
    uplink.step(0)
    opens_at = uplink.opens_at()
    assert opens_at == bench.time.monotonic() + 8.0
    bench.time.sleep(8.0)
    uplink.step(0)
    assert uplink.opens_at() is None
