"""The figures and the words that their values are taken from: closed lists at both ends. Pure.

What is not on its list is counted as `other`, where it is tallied and again where it is summed:
a plate can be no value, and no value can be a formula or a line break in a table.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from edge.access.evaluate import DERIVED_NORM, TWO_DATES
from edge.access.records import QUOTA
from edge.access.rules import STAGES, RulePack
from edge.counts.vehicle import (
    CLEAN_FUELS,
    FIRST_YEAR,
    LAST_YEAR,
    OTHER,
    UNKNOWN,
    Scope,
    named,
    word,
)
from edge.passage.forms import SERIES
from edge.types import Consequence, Direction, Outcome

READ, CAMERA, START, DATA = "READ", "CAMERA", "START", "DATA"
DUTIES = frozenset({"CLOCK", READ, CAMERA, "REGISTRY", "MISS", DATA, "PACK", "STALE", "SET"})
"""The rules of our own that end in review, beside the rows and types of a pack."""
MARKS = frozenset({"draft", DERIVED_NORM, TWO_DATES, QUOTA, "held", "already_held", "no_evidence"})
COUNTRIES = frozenset(series.country for series in SERIES)
NOT_ACTIVE = "zone_not_active"
SIZED = tuple(f"outcome_{size}" for size in ("van", "truck", "agricultural", "other"))
PERSON_BOUND = "person_bound"
PERSONAL = frozenset(
    ["NL-ON-HANDICAP", "NL-ON-PERSOON", "NL-VR-ROLSTOEL", "FL-VR-ROLSTOEL", "NX-ROL", "NX-ROL70"]
)
"""Types and rows that say something of a person's health: one class, and no more (RULES 6)."""
OPENED = frozenset({Outcome.EXEMPT, Outcome.PERMITTED})
CANDIDATES = {
    Consequence.WARN: "warning_candidates",
    Consequence.HOLD48: "sanction_candidates",
    Consequence.HOLD_DAY: "sanction_candidates",
}
UNREADY = frozenset({READ, "CLOCK", CAMERA, "REGISTRY", "MISS", "CATEGORY"})
"""Why it cannot be known whether a passage is in scope."""
WHAT_IF = "what_if_"
Words = Mapping[str, frozenset[str]]
"""The values of each figure."""


def rules(pack: RulePack) -> frozenset[str]:
    """Return every rule that a decision of this pack can name, save what is told of a person."""
    rows = {row.id for table in pack.tables.values() for row in table}
    listed = {row.id for row in pack.exemptions} | {kind.code for kind in pack.types}
    own = DUTIES | {question.id for question in pack.questions} | {PERSON_BOUND}
    return frozenset(rows | listed | own) - PERSONAL - {"*"}


def rule_word(rule: str, pack: RulePack) -> str:
    """Return a rule or a type as the pack names it, never as a register wrote it."""
    return PERSON_BOUND if rule in PERSONAL else word(rule, rules(pack))


def marks(pack: RulePack) -> frozenset[str]:
    """Return every mark that a decision of this pack can carry."""
    rows = [row for table in pack.tables.values() for row in (*table, *pack.exemptions)]
    asked = {question.mark for question in pack.questions if question.mark}
    return MARKS | asked | {row.mark for row in rows if row.mark}


def kinds(pack: RulePack) -> frozenset[str]:
    """Return the vehicle kinds of a pack, and the categories that it names."""
    return frozenset(named(pack)) | {group.id for group in pack.groups if group.kind is not None}


def words(packs: Iterable[RulePack]) -> Words:
    """Return the values of each figure, as far as these packs go; `fuel` lists single fuels."""
    known = list(packs)
    reasons = frozenset().union(*map(rules, known))
    outcomes = frozenset(outcome.value for outcome in Outcome)
    countries = COUNTRIES | {UNKNOWN}
    ends = frozenset({"decided", "released"})
    return {
        "passages": frozenset(scope.value for scope in Scope),
        "unknown_scope_reason": UNREADY,
        "unknown_scope_country": countries,
        "operation": frozenset({"announced", "settled", "seconds", "frames"}),
        **dict.fromkeys(("outcome", *SIZED), outcomes | {NOT_ACTIVE}),
        "review_reason": reasons,
        "kind": frozenset({UNKNOWN}).union(*map(kinds, known)),
        "class": frozenset({*STAGES, *"01234567", "Z", "EEV", UNKNOWN}),
        "fuel": frozenset({*CLEAN_FUELS, UNKNOWN, OTHER}).union(*(pack.fuels for pack in known)),
        "first_registration_year": frozenset(
            {*map(str, range(FIRST_YEAR, LAST_YEAR + 1)), UNKNOWN}
        ),
        "country": countries,
        "direction": frozenset(direction.value for direction in Direction),
        "exemption_type": reasons,
        "day_exemption": frozenset({"used"}),
        "mark": frozenset().union(*map(marks, known)),
        **dict.fromkeys(CANDIDATES.values(), ends),
        "withdrawn_candidates": outcomes,
        "expired_candidates": outcomes,
    }


def known_value(figure: str, value: str, known: Words) -> str | None:
    """Return a value as it may be summed, `other` for a strange one, None for a strange figure."""
    if is_what_if(figure):
        return value if value in known["withdrawn_candidates"] else OTHER
    if figure not in known:
        return None
    parts = value.split("+") if figure == "fuel" else [value]
    return value if known[figure].issuperset(parts) else OTHER


def is_what_if(figure: str) -> bool:
    """True for the what-if figure of a day that is one."""
    try:
        day = date.fromisoformat(figure.removeprefix(WHAT_IF).replace("_", "-"))
    except ValueError:
        return False
    return figure == what_if_figure(day)


def what_if_figure(day: date) -> str:
    """Return the name of the what-if figure of a day."""
    return f"{WHAT_IF}{day:%Y_%m_%d}"
