"""Plain words for outcomes, consequences, marks, moments and spans of facts."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from edge.access.alternatives import Alternative
from edge.access.calendar import zone_of
from edge.access.rules import STAGES, RulePack
from edge.access.trials import Value
from edge.types import Consequence, Decision, Outcome

OUTCOMES = {
    Outcome.FREE_ACCESS: "The vehicle may drive here: it meets the rule by itself.",
    Outcome.EXEMPT: "The vehicle may drive here: it is exempt (vrijstelling).",
    Outcome.PERMITTED: "The vehicle may drive here with its permission (ontheffing, toelating).",
    Outcome.PERMIT_POSSIBLE: (
        "The vehicle may drive here only with a paid permission (toelating), and has none."
    ),
    Outcome.NO_ACCESS: "The vehicle may not drive here.",
    Outcome.OUT_OF_SCOPE: "The rule of the zone does not concern this vehicle at this moment.",
    Outcome.REVIEW: "Not decided: the box does not accuse on doubt.",
}
CONSEQUENCES = {
    Consequence.NONE: "Nothing follows; the zone's privacy profile says what a box keeps of it.",
    Consequence.NOT_ENFORCED: "It is only counted.",
    Consequence.WARN: "In the warning period a letter may follow, no fine.",
    Consequence.HOLD48: (
        "It is kept encrypted for {vasthouden_uur:g} hours, in which a permission can still be "
        "registered, and then judged again."
    ),
    Consequence.HOLD_DAY: (
        "It is kept encrypted until {vasthouden_tot_uur:g}:00 of the next day, until which a "
        "permission can still be registered, and then judged again."
    ),
    Consequence.MANUAL: "A person of the authority looks at it.",
}
HOLDS = (Consequence.HOLD48, Consequence.HOLD_DAY)
MARKS = {
    "draft": "the law is a draft: it decides and is never enforced.",
    "needs_amendment": "rests on an announced extension whose text was not seen (N-AMB-01).",
    "code_70": "rests on a code that only public information names, not the law (N-AMB-04).",
    "derived_norm": "the norm was derived from the date of first registration (F-AMB-10).",
    "derived_fuel": "the text does not name this fuel; it counts as the nearest (F-AMB-07).",
    "two_dates": "of two dates of first use the earlier counts, and it matters (F-AMB-05).",
    "quota": "the register holds more days of it this year than may be granted (R002-09).",
    "oldtimer": "an oldtimer plate, which low-emission zones treat apart (F-AMB-21).",
    "special_since_2025": "the list has no date limit as far as its text was seen (N-AMB-09).",
}
FACTS = {
    "category": "the category",
    "vehicle_kind": "the kind of vehicle (voertuigsoort)",
    "max_mass_kg": "the permitted maximum mass (kg)",
    "reference_mass_kg": "the reference mass (kg)",
    "fuel": "the fuel",
    "is_ze": "the register's word on zero-emission",
    "euro_norm": "the Euro norm (emissieklasse)",
    "stage": "the stage (fase)",
    "power_kw": "the engine power (kW)",
    "first_registration": "the first registration (DEI, DET)",
    "body_codes": "a body code",
}
RECORDS = {
    Outcome.EXEMPT: "a registered exemption (vrijstelling)",
    Outcome.PERMITTED: "a registered permission (ontheffing, toelating)",
}


def answer_words(ours: Decision) -> str:
    """Return outcome, consequence, marks and rule in one line."""
    marks = f", {', '.join(ours.marks)}" if ours.marks else ""
    return f"{ours.outcome} ({ours.consequence}{marks}), rule {ours.rule}"


def outcome_words(ours: Decision) -> str:
    """Say what an outcome means."""
    if ours.rule == "MISS" and ours.consequence is Consequence.NONE:
        return "Not decided, and nobody need look: the vehicle is not registered here."
    if ours.outcome is Outcome.REVIEW and ours.consequence is Consequence.NONE:
        return "Not decided, and nobody need look: every possible answer is harmless."
    return OUTCOMES[ours.outcome]


def consequence_words(ours: Decision, pack: RulePack) -> str:
    """Say what follows for a vehicle that is seen here, with the hours of the pack."""
    if ours.consequence in HOLDS and not pack.enforced:
        return "As this law is not enforced, nothing is held and nothing follows."
    hours = {name: found.value for name, found in pack.parameters.items()}
    return CONSEQUENCES[ours.consequence].format_map(hours)


def mark_words(mark: str) -> str:
    """Say what a mark means."""
    return MARKS.get(mark, "see the pack.")


def moment_words(at: datetime, timezone: str) -> str:
    """Return a local day, with the time where it is not the beginning of the day."""
    civil = at.astimezone(zone_of(timezone))
    if civil.time() == time(0):
        return civil.date().isoformat()
    return civil.isoformat(" ", "seconds" if civil.second else "minutes")[
        : 19 if civil.second else 16
    ]


def alternative_words(fact: str, unknown: bool, spans: Sequence[Alternative], timezone: str) -> str:
    """Return one line: what would have to be so, and what would follow."""
    if fact == "record":
        return record_words(spans[0], timezone)
    if fact == "registry":
        return f"with a fresh registry: {result_words(spans[0])}"
    if fact == "zero_emission":
        return f"if it were zero-emission: {result_words(spans[0])}"
    told = "; ".join(f"{span_words(span)}: {result_words(span)}" for span in spans)
    return f"if {FACTS[fact]} {'is' if unknown else 'were'} {told}"


def record_words(one: Alternative, timezone: str) -> str:
    """Name a kind of record, and until when it may still be asked for."""
    name = RECORDS.get(one.outcome, "a registered exemption or permission")
    when = f", to be asked for by {moment_words(one.until, timezone)}" if one.until else ""
    return f"{name} for this zone and moment{when}: {result_words(one, ruled=False)}"


def result_words(one: Alternative, ruled: bool = True) -> str:
    """Return what an alternative leads to."""
    if one.outcome is Outcome.REVIEW:
        harmless = one.consequence is Consequence.NONE
        return "still open, but harmless" if harmless else "still open"
    rules = f", {' '.join(one.rules)}" if ruled else ""
    return f"{one.outcome} ({one.consequence}{rules})"


def span_words(one: Alternative) -> str:
    """Return a span of values as a person says it."""
    low, below = one.low, one.below
    if one.fact == "body_codes":
        return codes_words([str(value) for value in one.values])
    if one.values:
        return ", ".join(map(str, one.values))
    if isinstance(low, date) or isinstance(below, date) or one.fact == "power_kw":
        return edge_words(low, below)
    if low is None and below is None:
        return "known"
    if below is None:
        return f"{low} or higher"
    last = before(below)
    if low is None:
        return f"{last} or lower"
    return str(low) if low == last else f"{low} to {last}"


def codes_words(names: Sequence[str]) -> str:
    """Return body codes by their system: "EU.digits 15, 16; EU.special SB"."""
    codes = [name.partition(":") for name in names]
    told = [
        f"{system} {', '.join(code for *_, code in group)}" if system != "-" else "none that counts"
        for system, group in groupby(codes, lambda code: code[0])
    ]
    return " or ".join(told)


def edge_words(low: Value | None, below: Value | None) -> str:
    """Return a span of days or kilowatts by its ends."""
    start = "" if low is None else f"from {low}"
    end = (
        "" if below is None else f"before {below}" if isinstance(below, date) else f"below {below}"
    )
    return " and ".join(part for part in (start, end) if part) or "known"


def before(value: Value) -> Value:
    """Return the neighbour below: of a number, a day or a stage."""
    if isinstance(value, date):
        return value - timedelta(days=1)
    return STAGES[STAGES.index(value) - 1] if isinstance(value, str) else value - 1


def age_words(age: timedelta) -> str:
    """Return how long ago something was, as a person says it."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 0:
        return "not yet"
    if minutes < 120:
        return f"{minutes} minute{'s' * (minutes != 1)}"
    hours = minutes // 60
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"
