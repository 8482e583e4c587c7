"""The folder of results: everything is written beside it and moved in whole at the end."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

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


def work_folder(out: Path) -> Path:
    """Make a folder inside the results' one, where everything is written before it is moved."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for left in out.glob(f"{WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=WORK, dir=out))
    except OSError as e:
        raise ReportError(
            f"The folder {out} cannot be written to ({e.strerror}).", "Name another with --out."
        ) from e


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
    """Move the results in; those of an earlier replay go."""
    for stale in [p for pattern in RESULTS for p in out.glob(pattern)]:
        if stale.is_dir():
            shutil.rmtree(stale)
        else:
            stale.unlink()
    for path in sorted(work.iterdir()):
        if path.is_file() or path.name == PICTURES:
            path.replace(out / path.name)
