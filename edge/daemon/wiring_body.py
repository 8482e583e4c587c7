"""What a box knows of itself as hardware, and what its configuration lets it bear."""

from collections.abc import Callable
from pathlib import Path

from edge.config import Config
from edge.daemon.alarms import Watched
from edge.daemon.body import COOL, MB, REPLACE, SLOW, WORN, Body, Terms, unknown
from edge.vision.pace import Bounds, least_per_s


def body(
    config: Config,
    enclosure_c: Callable[[], float | None] = unknown,
    root: Path = Path("/"),
) -> Body:
    """Return the body of a box; `enclosure_c` tells the temperature inside its enclosure."""
    bears = config.body
    bounds = Bounds(
        warm_c=bears.warm_c,
        hot_c=max(bears.warm_c, bears.hot_c),
        enclosure_c=bears.enclosure_c,
        least_per_s=least_per_s(config.reading.min_frames, bears.top_kmh, bears.view_m),
    )
    return Body(Terms(bounds, config.box.state, bears.written_mb_day * MB, root, enclosure_c))


def watched(body: Body) -> dict[str, Watched]:
    """Return the alarms that a body may raise."""
    return {SLOW: Watched(body.too_slow, COOL), WORN: Watched(body.worn, REPLACE)}
