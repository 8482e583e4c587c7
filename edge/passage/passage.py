"""The desk: one passage per vehicle, and why its plate may not be trusted (pure)."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from edge.passage.plate import MAX_LENGTH, MIN_LENGTH, country_of
from edge.passage.tracker import Track, differing, distance
from edge.passage.vote import Vote, vote
from edge.types import Box, Direction, Passage, Tint

NONSENSE = 0.05  # below this confidence, or with fewer frames alike, no plate was read at all
ALIKE_EDITS, ALIKE_SHARE = 2, 0.3
SURE = 0.9
SECOND_FRAMES, SECOND_SHARE = 3, 0.2
SAME_VISIT = timedelta(seconds=10)
SAME_PARKING = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ReadingPolicy:
    """When a plate counts as read."""

    min_confidence: float
    min_frames: int


class Desk:
    """Turns finished tracks into passages, and remembers whom it announced a moment ago."""

    def __init__(self, policy: ReadingPolicy) -> None:
        """Apply one reading policy."""
        self._policy = policy
        self._recent: dict[int, Passage] = {}  # by track

    def afresh(self) -> "Desk":
        """Return a desk with the same policy that remembers nobody."""
        return Desk(self._policy)

    def announce(self, track: Track) -> Passage | None:
        """Return the passage of a track; None when it is no plate or was announced before."""
        found = vote(track.readings)
        if _is_nonsense(track, found):
            return None
        passage = _passage(track, found, self._policy)
        known = any(_same_vehicle(earlier, passage) for earlier in self._recent.values())
        new = not track.announced and not known
        track.announced = True
        self._remember(track.id, passage)
        return passage if new else None

    def _remember(self, track_id: int, passage: Passage) -> None:
        horizon = passage.seen_last - SAME_PARKING
        self._recent = {i: p for i, p in self._recent.items() if p.seen_last >= horizon}
        self._recent[track_id] = passage


def _is_nonsense(track: Track, found: Vote) -> bool:
    """True when no plate was read at all: lettering, a lamp, a grille, one flash.

    A plate reads much the same in many frames; what only looks like one does not.
    """
    length_fits = MIN_LENGTH <= len(found.text) <= MAX_LENGTH
    if track.count < 2 or not length_fits or found.confidence < NONSENSE:
        return True
    alike = sum(1 for s in track.kept if differing(s.reading.text, found.text) <= ALIKE_EDITS)
    return alike < ALIKE_SHARE * len(track.kept)


def _passage(track: Track, found: Vote, policy: ReadingPolicy) -> Passage:
    country = country_of(found.text, _tint(track))
    return Passage(
        plate=found.text,
        country=country,
        confidence=found.confidence,
        chars=found.chars,
        candidates=found.candidates,
        doubt=_doubt(track, found, country, policy),
        seen_first=track.first.captured_at,
        seen_last=track.last.captured_at,
        first_monotonic_ns=track.first.monotonic_ns,
        last_monotonic_ns=track.last.monotonic_ns,
        first_frame=track.first.frame,
        last_frame=track.last.frame,
        frames_read=track.count,
        direction=track.direction,
        best_frame=track.best.frame,
        best=track.best.reading.detection,
    )


def _tint(track: Track) -> Tint:
    """Return the face colour most frames agree on; disagreement is no colour."""
    tints = Counter(reading.tint for reading in track.readings)
    tints.pop(Tint.UNKNOWN, None)
    if not tints:
        return Tint.UNKNOWN
    (most, count), *_ = tints.most_common()
    return most if count >= 0.8 * tints.total() else Tint.UNKNOWN


def _doubt(track: Track, found: Vote, country: str | None, policy: ReadingPolicy) -> str | None:
    if found.confidence < policy.min_confidence:
        return (
            f"the plate was read with confidence {found.confidence:.2f}, "
            f"below {policy.min_confidence:.2f}"
        )
    if track.count < policy.min_frames:
        return f"the plate was read in {track.count} frames, fewer than {policy.min_frames}"
    if _two_plates(track):
        return "clear frames disagree: two plates may have been followed as one"
    if country is None:
        return "the country of the plate is not certain"
    return None


def _two_plates(track: Track) -> bool:
    """True when a second text was read clearly and often: not a slip, maybe another vehicle."""
    counted = track.clear_texts.most_common(2)
    return len(counted) > 1 and counted[1][1] >= max(
        SECOND_FRAMES, SECOND_SHARE * track.clear_texts.total()
    )


def _same_vehicle(earlier: Passage, later: Passage) -> bool:
    """Tell whether a passage is one announced before: the same plate soon after, or parked.

    Plates that differ in one character are two vehicles, be they of one fleet, unless one of
    them was badly read at another moment.
    """
    gap = later.seen_first - earlier.seen_last
    edits = differing(earlier.plate, later.plate)
    slip = edits == 1 and gap > timedelta(0) and min(earlier.confidence, later.confidence) < SURE
    parked = earlier.direction is Direction.STILL and _same_place(earlier.best.box, later.best.box)
    return (edits == 0 or slip) and gap <= (SAME_PARKING if parked else SAME_VISIT)


def _same_place(a: Box, b: Box) -> bool:
    return distance(a, b) < max(a.width, b.width)
