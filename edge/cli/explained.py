"""An explanation: one answer with its sentence of the law, its dates and what would change it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from edge.access.alternatives import Alternative, what_would_change
from edge.access.calendar import zone_of
from edge.access.outlook import Change, Inquiry, last_change, next_change
from edge.access.rules import RecordType, RulePack
from edge.cli.plainly import (
    alternative_words,
    answer_words,
    consequence_words,
    mark_words,
    moment_words,
    outcome_words,
)
from edge.types import Decision, Snapshot


@dataclass(frozen=True, slots=True)
class Explanation:
    """A inquiry, its answer, and what else the law would say."""

    inquiry: Inquiry
    answer: Decision
    before: Change | None
    after: Change | None
    alternatives: tuple[Alternative, ...]

    @property
    def pack(self) -> RulePack:
        """The law that answered."""
        return self.inquiry.law.pack


def explained(inquiry: Inquiry) -> Explanation:
    """Return the full explanation of one vehicle at one moment."""
    return Explanation(
        inquiry,
        inquiry.decided(),
        last_change(inquiry),
        next_change(inquiry),
        what_would_change(inquiry),
    )


def quoted(rule: str, pack: RulePack) -> tuple[str | None, str | None]:
    """Return the sentence that a rule rests on, in Dutch and in English, where it has one."""
    rows = (*(row for table in pack.tables.values() for row in table), *pack.exemptions)
    sentences = {row.id: (row.text, row.reason) for row in rows}
    return sentences.get(rule) or next(
        ((kind.name, kind.reason) for kind in pack.types if kind.code == rule), (None, None)
    )


def as_text(told: Explanation, looked_up: bool) -> Iterator[str]:
    """Yield the lines for a person."""
    ours, pack, timezone = told.answer, told.pack, told.pack.timezone
    dutch, _ = quoted(ours.rule, pack)  # its English is the reason
    yield answer_words(ours)
    yield f"{outcome_words(ours)} {consequence_words(ours, pack)}"
    yield f"Why: {ours.reason}"
    yield f"Source: {ours.source}"
    yield from [f'  "{dutch}"' if pack.literal else f"  In short (nl): {dutch}"] if dutch else []
    yield from (f"Mark {mark}: {mark_words(mark)}" for mark in ours.marks)
    yield (
        f"Asked: zone {ours.zone}, {moment_words(told.inquiry.at, timezone)} ({timezone}), "
        f"pack {pack.id} {pack.version}, sha256 {pack.sha256[:12]}"
    )
    yield from [registry_words(ours.snapshot, timezone)] if looked_up and ours.snapshot else []
    yield from change_lines(told)
    yield from alternative_lines(told)


def registry_words(snapshot: Snapshot, timezone: str) -> str:
    """Say how old the registry is, and that it answers for every moment."""
    vehicles, exemptions = (
        moment_words(as_of, timezone)
        for as_of in (snapshot.vehicles_as_of, snapshot.exemptions_as_of)
    )
    return (
        f"Registry {snapshot.id}: vehicles as of {vehicles}, exemptions as of {exemptions}; "
        "past and future moments are judged with what it holds now."
    )


def change_lines(told: Explanation) -> Iterator[str]:
    """Yield since when the answer holds, and from when it will be another."""
    timezone = told.pack.timezone
    if (before := told.before) is not None:
        since = moment_words(before.at, timezone)
        yield f"Since: {since}; before it {answer_words(before.decision)}"
    if (after := told.after) is not None:
        start, then = moment_words(after.at, timezone), after.decision
        yield f"Next change: from {start} {answer_words(then)}: {then.reason}"
    elif told.inquiry.day < told.pack.expires:
        yield f"Next change: none up to {told.pack.expires}, when this pack expires"
    else:
        yield "Next change: none, this pack has expired"


def alternative_lines(told: Explanation) -> Iterator[str]:
    """Yield what would change the answer, one line for each fact, with the types of records."""
    if told.inquiry.facts.vehicle is None:
        yield "What would change it: a registry that holds it; --facts tells what its papers mean."
    if not told.alternatives:
        return
    yield "What would change it (a record is granted, or not, by its issuer):"
    for (fact, unknown, _), group in groupby(told.alternatives, line_of):
        spans = list(group)
        yield f"  - {alternative_words(fact, unknown, spans, told.pack.timezone)}"
        if fact == "record":
            yield from (f"      {kind.code}: {kind.name}" for kind in types(spans, told.pack))


def line_of(one: Alternative) -> tuple[str, bool, object]:
    """Return what is told on one line: a fact, but each kind of record on its own."""
    return one.fact, one.unknown, (one.until, one.outcome) if one.fact == "record" else None


def types(spans: Sequence[Alternative], pack: RulePack) -> list[RecordType]:
    """Return the types of records that alternatives name."""
    named = {value for span in spans for value in span.values}
    return [kind for kind in pack.types if kind.code in named]


def as_json(told: Explanation, looked_up: bool) -> dict[str, object]:
    """Return the explanation under its documented keys (edge/access/README.md)."""
    ours, pack, timezone = told.answer, told.pack, told.pack.timezone
    dutch, english = quoted(ours.rule, pack)
    return {
        **answered(ours),
        "text": dutch,
        "text_nl": dutch,
        "text_en": english,
        "text_literal": pack.literal,
        "zone": ours.zone,
        "at": stamped(told.inquiry.at, timezone),
        "pack_version": pack.version,
        "enforced": pack.enforced,
        "snapshot": snapshot_json(ours.snapshot) if looked_up else None,
        "since": changed(told.before, timezone),
        "next_change": changed(told.after, timezone),
        "alternatives": [alternative_json(one, pack) for one in told.alternatives],
    }


def answered(ours: Decision) -> dict[str, object]:
    """Return a decision as JSON."""
    return {
        "outcome": ours.outcome,
        "consequence": ours.consequence,
        "rule": ours.rule,
        "reason": ours.reason,
        "source": ours.source,
        "marks": list(ours.marks),
        "pack": ours.pack_id,
        "pack_sha256": ours.pack_sha256,
    }


def changed(change: Change | None, timezone: str) -> dict[str, object] | None:
    """Return a change as JSON; for `since` the answer is the one before it."""
    if change is None:
        return None
    keys = ("outcome", "consequence", "rule", "reason")
    told = answered(change.decision)
    return {"at": stamped(change.at, timezone), **{key: told[key] for key in keys}}


def alternative_json(one: Alternative, pack: RulePack) -> dict[str, object]:
    """Return an alternative as JSON; `from` is the least value that helps, `below` the end."""
    told: dict[str, object] = {
        "fact": one.fact,
        "unknown": one.unknown,
        "values": [str(value) for value in one.values],
        "from": None if one.low is None else str(one.low),
        "below": None if one.below is None else str(one.below),
        "outcome": one.outcome,
        "consequence": one.consequence,
        "rules": list(one.rules),
    }
    if one.fact == "record":
        told["until"] = stamped(one.until, pack.timezone) if one.until else None
        told["names"] = {kind.code: kind.name for kind in types([one], pack)}
    return told


def snapshot_json(snapshot: Snapshot | None) -> dict[str, str] | None:
    """Return the registry that answered."""
    if snapshot is None:
        return None
    return {
        "id": snapshot.id,
        "sha256": snapshot.sha256,
        "vehicles_as_of": snapshot.vehicles_as_of.isoformat(),
        "exemptions_as_of": snapshot.exemptions_as_of.isoformat(),
    }


def stamped(at: datetime, timezone: str) -> str:
    """Return a moment in local time with its offset."""
    return at.astimezone(zone_of(timezone)).isoformat()
