"""What a replay saw: its frames, what was read in each, and what was concluded when."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from edge.clock import ReplayClock
from edge.daemon.pipeline import Conclusion, Pipeline, counts_nothing
from edge.errors import BoxError, CaptureError
from edge.passage.passage import Desk
from edge.passage.track import Sighting, Track
from edge.ports import PlateReader
from edge.replay.footage import Pictures, ahead
from edge.types import Detection, Frame, Image, Outcome, Passage, Reading

Watch = Callable[[Frame, Sequence[Reading], Sequence[Conclusion]], None]
"""Called after every frame with what was read in it and what was concluded."""
Asked = Callable[[Pipeline, Passage], "Expected"]
"""Asks what would have been decided had the plate been read right; nothing where none is known."""
Expected = dict[tuple[str, str], Outcome]
"""The outcome that was due, by plate and zone."""


def asks_nothing(line: Pipeline, passage: Passage) -> Expected:
    """Ask nothing: no truth is known."""
    return {}


class WatchedReader:
    """A reader that remembers what it read last, so that the film can show it."""

    def __init__(self, reader: PlateReader) -> None:
        """Watch a reader."""
        self._reader = reader
        self.last: Sequence[Reading] = ()

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        """Return one reading for each detection."""
        self.last = self._reader.read(image, detections)
        return self.last


class WatchedDesk(Desk):
    """A desk that remembers which readings a passage was made of."""

    def __init__(self, desk: Desk) -> None:
        """Watch a desk."""
        self._desk = desk
        self.votes: dict[tuple[int, int], tuple[Sighting, ...]] = {}

    def announce(self, track: Track, in_sight: Sequence[Track]) -> Passage | None:
        """Return the passage of a track, None where there is none to announce."""
        passage = self._desk.announce(track, in_sight)
        if passage is not None:
            kept = tuple(sorted(track.kept, key=lambda one: one.frame))
            self.votes[place_of(passage)] = kept
        return passage


def place_of(passage: Passage) -> tuple[int, int]:
    """Return what tells a passage from every other one of a replay."""
    return passage.first_monotonic_ns, passage.best_frame


@dataclass(frozen=True, slots=True)
class Noted:
    """What stands beside a conclusion: when it was drawn, and the readings it was made of.

    `at_s` counts from the first frame of a clip, or from the beginning of a run; `first_s` is when
    the vehicle was read first. `off_s` is how far its record is ahead of that, or behind if < 0.
    """

    at_s: float
    first_s: float
    votes: tuple[Sighting, ...]
    expected: Expected
    off_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that a run ordered, at its time."""

    at_s: float
    says: str


@dataclass(frozen=True, slots=True)
class Played:
    """What one clip or run gave; `fault` says why it ended early. `notes` belong to conclusions."""

    clip: Pictures
    frames: int
    seconds: float
    conclusions: tuple[Conclusion, ...]
    fault: BoxError | None = None
    notes: tuple[Noted, ...] = ()
    happened: tuple[Happened, ...] = ()


class Notebook:
    """Takes note of what a pipeline concludes; `line` is the pipeline to be watched."""

    def __init__(
        self,
        line: Pipeline,
        watch: Watch,
        asked: Asked = asks_nothing,
        starts_at: datetime | None = None,
    ) -> None:
        """Watch a pipeline; `starts_at` is when it really began, None where its clock is right."""
        self.reader, self.desk = WatchedReader(line.reader), WatchedDesk(line.desk)
        self.line = replace(line, reader=self.reader, desk=self.desk)
        self._watch, self._asked, self._starts_at = watch, asked, starts_at
        self.conclusions: list[Conclusion] = []
        self.notes: list[Noted] = []
        self.frames = 0
        self._last: Frame | None = None

    def step(self, frame: Frame, new: Sequence[Conclusion], at_s: float) -> None:
        """Note a frame and what was concluded with it."""
        self.frames, self._last = self.frames + 1, frame
        self._note(new, at_s)
        self._watch(frame, self.reader.last, new)

    def rest(self, new: Sequence[Conclusion], at_s: float) -> None:
        """Note what was concluded without a frame."""
        self._note(new, at_s)
        if self._last is not None and new:
            self._watch(self._last, (), new)

    def _note(self, new: Sequence[Conclusion], at_s: float) -> None:
        for conclusion in new:
            passage = conclusion.passage
            votes = self.desk.votes.get(place_of(passage), ())
            self.conclusions.append(conclusion)
            ago_s = (self.line.clock.read().monotonic_ns - passage.first_monotonic_ns) / 1e9
            expected = self._asked(self.line, passage)
            off_s = self._off_s(passage, at_s - ago_s)
            self.notes.append(Noted(at_s, at_s - ago_s, votes, expected, off_s))

    def _off_s(self, passage: Passage, first_s: float) -> float:
        if self._starts_at is None:
            return 0.0
        really = self._starts_at + timedelta(seconds=first_s)
        return round((passage.seen_first - really).total_seconds(), 3)


def play(
    clip: Pictures,
    pipeline: Pipeline,
    clock: ReplayClock,
    watch: Watch,
    real_time: bool,
    asked: Asked = asks_nothing,
) -> Played:
    """Play one clip to its end, or to where it is cut off."""
    book = Notebook(
        replace(
            pipeline,
            tracker=pipeline.tracker.afresh(),
            desk=pipeline.desk.afresh(),
            photographer=pipeline.photographer.afresh(),
            count=counts_nothing,  # a clip is no traffic of this site
        ),
        watch,
        asked,
    )
    began, at_s = time.monotonic(), 0.0
    fault: CaptureError | None = None
    try:
        for frame in ahead(clip.frames()):
            clock.show(frame)
            at_s = frame.monotonic_ns / 1e9
            if real_time:
                time.sleep(max(0.0, began + at_s - time.monotonic()))
            book.step(frame, book.line.step(frame), at_s)
    except CaptureError as e:
        fault = e  # what was seen until here is concluded and reported first
    book.rest(book.line.finish(), at_s)
    took_s, found = time.monotonic() - began, tuple(book.conclusions)
    return Played(clip, book.frames, took_s, found, fault, tuple(book.notes))
