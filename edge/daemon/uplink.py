"""The uplink: what the outbox holds goes out, and is forgotten when the platform says so.

Sends in order, at most a window ahead of the receipts. After a lost connection, or when no
receipt comes for a while, it begins again at the lowest record without a receipt (the second time
over a new connection): records may arrive twice, and the platform knows them by (box, epoch, seq).
After a silence that record goes alone, until a receipt says that the platform is there.
"""

import logging
import math
import random
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol

from edge.errors import FeedError, RecordError
from edge.ports import Publisher
from edge.record.chain import Head, Place
from edge.record.message import Receipt
from edge.types import Envelope

log = logging.getLogger(__name__)

EVERYTHING = Place(sys.maxsize, sys.maxsize)
DOUBLINGS = 16
BORNE = 3
"""So many silences are borne on one connection where there is no other server to call.

When all boxes are back at once, receipts are slow; a box that calls anew then makes it worse.
"""


class Backlog(Protocol):
    """The outbox as the uplink sees it."""

    def pending(self, after: Place | None, limit: int) -> list[Envelope]:
        """Return up to `limit` envelopes after a place, in order."""
        ...

    def covering(self, after: Place | None, before: Place) -> list[Envelope]:
        """Return the records of drops that cover places between two others."""
        ...

    def count_through(self, place: Place) -> int:
        """Return how many records wait up to and including a place."""
        ...

    def forget(self, receipt: Receipt) -> int:
        """Delete what a verified receipt covers."""
        ...

    def forget_through(self, last: Head) -> int:
        """Delete all records up to one with this hash."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How the uplink delivers.

    `ack = "puback"` forgets a record once the next hop has it. That gives up the proof that
    anyone stored it: a broker that dies with acknowledged records in memory has lost them.
    `window` None sends all there is, receipts or not: for a stick. `servers` is how many the broker
    has: of several another may know what this one does not.
    """

    ack: Literal["receipt", "puback"] = "receipt"
    window: int | None = 64
    chunk: int = 64
    poll_s: float = 0.25
    patience_s: float = 10.0
    retry_s: float = 1.0
    retry_limit_s: float = 300.0
    servers: int = 1


