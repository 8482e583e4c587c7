"""The folder of results: everything is written beside it and moved in whole at the end."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import ReportError
from edge.record.envelope import decode_part, split
from edge.replay.report import PICTURES, picture_names, summary, write_report
from edge.replay.score import Score
from edge.replay.session import Played
from edge.replay.shots import Shots, shots_of
from edge.types import Envelope

WORK = ".replay-"  # a killed replay leaves this folder and nothing half-written beside it
RESULTS = (
    *("annotated*.mp4", "messages.jsonl", "passages.jsonl", "records.jsonl", "replay.jwk"),
    *("report.html", "summary.json", PICTURES),
)


LISTED = ".replayed"
"""The names of the results in a folder: what is not on this list is somebody's own."""


@contextmanager
def work_folder(out: Path, given: Sequence[Path]) -> Iterator[Path]:
    """Make a folder inside the results' one, where everything is written before it is moved.

    It goes at the end, whatever happens. Raises ReportError where another replay writes there,
    where something lies in the way that no replay wrote, or what is to be played (`given`).
    """
    with _alone(out):
        _refuse_others_files(out, given)
        try:
            for left in out.glob(f"{WORK}*"):
                shutil.rmtree(left, ignore_errors=True)
            work = Path(tempfile.mkdtemp(prefix=WORK, dir=out))
        except OSError as e:
            raise _unwritable(out, e) from e
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Make a folder, and keep every other replay out of it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        held = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as e:
        raise _unwritable(out, e) from e
    try:
        _lock(held, out)
        yield
    finally:
        os.close(held)


def _lock(folder: int, out: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        raise ReportError(
            f"Another replay writes to {out}.", "Wait until it is done, or name another with --out."
        ) from e
    except OSError as e:  # a file system that knows no locks
        raise _unwritable(out, e) from e


def _unwritable(out: Path, e: OSError) -> ReportError:
    return ReportError(
        f"The folder {out} cannot be written to ({e.strerror}).", "Name another with --out."
    )


def _refuse_others_files(out: Path, given: Sequence[Path]) -> None:
    """Refuse a folder in which a result would take the place of what no replay wrote."""
    ours = _listed(out)
    for path in _results_in(out):
        if path.name not in ours:
            raise ReportError(
                f"{path} is not in {LISTED} as a replay's, and a result would take its place.",
                "Name another folder with --out, or move it away.",
            )
        if any(one.resolve().is_relative_to(path.resolve()) for one in given):
            raise ReportError(
                f"{path} is to be played, and a result would take its place.",
                "Name another folder with --out.",
            )


def _results_in(out: Path) -> list[Path]:
    """Return what is called as a result is."""
    return sorted(path for pattern in RESULTS for path in out.glob(pattern))


def _listed(out: Path) -> set[str]:
    try:
        return set(msgspec.json.decode((out / LISTED).read_bytes(), type=list[str]))
    except (OSError, msgspec.DecodeError):
        return set()


def _list(work: Path, out: Path, names: Iterable[str]) -> None:
    draft = work / LISTED
    draft.write_text(json.dumps(sorted(names)) + "\n", encoding="utf-8")
    draft.replace(out / LISTED)


def write_results(
    work: Path,
    played: Sequence[Played],
    scores: Sequence[Score | None],
    records: Sequence[Envelope] | None = None,
) -> dict[str, Any]:
    """Write report, summary, pictures and records; return the summary.

    `records` are all that a run made; of clips there are the passages alone. Raises ReportError.
    """
    facts = summary(played, scores)
    shots = [shots_of(p) for p in played]
    try:
        passages = (c.envelope for p in played for c in p.conclusions)
        _lines(work / "passages.jsonl", (e.jws for e in passages if e is not None))
        if records is not None:
            _lines(work / "records.jsonl", (e.jws for e in records))
            _lines(work / "messages.jsonl", (decode_part(split(e.jws)[1]) for e in records))
        (work / "summary.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
        _write_pictures(work / PICTURES, [one for of_clip in shots for one in of_clip])
        write_report(work / "report.html", played, scores, shots)
    except OSError as e:
        raise ReportError(
            f"The results cannot be written ({e.strerror}).",
            "Free some space; the records themselves are safe in the outbox.",
        ) from e
    return facts


def _lines(path: Path, lines: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def _write_pictures(folder: Path, shots: Sequence[Shots]) -> None:
    folder.mkdir()
    for number, one in enumerate(shots, 1):
        for name, jpeg in zip(picture_names(number), (one.plate, one.still), strict=True):
            if jpeg:
                (folder / name).write_bytes(jpeg)


def deliver(work: Path, out: Path) -> None:
    """Move the results in; those of an earlier replay go. Raises ReportError.

    Whatever stops it, every result that is there is whole, and listed.
    """
    _refuse_others_files(out, ())  # something may have come meanwhile
    results = [path for path in sorted(work.iterdir()) if path.is_file() or path.name == PICTURES]
    names = {path.name for path in results}
    try:
        _list(work, out, names | _listed(out))  # killed from here on, all that is there is listed
        before = Path(tempfile.mkdtemp(dir=work))  # it goes with the rest of the work folder
        for path in results:
            place = out / path.name
            if place.is_dir():
                place.replace(before / place.name)
            path.replace(place)
        for stale in [path for path in _results_in(out) if path.name not in names]:
            stale.replace(before / stale.name)
        _list(work, out, names)
    except OSError as e:
        raise _unwritable(out, e) from e
