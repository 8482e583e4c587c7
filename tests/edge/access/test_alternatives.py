"""What would change an answer: whatever is named holds when it is applied."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.access.alternatives import Alternative, what_would_change
from edge.access.evaluate import OPEN
from edge.access.outlook import Inquiry
from edge.access.records import GRANTED
from edge.access.rules import STAGES
from edge.access.trials import Value
from edge.types import BodyCode, Decision, Exemption, Outcome, Vehicle, VehicleKind
from tests.edge.access.test_outlook import PASSAGES, PLAIN, inquiry
from tests.edge.access.test_properties import INPUTS, LAW, VEHICLES, partly_known
from tests.edge.access.world import ACCUSING, AT, utrecht, van

MANY = settings(max_examples=60, deadline=None)
LIMITS: dict[str, tuple[int, int]] = {
    "euro_norm": (0, 7),
    "stage": (0, len(STAGES) - 1),
    "max_mass_kg": (0, 40000),
    "reference_mass_kg": (0, 40000),
    "power_kw": (0, 600),
}


def place(value: Value) -> int:
    """Return the place of a value on its axis."""
    if isinstance(value, date):
        return value.toordinal()
    return STAGES.index(value) if isinstance(value, str) else value


def inside(one: Alternative, asked: Inquiry) -> Iterator[int]:
    """Yield the ends, the middle and the quarters of a span."""
    least, most = LIMITS.get(one.fact, (date(1900, 1, 1).toordinal(), asked.day.toordinal()))
    low = least if one.low is None else place(one.low)
    last = most if one.below is None else place(one.below) - 1
    assert low <= last
    yield from {low + (last - low) * n // 4 for n in range(5)}


def with_number(vehicle: Vehicle, fact: str, number: int) -> Vehicle:
    changes: dict[str, dict[str, object]] = {
        "euro_norm": {"euro": number, "eev": False},
        "stage": {"stage": STAGES[number % len(STAGES)]},
        "first_registration": {"first_registration": date.fromordinal(max(number, 1))},
    }
    return replace(vehicle, **changes.get(fact, {fact: number}))  # type: ignore[arg-type]


def with_word(vehicle: Vehicle, fact: str, word: str) -> Vehicle:
    held = vehicle.body_codes or frozenset()
    system, _, code = word.partition(":")
    changes: dict[str, dict[str, object]] = {
        "category": {"category": word},
        "vehicle_kind": {"kind": VehicleKind(word) if fact == "vehicle_kind" else None},
        "fuel": {"fuels": frozenset({word})},
        "is_ze": {"zero_emission": word == "yes"},
        "body_codes": {"body_codes": held if word == "-" else held | {BodyCode(system, code)}},
        "zero_emission": {
            "zero_emission": True,
            "fuels": frozenset({"electric"}),
            "hybrid_class": "none",
        },
    }
    return replace(vehicle, **changes[fact])  # type: ignore[arg-type]


def with_record(asked: Inquiry, word: str) -> Inquiry:
    kind = word.replace("*", "ANDERS")
    zone = frozenset({asked.law.zone.municipality})
    new = Exemption("n", "t", kind, GRANTED, zone, asked.at, asked.at + timedelta(1), asked.at)
    return replace(asked, facts=replace(asked.facts, exemptions=(*asked.facts.exemptions, new)))


def applied(one: Alternative, asked: Inquiry) -> Iterator[Decision]:
    """Yield our answers when an alternative is made true, by each value that it names."""
    vehicle, facts = asked.facts.vehicle, asked.facts
    assert vehicle is not None
    if one.fact == "record":
        yield from (with_record(asked, str(word)).decided() for word in one.values)
    elif one.fact == "registry":
        yield replace(asked, now=asked.at).decided()
    elif one.values:
        for word in map(str, one.values):
            changed = with_word(vehicle, one.fact, word)
            yield replace(asked, facts=replace(facts, vehicle=changed)).decided()
    else:
        for number in inside(one, asked):
            changed = with_number(vehicle, one.fact, number)
            yield replace(asked, facts=replace(facts, vehicle=changed)).decided()


@MANY
@given(LAW, VEHICLES | PLAIN, PASSAGES, st.sets(st.sampled_from(INPUTS), max_size=3))
def test_every_alternative_holds_when_it_is_applied(law, vehicle, at, unknown) -> None:
    asked = inquiry(partly_known(vehicle, unknown), law=law(), at=at)
    for one in what_would_change(asked):
        answers = {(ours.outcome, ours.consequence) for ours in applied(one, asked)}
        assert answers == {(one.outcome, one.consequence)}, one


@MANY
@given(LAW, VEHICLES | PLAIN, PASSAGES, st.sets(st.sampled_from(INPUTS), max_size=3))
def test_the_spans_of_an_unknown_fact_leave_no_value_out(law, vehicle, at, unknown) -> None:
    told = what_would_change(inquiry(partly_known(vehicle, unknown), law=law(), at=at))
    for fact in {one.fact for one in told if one.unknown and not one.values}:
        spans = [one for one in told if one.fact == fact]
        assert (spans[0].low, spans[-1].below) == (None, None)
        assert all(one.below == other.low for one, other in pairwise(spans))


@MANY
@given(LAW, VEHICLES | PLAIN, PASSAGES)
def test_a_known_vehicle_is_only_told_what_helps_it(law, vehicle, at) -> None:
    asked = inquiry(vehicle, law=law(), at=at)
    now = asked.decided()
    told = what_would_change(asked)
    assert now.outcome not in OPEN or told == ()
    if now.outcome in ACCUSING:
        assert any(one.fact == "record" and one.outcome is Outcome.EXEMPT for one in told)
        assert any(one.fact == "zero_emission" for one in told)
        assert all(one.outcome in OPEN | {Outcome.PERMIT_POSSIBLE} for one in told)


def test_an_old_diesel_is_told_the_lowest_norm_that_helps() -> None:
    told = [one for one in what_would_change(inquiry(van())) if one.fact == "euro_norm"]
    assert [(one.low, one.below, one.outcome, one.rules) for one in told] == [
        (5, 6, "permit_possible", ("FA5",)),
        (6, None, "free_access", ("FA4",)),
    ]


def test_an_unknown_norm_is_told_what_each_norm_leads_to() -> None:
    told = [one for one in what_would_change(inquiry(van(euro=None))) if one.unknown]
    assert [(one.fact, one.low, one.below, one.outcome) for one in told] == [
        ("euro_norm", None, 5, "no_access"),
        ("euro_norm", 5, 6, "permit_possible"),
        ("euro_norm", 6, None, "free_access"),
    ]


def test_a_permission_for_a_single_entry_may_be_asked_for_until_a_day_after_it() -> None:
    told = [one for one in what_would_change(inquiry(van())) if one.fact == "record"]
    assert [(one.values, one.until) for one in told[:2]] == [
        (("FL-IT-3",), AT + timedelta(hours=24)),
        (("FL-IT-6",), AT + timedelta(hours=48)),
    ]


def test_records_that_lead_to_different_answers_are_told_apart() -> None:
    # Type 5 ends thirteen years after a first registration that nobody knows: it settles nothing.
    tractor = van(category="T", stage="IIIa", first_registration=None)
    told = what_would_change(inquiry(tractor, at=AT.replace(year=2029)))
    paid = [one for one in told if one.fact == "record" and not one.until]
    named = {(one.outcome, one.consequence): one.values for one in paid}
    assert named["review", "none"] == ("FL-IT-1", "FL-IT-2", "FL-IT-4")
    assert all("FL-IT-5" not in values for values in named.values())
    assert named["exempt", "none"]


def test_a_permission_that_the_law_no_longer_knows_is_not_named() -> None:
    at = AT.replace(year=2033)
    named = {word for one in what_would_change(inquiry(van(), at=at)) for word in one.values}
    assert "FL-IT-1" in named
    assert "FL-IT-4" not in named


def test_a_stale_registry_is_told_what_a_fresh_one_would_say() -> None:
    asked = replace(inquiry(van()), now=AT + timedelta(days=60))
    assert asked.decided().rule == "STALE"
    told = next(one for one in what_would_change(asked) if one.fact == "registry")
    assert (told.outcome, told.rules) == ("no_access", ("FA6",))


def test_a_van_registered_too_late_is_told_the_day_before_which_it_had_access() -> None:
    new = van(euro=6, first_registration=date(2027, 3, 1))
    told = [one for one in what_would_change(inquiry(new)) if one.fact == "first_registration"]
    assert [(one.low, one.below, one.outcome) for one in told] == [
        (None, date(2027, 1, 1), "free_access")
    ]


@pytest.mark.parametrize("vehicle", [None, van(zero_emission=True, fuels=frozenset({"electric"}))])
def test_nothing_is_proposed_where_nothing_helps_or_nothing_is_needed(vehicle) -> None:
    assert what_would_change(inquiry(vehicle, law=utrecht())) == ()


LORRY = van(category="N3", kind=None, max_mass_kg=12000)


def test_of_a_lorry_whose_kind_is_unknown_the_rules_of_every_kind_are_named() -> None:
    told = what_would_change(inquiry(LORRY, law=utrecht(), at=AT))
    rules = {one.fact: set(one.rules) for one in told}
    assert rules["zero_emission"] == {"NT1", "NB1"}
    known = what_would_change(inquiry(replace(LORRY, kind=VehicleKind.TRACTOR), law=utrecht()))
    assert {one.fact: set(one.rules) for one in known}["zero_emission"] == {"NT1"}


@MANY
@given(LAW, VEHICLES | PLAIN, PASSAGES, st.sets(st.sampled_from(["kind", "max_mass_kg"])))
def test_the_rule_of_every_kind_and_mass_that_it_may_be_is_among_those_named(
    law, vehicle, at, unknown
) -> None:
    doubtful = replace(vehicle, **dict.fromkeys(unknown))
    asked = inquiry(doubtful, law=law(), at=at)
    for one in what_would_change(asked):
        if one.fact != "zero_emission":
            continue
        clean = {
            "zero_emission": True,
            "fuels": frozenset({"electric"}),
            "hybrid_class": "none",
        }
        sure = replace(asked, facts=replace(asked.facts, vehicle=replace(vehicle, **clean)))
        then = sure.decided()
        assert then.outcome is not one.outcome or then.rule in one.rules


def types_named(vehicle: Vehicle) -> set[str]:
    told = what_would_change(inquiry(vehicle, law=utrecht(), at=AT))
    return {str(word) for one in told if one.fact == "record" for word in one.values}


@pytest.mark.parametrize(
    ("vehicle", "meant"),
    [
        (van(), set()),
        (van(kind=None, max_mass_kg=None), {"NL-ON-PHEVTRUCK", "NL-ON-BAKWAGEN"}),
        (LORRY, {"NL-ON-PHEVTRUCK", "NL-ON-BAKWAGEN"}),
        (replace(LORRY, kind=VehicleKind.TRACTOR), {"NL-ON-PHEVTRUCK"}),
        (replace(LORRY, kind=VehicleKind.RIGID), {"NL-ON-PHEVTRUCK", "NL-ON-BAKWAGEN"}),
    ],
)
def test_a_type_that_is_not_meant_for_such_a_vehicle_is_not_proposed(vehicle, meant) -> None:
    named = types_named(vehicle)
    assert named & {"NL-ON-PHEVTRUCK", "NL-ON-BAKWAGEN"} == meant
    assert {"NL-ON-DAG", "NL-VR-*"} <= named


def test_a_record_of_a_type_that_is_not_meant_for_it_opens_access_all_the_same() -> None:
    asked = inquiry(van(), law=utrecht(), at=AT)
    assert asked.decided().outcome is Outcome.NO_ACCESS
    assert with_record(asked, "NL-ON-PHEVTRUCK").decided().outcome is Outcome.PERMITTED
