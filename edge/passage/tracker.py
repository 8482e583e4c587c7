"""The tracker: which readings of successive frames belong to the same vehicle (pure).

A plate is followed by where it should be next and by what it reads; a vehicle detector plays
no part, so that a truck is followed like any car.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from edge.passage.vote import weight
from edge.types import Box, Direction, Frame, Reading

KEPT_READINGS = 32  # a parked vehicle must not fill the memory
REACH = 2.5  # plate widths a new plate may move between frames
STEADY_REACH = 1.2  # the same once its speed is known
SAME_TEXT_REACH = 4.0  # and when it reads the same
STILL = 0.5  # plate widths a plate moves at most while its vehicle stands
GROWTH = 1.12
OTHER_PLATE = 4  # this many edits between two clear readings: another vehicle
CLEAR = 0.7
LOOK_AGAIN = 16  # sightings between two looks at a vehicle that stays unannounced
EDGE_PX = 3  # nearer to the edge of the frame a plate may be cut off


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reading and the moment of its frame.

    `weight` is what it counts in the vote; a plate cut by the edge of the frame counts nothing.
    """

    frame: int
    captured_at: datetime
    monotonic_ns: int
    reading: Reading
    weight: float


def sighted(frame: Frame, reading: Reading) -> Sighting:
    """Weigh a reading in its frame."""
    whole = _inside(reading.detection.box, frame.image.shape[1], frame.image.shape[0])
    counts = weight(reading) if whole else 0.0
    return Sighting(frame.index, frame.captured_at, frame.monotonic_ns, reading, counts)


def _inside(box: Box, width: int, height: int) -> bool:
    return min(box.x1, box.y1) > EDGE_PX and box.x2 < width - EDGE_PX and box.y2 < height - EDGE_PX


@dataclass(slots=True)
class Track:
    """One vehicle as long as it is followed: all that its passage will be made of."""

    id: int
    first: Sighting
    last: Sighting
    best: Sighting
    kept: list[Sighting] = field(default_factory=list)
    count: int = 0
    velocity: tuple[float, float] = (0.0, 0.0)  # frame pixels a second
    announced: bool = False  # set by the desk: whatever comes later is no news
    clear_texts: Counter[str] = field(default_factory=Counter)

    def add(self, sighting: Sighting) -> None:
        """Take one more sighting; keep the weightiest ones for the vote."""
        self._learn_velocity(sighting)
        self.last = sighting
        self.count += 1
        self._note(sighting)
        self.kept.append(sighting)
        if sighting.weight > self.best.weight:
            self.best = sighting
        if len(self.kept) > KEPT_READINGS:
            self.kept.remove(min(self.kept, key=lambda s: s.weight))

    @property
    def readings(self) -> list[Reading]:
        """Return the readings that count in the vote."""
        return [sighting.reading for sighting in self.kept if sighting.weight > 0]

    def expected(self, monotonic_ns: int) -> Box:
        """Return where the plate should be at a later moment."""
        passed = (monotonic_ns - self.last.monotonic_ns) / 1e9
        dx, dy = self.velocity[0] * passed, self.velocity[1] * passed
        x1, y1, x2, y2 = self.last.reading.detection.box
        return Box(x1 + dx, y1 + dy, x2 + dx, y2 + dy)

    @property
    def direction(self) -> Direction:
        """Return how the vehicle moved, judged by how its plate grew and where it went."""
        first, last = self.first.reading.detection.box, self.last.reading.detection.box
        if self.count < 3:
            return Direction.UNKNOWN
        if last.width > first.width * GROWTH:
            return Direction.APPROACHING
        if first.width > last.width * GROWTH:
            return Direction.LEAVING
        return Direction.STILL if distance(first, last) < STILL * last.width else Direction.UNKNOWN

    def _note(self, sighting: Sighting) -> None:
        if sighting.weight > 0 and _clear(sighting.reading):
            self.clear_texts[sighting.reading.text] += 1

    def _learn_velocity(self, sighting: Sighting) -> None:
        passed = (sighting.monotonic_ns - self.last.monotonic_ns) / 1e9
        if passed <= 0:
            return
        (x0, y0), (x1, y1) = (
            self.last.reading.detection.box.centre,
            sighting.reading.detection.box.centre,
        )
        seen = ((x1 - x0) / passed, (y1 - y0) / passed)
        trust = 0.6 if self.count > 1 else 1.0
        self.velocity = (
            self.velocity[0] + trust * (seen[0] - self.velocity[0]),
            self.velocity[1] + trust * (seen[1] - self.velocity[1]),
        )


