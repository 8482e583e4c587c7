"""What the page draws: bars of one run, and the line of each figure over the runs (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from tools.bench.eyes import AGAINST, CCT_READER
from tools.bench.figure import Figure
from tools.bench.history import Run
from tools.bench.table import grouped, number
from tools.peers import DETECTORS

LABEL, BARS, ROW, TOP = 330.0, 400.0, 26.0, 8.0
LINE_WIDTH, LINE_HEIGHT, MARGIN, ABOVE = 300.0, 100.0, 8.0, 24.0
PEERS = {f"detect ({name})" for name in DETECTORS} | {f"read ({CCT_READER})"}
MOST_RUNS = 60


class Bar(NamedTuple):
    """One figure: `kind` is ours, peer or missed; lengths are pixels from where bars begin."""

    name: str
    says: str
    kind: str
    y: float
    width: float
    p95: float | None
    processor: float | None
    asked: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars of the figures of a group that have one unit."""

    unit: str
    bars: tuple[Bar, ...]
    label: float = LABEL
    row: float = ROW

    @property
    def height(self) -> float:
        """Return the height of it all."""
        return 2 * TOP + ROW * len(self.bars)

    @property
    def width(self) -> float:
        """Return the width of it all."""
        return LABEL + BARS + 190


@dataclass(frozen=True, slots=True)
class Group:
    """A group of figures, as charts and as lines."""

    name: str
    charts: tuple[Chart, ...]
    lines: tuple["Line", ...]
    is_asked: bool


class Point(NamedTuple):
    """One run on a line."""

    x: float
    y: float
    says: str


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over the runs; `low` and `high` are the values at the bottom and the top."""

    name: str
    now: str
    points: tuple[Point, ...]
    high: str
    asked_y: float | None
    width: float = LINE_WIDTH
    height: float = LINE_HEIGHT


def groups(figures: Sequence[Figure], runs: Sequence[Run]) -> Iterator[Group]:
    """Yield every group of this run, with what its figures were in all runs, oldest first."""
    for name, members in grouped(figures).items():
        units = list(dict.fromkeys(one.unit for one in members))
        charts = (chart(unit, [one for one in members if one.unit == unit]) for unit in units)
        lines = (line(one, runs[-MOST_RUNS:]) for one in members)
        drawn = tuple(found for found in lines if found is not None)
        is_asked = any(one.asked is not None for one in members)
        yield Group(name, tuple(charts), drawn, is_asked)


def chart(unit: str, members: Sequence[Figure]) -> Chart:
    """Draw bars of one unit, as long as their values."""
    ends = [(one.value, one.p95, one.processor, one.asked) for one in members]
    most = max((end or 0.0 for of in ends for end in of), default=0.0)
    scale = BARS / most if most else 0
    bars = []
    for row, one in enumerate(members):
        more = (None if of is None else of * scale for of in (one.p95, one.processor, one.asked))
        y = TOP + row * ROW
        bars.append(Bar(one.name, says(one), kind(one), y, one.value * scale, *more))
    return Chart(unit, tuple(bars))


def kind(one: Figure) -> str:
    """Return how a bar is coloured."""
    if one.is_met is False:
        return "missed"
    return "peer" if one.name in PEERS else "ours"


def says(one: Figure) -> str:
    """Return what stands behind a bar."""
    share = "" if one.share is None else f", {one.share:.0%} of a frame"
    return number(one.value, one.unit) + share


def line(one: Figure, runs: Sequence[Run]) -> Line | None:
    """Draw what a figure was in each run that has it; None where that is one run at most."""
    found = [(run, of.value) for run in runs for of in run.figures if of.key == one.key]
    if len(found) < 2:
        return None
    most = max(*(value for _, value in found), one.asked or 0.0)
    step = (LINE_WIDTH - 2 * MARGIN) / (len(found) - 1)
    scale = (LINE_HEIGHT - MARGIN - ABOVE) / most if most else 0.0
    points = tuple(
        Point(MARGIN + n * step, LINE_HEIGHT - MARGIN - value * scale, told(run, value, one.unit))
        for n, (run, value) in enumerate(found)
    )
    asked_y = None if one.asked is None else LINE_HEIGHT - MARGIN - one.asked * scale
    return Line(one.name, number(one.value, one.unit), points, number(most, one.unit), asked_y)


def told(run: Run, value: float, unit: str) -> str:
    """Return what stands behind a point of a line."""
    changed = " and changes" if run.changed else ""
    load = f"load {run.machine.load:g}"
    return f"{number(value, unit)}: {run.commit}{changed}, {run.at:%Y-%m-%d %H:%M} UTC, {load}"


def comparable(run: Run, before: Sequence[Run]) -> list[Run]:
    """Return the runs whose lines may be drawn with this one, and of others their ratios alone."""
    same = [one for one in before if one.of == run.of]
    return [one if one.machine.is_like(run.machine) else _ratios(one) for one in same] + [run]


def _ratios(run: Run) -> Run:
    ratios = tuple(one for one in run.figures if one.group == AGAINST)
    return msgspec.structs.replace(run, figures=ratios)
