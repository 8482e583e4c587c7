"""What changed from one replay to another, vehicle by vehicle (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.errors import RunError
from edge.passage.alignment import differing
from tools.compare_runs.results import Results, Score, Scored, Seen

NEAR = 0.5
"""Texts that differ in more than this share of a plate are those of two vehicles."""
NEAR_FRAMES = 30
"""So far apart the same plate may begin to be read in two replays of the same pictures."""


class Change(StrEnum):
    """What is other than before with one vehicle."""

    NEW = "new"
    GONE = "gone"
    PLATE = "plate"
    COUNTRY = "country"
    OUTCOME = "outcome"
    RULE = "rule"
    SETTLED = "settled"
    NEWLY_ACCUSED = "newly accused"
    NO_LONGER_ACCUSED = "no longer accused"


@dataclass(frozen=True, slots=True)
class Pair:
    """One vehicle before and after; None where it was not announced."""

    before: Seen | None
    after: Seen | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what is other than before, most telling first."""
        return tuple(_changes(self.before, self.after))


@dataclass(frozen=True, slots=True)
class Compared:
    """Two replays: all vehicles of either, and what the truth says of those that changed."""

    pairs: tuple[Pair, ...]
    verdicts: tuple[tuple[Scored, Scored], ...]
    before: tuple[Score, ...]
    after: tuple[Score, ...]

    @property
    def changed(self) -> tuple[Pair, ...]:
        """Return the vehicles that are other than before."""
        return tuple(pair for pair in self.pairs if pair.changes)

    def count(self, change: Change) -> int:
        """Count the vehicles with one change."""
        return sum(change in pair.changes for pair in self.pairs)


def _changes(before: Seen | None, after: Seen | None) -> Iterator[Change]:
    if after is not None and after.is_accused and not (before and before.is_accused):
        yield Change.NEWLY_ACCUSED
    if before is not None and before.is_accused and not (after and after.is_accused):
        yield Change.NO_LONGER_ACCUSED
    if before is None or after is None:
        yield Change.NEW if before is None else Change.GONE
        return
    one, other = before.first, after.first
    if one.plate != other.plate:
        yield Change.PLATE
    if one.country != other.country:
        yield Change.COUNTRY
    if _decided(before, "outcome") != _decided(after, "outcome"):
        yield Change.OUTCOME
    elif _decided(before, "rule") != _decided(after, "rule"):
        yield Change.RULE
    if one.settled != other.settled:
        yield Change.SETTLED


def _decided(seen: Seen, part: str) -> dict[str, str]:
    return {zone: getattr(entry, part) for zone, entry in seen.zones.items()}


def compare(before: Results, after: Results) -> Compared:
    """Set two replays of the same pictures side by side. Raises RunError for other pictures."""
    names = [sorted(Path(clip.file).name for clip in one.clips) for one in (before, after)]
    if names[0] != names[1]:
        raise RunError(
            f"The two replays are of other pictures: {', '.join(names[0])}; {', '.join(names[1])}.",
            "Replay the same clips twice, or runs in folders of one name.",
        )
    pairs = tuple(_paired(before.seen, after.seen))
    scores = tuple(before.scores), tuple(after.scores)
    verdicts = _verdicts(*scores) if all(scores) else ()
    return Compared(pairs, tuple(verdicts), *scores)


def _paired(before: Sequence[Seen], after: Sequence[Seen]) -> Iterator[Pair]:
    """Pair what is of one vehicle: the same plate at the same time first, then the nearest."""
    left = list(after)
    partners: dict[int, Seen] = {}
    for is_one in (_is_same, _is_near):
        for number, one in enumerate(before):
            if number in partners:
                continue
            fits = [other for other in left if is_one(one, other)]
            if fits:
                partners[number] = best = min(fits, key=lambda other: _distance(one, other))
                left.remove(best)
    for number, one in enumerate(before):
        yield Pair(one, partners.get(number))
    yield from (Pair(None, one) for one in left)


def _is_same(one: Seen, other: Seen) -> bool:
    return one.first.plate == other.first.plate and _apart(one, other) <= NEAR_FRAMES


def _is_near(one: Seen, other: Seen) -> bool:
    longest = max(len(one.first.plate), len(other.first.plate), 1)
    alike = differing(one.first.plate, other.first.plate) <= NEAR * longest
    return alike and one.clip == other.clip and _apart(one, other) == 0


def _apart(one: Seen, other: Seen) -> float:
    """Count the frames between two vehicles; endless where they are of two clips."""
    if one.clip != other.clip:
        return float("inf")
    a, b = one.first, other.first
    return max(0, a.first_frame - b.last_frame, b.first_frame - a.last_frame)


def _distance(one: Seen, other: Seen) -> tuple[int, int]:
    a, b = one.first, other.first
    return differing(a.plate, b.plate), abs(a.first_frame - b.first_frame)


def _verdicts(before: Sequence[Score], after: Sequence[Score]) -> Iterator[tuple[Scored, Scored]]:
    """Yield the vehicles of the truth of which the verdict, or the agreement, changed."""
    for one, other in zip(before, after, strict=True):
        known = {(v.plate, v.first_frame): v for v in one.each}
        if set(known) != {(v.plate, v.first_frame) for v in other.each}:
            raise RunError("The two replays were scored against other truths.", "Use one truth.")
        for now in other.each:
            then = known[now.plate, now.first_frame]
            if (then.verdict, then.agrees) != (now.verdict, now.agrees):
                yield then, now
