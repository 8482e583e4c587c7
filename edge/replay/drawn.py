"""What a report draws: the timeline of a replay, and its reliability, as places in a picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edge.replay.reliability import BINS, Bin, Claim, calibration_error, reliability
from edge.replay.session import Played
from edge.replay.shares import Share
from edge.types import Passage

WIDTH, ROW, TOP, LEFT = 1000.0, 22.0, 34.0, 110.0
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400)
MOST_TICKS = 12
LABEL_PX = 120.0
"""So far from each other two words of what happened may stand in one row."""


class Bar(NamedTuple):
    """A vehicle on the timeline: from when to when it was seen, and when it was concluded."""

    number: int
    text: str
    outcome: str
    x: float
    width: float
    concluded_x: float
    y: float


class Mark(NamedTuple):
    """Something that happened, on the timeline."""

    x: float
    y: float
    text: str


class Tick(NamedTuple):
    """A time on the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything on the timeline of one clip or run; sizes are pixels."""

    height: float
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    width: float = WIDTH
    left: float = LEFT
    top: float = TOP


def timeline(played: Played) -> Timeline | None:
    """Return the timeline of a replay; None where nothing was concluded and nothing happened."""
    spans = list(_spans(played))
    ends = [end for _, end, _ in spans] + [one.at_s for one in played.happened]
    if not ends or not (spans or played.happened):
        return None
    longest = max(*ends, 1.0)
    scale = (WIDTH - LEFT - (LABEL_PX if played.happened else 10.0)) / longest
    marks = _marks(played, scale)
    below = TOP + max((mark.y for mark in marks), default=0.0)
    bars = []
    for row, (first, concluded, number) in enumerate(spans):
        conclusion = played.conclusions[number]
        seen_s = _seen_s(conclusion.passage)
        bars.append(
            Bar(
                number=number + 1,
                text=conclusion.passage.plate,
                outcome=conclusion.decision.outcome.value,
                x=LEFT + first * scale,
                width=max(3.0, seen_s * scale),
                concluded_x=LEFT + concluded * scale,
                y=below + row * ROW,
            )
        )
    height = below + len(bars) * ROW + 28
    return Timeline(height, tuple(bars), tuple(marks), tuple(_ticks(longest, scale)))


def _spans(played: Played) -> Iterator[tuple[float, float, int]]:
    """Yield (first seen, concluded, number) of every passage, in the time of the replay."""
    known: set[int] = set()
    pairs = zip(played.conclusions, played.notes, strict=False)
    for number, (conclusion, note) in enumerate(pairs):
        passage = conclusion.passage
        if id(passage) in known:
            continue
        known.add(id(passage))
        yield max(0.0, note.first_s), note.at_s, number


def _seen_s(passage: Passage) -> float:
    return (passage.last_monotonic_ns - passage.first_monotonic_ns) / 1e9


def _marks(played: Played, scale: float) -> list[Mark]:
    """Place what happened in as many rows as its words need."""
    marks: list[Mark] = []
    ends: list[float] = []
    for one in played.happened:
        x = LEFT + one.at_s * scale
        row = next((n for n, end in enumerate(ends) if end <= x), len(ends))
        if row == len(ends):
            ends.append(0.0)
        ends[row] = x + LABEL_PX
        marks.append(Mark(x, (row + 1) * 15.0, one.says))
    return marks


def _ticks(longest: float, scale: float) -> Iterator[Tick]:
    step = next((t for t in TICKS if longest / t <= MOST_TICKS), TICKS[-1])
    for n in range(int(longest // step) + 1):
        yield Tick(LEFT + n * step * scale, clock_of(n * step))


def clock_of(seconds: float) -> str:
    """Return a time of a replay as people read it."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


class Point(NamedTuple):
    """One band of confidence: how sure it was on average, how often it was right, by chance too."""

    x: float
    y: float
    low: float
    high: float
    n: int
    says: str


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often what was read with a confidence was right; places are 0 to 1."""

    points: tuple[Point, ...]
    error: float | None
    claims: int
    most: int
    bins: int = BINS


def drawn_reliability(claims: Sequence[Claim]) -> Reliability | None:
    """Return what a reliability plot shows; None where nothing was read."""
    if not claims:
        return None
    bins = reliability(claims)
    held = [one for one in bins if one.right.whole]
    points = tuple(_point(one) for one in held)
    return Reliability(points, calibration_error(bins), len(claims), max(p.n for p in points))


def _point(one: Bin) -> Point:
    share: Share = one.right
    low, high = share.interval
    says = f"{share.part} of {share.whole} right at a mean confidence of {one.confidence:.3f}"
    return Point(one.confidence, share.value or 0.0, low, high, share.whole, says)
