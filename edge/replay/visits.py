"""The vehicles of the truth, in the frames and the time of what is played."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from edge.capture.clip import open_clip
from edge.replay.footage import ClipsOfRun, Pictures
from edge.replay.truth import OPEN_END, Visit, read_visits


class _Part(NamedTuple):
    """A clip as part of what is played: its first frame there, and when that is."""

    path: Path
    first_frame: int
    begins_s: float
    fps: float


def visits_of(truth: Path, pictures: Pictures) -> list[Visit]:
    """Return the vehicles that the truth knows in a clip, or in all clips of a run.

    Recorded frames bear the name of their folder there. Raises ReportError as `read_visits` does.
    """
    return [
        _placed(visit, part) for part in _parts(pictures) for visit in read_visits(truth, part.path)
    ]


def _parts(pictures: Pictures) -> Iterator[_Part]:
    if not isinstance(pictures, ClipsOfRun):
        yield _Part(pictures.path, 0, 0.0, pictures.fps)
        return
    first = 0
    for clip in pictures.run.clips:
        opened = open_clip(pictures.run.place(clip.file), pictures.start)
        yield _Part(opened.path, first, clip.at_s, opened.fps)
        first += opened.length


def _placed(visit: Visit, part: _Part) -> Visit:
    if visit.last_frame >= OPEN_END:
        return replace(visit, first_frame=visit.first_frame + part.first_frame)
    return replace(
        visit,
        first_frame=visit.first_frame + part.first_frame,
        last_frame=visit.last_frame + part.first_frame,
        left_s=part.begins_s + visit.last_frame / part.fps,
    )
