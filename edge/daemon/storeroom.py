"""Room for records on the disk of a box: made while it can be, and told of when it cannot.

Three bounds. Near `max_bytes`, or with less than `min_free_bytes` left on the disk, the outbox
grows no more: for what comes in, what is worth least goes (`edge.record.worth`), signed. When
nothing may go any more, or the disk is full all the same, the box goes on seeing, decides nothing,
counts what goes by, and says so with the part of the ballast that is kept for that. When there is
room again it goes on by itself, and signs what was missed.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.casebook.casebook import Casebook
from edge.counts.hour import hour_of
from edge.daemon.alarms import Alarms, Watched
from edge.daemon.health import disk_free
from edge.daemon.recovery import recover
from edge.daemon.room import NO_ROOM
from edge.errors import BoxError
from edge.feed.outbox import Outbox
from edge.ports import Clock, Signer
from edge.record.clerk import Clerk
from edge.record.envelope import seal
from edge.record.message import DroppedSpan, Unrecorded
from edge.record.testimony import Testimony
from edge.record.worth import Counted
from edge.types import Envelope, Link, Passage

log = logging.getLogger(__name__)

STORAGE = "storage"
AGAIN_S, BARREN_S = 1.0, 60.0
"""So often a full disk is tried again, and an outbox searched again in which nothing could go."""
SLACK_BYTES, LAST_BYTES = 256 * 1024, 64 * 1024
"""Free pages in the outbox below which it drops, and below which it takes no more."""
DROPS_AT_ONCE = 16
"""Drops for one full disk at most: whatever else fills it must not cost all that waits."""
EASED = 1.25
"""So much more than the bound must be free before a short disk is short no more."""
FULL = (
    "The disk is full or cannot be written: passages go by without a record, and nobody is accused."
)
ALL_KEPT = (
    "The outbox has all the room it may have, with records that are never dropped: passages go by"
    " without a record, and nobody is accused."
)
LOW = "Little room is left on the disk: the outbox grows no more, and drops what is worth least."
REMEDY = (
    "Free some disk space, let the uplink deliver, or set [outbox] for this disk. Keep the outbox:"
    " nothing acknowledged is lost, and the box goes on by itself."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large the outbox may grow, and how much of the disk it leaves to others, in bytes."""

    max_bytes: int
    min_free_bytes: int


