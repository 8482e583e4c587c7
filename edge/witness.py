"""What the platform's receipts prove of the box's clock: the one witness that is not on the box.

A receipt tells a moment at which its record had been made, and after which it came. So the time is
no earlier than that moment when it comes, and was no later when the record was made. Both are
one-sided: a slow network or a long backlog only widens what lies between, and an old receipt that
comes again proves less than is known. In one boot the time since then ties all moments together:
what is kept is when the boot began, by the platform's time. The delivery writes it down, the daemon
reads it.
"""

import logging
import os
import stat
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from edge.ports import Clock
from edge.record.envelope import UNREADABLE, decode_part, split
from edge.storefile import fsync_folder
from edge.types import ClockReading, Envelope, ProvenTime

log = logging.getLogger(__name__)

NAME = "clock.witness"
TOLERANCE = timedelta(minutes=1)
"""So far two clocks that are both kept right are never apart."""
SLACK, FRESH_NS = timedelta(seconds=1), 3600 * 10**9
"""A bound is written anew when it is that much closer; or when it is an hour old, whatever it says,
so that a platform whose clock was wrong is forgiven."""
REMEMBERED = 16
"""So many boots are remembered in which the clock was wrong: no candidate waits for longer."""
YEARS = range(2000, 9000)
"""What lies outside is no moment at which anybody stored anything."""
REMEDY = (
    "Compare the time of the box and that of the platform with a clock you trust; correct the one "
    "that is wrong. Until they agree nobody is accused."
)
BEHIND = "its clock is behind what the platform's receipts prove, or the platform's clock is ahead"
AHEAD = "its clock is ahead of what the platform's receipts prove, or the platform's is behind"

LARGEST_BYTES, LONGEST_NS = 4096, 10**18
"""No note is larger, and no boot lasts 31 years: what says so was damaged."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Elapsed = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_NS)]


class Bound(msgspec.Struct, frozen=True):
    """When the boot began at the earliest, or at the latest; and when, in it, that was heard."""

    began_at: Moment
    heard_ns: Elapsed

    def __post_init__(self) -> None:
        """Refuse a moment that no sum of times may be made of."""
        if self.began_at.year not in YEARS:
            raise ValueError("no boot began then")


class Witness(msgspec.Struct, frozen=True):
    """What is proven of one boot: it began between two moments.

    `wrong` are the boots in which a clock that said it was right was proven wrong, the last ones.
    """

    boot_id: str
    earliest: Bound
    latest: Bound | None = None
    wrong: tuple[str, ...] = ()


class Made(NamedTuple):
    """In which boot a record was made, and how long after it began."""

    boot_id: str
    since_boot_ns: int


class _Clock(msgspec.Struct):
    boot_id: str
    since_boot_ns: int


class _Carried(msgspec.Struct):
    clock: _Clock


class _Message(msgspec.Struct):
    data: _Carried


def made(envelope: Envelope) -> Made | None:
    """Return when a record of this box was made; None for one that cannot be read."""
    try:
        found = msgspec.json.decode(decode_part(split(envelope.jws)[1]), type=_Message)
    except UNREADABLE:
        return None
    return Made(found.data.clock.boot_id, found.data.clock.since_boot_ns)


def heard(
    kept: Witness | None, stored_at: datetime, now: Made, record: Made | None
) -> Witness | None:
    """Return what is known once a receipt was heard `now`; the same where it says nothing new.

    `record` is the one that the receipt is for, None where it is no longer at hand.
    """
    if stored_at.year not in YEARS:
        return kept
    earliest, latest = Bound(stored_at - _span(now.since_boot_ns), now.since_boot_ns), None
    if record is not None and record.boot_id == now.boot_id:
        latest = Bound(stored_at - _span(record.since_boot_ns), now.since_boot_ns)
    if kept is None or kept.boot_id != now.boot_id:
        return Witness(now.boot_id, earliest, latest, () if kept is None else kept.wrong)
    return Witness(
        now.boot_id,
        earliest if _replaces(earliest, kept.earliest, latest) else kept.earliest,
        _latest(latest, kept.latest, earliest),
        kept.wrong,
    )


def _replaces(new: Bound, kept: Bound, against: Bound | None) -> bool:
    """True for an earliest beginning that is closer, or where the one kept is old or refuted."""
    refuted = against is not None and kept.began_at > against.began_at + TOLERANCE
    return refuted or _is_old(kept, new) or new.began_at > kept.began_at + SLACK


def _latest(new: Bound | None, kept: Bound | None, against: Bound) -> Bound | None:
    """Return the latest beginning that stands: of two that contradict, the platform's last word."""
    if kept is not None and against.began_at > kept.began_at + TOLERANCE:
        return new
    if new is None or kept is None:
        return new or kept
    closer = new.began_at < kept.began_at - SLACK
    return new if closer or _is_old(kept, new) else kept


