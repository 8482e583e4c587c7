"""The tracker: which readings of successive frames belong to the same vehicle (pure).

A plate is followed by where it should be next and by what it reads; a vehicle detector plays
no part, so that a truck is followed like any car. Both weigh as evidence: how much likelier is
this sighting if it is that vehicle than if a new one has come?
"""

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import TypeAlias

import numpy as np

from edge.passage.lanes import WHOLE_PICTURE, Lane, View
from edge.passage.motion import Motion, Spot, begin, spot
from edge.passage.pair import Trail
from edge.passage.vote import weight
from edge.types import Box, Direction, Frame, Reading

KEPT_READINGS = 32  # a parked vehicle must not fill the memory
KEPT_TEXTS = 64
NEW_VEHICLE = math.log(0.1 / 700)  # one frame in ten brings one, anywhere in 700 cubic metres
GONE_A_SECOND = 2.0  # the longer a vehicle is unseen, the likelier it has left
BY_CHANCE = 1 / 7  # of the characters of two plates are alike, at best alignment
FLEET = math.log(50)  # one vehicle in fifty is followed by one that reads nearly the same
SUREST = 0.95  # no reader is surer of a character than that
CLEAR = 0.7
TURN_NS = 250_000_000
CUT_SIGNS, ON_EACH_OTHER = 2, 0.5
WHOLE_TEXT = 4  # characters that make a text one vehicle's own
LOOK_AGAIN = 16  # sightings between two looks at a vehicle that stays unannounced
EDGE_PX = 3  # nearer to the edge of the frame a plate may be cut off
SHAKEN = 3  # plates that must have moved alike for the camera to have moved
ENDS = 5  # sightings at either end that tell where a vehicle came from and where it went
GROWTH = math.log(1.12)  # less could be the unrest of the boxes
SANK = 0.5  # plate widths down or up that speak for a direction,
SANK_COUNTS = 0.75  # though never alone
STILL = 0.5  # plate widths a plate moves at most while its vehicle stands,
STILL_S = 1.0  # watched for as long as this


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
    whole: bool
    spot: Spot
    lane: Lane | None


def sighted(frame: Frame, reading: Reading, view: View = WHOLE_PICTURE) -> Sighting:
    """Weigh a reading in its frame, and place it on the road."""
    box = reading.detection.box
    whole = _inside(box, frame.image.shape[1], frame.image.shape[0])
    return Sighting(
        frame=frame.index,
        captured_at=frame.captured_at,
        monotonic_ns=frame.monotonic_ns,
        reading=reading,
        weight=weight(reading) if whole else 0.0,
        whole=whole,
        spot=spot(box, frame.image, whole),
        lane=view.lane_at(box, frame.image),
    )


def _inside(box: Box, width: int, height: int) -> bool:
    return min(box.x1, box.y1) > EDGE_PX and box.x2 < width - EDGE_PX and box.y2 < height - EDGE_PX


