"""Readings of cameras that are not ours as passages, with every doubt that they leave (pure).

How sure such a camera is, it says by a measure of its own, which we have not calibrated. So its
readings count only from a confidence that the site has validated; without one, all are for a
person to look at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import floor

from edge.passage.plate import MAX_LENGTH, MIN_LENGTH, fits_country, is_key
from edge.types import NO_DETECTION, ClockReading, ForeignReading, Passage

SILENT_NS = 15_000_000_000
"""So long after its last word a vehicle is gone, though the camera did not say so."""
REMEMBERED_NS = 600_000_000_000
MOST = 10_000
"""No camera follows so many: what is beyond was made up."""
LONGEST = timedelta(minutes=10)
"""No passage takes longer."""
FARTHEST = timedelta(days=7)
"""A camera that was cut off for so long sends late; farther from ours its time is none at all."""


@dataclass(frozen=True, slots=True)
class ForeignPolicy:
    """What the site says of its camera: which confidence counts, how far its clock may be off."""

    min_confidence: float | None
    max_clock_error: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Heard:
    """A reading as it came: `lag` is how far its time lay behind ours, at best.

    The monotonic times (ns) are those of `seen_first` and `seen_last` by our own clock at the
    moment that each was heard: they show whether it was set meanwhile. `at_ns`: heard last.
    A time that is none at all is replaced by ours, and `lag` tells it.
    """

    reading: ForeignReading
    lag: timedelta
    first_ns: int
    last_ns: int
    at_ns: int


class Gathering:
    """Joins what a camera says of one vehicle, and tells when that is all."""

    def __init__(self) -> None:
        """Remember nobody yet."""
        self._open: dict[str, Heard] = {}
        self._told: dict[str, _Told] = {}
        self._plates: dict[int, int] = {}

    def take(self, reading: ForeignReading, now: ClockReading) -> Iterator[Heard]:
        """Take one message; yield the vehicle that is gone with it, once.

        The same plate again within seconds is the same vehicle, whatever the camera calls it.
        """
        name = reading.vehicle
        self._forget(now.monotonic_ns)
        heard = _heard(reading, now)
        if name in self._told and not self._told[name].is_other(heard):
            return
        joined = _joined(self._open.pop(name, None), heard)
        if reading.gone or len(self._open) >= MOST:
            yield from self._tell(name, joined, now)
        else:
            self._open[name] = joined

    def silent(self, now: ClockReading) -> Iterator[Heard]:
        """Yield the vehicles of which the camera has said nothing for a while."""
        for name, heard in list(self._open.items()):
            if now.monotonic_ns - heard.at_ns >= SILENT_NS:
                del self._open[name]
                yield from self._tell(name, heard, now)

    def finish(self) -> Iterator[Heard]:
        """Yield all that are still in sight: no message will follow."""
        left, self._open = self._open, {}
        yield from (heard for heard in left.values() if not self._is_again(heard))

    def _tell(self, name: str, heard: Heard, now: ClockReading) -> Iterator[Heard]:
        self._told.pop(name, None)  # the dictionary is in the order of telling
        self._told[name] = _Told(now.monotonic_ns, heard.last_ns, hash(heard.reading.plate))
        if not self._is_again(heard):
            yield heard

    def _is_again(self, heard: Heard) -> bool:
        """True when a vehicle of this plate has just been told; plates are kept as hashes."""
        if not heard.reading.plate:
            return False
        plate = hash(heard.reading.plate)
        before = self._plates.pop(plate, None)
        self._plates[plate] = heard.last_ns
        return before is not None and abs(heard.first_ns - before) <= SILENT_NS

    def _forget(self, now_ns: int) -> None:
        oldest, told, plates = now_ns - REMEMBERED_NS, self._told, self._plates
        while told and (len(told) > MOST or next(iter(told.values())).at_ns < oldest):
            del told[next(iter(told))]
        recent = now_ns - 2 * SILENT_NS
        while plates and (len(plates) > MOST or next(iter(plates.values())) < recent):
            del plates[next(iter(plates))]


@dataclass(frozen=True, slots=True)
class _Told:
    """A vehicle that was concluded on: when, when it was last seen, and its plate, hashed."""

    at_ns: int
    last_ns: int
    plate: int

    def is_other(self, heard: Heard) -> bool:
        """True when a camera that counts anew gave this name to another vehicle."""
        later = heard.first_ns > self.last_ns + SILENT_NS
        return later and hash(heard.reading.plate) != self.plate


def _heard(reading: ForeignReading, now: ClockReading) -> Heard:
    lag = now.now - reading.seen_last
    if abs(lag) > FARTHEST:
        reading = replace(reading, seen_first=now.now, seen_last=now.now)
    elif reading.seen_last - reading.seen_first > FARTHEST:
        reading = replace(reading, seen_first=reading.seen_last - FARTHEST)

    def steady_ns(seen: datetime) -> int:
        return now.monotonic_ns - (now.now - seen) // timedelta(microseconds=1) * 1000

    first, last = steady_ns(reading.seen_first), steady_ns(reading.seen_last)
    return Heard(reading, lag, first, last, now.monotonic_ns)


def _joined(before: Heard | None, last: Heard) -> Heard:
    """Return what both say: the last word on everything, and both ends of the time in sight."""
    if before is None:
        return last
    earlier, later = before.reading, last.reading
    if later.seen_last < earlier.seen_last:  # they came in another order than they were sent
        earlier, later = later, earlier
    reading = replace(
        later,
        seen_first=min(earlier.seen_first, later.seen_first),
        gone=earlier.gone or later.gone,
        late=earlier.late or later.late,
    )
    lag = min(before.lag, last.lag, key=abs)
    ends = min(before.first_ns, last.first_ns), max(before.last_ns, last.last_ns)
    return Heard(reading, lag, *ends, last.at_ns)


def foreign_passage(heard: Heard, policy: ForeignPolicy) -> Passage:
    """Return what was heard of one vehicle as a passage."""
    reading = heard.reading
    plate = "".join(sign for sign in reading.plate.upper() if sign.isalnum())
    return Passage(
        plate=plate,
        country=reading.country,
        confidence=reading.confidence or 0.0,
        chars=reading.chars,
        candidates=(),
        doubt=_doubt(heard, plate, policy),
        seen_first=reading.seen_first,
        seen_last=reading.seen_last,
        first_monotonic_ns=heard.first_ns,
        last_monotonic_ns=heard.last_ns,
        first_frame=0,
        last_frame=0,
        frames_read=1,
        direction=reading.direction,
        best_frame=0,
        best=NO_DETECTION,
        lane=reading.lane,
        foreign=reading.product,
    )


def _doubt(heard: Heard, plate: str, policy: ForeignPolicy) -> str | None:
    reading, least = heard.reading, policy.min_confidence
    sure, country = reading.confidence, reading.country
    if not MIN_LENGTH <= len(plate) <= MAX_LENGTH:
        return "the camera read no plate"
    if least is None:
        return "nobody has said from which confidence on this camera is believed"
    if sure is None:
        return "the camera does not say how sure it is"
    if sure < least:
        return f"the camera read it with confidence {floor(sure * 100) / 100:.2f}, below {least:g}"
    if reading.late:
        return "the camera kept it and sent it late: its time cannot be checked"
    if abs(heard.lag) > policy.max_clock_error:
        return "the clock of the camera and that of the box differ"
    if reading.seen_last - reading.seen_first > LONGEST:
        return "the camera had it in sight for longer than a passage takes"
    if country is not None and not fits_country(plate, country):
        return "the text is no plate of its country"
    if country is not None and not is_key(country, plate):
        return "without its separators the plate may be one of several"
    return None