def distance(a: Box, b: Box) -> float:
    """Return the distance of two boxes' centres in pixels."""
    (ax, ay), (bx, by) = a.centre, b.centre
    return float(((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5)


def differing(a: str, b: str) -> int:
    """Return the number of edits between two texts (Levenshtein, 1965)."""
    row = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, cb in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (ca != cb))
    return row[-1]


class Tracker:
    """Follows plates from frame to frame."""

    def __init__(self, gone_after_s: float, announce_after_s: float = 20.0) -> None:
        """Set when an unseen vehicle has left, and after how long one that stays is announced."""
        self._gone_after_ns = int(gone_after_s * 1e9)
        self._announce_after_ns = int(announce_after_s * 1e9)
        self._tracks: list[Track] = []
        self._next_id = 1

    def afresh(self) -> "Tracker":
        """Return a tracker with the same settings that follows nothing yet."""
        return Tracker(self._gone_after_ns / 1e9, self._announce_after_ns / 1e9)

    def update(self, frame: Frame, readings: Sequence[Reading]) -> list[Track]:
        """Take the readings of a frame; return the tracks that are due at the desk.

        Due are those whose vehicle has left and, once, those whose vehicle stays.
        """
        seen = [sighted(frame, reading) for reading in readings]
        for track, sighting in self._matches(seen, frame.monotonic_ns):
            track.add(sighting)
            seen.remove(sighting)
        self._tracks += [self._begin(sighting) for sighting in seen]
        return self._due(frame.monotonic_ns)

    def finish(self) -> list[Track]:
        """Return all that are still followed, because no frame will come any more."""
        left, self._tracks = self._tracks, []
        return left

    def _due(self, now_ns: int) -> list[Track]:
        gone = [t for t in self._tracks if now_ns - t.last.monotonic_ns > self._gone_after_ns]
        self._tracks = [t for t in self._tracks if t not in gone]
        return gone + [t for t in self._tracks if not t.announced and self._stays(t, now_ns)]

    def _stays(self, track: Track, now_ns: int) -> bool:
        long_enough = now_ns - track.first.monotonic_ns > self._announce_after_ns
        return long_enough and track.count % LOOK_AGAIN == 0

    def _begin(self, sighting: Sighting) -> Track:
        track = Track(self._next_id, sighting, sighting, sighting, [sighting], 1)
        track._note(sighting)
        self._next_id += 1
        return track

    def _matches(self, seen: list[Sighting], now_ns: int) -> list[tuple[Track, Sighting]]:
        """Pair tracks and sightings, cheapest pair first, each at most once."""
        pairs = sorted(
            (
                (cost, i, j)
                for i, track in enumerate(self._tracks)
                for j, sighting in enumerate(seen)
                if (cost := _cost(track, sighting, now_ns)) is not None
            ),
        )
        used_tracks: set[int] = set()
        used_seen: set[int] = set()
        chosen = []
        for _, i, j in pairs:
            if i not in used_tracks and j not in used_seen:
                used_tracks.add(i)
                used_seen.add(j)
                chosen.append((self._tracks[i], seen[j]))
        return chosen


def _cost(track: Track, sighting: Sighting, now_ns: int) -> float | None:
    """Return how badly a sighting fits a track, None when it cannot be the same plate."""
    box = sighting.reading.detection.box
    size = max(box.width, track.last.reading.detection.box.width)
    if not 0.5 < box.width / track.last.reading.detection.box.width < 2.0:
        return None
    # a shaken camera moves every plate back: where it was counts as much as where it was going
    places = track.expected(now_ns), track.last.reading.detection.box
    away = min(distance(place, box) for place in places) / size
    edits = differing(track.best.reading.text, sighting.reading.text)
    if edits >= OTHER_PLATE and _clear(track.best.reading) and _clear(sighting.reading):
        return None
    if edits == 0 or (edits == 1 and not _clear(sighting.reading)):
        reach = SAME_TEXT_REACH
    elif track.count == 1:
        reach = REACH
    else:
        reach = STEADY_REACH
    return away + 0.15 * edits if away <= reach else None


def _clear(reading: Reading) -> bool:
    return bool(reading.chars) and min(reading.chars) >= CLEAR