def _is_old(kept: Bound, new: Bound) -> bool:
    return new.heard_ns - kept.heard_ns > FRESH_NS


def proven(witness: Witness, reading: ClockReading) -> ProvenTime:
    """Return between which moments the time lies, by what was heard; after a reboot since when."""
    if witness.boot_id == reading.boot_id:
        passed = _span(reading.since_boot_ns)
        latest = witness.latest
        return ProvenTime(
            witness.earliest.began_at + passed, None if latest is None else latest.began_at + passed
        )
    return ProvenTime(witness.earliest.began_at + _span(witness.earliest.heard_ns), None)


def doubt(time: ProvenTime, now: datetime) -> str | None:
    """Return why a clock that shows `now` is wrong, None while nothing speaks against it."""
    if time.not_before is not None and now < time.not_before - TOLERANCE:
        return BEHIND
    if time.not_after is not None and now > time.not_after + TOLERANCE:
        return AHEAD
    return None


def judged(witness: Witness, reading: ClockReading) -> Witness:
    """Return a witness that remembers this boot where its clock says it is right, and is not."""
    if not reading.trusted or reading.boot_id in witness.wrong:
        return witness
    if doubt(proven(witness, reading), reading.now) is None:
        return witness
    wrong = (*witness.wrong, reading.boot_id)[-REMEMBERED:]
    return msgspec.structs.replace(witness, wrong=wrong)


def fault(clock: Clock) -> str | None:
    """Return in a sentence what receipts say against a clock, None where they say nothing."""
    why = clock.read().doubt
    return None if why is None else f"The clock cannot be trusted: {why}."


def over() -> str:
    """Say that it is over."""
    return "No receipt of the platform speaks against the clock any more."


def _span(ns: int) -> timedelta:
    return timedelta(microseconds=ns / 1000)


class WitnessFile:
    """The file in the state of a box that tells what was heard."""

    def __init__(self, state: Path) -> None:
        """Read nothing yet."""
        self._path = state / NAME
        self._seen: tuple[int, int] | None = None
        self._found: Witness | None = None

    def read(self) -> Witness | None:
        """Return what is written; None where nothing is, or nothing that can be read."""
        try:
            found = self._path.stat()
            if self._seen != (seen := (found.st_ino, found.st_mtime_ns)):
                if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_BYTES:
                    raise FileNotFoundError(self._path)  # a pipe would keep the daemon waiting
                self._found = msgspec.json.decode(self._path.read_bytes(), type=Witness)
                self._seen = seen
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            self._seen, self._found = None, None
        return self._found

    def write(self, witness: Witness) -> None:
        """Write it, whole or not at all; what finds no room is written the next time."""
        draft = self._path.with_name(f".{NAME}.new")
        try:
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(witness))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            fsync_folder(self._path.parent)
        except OSError as e:  # the clock is then not watched; the box has alarms for a full disk
            log.warning("what receipts prove of the clock cannot be written (%s)", e.strerror)
            with suppress(OSError):
                draft.unlink(missing_ok=True)


class WitnessedClock:
    """A clock of the box that is trusted only while no receipt speaks against it."""

    def __init__(self, clock: Clock, state: Path) -> None:
        """Read what the delivery writes down in a folder."""
        self._clock, self._file = clock, WitnessFile(state)

    def read(self) -> ClockReading:
        """Return the time now and its quality."""
        reading, witness = self._clock.read(), self._file.read()
        if witness is None:
            return reading
        time = proven(witness, reading)
        why = doubt(time, reading.now)
        return replace(
            reading,
            proven=time,
            doubt=why,
            trusted=reading.trusted and why is None,
            wrong_boots=witness.wrong,
        )
