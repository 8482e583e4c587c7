"""The report of a replay: one self-contained page, and the summary for programs.

Both are a tester's files: they show plates in clear.
"""

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import jinja2
import numpy as np

from edge.daemon.pipeline import Conclusion
from edge.replay.footage import Pictures
from edge.replay.session import Played
from edge.replay.truth import Score
from edge.types import Envelope, Image, Outcome
from edge.vision.rectify import rectify

STILL_WIDTH = 320
PLATE_WIDTH = 200


def summary(played: Sequence[Played], scores: Sequence[Score | None]) -> dict[str, Any]:
    """Return the summary: one entry per passage and zone, plates in clear."""
    return {
        "passages": [_entry(p, conclusion) for p in played for conclusion in p.conclusions],
        "clips": [
            {
                "file": str(p.clip.path),
                "frames": p.frames,
                "seconds": round(p.seconds, 3),
                "frames_per_second": round(p.frames / p.seconds, 1) if p.seconds else None,
                "score": None if s is None else _score(s),
            }
            for p, s in zip(played, scores, strict=True)
        ],
    }


def _entry(played: Played, conclusion: Conclusion) -> dict[str, Any]:
    passage, decision = conclusion.passage, conclusion.decision
    return {
        "file": str(played.clip.path),
        "plate": passage.plate,
        "country": passage.country,
        "confidence": round(passage.confidence, 4),
        "chars": [round(p, 4) for p in passage.chars],
        "settled": passage.doubt is None,
        "first_seen": _iso(passage.seen_first),
        "last_seen": _iso(passage.seen_last),
        "first_frame": passage.first_frame,
        "last_frame": passage.last_frame,
        "frames_read": passage.frames_read,
        "direction": passage.direction,
        "zone": decision.zone,
        "outcome": decision.outcome,
        "consequence": decision.consequence,
        "rule": decision.rule,
        "reason": decision.reason,
        "candidates": [[c.text, round(c.probability, 4)] for c in passage.candidates],
        "record": None if conclusion.envelope is None else _place(conclusion.envelope),
    }


def _place(envelope: Envelope) -> dict[str, Any]:
    return {"epoch": envelope.epoch, "seq": envelope.seq, "sha256": envelope.sha256}


def _iso(moment: datetime) -> str:
    return str(moment.isoformat(timespec="milliseconds")).replace("+00:00", "Z")


def _score(score: Score) -> dict[str, int]:
    return {name: getattr(score, name) for name in Score.__slots__}


def write_report(path: Path, played: Sequence[Played], scores: Sequence[Score | None]) -> None:
    """Write the page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("edge.replay", "."), autoescape=True, trim_blocks=True
    )
    template = environment.get_template("report.html.j2")
    outcomes = Counter(c.decision.outcome for p in played for c in p.conclusions)
    clips = [
        {"played": p, "score": s, "rows": list(_rows(p))}
        for p, s in zip(played, scores, strict=True)
    ]
    counts = [(outcome, outcomes[outcome]) for outcome in Outcome if outcomes[outcome]]
    path.write_text(template.render(clips=clips, counts=counts), encoding="utf-8")


def _rows(played: Played) -> Iterator[dict[str, Any]]:
    stills = _stills(played.clip, played.conclusions)
    for conclusion in played.conclusions:
        frame = stills.get(conclusion.passage.best_frame)
        yield {
            "conclusion": conclusion,
            "passage": conclusion.passage,
            "decision": conclusion.decision,
            "chars": list(zip(conclusion.passage.plate, conclusion.passage.chars, strict=True)),
            "plate_picture": None if frame is None else _plate_picture(frame, conclusion),
            "still": None if frame is None else _still(frame, conclusion),
        }


def _stills(clip: Pictures, conclusions: Sequence[Conclusion]) -> dict[int, Image]:
    """Read the clip once more, for the best frame of each passage only."""
    wanted = {c.passage.best_frame for c in conclusions}
    last = max(wanted, default=-1)
    found: dict[int, Image] = {}
    for frame in clip.again().frames():
        if frame.index in wanted:
            found[frame.index] = frame.image
        if frame.index >= last:
            break
    return found


def _plate_picture(frame: Image, conclusion: Conclusion) -> str:
    return _embedded(rectify(frame, conclusion.passage.best), PLATE_WIDTH)


def _still(frame: Image, conclusion: Conclusion) -> str:
    canvas = np.array(frame)
    box = conclusion.passage.best.box
    corner, opposite = (int(box.x1), int(box.y1)), (int(box.x2), int(box.y2))
    cv2.rectangle(canvas, corner, opposite, (80, 220, 255), 3)
    return _embedded(canvas, STILL_WIDTH)


def _embedded(image: Image, width: int) -> str:
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 82])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()
