"""Properties that hold for every vehicle, not for examples."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.access.condition import Point
from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.evaluate import DERIVED_NORM, OPEN
from edge.access.possible import apart, points
from edge.access.rules import STAGES
from edge.types import BodyCode, Consequence, Decision, Exemption, Outcome, Vehicle, VehicleKind
from tests.edge.access.world import ACCUSING, LAWS, asked, facts, flanders, utrecht

LAW = st.sampled_from(LAWS)
CODES = sorted({*flanders().pack.codes, *utrecht().pack.codes, BodyCode("EU.bodywork", "BA")})
TYPES = sorted({kind.code for law in LAWS for kind in law().pack.types} | {"XX-1"})
OWN = {"FL": ("FL-VR-ADR", "FL-VR-X", "FL-IT-1", "FL-IT-5", "XX-1"), "NL": ("NL-ON-DAG", "XX-1")}
EDGES = [date(year, 1, 1) for year in (2017, 2020, 2025, 2027, 2028, 2029, 2030, 2033)]
NEAR = st.builds(
    lambda edge, step: edge + timedelta(step), st.sampled_from(EDGES), st.integers(-1, 1)
)
DAYS = NEAR | st.dates(date(1980, 1, 1), date(2036, 12, 31))
FIRST, LAST = datetime(2027, 1, 2, tzinfo=UTC), datetime(2034, 12, 30, tzinfo=UTC)
MOMENTS = st.datetimes(
    FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC)
) | NEAR.map(lambda day: max(FIRST, datetime(day.year, day.month, day.day, 12, tzinfo=UTC)))
VEHICLES = st.builds(
    Vehicle,
    category=st.sampled_from(["N1", "N2", "N3", "T", "T1", "M1", "C", "O4"]),
    kind=st.sampled_from(VehicleKind),
    max_mass_kg=st.sampled_from([3500, 3501, 12000]),
    reference_mass_kg=st.sampled_from([1900, 2609, 2610, 2611, 9000]),
    fuels=st.frozensets(
        st.sampled_from(["diesel", "petrol", "lpg", "lng", "electric", "hydrogen"]), min_size=1
    ),
    hybrid_class=st.sampled_from(["none", "OVC-HEV", "NOVC-HEV", "OVC-FCHV"]),
    zero_emission=st.booleans(),
    euro=st.integers(0, 7),
    stage=st.sampled_from(STAGES),
    power_kw=st.sampled_from([129.0, 129.9, 130.0]),
    first_registration=DAYS,
    body_codes=st.frozensets(st.sampled_from(CODES), max_size=2),
)
INPUTS = [field.name for field in fields(Vehicle)]
QUICK = settings(max_examples=200, deadline=None)


def certain(decision: Decision) -> bool:
    """A norm that follows from a date is not known: what rests on it is marked (F-AMB-10)."""
    return decision.outcome is not Outcome.REVIEW and DERIVED_NORM not in decision.marks


def partly_known(vehicle: Vehicle, unknown: set[str]) -> Vehicle:
    return replace(vehicle, **dict.fromkeys(unknown))


@QUICK
@given(LAW, VEHICLES, MOMENTS)
def test_for_every_known_input_exactly_one_rule_answers(law, vehicle, at) -> None:
    pack, day = law().pack, at.date().toordinal()
    for point in points(vehicle, day, pack):
        if point.group and point.first <= day:
            answers = [row for row in pack.tables[point.group] if row.when.holds(point)]
            assert answers
            assert pack.first_match or len(answers) == 1


@QUICK
@given(
    st.sampled_from("ABC"),
    st.integers(date(2027, 1, 1).toordinal(), date(2045, 1, 1).toordinal()),
    st.integers(date(1950, 1, 1).toordinal(), date(2045, 1, 1).toordinal()),
    st.sampled_from(["emissievrij", "diesel", "benzine"]),
    st.integers(0, 12),
)
def test_the_flemish_tables_are_disjoint_everywhere(group, day, first, energy, norm) -> None:
    at = Point(group, "N1", day, first, energy, norm, 0, frozenset())
    assert sum(row.when.holds(at) for row in flanders().pack.tables[group]) == 1


@QUICK
@given(LAW, VEHICLES, MOMENTS, st.sampled_from(INPUTS))
def test_removing_an_input_gives_the_old_outcome_or_review(law, vehicle, at, name) -> None:
    old = asked(vehicle, law=law(), at=at).outcome
    new = asked(partly_known(vehicle, {name}), law=law(), at=at)
    # Contradictory data are a review too; without one half of the contradiction they may decide.
    assert old is Outcome.REVIEW or new.outcome in {old, Outcome.REVIEW} or not certain(new)


@QUICK
@given(
    LAW,
    VEHICLES,
    MOMENTS,
    st.sets(st.sampled_from(INPUTS), max_size=4),
    st.sets(st.sampled_from(INPUTS), max_size=3),
)
def test_adding_knowledge_never_turns_a_certain_outcome_into_another(
    law, vehicle, at, unknown, learnt
) -> None:
    before = asked(partly_known(vehicle, unknown), law=law(), at=at)
    after = asked(partly_known(vehicle, unknown - learnt), law=law(), at=at)
    if certain(before) and certain(after):
        assert after.outcome is before.outcome


@QUICK
@given(LAW, VEHICLES, MOMENTS)
def test_a_norm_that_was_only_derived_never_accuses_by_itself(law, vehicle, at) -> None:
    decision = asked(partly_known(vehicle, {"euro"}), law=law(), at=at)
    if DERIVED_NORM in decision.marks and decision.outcome in ACCUSING:
        assert decision.consequence is Consequence.MANUAL


@QUICK
@given(LAW, VEHICLES, MOMENTS, st.sets(st.sampled_from(INPUTS), max_size=4))
def test_unknown_inputs_never_accuse_whom_full_knowledge_clears(law, vehicle, at, unknown) -> None:
    full = asked(vehicle, law=law(), at=at).outcome
    partial = asked(partly_known(vehicle, unknown), law=law(), at=at).outcome
    if full in OPEN:
        assert partial not in ACCUSING


def records(kinds: tuple[str, ...]) -> st.SearchStrategy[list[Exemption]]:
    return st.lists(
        st.builds(
            Exemption,
            record_id=st.sampled_from("abc"),
            source=st.just("test"),
            type=st.sampled_from(kinds),
            status=st.sampled_from(["toegekend", "afgewezen", "ingetrokken"]),
            scope=st.sampled_from([None, frozenset({"Elders"}), frozenset({"utrecht"})]),
            valid_from=MOMENTS,
            valid_to=st.none() | MOMENTS,
        ),
        max_size=4,
    )


@QUICK
@given(LAW, VEHICLES, MOMENTS, records(tuple(TYPES)), st.data())
def test_a_valid_exemption_never_yields_a_candidate(law, vehicle, at, noise, data) -> None:
    kind = data.draw(st.sampled_from(OWN[law().pack.jurisdiction]))
    valid = Exemption("v", "test", kind, "toegekend", None, at, at + timedelta(seconds=1))
    shuffled = data.draw(st.permutations([*noise, valid, valid]))
    assert asked(vehicle, *shuffled, law=law(), at=at).outcome not in ACCUSING
    unknown = data.draw(st.sets(st.sampled_from(INPUTS), max_size=3))
    blurred = partly_known(vehicle, unknown)
    assert asked(blurred, *shuffled, law=law(), at=at).outcome not in ACCUSING


@QUICK
@given(LAW, VEHICLES, MOMENTS, records(tuple(TYPES)), st.data())
def test_order_and_duplication_of_records_change_nothing(law, vehicle, at, given_, data) -> None:
    shuffled = data.draw(st.permutations([*given_, *given_]))
    once = asked(vehicle, *given_, law=law(), at=at).outcome
    assert asked(vehicle, *shuffled, law=law(), at=at).outcome is once


@QUICK
@given(LAW, VEHICLES, MOMENTS, st.integers(0, 60))
def test_an_older_registry_never_makes_an_outcome_harsher(law, vehicle, at, days) -> None:
    passage = desk_passage(min(law().pack.countries), at)
    old = facts(vehicle, at=at - timedelta(days=days))
    fresh = asked(vehicle, law=law(), at=at).outcome
    assert decide(passage, old, law(), desk_clock(at)).outcome in {fresh, Outcome.REVIEW}


@pytest.mark.parametrize("law", LAWS)
def test_the_strategies_reach_every_outcome_of_the_law(law) -> None:
    """A property over vehicles that are all alike would prove nothing."""
    reached: set[Outcome] = set()

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(VEHICLES, MOMENTS)
    def collect(vehicle: Vehicle, at: datetime) -> None:
        reached.add(asked(vehicle, law=law(), at=at).outcome)

    collect()
    expected = {Outcome.FREE_ACCESS, Outcome.NO_ACCESS, Outcome.OUT_OF_SCOPE, Outcome.REVIEW}
    assert reached >= expected


@QUICK
@given(LAW, VEHICLES, MOMENTS, DAYS)
def test_two_dates_without_an_edge_between_them_lead_to_one_answer(law, vehicle, at, used) -> None:
    registered, day = vehicle.first_registration, at.date()
    if max(registered, used) <= day and not apart(used, registered, day.toordinal(), law().pack):
        answers = {
            asked(replace(vehicle, first_registration=date), law=law(), at=at).outcome
            for date in (registered, used)
        }
        assert len(answers) == 1
