"""What the daemon counts of its own work. No plates; zones are those of the configuration."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import Metric

from edge.daemon.bulletin import Bulletin, LastPassage, Reads
from edge.daemon.captures import Captures
from edge.daemon.gauges import gauges
from edge.daemon.pipeline import Conclusion
from edge.types import Passage

STAGES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Figures:
    """Counters and stage times since the daemon began, and its newest bulletin.

    `registry` renders them; it is ours, so nothing of the library's own is shown.
    """

    def __init__(self) -> None:
        """Count from nothing."""
        self.registry = CollectorRegistry()
        self.bulletin: Bulletin | None = None
        self.reads: Reads | None = None
        self.last: LastPassage | None = None
        self.frames = self.frames_rested = self.announced = self.settled = 0
        self.captures = Captures()
        self._frames = Counter("anpr_frames", "Frames looked at.", registry=self.registry)
        self._rested = Counter(
            "anpr_frames_rested",
            "Of these, not searched for plates: nothing had changed.",
            registry=self.registry,
        )
        self._announced = Counter(
            "anpr_vehicles_announced", "Vehicles that went by.", registry=self.registry
        )
        self._settled = Counter(
            "anpr_plates_settled", "Of these, with a plate that is settled.", registry=self.registry
        )
        self._passages = Counter(
            "anpr_passages", "Decisions.", ["zone", "outcome"], registry=self.registry
        )
        self._stages = Histogram(
            "anpr_stage_seconds",
            "Time that a stage took: detect and read a frame, conclude a passage.",
            ["stage"],
            buckets=STAGES_S,
            registry=self.registry,
        )
        self.registry.register(self)

    def go_on_from(self, before: Bulletin | None) -> None:
        """Go on with the day, and the last passage, that the daemon told of before it ended."""
        if before is not None and self.last is None:
            self.reads, self.last = before.reads, before.last

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Return what times a stage."""
        return self._stages.labels(name).time()

    def rest(self) -> None:
        """Count a frame in which nothing had changed: the detector did not look."""
        self.frames_rested += 1
        self._rested.inc()

    def announce(self, passage: Passage) -> None:
        """Count a vehicle that went by."""
        settled, day = passage.doubt is None, passage.seen_first.date()
        self.captures.go_by(passage)
        self.announced, self.settled = self.announced + 1, self.settled + settled
        self._announced.inc()
        self._settled.inc(settled)
        reads = self.reads if self.reads is not None and self.reads.day == day else Reads(day)
        self.reads = msgspec.structs.replace(
            reads, announced=reads.announced + 1, settled=reads.settled + settled
        )

    def step(self, frames: int, conclusions: Sequence[Conclusion]) -> None:
        """Count frames that were looked at, and what was concluded."""
        self.frames += frames
        self._frames.inc(frames)
        for conclusion in conclusions:
            decision = conclusion.decision
            self._passages.labels(decision.zone, decision.outcome.value).inc()
            self.last = LastPassage(conclusion.passage.seen_last, decision.outcome.value)

    def collect(self) -> Iterator[Metric]:
        """Yield what the newest bulletin tells: the registry asks every collector for this."""
        if self.bulletin is not None:
            yield from gauges(self.bulletin)
