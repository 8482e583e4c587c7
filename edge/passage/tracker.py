"""The tracker: which readings of successive frames belong to the same vehicle (pure).

A plate is followed by where it should be next and by what it reads; a vehicle detector plays
no part, so that a truck is followed like any car. Both weigh as evidence: how much likelier is
this sighting if it is that vehicle than if a new one has come?
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import TypeAlias

from edge.passage.alignment import differing
from edge.passage.lanes import WHOLE_PICTURE, View
from edge.passage.motion import begin
from edge.passage.track import Sighting, Track, is_clear, sighted
from edge.types import Box, Frame, Reading

NEW_VEHICLE = math.log(0.1 / 700)  # one frame in ten brings one, anywhere in 700 cubic metres
GONE_A_SECOND = 2.0  # the longer a vehicle is unseen, the likelier it has left
BY_CHANCE = 1 / 7  # of the characters of two plates are alike, at best alignment
FLEET = math.log(50)  # one vehicle in fifty is followed by one that reads nearly the same
SUREST = 0.95  # no reader is surer of a character than that
TURN_NS = 250_000_000
CUT_SIGNS, ON_EACH_OTHER = 2, 0.5
WHOLE_TEXT = 4  # characters that make a text one vehicle's own
LOOK_AGAIN = 16  # sightings between two looks at a vehicle that stays unannounced
SHAKEN = 3  # plates that must have moved alike for the camera to have moved

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
    return a.text == b.text and len(a.text) >= WHOLE_TEXT and is_clear(a) and is_clear(b)
