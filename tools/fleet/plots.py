"""The course of a run and the latency of its parts as pictures in a page."""

import base64
import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tools.fleet.conductor import Span
from tools.fleet.figures import Figures

COLOURS = ("#1f5fa8", "#c8611a", "#3a7d44")
INK, WASH, DPI = "#222222", "#eeeeee", 110
LEAST_SHARE = 0.02
"""A part that takes less of the run has no name on the picture."""


def course(found: Figures, spans: Sequence[Span]) -> str:
    """Draw records a second, records that wait and open connections by the second."""
    figure = Figure(figsize=(10.5, 7.0), layout="constrained")
    above, middle, below = figure.subplots(3, 1, sharex=True)
    series = found.series
    above.plot(series.seconds, series.written, color=COLOURS[1], lw=0.8, label="written by boxes")
    above.plot(series.seconds, series.stored, color=COLOURS[0], lw=0.8, label="stored")
    above.set_ylabel("records/s")
    above.legend(loc="upper right", frameon=False)
    middle.fill_between(series.seconds, series.waiting, color=COLOURS[1], alpha=0.5, lw=0)
    middle.set_ylabel("records that wait")
    below.plot(series.seconds, series.connected, color=COLOURS[2], lw=1.0)
    below.set_ylabel("boxes connected")
    below.set_xlabel("seconds since the first call")
    for axes in (above, middle, below):
        axes.set_ylim(bottom=0)
        _framed(axes)
        _parts(axes, spans, series.seconds[-1], named=axes is above)
    return _picture(figure)


def latency(found: Figures) -> str:
    """Draw how long records took from disk to disk, part by part."""
    phases = [one for one in found.phases if one.p50_s is not None]
    figure = Figure(figsize=(10.5, 0.45 * len(phases) + 1.4), layout="constrained")
    axes = figure.subplots()
    rows = range(len(phases))
    for name, colour in zip(("p50_s", "p95_s", "p99_s"), COLOURS, strict=True):
        values = [max(0.001, getattr(one, name)) for one in phases]
        axes.plot(values, rows, "o", color=colour, label=name.removesuffix("_s"))
    axes.set_yticks(rows, [one.name for one in phases])
    axes.invert_yaxis()
    if not phases:
        axes.set_xlim(0.001, 1.0)
    axes.set_xscale("log")
    axes.set_xlabel("seconds from the box's disk to the platform's (log)")
    axes.legend(loc="lower right", frameon=False)
    _framed(axes)
    return _picture(figure)


def _parts(axes: Axes, spans: Sequence[Span], whole_s: float, named: bool) -> None:
    """Draw where each part begins."""
    for span in spans:
        at = span.began - spans[0].began
        axes.axvline(at, color=INK, lw=0.5, ls=":")
        if named and span.ended - span.began > LEAST_SHARE * whole_s:
            place = axes.get_xaxis_transform()
            axes.text(at, 1.02, span.name, fontsize=7, rotation=20, transform=place, color=INK)


def _framed(axes: Axes) -> None:
    axes.grid(color=WASH)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _picture(figure: Figure) -> str:
    """Return the picture as an address that needs no network."""
    written = io.BytesIO()
    figure.savefig(written, dpi=DPI, format="png")
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()
