"""The run file: what a box sees and what happens to it, each with its time.

A run is a folder with `run.toml`, and beside it the clips or frames, and the registries, that it
names. Times are seconds since the run began; nothing else in it depends on a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import msgspec

from edge.replay.happenings import KINDS, Happening, Happenings, RegistryComes, Seconds
from edge.replay.tables import Table, nearest, read_tables, refuse, table_of

NAME, FORM = "run.toml", 1
FIRST_YEAR, LAST_YEAR = 2000, 2100
FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Footage(Table, frozen=True, kw_only=True):
    """A clip or a folder of images whose first frame is captured at `at_s`."""

    file: FileName
    at_s: Seconds = 0.0


class _Head(Table, frozen=True, kw_only=True):
    """What stands above the tables of a run file."""

    starts_at: datetime
    seed: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "anpr-edge"
    ends_s: Seconds | None = None
    config: FileName | None = None
    frames: FileName | None = None
    clips: tuple[dict[str, Any], ...] = ()
    happenings: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its file tells it; paths are absolute, `starts_at` is UTC.

    `frames` lists recorded frames with their times. `ends_s` None: with the last thing that comes.
    """

    path: Path
    starts_at: datetime
    seed: str
    ends_s: float | None
    config: Path | None
    frames: Path | None
    clips: tuple[Footage, ...]
    happenings: Happenings

    @property
    def folder(self) -> Path:
        """Return the folder in which everything lies that the run names."""
        return self.path.parent

    def place(self, name: str) -> Path:
        """Return where a file lies that the run names."""
        return self.folder / name


def run_file(path: Path) -> Path | None:
    """Return the run file that a path means, None when it means a clip or a folder of images."""
    if path.is_dir():
        return path / NAME if (path / NAME).is_file() else None
    return path if path.suffix == ".toml" else None


def read_run(path: Path) -> Run:
    """Read a run file. Raises RunError with the first thing that is wrong."""
    path = path.resolve()
    head = table_of(_Head, read_tables(path, FORM), path, "the file")
    clips = tuple(
        table_of(Footage, table, path, f"[[clips]] {n}") for n, table in enumerate(head.clips, 1)
    )
    if bool(clips) == (head.frames is not None):
        refuse(path, "it must name either [[clips]] or a list of frames")
    run = Run(
        path=path,
        starts_at=_utc(head.starts_at, path),
        seed=head.seed,
        ends_s=head.ends_s,
        config=None if head.config is None else path.parent / head.config,
        frames=None if head.frames is None else path.parent / head.frames,
        clips=clips,
        happenings=tuple(_happening(table, n, path) for n, table in enumerate(head.happenings, 1)),
    )
    _check_order("[[clips]]", [clip.at_s for clip in clips], path)
    _check_order("[[happenings]]", [one.at_s for one in run.happenings], path)
    _check_files(run)
    return run


def _utc(at: datetime, path: Path) -> datetime:
    if at.tzinfo is None:
        refuse(path, f"starts_at, {at.isoformat()}, has no offset; add Z or one like +02:00")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        refuse(path, f"starts_at lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return at.astimezone(UTC)


def _happening(table: dict[str, Any], number: int, path: Path) -> Happening:
    where = f"[[happenings]] {number}"
    what = table.get("what")
    if not isinstance(what, str):
        refuse(path, f"{where} does not say what happens: `what`, one of {', '.join(KINDS)}")
    if what not in KINDS:
        refuse(path, f"{where}: nobody knows a {what}{nearest(what, KINDS)}")
    rest = {key: value for key, value in table.items() if key != "what"}
    return table_of(KINDS[what], rest, path, f"{where} ({what})")


def _check_order(where: str, times: Sequence[float], path: Path) -> None:
    for n, (before, after) in enumerate(pairwise(times), 2):
        if after < before:
            refuse(path, f"{where} {n} goes back in time, from {before:g} to {after:g} s")


def _check_files(run: Run) -> None:
    named = [clip.file for clip in run.clips]
    named += [one.file for one in run.happenings if isinstance(one, RegistryComes)]
    if (missing := next((n for n in named if not run.place(n).exists()), None)) is not None:
        refuse(run.path, f"the file {missing} that it names is not there")