@dataclass(frozen=True, slots=True)
class Time:
    """The passing of time, and chance, so that tests need neither."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random


class Uplink:
    """Brings one outbox home over publishers that may fail."""

    def __init__(
        self,
        backlog: Backlog,
        connect: Callable[[], Publisher],
        read_receipt: Callable[[bytes], Receipt],
        pace: Pace = Pace(),
        time: Time = Time(),
    ) -> None:
        """Read from a backlog; `connect` opens a fresh publisher, `read_receipt` verifies."""
        self._backlog, self._connect, self._read_receipt = backlog, connect, read_receipt
        self._pace, self._time = pace, time
        self._publisher: Publisher | None = None
        self._fault: FeedError | None = None
        self._sent: Place | None = None
        self._told: set[str] = set()
        self._accepted: deque[Envelope] = deque()
        self._failures = 0
        self._silences = 0
        self._heard_at = self._next_try_at = time.monotonic()
        self._ends_at = math.inf

    def run(self, stopped: Callable[[], bool], stepped: Callable[[], None] = lambda: None) -> None:
        """Deliver until told to stop; a closed way is tried again, ever less often.

        `stepped` is called after each step.
        """
        while not stopped():
            self.step(self._pace.poll_s)
            stepped()
        self.close()

    def status(self) -> str:
        """Say in one line how the way stands, and what waits."""
        way = "connected" if self._publisher is not None else "the way is closed"
        return f"{way}; {self._backlog.count_through(EVERYTHING)} records wait"

    def drain(self, deadline_s: float, handed_over: bool = False) -> int:
        """Deliver until nothing waits, or the deadline; return how many records still wait.

        With `handed_over` it is enough that all were handed to the publisher.
        Raises FeedError when the way was closed to the end.
        """
        self._ends_at = self._time.monotonic() + deadline_s
        while self._time.monotonic() < self._ends_at:
            self.step(self._pace.poll_s)
            if self._fault is None and self._is_done(handed_over):
                break
        self.close()
        left = self._backlog.count_through(EVERYTHING)
        if self._fault is not None and left:
            raise self._fault
        return left

    def step(self, wait_s: float) -> None:
        """Send what there is room for, then wait at most `wait_s` for receipts."""
        closed_for_s = self._next_try_at - self._time.monotonic()
        if self._publisher is None and closed_for_s > 0:
            self._time.sleep(min(wait_s, closed_for_s))
            return
        try:
            publisher = self._publisher or self._open()
            self._send(publisher)
            publisher.exchange(wait_s)
            self._failures = 0
            self._forget_accepted()
            self._begin_again_after_silence()
        except FeedError as e:
            self._lose(e)

    def opens_at(self) -> float | None:
        """Return from when on (monotonic) a step opens the way; None while it is open."""
        return None if self._publisher is not None else self._next_try_at

    def close(self) -> None:
        """Let go of the publisher, if there is one.

        Raises FeedError when what was handed over cannot leave.
        """
        publisher, self._publisher = self._publisher, None
        self._sent = None
        if publisher is not None:
            publisher.close()

    def _open(self) -> Publisher:
        publisher = self._connect()
        publisher.on_receipt(self._take)
        if self._pace.ack == "puback":
            publisher.on_accepted(self._accepted.append)
        self._publisher, self._fault = publisher, None
        publisher.exchange(0)  # receipts that waited for us come before anything is sent again
        return publisher

    def _send(self, publisher: Publisher) -> None:
        in_flight = self._in_flight()
        if not in_flight:
            self._heard_at = self._time.monotonic()
        room = self._window() - in_flight
        while envelopes := self._backlog.pending(self._sent, max(0, min(room, self._pace.chunk))):
            for envelope in envelopes:
                for drop in self._told_first(envelope):
                    publisher.publish(drop)
                publisher.publish(envelope)
                self._sent = Place(envelope.epoch, envelope.seq)
            room -= len(envelopes)

    def _window(self) -> int:
        """Return how much may be under way: after a silence one record, which asks for a receipt.

        A platform that is away for days, and the broker that keeps all for it, get no more again.
        """
        if self._pace.window is None:
            return sys.maxsize
        return 1 if self._silences else self._pace.window

    def _told_first(self, envelope: Envelope) -> list[Envelope]:
        """Return the drops without which the platform would wait for what came before a record.

        Each comes again in its own place. A stick brings all there is, in order.
        """
        if self._pace.window is None:
            return []
        if self._sent is None:
            self._told.clear()
        drops = self._backlog.covering(self._sent, Place(envelope.epoch, envelope.seq))
        new = [drop for drop in drops if drop != envelope and drop.sha256 not in self._told]
        self._told |= {drop.sha256 for drop in new}
        return new

    def _take(self, jws: bytes) -> None:
        """Forget what a receipt covers; one that cannot be proven changes nothing."""
        try:
            forgotten = self._backlog.forget(self._read_receipt(jws))
        except RecordError as e:
            log.warning("receipt refused: %s", e.cause)
            return
        self._hear(forgotten)

    def _forget_accepted(self) -> None:
        """In `puback` mode: forget what the next hop has, in order and without a gap."""
        while self._accepted:
            envelope = self._accepted.popleft()
            waiting = self._backlog.pending(None, 1)
            if waiting and waiting[0].sha256 == envelope.sha256:
                last = Head(envelope.epoch, envelope.seq, envelope.sha256)
                self._hear(self._backlog.forget_through(last))

    def _hear(self, forgotten: int) -> None:
        if forgotten:
            self._heard_at, self._silences = self._time.monotonic(), 0

    def _begin_again_after_silence(self) -> None:
        patience = self._backoff(self._pace.patience_s, self._silences)
        if self._in_flight() and self._time.monotonic() - self._heard_at > patience:
            log.info("no receipt for %.0f s: sending again", patience)
            if self._silences >= (BORNE if self._pace.servers == 1 else 1):
                self.close()  # another server, or another connection, may bring what this does not
            self._sent, self._silences = None, self._silences + 1

    def _lose(self, fault: FeedError) -> None:
        with suppress(FeedError):
            self.close()
        self._fault = fault
        delay = self._backoff(self._pace.retry_s, self._failures)
        self._failures += 1
        self._next_try_at = self._time.monotonic() + delay
        if self._next_try_at < self._ends_at:
            log.warning("%s Trying again in %.1f s.", fault.cause, delay)
        else:  # it ends before that: nothing is promised
            log.warning("%s", fault.cause)

    def _in_flight(self) -> int:
        return 0 if self._sent is None else self._backlog.count_through(self._sent)

    def _is_done(self, handed_over: bool) -> bool:
        if not self._backlog.pending(None, 1):
            return True
        return handed_over and self._sent is not None and not self._backlog.pending(self._sent, 1)

    def _backoff(self, first_s: float, times: int) -> float:
        """Return a delay that doubles every time, spread so that boxes do not march in step."""
        longest = min(self._pace.retry_limit_s, first_s * float(2 ** min(times, DOUBLINGS)))
        return longest * (0.5 + self._time.draw() / 2)
