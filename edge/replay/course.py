"""The moments of a tester's run in their order: pictures, what happens, and the time between."""

import heapq
from collections.abc import Iterator
from typing import TypeAlias

from edge.replay.footage import Pictures, ahead
from edge.replay.happenings import Happening
from edge.replay.runfile import Run
from edge.types import Frame

NS = 1_000_000_000
IDLE_NS, LONG_IDLE_NS, LONG_AFTER_NS = NS, 60 * NS, 30 * NS
"""Without a frame the daemon looks about every second; after a while of that, once a minute."""
Moment: TypeAlias = Frame | Happening | None
Timed: TypeAlias = tuple[int, Moment]


class Course:
    """The moments of a run in order: frames, what happens, and seconds without either."""

    def __init__(self, run: Run, pictures: Pictures) -> None:
        """Begin at the beginning."""
        self._run, self._pictures = run, pictures
        self._last_ns = self._frame_ns = 0
        self._moments = self._filled()

    def __iter__(self) -> Iterator[tuple[int, Moment]]:
        """Go on where the last loop ended: a run goes on through a reboot."""
        return self._moments

    def _filled(self) -> Iterator[tuple[int, Moment]]:
        for at_ns, moment in self._known():
            yield from self._idle(at_ns)
            if isinstance(moment, Frame):
                self._frame_ns = at_ns
            self._last_ns = max(self._last_ns, at_ns)
            yield at_ns, moment
        if self._run.ends_s is not None:
            yield from self._idle(round(self._run.ends_s * NS) + 1)

    def _known(self) -> Iterator[tuple[int, Moment]]:
        """Yield frames and happenings; at one moment what happens comes first."""
        happenings: Iterator[Timed] = ((round(h.at_s * NS), h) for h in self._run.happenings)
        frames: Iterator[Timed] = ((f.monotonic_ns, f) for f in ahead(self._pictures.frames()))
        end_ns = None if self._run.ends_s is None else round(self._run.ends_s * NS)
        for at_ns, moment in heapq.merge(happenings, frames, key=lambda timed: timed[0]):
            if end_ns is not None and at_ns > end_ns:
                return
            yield at_ns, moment

    def _idle(self, until_ns: int) -> Iterator[tuple[int, Moment]]:
        while True:
            is_long = self._last_ns - self._frame_ns >= LONG_AFTER_NS
            due_ns = self._last_ns + (LONG_IDLE_NS if is_long else IDLE_NS)
            if due_ns >= until_ns:
                return
            self._last_ns = due_ns
            yield due_ns, None
