from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access.calendar import civil_day
from edge.access.evaluate import DERIVED_NORM, judge
from edge.access.pack import shipped
from edge.access.records import standing
from edge.access.whatif import PHASES, Born, any_time_before, prospect
from edge.types import Outcome
from tests.edge.access.test_properties import INPUTS, LAW, MOMENTS, QUICK, VEHICLES, partly_known
from tests.edge.access.world import AT, flanders, record, utrecht, van

SEEN = AT.date()
LORRY = van(category="N3", euro=6, kind=None, max_mass_kg=None)


def outcomes(vehicle, day, law=None, born=None, *records):
    law = law or flanders()
    grants = standing(records, AT, SEEN, law)
    return prospect(vehicle, born or any_time_before(SEEN), grants, day, law.pack)


@QUICK
@given(LAW, VEHICLES, MOMENTS)
def test_on_its_own_day_a_known_vehicle_is_judged_as_it_was(law, vehicle, at) -> None:
    day = civil_day(at, law().pack.timezone)
    expected = judge(vehicle, (), day, law().pack)
    assert prospect(vehicle, any_time_before(day), (), day, law().pack).verdict == expected


@QUICK
@given(LAW, VEHICLES, st.sets(st.sampled_from(INPUTS), max_size=4), st.sampled_from(range(4)))
def test_less_knowledge_never_loses_the_outcome_that_full_knowledge_gives(
    law, vehicle, unknown, phase
) -> None:
    pack = law().pack
    day = PHASES[pack.jurisdiction][phase]
    known = replace(vehicle, first_registration=min(vehicle.first_registration, SEEN))
    full = prospect(known, any_time_before(SEEN), (), day, pack)
    partial = prospect(partly_known(known, unknown), any_time_before(SEEN), (), day, pack)
    # A norm that is not registered may follow from the date, and is marked (F-AMB-10).
    derived = DERIVED_NORM in partial.verdict.marks
    # A category that no group holds is an open question, not one of the answers of a table.
    unheld = {"DATA", "F-AMB-18"} & {full.verdict.rule, partial.verdict.rule}
    if not unheld and not derived:
        # Data that contradict each other leave several; without one half they may decide.
        assert len(full.outcomes) > 1 or full.outcomes <= partial.outcomes


@QUICK
@given(LAW, VEHICLES, st.sampled_from(range(4)))
def test_a_year_alone_leaves_every_outcome_possible_that_a_day_of_it_gives(
    law, vehicle, phase
) -> None:
    pack = law().pack
    day = PHASES[pack.jurisdiction][phase]
    year = vehicle.first_registration.year
    born = Born(date(year, 1, 1), date(year, 12, 31))
    unknown = replace(vehicle, first_registration=None)
    partial = prospect(unknown, born, (), day, pack)
    full = prospect(vehicle, born, (), day, pack)
    # A norm that is not registered may follow from the date, and is marked (F-AMB-10).
    derived = DERIVED_NORM in partial.verdict.marks
    # A category that no group holds is an open question, not one of the answers of a table.
    unheld = {"DATA", "F-AMB-18"} & {full.verdict.rule, partial.verdict.rule}
    if not unheld and not derived:
        assert full.outcomes <= partial.outcomes


def test_a_vehicle_was_registered_before_it_was_seen_whatever_the_day_asked_about() -> None:
    unknown = replace(LORRY, first_registration=None)
    assert outcomes(unknown, date(2029, 1, 1)).verdict.outcome is Outcome.FREE_ACCESS
    later = prospect(
        unknown, any_time_before(date(2029, 6, 1)), (), date(2029, 6, 1), flanders().pack
    )
    assert later.verdict.outcome is Outcome.REVIEW


def test_a_year_is_an_interval_and_not_unknown() -> None:
    old = replace(LORRY, first_registration=None, kind=None, max_mass_kg=9000)
    year = Born(date(2018, 1, 1), date(2018, 12, 31))
    rigid = replace(old, kind=van().kind.RIGID)
    before = prospect(rigid, year, (), date(2027, 1, 1), utrecht().pack)
    assert before.verdict.outcome is Outcome.PERMITTED
    anything = prospect(rigid, any_time_before(SEEN), (), date(2027, 1, 1), utrecht().pack)
    assert anything.verdict.outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2027, 1, 1), Outcome.FREE_ACCESS),
        (date(2032, 12, 31), Outcome.FREE_ACCESS),
        (date(2033, 1, 1), Outcome.NO_ACCESS),
    ],
)
def test_a_phase_changes_the_answer_on_its_first_day(day, outcome) -> None:
    assert outcomes(van(euro=6), day).verdict.outcome is outcome


def test_a_record_of_the_passage_is_kept_but_not_beyond_its_legal_end() -> None:
    granted = record("FL-IT-4")
    at_once = outcomes(van(euro=5), date(2029, 1, 1), None, None, granted)
    assert at_once.verdict.outcome is Outcome.PERMITTED
    beyond = outcomes(van(euro=5), date(2033, 1, 1), None, None, granted)
    assert beyond.verdict.outcome is Outcome.REVIEW


def test_every_jurisdiction_has_its_phases_in_order() -> None:
    assert set(PHASES) == {pack.jurisdiction for pack in shipped()}
    assert all(list(days) == sorted(set(days)) for days in PHASES.values())
