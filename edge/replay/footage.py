"""The pictures of a tester's run, in order of time: its clips, or frames that a box recorded.

Recorded frames are age files, one each: they show plates, and are opened in memory alone.
"""

import csv
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Protocol

from edge.capture.clip import FOLDER_FPS, decoded, frozen, open_clip, read_image
from edge.errors import CaptureError, EvidenceError, RunError
from edge.record.age import Identity
from edge.replay.runfile import Run
from edge.types import Frame, Image

COLUMNS = ["at_s", "file"]
SEALED = ".age"
NS = 1_000_000_000


class Pictures(Protocol):
    """What a replay plays: it can be played again, for the pictures of a report."""

    @property
    def path(self) -> Path:
        """Return what a person knows them by."""
        ...

    @property
    def start(self) -> datetime:
        """Return when they begin, UTC."""
        ...

    @property
    def fps(self) -> float:
        """Return how many frames a second they have."""
        ...

    @property
    def length(self) -> int:
        """Return how many frames they have, as far as that is known; 0 where it is not."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Yield every frame in order. Raises CaptureError where they end too early."""
        ...

    def again(self) -> "Pictures":
        """Return the same pictures, from the first one on."""
        ...


class Listed(NamedTuple):
    """A recorded frame: when it was captured after the run began, and its file."""

    at_s: float
    path: Path


@dataclass(frozen=True, slots=True)
class ClipsOfRun:
    """The clips of a run, one after another, numbered through; implements `Pictures`."""

    run: Run
    path: Path
    start: datetime
    fps: float
    length: int

    def again(self) -> "ClipsOfRun":
        """Return the same clips."""
        return self

    def frames(self) -> Iterator[Frame]:
        """Yield every frame, dated from the beginning of the run."""
        index, last_ns = 0, -1
        for clip in self.run.clips:
            start_ns = round(clip.at_s * NS)
            for frame in open_clip(self.run.place(clip.file), self.start).frames():
                at_ns = start_ns + frame.monotonic_ns
                if at_ns <= last_ns:
                    cause = f"{clip.file} begins at {clip.at_s:g} s, before the clip before it ends"
                    raise RunError(f"{self.run.path}: {cause}.", "Let it begin later.")
                yield _dated(frame.image, index, self.start, at_ns)
                index, last_ns = index + 1, at_ns


@dataclass(frozen=True, slots=True)
class FramesOfRun:
    """The frames that a box recorded; implements `Pictures`. Without `identity` none opens."""

    listed: tuple[Listed, ...]
    identity: Identity | None
    path: Path
    start: datetime
    fps: float
    length: int

    def again(self) -> "FramesOfRun":
        """Return the same frames."""
        return self

    def frames(self) -> Iterator[Frame]:
        """Yield every frame."""
        for index, one in enumerate(self.listed):
            yield _dated(self._image(one.path), index, self.start, round(one.at_s * NS))

    def _image(self, path: Path) -> Image:
        if path.suffix != SEALED:
            return read_image(path)
        if self.identity is None:
            raise CaptureError(
                f"The frame {path.name} is encrypted.", "Give the key it is for with --identity."
            )
        try:
            return decoded(self.identity.open(path.read_bytes()), path)
        except OSError as e:
            raise CaptureError(
                f"The frame {path} cannot be read ({e.strerror}).", "Copy the run again."
            ) from e
        except EvidenceError as e:
            raise CaptureError(
                f"The frame {path.name} cannot be opened. {e.cause}", e.remedy
            ) from e


def ahead(frames: Iterator[Frame]) -> Generator[Frame]:
    """Yield the same frames; the next one is decoded while the last one is looked at.

    Raises what `frames` raises, after the frame before.
    """
    with ThreadPoolExecutor(1, "decode") as decoder:
        coming = decoder.submit(next, frames, None)
        while (frame := coming.result()) is not None:
            coming = decoder.submit(next, frames, None)
            yield frame


def pictures_of(run: Run, identity: Identity | None = None) -> Pictures:
    """Open what a run shows.

    Raises CaptureError or RunError for what is missing, before anything is played.
    """
    if run.frames is not None:
        listed = _listed(run, run.frames)
        span_s = listed[-1].at_s - listed[0].at_s
        fps = (len(listed) - 1) / span_s if span_s > 0 else FOLDER_FPS
        about = (run.folder, run.starts_at, fps, len(listed))
        return FramesOfRun(listed, identity, *about)
    clips = [open_clip(run.place(clip.file), run.starts_at) for clip in run.clips]
    about = (run.folder, run.starts_at, clips[0].fps, sum(clip.length for clip in clips))
    return ClipsOfRun(run, *about)


def _listed(run: Run, path: Path) -> tuple[Listed, ...]:
    try:
        whole, _, _torn = path.read_text(encoding="utf-8").rpartition("\n")
        rows = csv.reader(whole.splitlines(), strict=True)
        head = next(rows, [])
        found = [Listed(float(at_s), run.folder / name) for at_s, name in rows]
    except OSError as e:
        raise RunError(f"The list of frames {path} cannot be read ({e.strerror}).", COPY) from e
    except (ValueError, csv.Error) as e:
        raise RunError(f"{path} is not a list of frames: each row is `at_s,file`.", COPY) from e
    if head != COLUMNS or not found:
        raise RunError(f"{path} is not a list of frames: it begins with `at_s,file`.", COPY)
    _check(found, path)
    return tuple(found)


def _check(found: list[Listed], path: Path) -> None:
    for row, (one, after) in enumerate(pairwise(found), 3):
        if not after.at_s > one.at_s:
            raise RunError(f"{path}, row {row}: time goes back to {after.at_s:g} s.", COPY)
    if not 0 <= found[0].at_s <= found[-1].at_s < float("inf"):
        raise RunError(f"{path}: a frame lies before the run begins.", COPY)
    missing = next((one.path.name for one in found if not one.path.is_file()), None)
    if missing is not None:
        raise RunError(f"The frame {missing} that {path} names is not there.", COPY)


COPY = "Copy the run again from where it was recorded."


def _dated(image: Image, index: int, start: datetime, at_ns: int) -> Frame:
    return Frame(frozen(image), index, start + timedelta(microseconds=at_ns / 1000), at_ns)
