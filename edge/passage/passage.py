"""The desk: one passage per vehicle, and why its plate may not be trusted (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.passage.alignment import differing
from edge.passage.calibration import UNFITTED, Calibration, rounded_down
from edge.passage.finding import LEGIBLE, Finding, find, open_question
from edge.passage.lanes import in_lane
from edge.passage.pair import Boxes, boxes_of, on_one_vehicle
from edge.passage.plate import MAX_LENGTH, MIN_LENGTH, bound_to_trailer, countries
from edge.passage.track import Track, distance
from edge.types import Box, Direction, Passage

NONSENSE = 0.05  # below this confidence, or with fewer frames alike, no plate was read at all
ALIKE_EDITS, ALIKE_SHARE = 2, 0.3
SECOND_SHARE = 0.2  # of the clear frames, reading another text, are no slip
SAME_VISIT_NS = 10_000_000_000
SAME_PARKING_NS = 30 * 60_000_000_000
TOGETHER = "another plate moved with this one, as if both were on one vehicle"


@dataclass(frozen=True, slots=True)
class ReadingPolicy:
    """When a plate counts as read."""

    min_confidence: float
    min_frames: int
    calibration: Calibration = UNFITTED


@dataclass(frozen=True, slots=True)
class Known:
    """A passage announced a moment ago, and where its plate was frame by frame."""

    passage: Passage
    boxes: Boxes


class Desk:
    """Turns finished tracks into passages, and remembers whom it announced a moment ago."""

    def __init__(self, policy: ReadingPolicy) -> None:
        """Apply one reading policy."""
        self._policy = policy
        self._recent: dict[int, Known] = {}  # by track

    def afresh(self) -> "Desk":
        """Return a desk with the same policy that remembers nobody."""
        return Desk(self._policy)

    def announce(self, track: Track, in_sight: Sequence[Track]) -> Passage | None:
        """Return the passage of a track; None when it is no plate or was announced before.

        `in_sight` are all that are followed now or have just left: one may be on its vehicle.
        """
        found = find(track.readings)
        if _is_nonsense(track, found):
            return None
        passage, boxes = _passage(track, found, self._policy), _boxes(track)
        others = [known for i, known in self._recent.items() if i != track.id]
        others += self._beside(passage, boxes, [t for t in in_sight if t is not track])
        told = any(_told(known.passage, passage) for known in self._recent.values())
        new = not track.announced and not told
        track.announced = True
        self._remember(track.id, Known(passage, boxes))
        return _unaccompanied(track, passage, boxes, others) if new else None

    def _beside(self, passage: Passage, boxes: Boxes, in_sight: Sequence[Track]) -> list[Known]:
        """Return what would be announced of the plates that move as one with these boxes.

        They keep it in mind: what they show now may be forgotten when they leave.
        """
        beside = [track for track in in_sight if on_one_vehicle(boxes, _boxes(track))]
        found = [(track, find(track.readings)) for track in beside]
        known = [
            (track, Known(_passage(track, finding, self._policy), _boxes(track)))
            for track, finding in found
            if not _is_nonsense(track, finding)
        ]
        for track, other in known:
            track.accompanied |= _rival(passage, other.passage)
        return [other for _, other in known]

    def _remember(self, track_id: int, known: Known) -> None:
        """Remember a passage, and forget what is long ago, or to come as the clock now runs."""
        now_ns = known.passage.last_monotonic_ns
        self._recent = {
            i: k
            for i, k in self._recent.items()
            if abs(now_ns - k.passage.last_monotonic_ns) <= SAME_PARKING_NS
        }
        self._recent[track_id] = known


def _boxes(track: Track) -> Boxes:
    return {**track.trail.boxes, **boxes_of(track.kept)}


def _unaccompanied(
    track: Track, passage: Passage, boxes: Boxes, others: Sequence[Known]
) -> Passage:
    """Doubt both plates of what seems one vehicle: one of them may be carried and not drive."""
    if passage.doubt is not None or _of_a_trailer(passage):
        return passage
    rivals = (known for known in others if _rival(known.passage, passage))
    if track.accompanied or any(on_one_vehicle(boxes, known.boxes) for known in rivals):
        return replace(passage, doubt=TOGETHER)
    return passage


def _rival(other: Passage, passage: Passage) -> bool:
    """Tell whether another plate on the same vehicle casts doubt on this one.

    A trailer's own, surely read, does not, for it names no motor vehicle; nor does the same plate
    once more, as a light trailer repeats it.
    """
    trailer = other.doubt is None and _of_a_trailer(other)
    return other.plate != passage.plate and not trailer


def _of_a_trailer(passage: Passage) -> bool:
    return bound_to_trailer(passage.country, passage.plate)


def _is_nonsense(track: Track, found: Finding) -> bool:
    """True when no plate was read at all: lettering, a lamp, a grille.

    A plate reads much the same in many frames; what only looks like one does not. What is clear
    and a plate that some country could issue is one, however many frames could not be read.
    """
    text = found.vote.text
    length_fits = MIN_LENGTH <= len(text) <= MAX_LENGTH
    if not length_fits or found.vote.confidence < NONSENSE:
        return True
    if found.wholly >= LEGIBLE and countries(text):
        return False
    alike = sum(1 for read in track.readings if differing(read.text, text) <= ALIKE_EDITS)
    return len(track.readings) < 2 or alike < ALIKE_SHARE * len(track.readings)


def _passage(track: Track, found: Finding, policy: ReadingPolicy) -> Passage:
    confidence = policy.calibration.probability(found.grounds)
    passage = Passage(
        plate=found.vote.text,
        country=found.origin.country,
        confidence=confidence,
        chars=found.vote.chars,
        candidates=found.vote.candidates,
        doubt=_doubt(track, found, confidence, policy),
        seen_first=track.first.captured_at,
        seen_last=track.last.captured_at,
        first_monotonic_ns=track.first.monotonic_ns,
        last_monotonic_ns=track.last.monotonic_ns,
        first_frame=track.first.frame,
        last_frame=track.last.frame,
        frames_read=found.consistent,
        direction=track.direction,
        best_frame=track.best.frame,
        best=track.best.reading.detection,
        country_probability=found.origin.probability,
        read_as=found.read_as,
    )
    return in_lane(passage, track.lane)


def _doubt(track: Track, found: Finding, confidence: float, policy: ReadingPolicy) -> str | None:
    if confidence < policy.min_confidence:
        level = policy.min_confidence
        shown = rounded_down(confidence)
        return f"the plate was read with confidence {shown:.2f}, below {level:g}"
    if found.consistent < policy.min_frames:
        at_edge = ": in others the edge of the picture cut it" if track.wholes < track.count else ""
        asked = policy.min_frames
        frames = "1 frame" if found.consistent == 1 else f"{found.consistent} frames"
        return f"the plate was read in {frames}, fewer than {asked}{at_edge}"
    if _two_plates(track, found):
        return "clear frames disagree: two plates may have been followed as one"
    return open_question(found)


def _two_plates(track: Track, found: Finding) -> bool:
    """True when another text was read clearly, and often or as often as the elected one.

    That is no slip: it may be another vehicle. Beside a correction once is enough (RULES 5.5).
    """
    clear = track.clear_texts
    others = [count for text, count in clear.items() if text not in found.meaning]
    most, own = max(others, default=0), clear.total() - sum(others)
    enough = SECOND_SHARE * clear.total() if found.read_as is None else 1
    return most > 0 and (most >= own or most >= enough)


def _told(earlier: Passage, later: Passage) -> bool:
    """Tell whether a passage is no news.

    What is well read after one in doubt is news: it is decided, and may be another vehicle.
    """
    news = earlier.doubt is not None and later.doubt is None
    return not news and _same_vehicle(earlier, later)


def _same_vehicle(earlier: Passage, later: Passage) -> bool:
    """Tell whether a passage is one announced before: the same plate soon after, or parked.

    Plates that differ in one character are two vehicles, however badly they were read: a fleet's
    differ in no more. A clock that was put back makes no two of one.
    """
    if earlier.plate != later.plate or later.last_monotonic_ns < earlier.first_monotonic_ns:
        return False
    gap_ns = later.first_monotonic_ns - earlier.last_monotonic_ns
    parked = earlier.direction is Direction.STILL and _same_place(earlier.best.box, later.best.box)
    return gap_ns <= (SAME_PARKING_NS if parked else SAME_VISIT_NS)


def _same_place(a: Box, b: Box) -> bool:
    return distance(a, b) < max(a.width, b.width)
