"""Readings of cameras that are not ours as passages, with every doubt that they leave (pure).

How sure such a camera is, it says by a measure of its own, which we have not calibrated. So its
readings count only from a confidence that the site has validated; without one, all are for a
person to look at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import floor

from edge.passage.plate import MAX_LENGTH, MIN_LENGTH, fits_country, is_key, unproven
from edge.types import NO_DETECTION, ClockReading, ForeignReading, Passage

SILENT_NS = 15_000_000_000
"""So long after its last word a vehicle is gone, though the camera did not say so."""
REMEMBERED_NS = 600_000_000_000
MOST = 10_000
"""No camera follows so many: what is beyond was made up."""
LATE = timedelta(seconds=15)
"""So much older may the first word on a vehicle be that comes after the others."""
FAR, IN_SIGHT = timedelta(days=7), timedelta(hours=1)
"""Further off than that, or longer in sight, nobody was."""
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class ForeignPolicy:
    """What the site says of its camera: which confidence counts, how far its clock may be off."""

    min_confidence: float | None
    max_clock_error: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Heard:
    """A reading as it came: `lag` is how far its time lay behind ours, at best.

    The monotonic times (ns) are those of `seen_first` and `seen_last` by our own clock at the
    moment that each was heard: they show whether it was set meanwhile. `at`: when heard last.
    `rival`: how sure the camera was of another plate that it named for this vehicle, 0 for none.
    """

    reading: ForeignReading
    lag: timedelta
    first_ns: int
    last_ns: int
    at: ClockReading
    again: bool = False
    rival: float = 0.0


class Gathering:
    """Joins what a camera says of one vehicle, and tells when that is all."""

    def __init__(self) -> None:
        """Remember nobody yet."""
        self._open: dict[str, Heard] = {}
        self._told: dict[str, Heard] = {}
        self._plates: dict[int, int] = {}

    def take(self, reading: ForeignReading, now: ClockReading) -> Iterator[Heard]:
        """Take one message; yield the vehicle that is gone with it, once.

        A camera that starts again gives its names again: then the one before is gone too. The
        same plate under another name within seconds is `again`: it is the same vehicle, or one that
        bears its plate.
        """
        name, heard = reading.vehicle, _heard(reading, now)
        self._forget(now.monotonic_ns)
        told, before = self._told.get(name), self._open.pop(name, None)
        if told is not None and not _another(reading, told):
            return
        self._told.pop(name, None)
        if before is not None and _another(reading, before):
            yield from self._new(before)
            before = None
        joined = _joined(before, heard)
        if reading.gone or len(self._open) >= MOST:
            self._told[name] = joined
            yield from self._new(joined)
        else:
            self._open[name] = joined

    def silent(self, now: ClockReading) -> Iterator[Heard]:
        """Yield the vehicles of which the camera has said nothing for a while."""
        for name, heard in list(self._open.items()):
            if now.monotonic_ns - heard.at.monotonic_ns >= SILENT_NS:
                del self._open[name]
                self._told[name] = heard
                yield from self._new(heard)

    def finish(self) -> Iterator[Heard]:
        """Yield all that are still in sight: no message will follow."""
        left, self._open = self._open, {}
        for heard in left.values():
            yield from self._new(heard)

    def _new(self, heard: Heard) -> Iterator[Heard]:
        """Yield a vehicle, and whether its plate has just been told; plates are kept as hashes."""
        plate = hash(heard.reading.plate)
        before = self._plates.pop(plate, None)
        self._plates[plate] = heard.last_ns
        while len(self._plates) > MOST:
            del self._plates[next(iter(self._plates))]
        again = before is not None and abs(heard.first_ns - before) <= SILENT_NS
        yield replace(heard, again=again)

    def _forget(self, now_ns: int) -> None:
        while self._told:
            name, heard = next(iter(self._told.items()))
            if len(self._told) <= MOST and now_ns - heard.at.monotonic_ns <= REMEMBERED_NS:
                return
            del self._told[name]


def _another(reading: ForeignReading, before: Heard) -> bool:
    """True when a camera begins with a vehicle whose name it gave to another before.

    A message that is sent again, or overtaken by a later one, tells of a time known already.
    """
    known = before.reading
    return reading.begins and not (
        known.seen_first - reading.seen_last <= LATE and reading.seen_last <= known.seen_last
    )


def _heard(reading: ForeignReading, now: ClockReading) -> Heard:
    def steady_ns(seen: datetime) -> int:
        return now.monotonic_ns - (now.now - seen) // timedelta(microseconds=1) * 1000

    first, last = steady_ns(reading.seen_first), steady_ns(reading.seen_last)
    return Heard(reading, now.now - reading.seen_last, first, last, now)


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
    return Heard(reading, lag, *ends, last.at, rival=max(before.rival, _rival(earlier, later)))


def _rival(earlier: ForeignReading, later: ForeignReading) -> float:
    """Return how sure a camera was of what it no longer says, 0 where it says the same."""
    named = _signs(earlier.plate)
    kept = named == _signs(later.plate) and earlier.country in (None, later.country)
    return 0.0 if kept or not named else earlier.confidence or 0.0


def foreign_passage(heard: Heard, policy: ForeignPolicy) -> Passage:
    """Return what was heard of one vehicle as a passage."""
    plate = _signs(heard.reading.plate)
    doubt = _doubt(heard, plate, policy)
    heard = heard if _possible(heard) else _now(heard)
    reading = heard.reading
    return Passage(
        plate=plate,
        country=reading.country,
        confidence=reading.confidence or 0.0,
        chars=reading.chars if len(reading.chars) == len(plate) else (),
        candidates=(),
        doubt=doubt,
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


def _signs(plate: str) -> str:
    return "".join(sign for sign in _upper(plate) if sign.isalnum())


def _upper(plate: str) -> str:
    """Return a plate in capitals; no sign becomes two (ß is not SS)."""
    return "".join(s.upper() if len(s.upper()) == 1 else s for s in plate)


def _possible(heard: Heard) -> bool:
    """True when a vehicle can have been there at that time, though the clocks may differ.

    Where our own clock is not trusted, that of the camera may well be better.
    """
    first, last = heard.reading.seen_first, heard.reading.seen_last
    if first.year not in YEARS or last.year not in YEARS or last - first > IN_SIGHT:
        return False
    return abs(heard.lag) <= FAR or not heard.at.trusted


def _now(heard: Heard) -> Heard:
    """Return it at the moment that we heard of it.

    At another time another law is in force, or none: then there would be no record of it.
    """
    now, steady_ns = heard.at.now, heard.at.monotonic_ns
    reading = replace(heard.reading, seen_first=now, seen_last=now)
    return replace(heard, reading=reading, first_ns=steady_ns, last_ns=steady_ns)


def _doubt(heard: Heard, plate: str, policy: ForeignPolicy) -> str | None:
    reading, least = heard.reading, policy.min_confidence
    sure, country = reading.confidence, reading.country
    if not MIN_LENGTH <= len(plate) <= MAX_LENGTH:
        return "the camera read no plate"
    if least is None:
        return "nobody has said from which confidence on this camera is believed"
    if sure is None:
        return "the camera does not say how sure it is"
    weakest = min(sure, *reading.chars, 1.0)
    if weakest < least:
        return (
            f"the camera read it with confidence {floor(weakest * 100) / 100:.2f}, below {least:g}"
        )
    if reading.chars and len(reading.chars) != len(plate):
        return "the camera does not say of every character how sure it is"
    if heard.rival >= min(least, sure):
        return "the camera was as sure of another plate or country for the same vehicle"
    if reading.country_confidence is not None and reading.country_confidence < least:
        return "the camera is not sure of the country"
    if reading.late:
        return "the camera kept it and sent it late: its time cannot be checked"
    if abs(heard.lag) > policy.max_clock_error:
        return "the clock of the camera and that of the box differ"
    if heard.again:
        return "the camera told of the same plate seconds before"
    if reading.seen_last - reading.seen_first > IN_SIGHT:
        return "the camera says that it was in sight for more than an hour"
    if country is not None and not fits_country(plate, country):
        return "the text is no plate of its country"
    if country is not None and not is_key(country, plate):
        return "without its separators the plate may be one of several"
    return None if country is None else unproven(country, plate)