@dataclass(slots=True)
class Track:
    """One vehicle as long as it is followed: all that its passage will be made of."""

    id: int
    first: Sighting
    last: Sighting
    best: Sighting
    motion: Motion
    kept: list[Sighting] = field(default_factory=list)
    count: int = 0
    announced: bool = False  # set by the desk: whatever comes later is no news
    trail: Trail = field(default_factory=Trail)
    accompanied: bool = False  # set by the desk: another plate moved with this one
    clear_texts: Counter[str] = field(default_factory=Counter)
    lanes: dict[Lane | None, float] = field(default_factory=dict)
    wholes: int = 0
    paced: int = 0  # of these, since its way was last known
    came: list[Box] = field(default_factory=list)
    went: deque[Box] = field(default_factory=lambda: deque(maxlen=ENDS))

    def add(self, sighting: Sighting) -> None:
        """Take one more sighting; keep the weightiest ones for the vote.

        The same picture once more, as a camera that stalls gives it, is no second witness.
        """
        self.last = sighting
        self.count += 1
        self._note(sighting)
        if not any(_same_picture(kept.reading, sighting.reading) for kept in self.kept):
            self._hear(sighting)

    def begin_way(self, at: Spot) -> None:
        """Forget how it moved: its text was seen where nothing that drives could be by now.

        What it was before may have been another vehicle of its fleet, misread.
        """
        self.motion = begin(at)
        self.came, self.paced = [], 0
        self.went.clear()

    def absorb(self, later: "Track") -> None:
        """Take over a track that has proved to be of the same vehicle."""
        self.last, self.motion = later.last, later.motion
        self.count += later.count
        self.announced |= later.announced
        self.accompanied |= later.accompanied
        self.clear_texts += later.clear_texts
        for lane, counts in later.lanes.items():
            self.lanes[lane] = self.lanes.get(lane, 0.0) + counts
        self.wholes += later.wholes
        self.paced += later.paced
        self.trail.absorb(later.trail)
        self.came = (self.came + later.came)[:ENDS]
        self.went.extend(later.went)
        self._keep(later.kept)

    @property
    def readings(self) -> list[Reading]:
        """Return the readings that count in the vote."""
        return [sighting.reading for sighting in self.kept if sighting.weight > 0]

    @property
    def lane(self) -> Lane | None:
        """Return the lane in which the vehicle was seen best, None when that was in none."""
        return max(self.lanes, key=lambda lane: self.lanes[lane])

    @property
    def direction(self) -> Direction:
        """Return how the vehicle moved, judged by how its plate grew and sank in the picture."""
        seen = min(ENDS, self.paced // 2)
        if seen == 0:
            return Direction.UNKNOWN
        came, went = _middle(self.came[:seen]), _middle(list(self.went)[-seen:])
        sank = (went.centre[1] - came.centre[1]) / (SANK * max(came.width, went.width))
        grew = math.log(went.width / came.width) / GROWTH
        coming = grew + SANK_COUNTS * max(-1.0, min(1.0, sank))
        if abs(coming) >= 1:
            return Direction.APPROACHING if coming > 0 else Direction.LEAVING
        watched_s = (self.last.monotonic_ns - self.first.monotonic_ns) / 1e9
        stands = watched_s >= STILL_S and distance(came, went) < STILL * went.width
        return Direction.STILL if stands else Direction.UNKNOWN

    def _note(self, sighting: Sighting) -> None:
        self.lanes[sighting.lane] = self.lanes.get(sighting.lane, 0.0) + sighting.weight
        if sighting.whole:
            self.wholes += 1
            self.paced += 1
            self.trail.add(sighting.frame, sighting.reading.detection.box)
            self.came = [*self.came, sighting.reading.detection.box][:ENDS]
            self.went.append(sighting.reading.detection.box)

    def _hear(self, sighting: Sighting) -> None:
        self._keep([sighting])
        if sighting.weight > 0 and _clear(sighting.reading):
            self.clear_texts[sighting.reading.text] += 1
        if len(self.clear_texts) > KEPT_TEXTS:
            self.clear_texts = Counter(dict(self.clear_texts.most_common(KEPT_TEXTS // 2)))

    def _keep(self, sightings: Iterable[Sighting]) -> None:
        kept = [*self.kept, *sightings]
        while len(kept) > KEPT_READINGS:
            kept.remove(min(kept, key=lambda s: s.weight))
        self.kept = kept
        self.best = max(self.best, *kept, key=lambda s: s.weight)


def distance(a: Box, b: Box) -> float:
    """Return the distance of two boxes' centres in pixels."""
    (ax, ay), (bx, by) = a.centre, b.centre
    return float(((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5)


def _middle(boxes: Sequence[Box]) -> Box:
    """Return the box whose place and size are the medians of all."""
    x, y = (median(at) for at in zip(*(box.centre for box in boxes), strict=True))
    width = max(1.0, median(box.width for box in boxes))
    height = median(box.height for box in boxes)
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def differing(a: str, b: str) -> int:
    """Return the number of edits between two texts (Levenshtein, 1965)."""
    if a == b:
        return 0
    row = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, cb in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (ca != cb))
    return row[-1]


Match: TypeAlias = tuple[Track, Sighting]


class Tracker:
    """Follows plates from frame to frame."""

    def __init__(
        self, gone_after_s: float, announce_after_s: float = 20.0, view: View = WHOLE_PICTURE
    ) -> None:
        """Set when an unseen vehicle has left, and after how long one that stays is announced."""
        self._gone_after_ns = int(gone_after_s * 1e9)
        self._announce_after_ns = int(announce_after_s * 1e9)
        self._view = view
        self._tracks: list[Track] = []
        self._next_id = 1
        self._now_ns = 0

    def afresh(self) -> "Tracker":
        """Return a tracker with the same settings that follows nothing yet."""
        return Tracker(self._gone_after_ns / 1e9, self._announce_after_ns / 1e9, self._view)

    @property
    def followed(self) -> Sequence[Track]:
        """Return the vehicles in sight, or hidden only for a moment."""
        return tuple(self._tracks)

    def update(self, frame: Frame, readings: Sequence[Reading]) -> list[Track]:
        """Take the readings of a frame; return the tracks that are due at the desk.

        Due are those whose vehicle has left and, once, those whose vehicle stays.
        """
        left = self._move_on(frame.monotonic_ns)
        seen = [sighted(frame, reading, self._view) for reading in readings]
        for track, sighting in self._matches(seen):
            if _odds_by_way(track, sighting) <= 0:
                track.begin_way(sighting.spot)
            track.motion = track.motion.seen(sighting.spot)
            track.add(sighting)
            seen.remove(sighting)
        self._tracks += [self._begin(sighting) for sighting in seen]
        self._join()
        return left + self._due(self._now_ns)

    def finish(self) -> list[Track]:
        """Return all that are still followed, because no frame will come any more."""
        left, self._tracks = self._tracks, []
        return left

    def _move_on(self, now_ns: int) -> list[Track]:
        """Let every vehicle drive on; return them all when the clock was put back.

        A clock that only stumbles stands still until it has caught up.
        """
        put_back = now_ns < self._now_ns - self._gone_after_ns
        left = self.finish() if put_back else []
        passed_s = max(0, now_ns - self._now_ns) / 1e9
        self._now_ns = now_ns if put_back else max(now_ns, self._now_ns)
        for track in self._tracks:
            track.motion = track.motion.after(passed_s)
        return left

    def _due(self, now_ns: int) -> list[Track]:
        gone = [t for t in self._tracks if now_ns - t.last.monotonic_ns > self._gone_after_ns]
        self._tracks = [t for t in self._tracks if t not in gone]
        return gone + [t for t in self._tracks if not t.announced and self._stays(t, now_ns)]

    def _stays(self, track: Track, now_ns: int) -> bool:
        long_enough = now_ns - track.first.monotonic_ns > self._announce_after_ns
        seen_now = track.last.monotonic_ns == now_ns
        return long_enough and seen_now and track.count % LOOK_AGAIN == 0

    def _begin(self, sighting: Sighting) -> Track:
        track = Track(self._next_id, sighting, sighting, sighting, begin(sighting.spot))
        track.add(sighting)
        self._next_id += 1
        return track

    def _matches(self, seen: Sequence[Sighting]) -> list[Match]:
        """Pair tracks and sightings, each at most once, whatever the camera did meanwhile."""
        matches = _likeliest(self._tracks, seen)
        if len(matches) < SHAKEN:
            return matches
        across, down = _common_shift(matches)
        for track in self._tracks:
            track.motion = track.motion.shifted(across, down)
        return _likeliest(self._tracks, seen)

    def _join(self) -> None:
        """Make one of two tracks when the later one turns out to read as the earlier one did."""
        for later in list(self._tracks):
            earlier = next((t for t in self._tracks if _same_later(t, later)), None)
            if earlier is not None:
                earlier.absorb(later)
                self._tracks.remove(later)


def _likeliest(tracks: Sequence[Track], seen: Sequence[Sighting]) -> list[Match]:
    """Pair tracks and sightings, the likeliest pair first, each at most once."""
    odds = [
        (found, i, j)
        for i, track in enumerate(tracks)
        for j, sighting in enumerate(seen)
        if (found := _odds(track, sighting)) > 0
    ]
    free_tracks, free_seen = set(range(len(tracks))), set(range(len(seen)))
    chosen = []
    for _, i, j in sorted(odds, reverse=True):
        if i in free_tracks and j in free_seen:
            free_tracks.remove(i)
            free_seen.remove(j)
            chosen.append((tracks[i], seen[j]))
    return chosen


def _odds(track: Track, sighting: Sighting) -> float:
    """Return the log odds that a sighting is of this track's vehicle and not of a new one."""
    odds = _odds_by_way(track, sighting)
    is_same = _same_clear(track.best.reading, sighting.reading)
    return max(odds, 0.1) if is_same else odds  # wherever it appears


def _odds_by_way(track: Track, sighting: Sighting) -> float:
    """Return the same, as far as its vehicle could have driven there."""
    known, new = track.best.reading, sighting.reading
    hidden_s = (sighting.monotonic_ns - track.last.monotonic_ns) / 1e9
    stayed = track.motion.likelihood(sighting.spot) - NEW_VEHICLE - GONE_A_SECOND * hidden_s
    return stayed + _text_odds(known, new, differing(known.text, new.text))


def _text_odds(known: Reading, new: Reading, edits: int) -> float:
    """Return how two texts, each as sure as its reader was, speak for one plate."""
    if not (known.text and new.text):
        return 0.0
    alike = _sureness(known) * _sureness(new)
    agreeing = max(len(known.text), len(new.text)) - edits
    agrees, differs = max(alike, BY_CHANCE) / BY_CHANCE, (1 - alike) / (1 - BY_CHANCE)
    odds = agreeing * math.log(agrees) + edits * math.log(min(1.0, differs))
    return min(odds, FLEET) if edits else odds


def _sureness(reading: Reading) -> float:
    return min(SUREST, sum(reading.chars) / len(reading.chars))


def _common_shift(matches: Sequence[Match]) -> tuple[float, float]:
    """Return how far the whole picture moved, across and down, as a share of its width."""
    offs = [track.motion.off(sighting.spot) for track, sighting in matches]
    return median(across for across, _ in offs), median(down for _, down in offs)


def _same_later(earlier: Track, later: Track) -> bool:
    if earlier.last.frame < later.first.frame and _same_clear(
        earlier.best.reading, later.best.reading
    ):
        return True
    return earlier.id < later.id and _in_turns(earlier, later)


def _in_turns(earlier: Track, later: Track) -> bool:
    """Tell whether two tracks are one plate that the detector cuts now wide and now narrow.

    They lie on each other, read nearly the same, and are never in one frame.
    """
    passed_ns = later.last.monotonic_ns - earlier.last.monotonic_ns
    if not 0 < passed_ns <= TURN_NS:
        return False
    texts = earlier.best.reading.text, later.best.reading.text
    if min(map(len, texts)) < WHOLE_TEXT or differing(*texts) > CUT_SIGNS:
        return False
    frames = {sighting.frame for sighting in earlier.kept}
    shared = _covered(earlier.last.reading.detection.box, later.last.reading.detection.box)
    return shared >= ON_EACH_OTHER and frames.isdisjoint(s.frame for s in later.kept)


def _covered(a: Box, b: Box) -> float:
    """Return how much of the smaller box lies within the other."""
    across = min(a.x2, b.x2) - max(a.x1, b.x1)
    down = min(a.y2, b.y2) - max(a.y1, b.y1)
    least = min(a.width * a.height, b.width * b.height)
    return max(0.0, across) * max(0.0, down) / least if least > 0 else 0.0


def _same_clear(a: Reading, b: Reading) -> bool:
    return a.text == b.text and len(a.text) >= WHOLE_TEXT and _clear(a) and _clear(b)


def _same_picture(a: Reading, b: Reading) -> bool:
    """True when two readings agree to the last bit: noise alone parts any two pictures."""
    return a.detection.box == b.detection.box and np.array_equal(a.slots, b.slots)


def _clear(reading: Reading) -> bool:
    return bool(reading.chars) and min(reading.chars) >= CLEAR
