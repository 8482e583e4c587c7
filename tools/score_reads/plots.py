"""The figures as pictures: reliability, confusions, exact by width, coverage against mistakes."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from edge.replay.reliability import Bin
from edge.replay.shares import Share
from tools.score_reads.alignment import NOTHING, Pair, characters, slips
from tools.score_reads.bands import WIDTHS
from tools.score_reads.figures import Breakdown, Trust
from tools.score_reads.scoring import Scores

COLOURS = ("#1f5fa8", "#c8611a", "#3a7d44")
INK, RULE, WASH = "#222222", "#bbbbbb", "#eeeeee"
DPI = 120
WIDTH = "plate width"


def draw(name: str, scores: Scores, folder: Path) -> None:
    """Write the plots of one set as PNG files that begin with its name."""
    for models, figures in scores.items():
        stem = f"{name}-{_slug(models)}"
        title = f"{name}, {models}"
        if figures.frames is not None and figures.frames.trust.asked:
            _reliability(
                figures.frames.trust,
                f"{title}: single pictures",
                folder / f"{stem}-reliability.png",
            )
            _confusions(figures.frames.confusions, title, folder / f"{stem}-confusions.png")
        if figures.vehicles is not None:
            _reliability(
                figures.vehicles.trust,
                f"{title}: vehicles",
                folder / f"{stem}-vehicles-reliability.png",
            )
    _by_width(name, scores, folder / f"{name}-by-width.png")
    _coverage(name, scores, folder / f"{name}-coverage.png")


def _slug(models: str) -> str:
    return "-".join(re.findall("[a-z0-9]+", models.lower()))


def _reliability(trust: Trust, title: str, path: Path) -> None:
    """Draw how often claims of each confidence were right, above how many there were."""
    figure = Figure(figsize=(6.4, 7.2), layout="constrained")
    above, below = cast(
        "tuple[Axes, Axes]",
        figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1)}),
    )
    held = [b for b in trust.bins if b.right.whole]
    above.plot((0, 1), (0, 1), color=RULE, linestyle="--", label="as sure as it says")
    _with_intervals(
        above,
        [b.confidence for b in held],
        [b.right for b in held],
        COLOURS[0],
        "read right, 95 % interval",
    )
    error = "none" if trust.error is None else f"{trust.error:.3f}"
    above.set_title(f"{title}\nexpected calibration error {error}", color=INK)
    above.set_ylabel("share read right")
    above.set_ylim(-0.03, 1.03)
    above.yaxis.set_major_formatter(PercentFormatter(1))
    above.legend(loc="lower right", frameon=False)
    _histogram(below, trust.bins)
    _framed(above)
    figure.savefig(path, dpi=DPI)


def _histogram(axes: Axes, bins: Sequence[Bin]) -> None:
    counts = [b.right.whole for b in bins]
    middles = [(b.low + b.high) / 2 for b in bins]
    bars = axes.bar(middles, counts, width=0.9 / len(bins), color=COLOURS[0])
    axes.bar_label(bars, labels=[str(n) if n else "" for n in counts], padding=2, fontsize=8)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, max(counts, default=0) * 4 + 2)
    axes.set_ylabel("readings (log)")
    axes.set_xlabel("confidence of the whole text")
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    _framed(axes)


def _with_intervals(
    axes: Axes, x: Sequence[float], shares: Sequence[Share], colour: str, label: str
) -> None:
    """Draw shares as points on a line, with the reach of chance."""
    values = [share.part / share.whole for share in shares]
    ends = [share.interval for share in shares]
    reach = [
        [v - low for v, (low, _) in zip(values, ends, strict=True)],
        [high - v for v, (_, high) in zip(values, ends, strict=True)],
    ]
    axes.errorbar(x, values, yerr=reach, color=colour, marker="o", capsize=3, label=label)


def _confusions(counted: Counter[Pair], title: str, path: Path) -> None:
    """Draw every mistake as a cell: what stands on the plate down, what was read across."""
    wrong = slips(counted)
    names = [*characters(counted), NOTHING]
    grid = np.full((len(names), len(names)), np.nan)
    for (stands, read), n in wrong:
        grid[names.index(stands), names.index(read)] = n
    side = max(4.0, 0.24 * len(names) + 2.2)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    axes.set_title(f"{title}: mistaken characters\n{_mistakes(counted, wrong)}", color=INK)
    _grid(axes, names)
    if wrong:
        axes.imshow(grid, cmap="YlOrRd", norm=LogNorm(1, max(2, wrong[0][1])))
        _counts(axes, grid)
    figure.savefig(path, dpi=DPI)


def _mistakes(counted: Counter[Pair], wrong: Sequence[tuple[Pair, int]]) -> str:
    standing = sum(n for (stands, _), n in counted.items() if stands)
    return f"{sum(n for _, n in wrong)} mistakes in {standing} characters"


def _grid(axes: Axes, names: Sequence[str]) -> None:
    places = range(len(names))
    axes.imshow(np.eye(len(names)), cmap="Greys", vmin=0, vmax=6)
    axes.set_xticks(places, [name or "missed" for name in names], fontsize=8)
    axes.set_yticks(places, [name or "added" for name in names], fontsize=8)
    axes.get_xticklabels()[-1].set_rotation(90)
    axes.set_xlabel("read as")
    axes.set_ylabel("stands on the plate")
    axes.set_xticks(np.arange(-0.5, len(names)), minor=True)
    axes.set_yticks(np.arange(-0.5, len(names)), minor=True)
    axes.grid(which="minor", color=WASH, linewidth=0.6)
    axes.tick_params(which="minor", length=0)


def _counts(axes: Axes, grid: np.ndarray) -> None:
    dark = np.sqrt(np.nanmax(grid))
    for row, column in np.argwhere(~np.isnan(grid)):
        n = int(grid[row, column])
        colour = "white" if n > max(1, dark) else INK
        axes.text(column, row, str(n), ha="center", va="center", fontsize=6.5, color=colour)


def _by_width(name: str, scores: Scores, path: Path) -> None:
    """Draw exactness by plate width; recall where the labels give no texts."""
    bands = {m: f.frames.breakdowns[WIDTH] for m, f in scores.items() if f.frames is not None}
    if all(len(group) < 2 for group in bands.values()):
        return
    figure, axes = _panel(f"{name}: by plate width")
    exact = any(b.exact.whole for group in bands.values() for b in group)
    for at, (models, group) in enumerate(bands.items()):
        _width_line(axes, group, exact, (at, len(bands)), models)
    names = [n for n in WIDTHS.names if any(b.band == n for g in bands.values() for b in g)]
    counts = {b.band: _asked(b, exact).whole for g in bands.values() for b in g}
    places = [WIDTHS.names.index(n) for n in names]
    axes.set_xticks(places, [f"{n.removesuffix(' px')}\nn={counts[n]}" for n in names], fontsize=9)
    axes.set_xlabel("plate width in the picture [px], number of plates")
    axes.set_ylabel("text exact" if exact else "box found (IoU 0.4)")
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path, dpi=DPI)


def _asked(band: Breakdown, exact: bool) -> Share:
    return band.exact if exact else band.found


def _width_line(
    axes: Axes, group: Sequence[Breakdown], exact: bool, place: tuple[int, int], label: str
) -> None:
    """Draw one pair of models, a little aside of the others."""
    at, of = place
    held = [b for b in group if _asked(b, exact).whole]
    x = [WIDTHS.names.index(b.band) + 0.12 * (at - (of - 1) / 2) for b in held]
    _with_intervals(axes, x, [_asked(b, exact) for b in held], COLOURS[at], label)


def _coverage(name: str, scores: Scores, path: Path) -> None:
    """Draw what share of the readings is wrong when only the surest part is used."""
    figure, axes = _panel(f"{name}: mistakes among the surest readings")
    for colour, (models, figures) in zip(COLOURS, scores.items(), strict=False):
        if figures.frames is not None:
            _curve(axes, figures.frames.trust, colour, "-", f"{models}, single pictures")
        if figures.vehicles is not None:
            _curve(axes, figures.vehicles.trust, colour, "--", f"{models}, vehicles")
    if not axes.lines:
        return
    axes.set_xlabel("coverage: share of all labelled plates that is used, surest first")
    axes.set_ylabel("wrong among those used")
    axes.set_xlim(0, 1.01)
    axes.set_ylim(bottom=-0.002)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.legend(loc="upper left", frameon=False)
    figure.savefig(path, dpi=DPI)


def _curve(axes: Axes, trust: Trust, colour: str, style: str, label: str) -> None:
    if not trust.curve:
        return
    coverage, wrong = zip(*trust.curve, strict=True)
    axes.plot(coverage, wrong, color=colour, linestyle=style, label=label)


def _panel(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, color=INK)
    _framed(axes)
    return figure, axes


def _framed(axes: Axes) -> None:
    axes.grid(color=WASH)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
