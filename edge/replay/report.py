"""The report of a replay: one self-contained page, and the summary for programs.

Both are a tester's files: they show plates in clear.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2

from edge.daemon.pipeline import Conclusion
from edge.passage.track import Sighting
from edge.replay.drawn import clock_of, drawn_reliability, timeline
from edge.replay.score import Score, VehicleScore, Verdict
from edge.replay.session import Noted, Played
from edge.replay.shares import Share
from edge.replay.shots import Shots, embedded, shots_of, spread
from edge.types import Envelope, Outcome

VOTES = 8
PICTURES = "pictures"
"""The folder beside the summary in which the pictures lie that it names."""


def summary(played: Sequence[Played], scores: Sequence[Score | None]) -> dict[str, Any]:
    """Return the summary: one entry per passage and zone, plates in clear."""
    entries = [entry for p in played for entry in _entries(p)]
    for number, entry in enumerate(entries, 1):
        plate, still = picture_names(number)
        entry["pictures"] = {"plate": f"{PICTURES}/{plate}", "still": f"{PICTURES}/{still}"}
    return {
        "passages": entries,
        "clips": [
            {
                "file": str(p.clip.path),
                "frames": p.frames,
                "seconds": round(p.seconds, 3),
                "frames_per_second": round(p.frames / p.seconds, 1) if p.seconds else None,
                "fault": None if p.fault is None else p.fault.cause,
                "happened": [{"at_s": one.at_s, "what": one.says} for one in p.happened],
                "score": None if s is None else _score(s),
            }
            for p, s in zip(played, scores, strict=True)
        ],
    }


def picture_names(number: int) -> tuple[str, str]:
    """Return what the pictures of an entry are called, plate first; entries count from 1."""
    return f"{number:05}-plate.jpg", f"{number:05}-still.jpg"


def _entries(played: Played) -> Iterator[dict[str, Any]]:
    notes = played.notes or (None,) * len(played.conclusions)
    for conclusion, note in zip(played.conclusions, notes, strict=True):
        yield _entry(played, conclusion, note)


def _entry(played: Played, conclusion: Conclusion, note: Noted | None) -> dict[str, Any]:
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
        "lane": passage.lane,
        "zone": decision.zone,
        "outcome": decision.outcome,
        "consequence": decision.consequence,
        "rule": decision.rule,
        "reason": decision.reason,
        "concluded_s": None if note is None else round(note.at_s, 3),
        "candidates": [[c.text, round(c.probability, 4)] for c in passage.candidates],
        "record": None if conclusion.envelope is None else _place(conclusion.envelope),
    }


def _place(envelope: Envelope) -> dict[str, Any]:
    return {"epoch": envelope.epoch, "seq": envelope.seq, "sha256": envelope.sha256}


def _iso(moment: datetime) -> str:
    return str(moment.isoformat(timespec="milliseconds")).replace("+00:00", "Z")


def _score(score: Score) -> dict[str, Any]:
    counts = {verdict.value: score.count(verdict) for verdict in Verdict}
    return {
        "vehicles": len(score.vehicles),
        **counts,
        "strays": len(score.strays),
        "mistimed": score.mistimed,
        "capture_rate": _share(score.capture_rate),
        "read_rate": _share(score.read_rate),
        "decision_agreement": _share(score.agreement),
        "accused_wrongly": sum(one.accused_wrongly for one in score.vehicles),
        "each": [_vehicle(one) for one in score.vehicles],
    }


def _share(share: Share) -> float | None:
    return None if share.value is None else round(share.value, 6)


def _vehicle(one: VehicleScore) -> dict[str, Any]:
    return {
        "plate": one.visit.vehicle.plate,
        "country": one.visit.vehicle.iso,
        "first_frame": one.visit.first_frame,
        "verdict": one.verdict.value,
        "read": one.read,
        "late_s": one.late_s,
        "off_s": one.off_s,
        "due": dict(one.due),
        "decided": dict(one.decided),
        "agrees": one.agrees,
        "accused_wrongly": one.accused_wrongly,
    }


def write_report(
    path: Path,
    played: Sequence[Played],
    scores: Sequence[Score | None],
    shots: Sequence[Sequence[Shots]] | None = None,
) -> None:
    """Write the page; `shots` are the pictures of every conclusion, taken now where not given."""
    taken = [shots_of(p) for p in played] if shots is None else shots
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("edge.replay", "."), autoescape=True, trim_blocks=True
    )
    environment.filters |= {"clock": clock_of, "embedded": embedded, "percent": _percent}
    template = environment.get_template("report.html.j2")
    outcomes = Counter(c.decision.outcome for p in played for c in p.conclusions)
    clips = [
        {
            "played": p,
            "score": s,
            "rows": _rows(p, of_clip),
            "timeline": timeline(p),
            "reliability": None if s is None else drawn_reliability(s.claims),
        }
        for p, s, of_clip in zip(played, scores, taken, strict=True)
    ]
    counts = [(outcome, outcomes[outcome]) for outcome in Outcome if outcomes[outcome]]
    page = template.render(clips=clips, counts=counts, verdicts=list(Verdict))
    path.write_text(page, encoding="utf-8")


def _percent(share: Share) -> str:
    if share.value is None:
        return "-"
    low, high = share.interval
    return f"{share.value:.1%} ({share.part} of {share.whole}; by chance {low:.0%} to {high:.0%})"


def _rows(played: Played, shots: Sequence[Shots]) -> list[dict[str, Any]]:
    notes = played.notes or (None,) * len(played.conclusions)
    return [
        {
            "number": number,
            "passage": conclusion.passage,
            "decision": conclusion.decision,
            "conclusion": conclusion,
            "chars": list(zip(conclusion.passage.plate, conclusion.passage.chars, strict=True)),
            "shots": of_passage,
            "at_s": None if note is None else note.at_s,
            "votes": [] if note is None else [_vote(one) for one in spread(note.votes, VOTES)],
        }
        for number, (conclusion, note, of_passage) in enumerate(
            zip(played.conclusions, notes, shots, strict=True), 1
        )
    ]


def _vote(one: Sighting) -> dict[str, Any]:
    chars = list(zip(one.reading.text, one.reading.chars, strict=True))
    return {"frame": one.frame, "weight": one.weight, "chars": chars, "whole": one.reading.whole}
