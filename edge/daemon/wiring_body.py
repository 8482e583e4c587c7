"""What a box knows of itself as hardware, and what its configuration lets it bear."""

from collections.abc import Callable

from edge.config import Config
from edge.daemon.alarms import Watched
from edge.daemon.body import COOL, MB, REPLACE, SLOW, WORN, Body, Terms, nothing_seen, unknown
from edge.daemon.machine import THIS, Machine
from edge.record.active import Seeing
from edge.vision.pace import Bounds, least_per_s


def body(
    config: Config,
    enclosure_c: Callable[[], float | None] = unknown,
    seeing: Callable[[], Seeing | None] = nothing_seen,
    machine: Machine = THIS,
) -> Body:
    """Return the body of a box; `enclosure_c` tells the temperature inside its enclosure.

    `seeing` tells how its camera sees.
    """
    bears = config.body
    bounds = Bounds(
        warm_c=bears.warm_c,
        hot_c=max(bears.warm_c, bears.hot_c),
        enclosure_c=bears.enclosure_c,
        least_per_s=least_per_s(config.reading.min_frames, bears.top_kmh, bears.view_m),
    )
    written = bears.written_mb_day * MB
    terms = Terms(bounds, config.box.state, written, machine.root, enclosure_c, seeing)
    return Body(terms, machine.monotonic)


def watched(body: Body) -> dict[str, Watched]:
    """Return the alarms that a body may raise."""
    return {SLOW: Watched(body.too_slow, COOL), WORN: Watched(body.worn, REPLACE)}