class Storeroom:
    """The disk of a box; implements `Room`. The chain must be ours."""

    def __init__(
        self,
        *,
        limits: Limits,
        state: Path,
        clerk: Clerk,
        testimony: Testimony,
        clock: Clock,
        signer: Signer,
        outbox: Outbox,
        casebook: Casebook,
        close_hours: Callable[[], object],
        monotonic: Callable[[], float] = time.monotonic,
        free: Callable[[Path], int | None] = disk_free,
    ) -> None:
        """Watch the disk of a folder; `close_hours` counts those that are over, signed."""
        self._limits, self._state, self._free = limits, state, free
        self._clerk, self._clock, self._signer = clerk, clock, signer
        self._outbox, self._casebook, self._monotonic = outbox, casebook, monotonic
        self._close_hours = close_hours
        watched = {STORAGE: Watched(lambda: self.alarm, REMEDY)}
        self._alarms = Alarms(watched, clock, testimony, signer, outbox, casebook)
        self._fault: str | None = None
        self._warning: str | None = None
        self._torn = False
        self._missed: Unrecorded | None = None
        self._drops_left = DROPS_AT_ONCE
        self._due = self._barren_until = monotonic()

    @property
    def fault(self) -> str | None:
        """Why nothing can be recorded; None where it can."""
        return self._fault

    @property
    def alarm(self) -> str | None:
        """What a maintainer must know of the disk; None where there is nothing."""
        return self._fault or self._warning

    @property
    def missed(self) -> Unrecorded | None:
        """What went by unrecorded and is not signed for yet."""
        return self._missed

    def opens(self) -> bool:
        """Make room where that can be done; False where nothing can be recorded now.

        While it cannot, this looks once a second.
        """
        if self._fault is not None and self._monotonic() < self._due:
            return False
        try:
            self._look()
        except NO_ROOM as e:
            self._close(FULL, e)
        return self._fault is None

    def miss(self, passage: Passage) -> None:
        """Count a passage that was not recorded, in memory: there is no other place for it."""
        before = self._missed
        n, since, until = 1, passage.seen_first, passage.seen_last
        if before is not None:
            n += before.passages
            since, until = min(since, before.since), max(until, before.until)
        self._missed = Unrecorded(passages=n, since=since, until=until)

    def fail(self, error: BoxError, passage: Passage | None = None) -> None:
        """Take note that a write found no room; a passage is missed unless it is written down."""
        self._torn = True
        if passage is not None and not self._is_written_down():
            self.miss(passage)
        self._close(FULL, error)
        self._due = self._monotonic()
        self.opens()

    def close(self) -> None:
        """Look once more; sign what was missed, if the last reserve lets it: memory ends here."""
        self._due = self._monotonic()
        if self.opens():
            return
        try:
            with self._outbox.reserve():
                self._mend()
                self._sign_missed()
        except NO_ROOM as e:
            if self._missed is not None:
                log.error("%d passages are in no record: %s", self._missed.passages, e)

    def _look(self) -> None:
        """Find out whether there is room. Raises NO_ROOM where even that cannot be told."""
        if self._torn:
            with self._outbox.reserve():
                self._mend()
        self._tell()
        fault = self._full() or self._grown()
        if fault is not None:
            self._close(fault)
            self._tell()
            return
        self._sign_missed()
        if self._fault is not None:
            log.info("there is room again: recording goes on")
        self._fault, self._drops_left = None, DROPS_AT_ONCE
        self._warning = LOW if self._is_low() else None
        self._tell()

    def _full(self) -> str | None:
        """Hold the ballast, and drop for it if that helps; say what is wrong where it does not."""
        while not self._outbox.has_ballast():
            if not self._drops_left or self._drop("disk_low") is None:
                return FULL
            self._drops_left -= 1
        return None

    def _grown(self) -> str | None:
        """Drop where the outbox must not grow; say what is wrong where there is nothing to drop."""
        size = self._outbox.size()
        is_large = size.file >= self._limits.max_bytes
        if size.spare >= SLACK_BYTES or not (is_large or self._is_low()):
            return None
        if self._monotonic() >= self._barren_until:
            self._torn = True
            self._close_hours()  # what was counted may go
            self._torn = False
        if self._drop("outbox_full" if is_large else "disk_low") is not None:
            return None
        # On a disk that is low, what is never dropped has the rest of it.
        return ALL_KEPT if is_large and size.spare < LAST_BYTES else None

    def _is_low(self) -> bool:
        """True when the disk is short; once it was, it must be eased to be so no more."""
        free = self._free(self._state)
        bound = self._limits.min_free_bytes * (1 if self._warning is None else EASED)
        return free is not None and free < bound

    def _drop(self, reason: str) -> Envelope | None:
        """Drop what is worth least, if anything may go. Raises NO_ROOM."""
        if self._monotonic() < self._barren_until:
            return None
        uncounted = set(self._casebook.hours_open())

        def is_counted(where: Counted) -> bool:
            return (where.zone, hour_of(where.seen_first)) not in uncounted

        def write(link: Link, spans: tuple[DroppedSpan, ...]) -> Envelope:
            message = self._clerk.drop(reason, spans, None, self._clock.read(), link)
            return seal(message, self._signer)

        made = self._outbox.drop(is_counted, write)
        if made is None:
            self._barren_until = self._monotonic() + BARREN_S
        return made

    def _sign_missed(self) -> None:
        missed = self._missed
        if missed is None:
            return
        now, link = self._clock.read(), self._outbox.next_link()
        envelope = seal(self._clerk.drop("not_recorded", (), missed, now, link), self._signer)
        self._casebook.enter(envelope, None, ())
        self._missed = None
        self._torn = True
        self._outbox.append(envelope)
        self._torn = False
        log.warning("record %d: %d passages went by unrecorded", envelope.seq, missed.passages)

    def _tell(self) -> None:
        """Raise the alarm, with part of the ballast; where even that fails, it is tried again."""
        cause = self.alarm
        if cause == self._alarms.told.get(STORAGE):
            return
        with self._outbox.reserve():
            self._torn = True
            self._alarms.look()
            self._torn = False

    def _mend(self) -> None:
        """Append what the casebook has written down: nothing may come before it."""
        recover(self._casebook, self._outbox)
        self._torn = False

    def _close(self, fault: str, error: BoxError | None = None) -> None:
        if self._fault != fault:
            log.error("%s", fault if error is None else error)
        self._fault = fault
        self._due = self._monotonic() + AGAIN_S

    def _is_written_down(self) -> bool:
        """True when the casebook has a record that the outbox lacks: it will be appended."""
        try:
            intent, head = self._casebook.intent(), self._outbox.head()
        except BoxError:
            return False
        if not isinstance(intent, Envelope):
            return False
        return head is None or (intent.epoch, intent.seq) > (head.epoch, head.seq)
