"""The figures as a table for people and as plain values for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from rich.table import Table

from edge.replay.reliability import Confident
from edge.replay.shares import Share
from tools.score_reads.alignment import Pair, slips
from tools.score_reads.figures import Breakdown, Countries, FrameCounts, FrameFigures, Trust
from tools.score_reads.scoring import Scores, SetFigures
from tools.score_reads.vehicles import VehicleCounts, VehicleFigures

MOST_FREQUENT = 8
FEW = 5
ANGLES_OF = ("turn", "obliqueness")  # mostly told by the box found: recall means nothing there
Line = tuple[str, str]


def table(name: str, scores: Scores) -> Table:
    """Lay the figures of one set out, one column for each pair of models."""
    made = Table("figure", *scores, title=f"{name} (in brackets: 95 % interval)")
    columns = [dict(lines(figures)) for figures in scores.values()]
    labels = dict.fromkeys(label for column in columns for label in column)
    for label in labels:
        if not any(column.get(label) for column in columns):
            continue
        made.add_row(label, *(column.get(label, "") for column in columns))
    for row in _slip_rows(scores):
        made.add_row(*row)
    return made


def lines(figures: SetFigures) -> Iterator[Line]:
    """Yield every figure of a set under its name."""
    if figures.frames is not None:
        yield from _frame_lines(figures.frames)
    if figures.vehicles is not None:
        yield from _vehicle_lines(figures.vehicles)


def _frame_lines(figures: FrameFigures) -> Iterator[Line]:
    yield from _count_lines(figures.counts)
    if figures.trust.asked:
        yield from _trust_lines(figures.trust, "")
        yield from _country_lines(figures.countries)
    for title, bands in figures.breakdowns.items():
        if len(bands) < 2:
            continue  # one band is the whole set
        searched = figures.counts.frames > 0 and title not in ANGLES_OF
        for band in gathered(bands) if title == "country" else bands:
            yield f"{title}: {band.band}", _band_text(band, searched)


def _count_lines(counts: FrameCounts) -> Iterator[Line]:
    if counts.frames:
        yield "boxes found (IoU 0.4)", told(Share(counts.found, counts.plates))
        yield "boxes found (IoU 0.5)", told(Share(counts.found_tight, counts.plates))
        if counts.textless:
            all_found = Share(counts.found + counts.textless_found, counts.plates + counts.textless)
            yield "with plates labelled without text", told(all_found)
        per_frame = counts.false_boxes / counts.frames
        yield "boxes without a label, per frame", f"{per_frame:.3f} ({counts.false_boxes})"
    if counts.with_text:
        yield "text exact", told(Share(counts.exact, counts.with_text))


def _trust_lines(trust: Trust, of: str) -> Iterator[Line]:
    for level in trust.confident:
        yield f"{of}wrong at confidence >= {level.level:g}", _confident_text(level)
    error = "none" if trust.error is None else f"{trust.error:.3f}"
    yield f"{of}expected calibration error", error


def _confident_text(level: Confident) -> str:
    return f"{told(level.wrong)}\ncovering {_percent(level.coverage.value)}"


def _country_lines(countries: Countries) -> Iterator[Line]:
    total = countries.right + countries.wrong + countries.unknown
    if total:
        yield "country of NL and B: right", told(Share(countries.right, total))
        yield "country of NL and B: wrong", told(Share(countries.wrong, total))
        yield "country of NL and B: unknown", told(Share(countries.unknown, total))


def _band_text(band: Breakdown, searched: bool) -> str:
    exact = [f"exact {told(band.exact)}"] if band.exact.whole else []
    found = [f"found {told(band.found)}"] if searched else []
    return "\n".join(exact + found)


def gathered(bands: Sequence[Breakdown]) -> list[Breakdown]:
    """Put the bands of very few plates together: there are many countries."""
    few = [band for band in bands if band.found.whole < FEW]
    if len(few) < 2:
        return list(bands)
    rest = Breakdown(
        f"fewer than {FEW} plates each",
        _sum([band.found for band in few]),
        _sum([band.exact for band in few]),
    )
    return [*(band for band in bands if band not in few), rest]


def _sum(shares: Sequence[Share]) -> Share:
    return Share(sum(s.part for s in shares), sum(s.whole for s in shares))


def _slip_rows(scores: Scores) -> Iterator[tuple[str, ...]]:
    """Yield the most frequent mistakes of all models together, with the count of each."""
    counted = [f.frames.confusions if f.frames else Counter[Pair]() for f in scores.values()]
    for pair, _ in slips(sum(counted, Counter[Pair]()))[:MOST_FREQUENT]:
        yield _slip(pair), *(str(each[pair]) for each in counted)


def _slip(pair: Pair) -> str:
    stands, read = pair
    if not stands:
        return f"slip: {read} added"
    return f"slip: {stands} read as {read}" if read else f"slip: {stands} missed"


def _vehicle_lines(figures: VehicleFigures) -> Iterator[Line]:
    counts = figures.counts
    yield from _announced_lines(counts)
    yield "passages of no labelled plate", _of_settled(counts.other, counts.other_settled)
    yield "of these a labelled vehicle misread", _of_settled(counts.misread, counts.misread_settled)
    yield from _trust_lines(figures.trust, "vehicles, ")


def _announced_lines(counts: VehicleCounts) -> Iterator[Line]:
    yield "vehicles captured", told(counts.capture_rate)
    yield "captured vehicles read right", told(counts.read_rate)
    yield "vehicles right in replay", told(Share(counts.right, counts.vehicles))
    yield "vehicles with a settled passage", told(Share(counts.settled, counts.vehicles))
    yield "vehicles announced twice, both right", str(counts.duplicated)
    yield "vehicles announced twice, however read", str(counts.repeated)


def _of_settled(all_of_them: int, settled: int) -> str:
    return f"{all_of_them}, of these settled {settled}"


def told(share: Share) -> str:
    """Write a share with its interval."""
    if not share.whole:
        return "none"
    low, high = share.interval
    value = share.part / share.whole
    return f"{share.part}/{share.whole} {value:.1%} [{low * 100:.1f}-{high * 100:.1f}]"


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"


def facts(value: Any) -> Any:  # noqa: ANN401 - JSON has values of every kind
    """Return figures as JSON takes them; a share comes with its value and interval."""
    if isinstance(value, Share):
        low, high = value.interval
        counts = {"part": value.part, "whole": value.whole, "share": value.value}
        return counts | {"low": low, "high": high}
    if isinstance(value, Counter):
        return [{"stands": s, "read": r, "times": n} for (s, r), n in sorted(value.items())]
    if is_dataclass(value):
        return {f.name: facts(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {key: facts(inner) for key, inner in value.items()}
    return [facts(inner) for inner in value] if isinstance(value, list | tuple) else value
