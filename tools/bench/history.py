"""The history of a benchmark: a line of JSON for each run, added at the end, never rewritten.

A line that a power cut has torn is told and left out; what is added after it begins a new one.
"""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from edge.errors import BoxError
from tools.bench.figure import Figure
from tools.bench.process import Machine

HERE = Path(__file__).resolve().parent


class HistoryError(BoxError):
    """A history that cannot be read or added to."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run: of which commit, when (UTC), where, on what, and its figures.

    `changed`: there was more than the commit in the working tree.
    """

    format: Literal[1] = 1
    commit: str
    changed: bool
    at: datetime
    machine: Machine
    of: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The runs of a file, oldest first, and a sentence for each line that is none."""

    runs: tuple[Run, ...]
    faults: tuple[str, ...]


def run_of(figures: tuple[Figure, ...], machine: Machine, of: str) -> Run:
    """Return these figures as a run of the commit that is checked out here, now."""
    at = datetime.now(UTC).replace(microsecond=0)
    commit, changed = checked_out()
    return Run(commit=commit, changed=changed, at=at, machine=machine, of=of, figures=figures)


def checked_out() -> tuple[str, bool]:
    """Return the commit of this software, and whether it was changed since; "unknown" elsewhere."""
    commit = _git("rev-parse", "--short", "HEAD")
    return (commit or "unknown"), bool(_git("status", "--porcelain", "--untracked-files=no"))


def _git(*words: str) -> str:
    try:
        found = subprocess.run(
            ("git", "-C", str(HERE), *words), capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def read_history(path: Path) -> History:
    """Read a history; one that is not there yet is empty, and is made.

    Raises HistoryError when it cannot be read, or could not be added to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            file.seek(0)
            lines = file.read().split(b"\n")
    except OSError as e:
        raise _refused(path, e) from e
    read = [(number, _run(line)) for number, line in enumerate(lines, 1) if line.strip()]
    faults = tuple(f"{path}, line {n}, is no run and is left out." for n, run in read if not run)
    return History(tuple(run for _, run in read if run), faults)


def _run(line: bytes) -> Run | None:
    try:
        return msgspec.json.decode(line, type=Run)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def add(path: Path, run: Run) -> None:
    """Add a run at the end. Raises HistoryError when it cannot be written; nothing else is lost."""
    try:
        with path.open("a+b") as file:
            file.seek(0)
            torn = not file.read().endswith(b"\n") if path.stat().st_size else False
            file.write(b"\n" * torn + msgspec.json.encode(run) + b"\n")
    except OSError as e:
        raise _refused(path, e) from e


def _refused(path: Path, error: OSError) -> HistoryError:
    return HistoryError(
        f"The history {path} cannot be used ({error.strerror}).",
        "Name a file with --history that this user may read and write.",
    )
