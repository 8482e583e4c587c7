"""When an answer changes, against a scan of every day and of every hour."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.access.calendar import local
from edge.access.desk import desk_facts
from edge.access.outlook import Change, Inquiry, differ, last_change, next_change
from edge.access.rules import Law
from edge.types import Exemption, Vehicle, VehicleKind
from tests.edge.access.test_properties import INPUTS, LAW, VEHICLES, partly_known
from tests.edge.access.world import AT, flanders, record, utrecht, van

SCAN = settings(max_examples=40, deadline=None)
FEW = settings(max_examples=12, deadline=None)
PASSAGES = st.datetimes(datetime(2024, 6, 1), datetime(2036, 6, 1), timezones=st.just(UTC))
HOURS = st.integers(-240, 240).map(lambda hours: AT + timedelta(hours=hours))

PLAIN = st.builds(
    van,
    category=st.sampled_from(["N1", "N2", "N3", "T"]),
    kind=st.sampled_from(VehicleKind),
    max_mass_kg=st.sampled_from([3500, 12000]),
    reference_mass_kg=st.sampled_from([2000, 9000]),
    fuels=st.sampled_from(["diesel", "petrol"]).map(lambda fuel: frozenset({fuel})),
    euro=st.integers(1, 6),
    stage=st.sampled_from(["IIIa", "IIIb", "IV"]),
    first_registration=st.dates(date(1984, 1, 1), date(2030, 1, 1)),
)
"""Vehicles with nothing odd about them: most rows of the tables answer one of these."""


def inquiry(
    vehicle: Vehicle | None, *records: Exemption, law: Law | None = None, at: datetime = AT
) -> Inquiry:
    law = law or flanders()
    return Inquiry(law, min(law.pack.countries), desk_facts(vehicle, records, at), at, at)


def lorry(kind: VehicleKind, year: int) -> Vehicle:
    return van(
        category="N3", kind=kind, max_mass_kg=12000, euro=6, first_registration=date(year, 6, 30)
    )


def days(asked: Inquiry, begin: date, end: date) -> list[datetime]:
    count = (end - begin).days
    return [local(begin + timedelta(n), asked.law.pack.timezone) for n in range(count + 1)]


def scanned(asked: Inquiry, moments: list[datetime]) -> Change | None:
    """Return the first of some moments at which the answer is another one."""
    now = asked.decided()
    answers = ((at, asked.decided(at)) for at in moments)
    return next((Change(at, then) for at, then in answers if differ(then, now)), None)


def assert_same(found: Change | None, expected: Change | None) -> None:
    assert (found and (found.at, found.decision)) == (expected and (expected.at, expected.decision))


@SCAN
@given(LAW, VEHICLES | PLAIN, PASSAGES)
def test_the_next_change_is_the_first_day_that_a_scan_finds(law, vehicle, at) -> None:
    asked = inquiry(vehicle, law=law(), at=at)
    later = [day for day in days(asked, asked.day, law().pack.expires) if day > at]
    assert_same(next_change(asked), scanned(asked, later))


@FEW
@given(LAW, VEHICLES | PLAIN, PASSAGES, st.sets(st.sampled_from(INPUTS), min_size=1, max_size=2))
def test_so_it_is_with_unknown_facts(law, vehicle, at, unknown) -> None:
    test_the_next_change_is_the_first_day_that_a_scan_finds.hypothesis.inner_test(
        law, partly_known(vehicle, unknown), at
    )


@SCAN
@given(LAW, VEHICLES | PLAIN, PASSAGES)
def test_the_last_change_is_where_a_scan_backwards_finds_it(law, vehicle, at) -> None:
    asked = inquiry(vehicle, law=law(), at=at)
    begin, end = date(2020, 1, 1), min(asked.day, law().pack.expires)
    back = list(reversed(days(asked, begin, end)))
    now, other = asked.decided(), scanned(asked, back)
    found = last_change(asked)
    if found is None or found.at < back[-1]:
        assert other is None
    else:
        assert other is not None
        assert not differ(asked.decided(found.at), now)
        assert other.at < found.at <= other.at + timedelta(hours=25)
        assert (found.decision.outcome, found.decision.rule) == (
            other.decision.outcome,
            other.decision.rule,
        )


@st.composite
def granted(draw: st.DrawFn) -> Exemption:
    start = draw(HOURS)
    kind = draw(st.sampled_from(["FL-IT-3", "FL-IT-6", "FL-VR-ADR", "NL-ON-DAG", "XX-1"]))
    return record(
        kind,
        status=draw(st.sampled_from(["toegekend", "toegekend", "ingetrokken"])),
        valid_from=start,
        valid_to=start + timedelta(hours=draw(st.integers(1, 120))),
        requested_at=draw(st.none() | HOURS),
        scope=draw(st.sampled_from([None, frozenset({"Elders"})])),
    )


@SCAN
@given(LAW, st.lists(granted(), max_size=3))
def test_records_that_begin_or_end_within_a_day_change_it_to_the_hour(law, records) -> None:
    asked = inquiry(van(), *records, law=law())
    hours = [AT + timedelta(hours=n) for n in range(1, 24 * 20)]
    found = next_change(asked)
    within = found if found is not None and found.at <= hours[-1] else None
    assert_same(within, scanned(asked, hours))


def test_a_free_diesel_loses_its_access_when_the_transition_ends() -> None:
    change = next_change(inquiry(van(euro=6)))
    assert change is not None
    assert change.at == local(date(2033, 1, 1), "Europe/Brussels")
    assert (change.decision.outcome, change.decision.rule) == ("no_access", "FA2")


@pytest.mark.parametrize(
    ("vehicle", "day", "rule"),
    [
        (van(euro=5), date(2027, 1, 1), "NV7"),
        (van(euro=6), date(2029, 1, 1), "NV3"),
        (lorry(VehicleKind.RIGID, 2018), date(2028, 1, 1), "NB7"),
        (lorry(VehicleKind.RIGID, 2020), date(2030, 1, 1), "NB3"),
        (lorry(VehicleKind.TRACTOR, 2017), date(2030, 1, 1), "NT3"),
    ],
)
def test_every_dutch_transition_ends_on_its_day(vehicle, day, rule) -> None:
    change = next_change(inquiry(vehicle, law=utrecht(), at=datetime(2026, 11, 1, tzinfo=UTC)))
    assert change is not None
    assert (change.at, change.decision.rule) == (local(day, "Europe/Amsterdam"), rule)


def test_the_months_of_warning_of_a_new_zone_end_on_the_same_day_of_a_later_month() -> None:
    zone = replace(utrecht().zone, start=date(2026, 8, 31), warn_until=None)
    at = datetime(2026, 9, 1, tzinfo=UTC)
    change = next_change(inquiry(van(), law=Law(utrecht().pack, zone), at=at))
    assert change is not None
    assert change.at == local(date(2027, 3, 1), "Europe/Amsterdam")
    assert change.decision.consequence == "hold_day"


def test_a_permission_asked_for_too_late_counts_from_a_day_before_it_was_asked_for() -> None:
    late = record("FL-IT-3", requested_at=AT + timedelta(hours=30))
    asked = inquiry(van(), late)
    assert asked.decided().outcome == "no_access"
    change = next_change(asked)
    assert change is not None
    assert (change.at, change.decision.outcome) == (AT + timedelta(hours=6), "permitted")


def test_the_end_of_a_warning_period_is_a_change_of_consequence_alone() -> None:
    at = datetime(2025, 3, 1, 12, tzinfo=UTC)
    asked = inquiry(van(), law=utrecht(), at=at)
    change = next_change(asked)
    assert change is not None
    assert (asked.decided().consequence, change.decision.consequence) == ("warn", "hold_day")
    assert change.at == local(date(2025, 7, 1), "Europe/Amsterdam")


def test_a_day_exemption_ends_at_six_in_the_morning() -> None:
    six = local(date(2028, 6, 2), "Europe/Amsterdam", 6)
    today = record("NL-ON-DAG", valid_from=AT - timedelta(hours=9), valid_to=six)
    change = next_change(inquiry(van(), today, law=utrecht()))
    assert change is not None
    assert (change.at, change.decision.outcome) == (six, "no_access")


def test_a_special_lorry_turns_thirteen_on_its_anniversary() -> None:
    mixer = van(
        category="N3",
        kind=VehicleKind.RIGID,
        max_mass_kg=32000,
        first_registration=date(2016, 2, 29),
        body_codes=frozenset(code for code in utrecht().pack.codes if code.code == "15"),
    )
    change = next_change(inquiry(mixer, law=utrecht()))
    assert change is not None
    assert change.at == local(date(2029, 3, 1), "Europe/Amsterdam")


@pytest.mark.parametrize("end", [date(2030, 5, 1), date(2028, 6, 1)])
def test_the_last_day_of_a_zone_is_in_force(end) -> None:
    law = Law(flanders().pack, replace(flanders().zone, end=end))
    change = next_change(inquiry(van(), law=law))
    assert change is not None
    assert change.at == local(end + timedelta(days=1), "Europe/Brussels")
    assert change.decision.rule == "START"


def test_what_can_no_longer_change_has_no_next_change() -> None:
    assert next_change(inquiry(None)) is None
    assert next_change(inquiry(van(), at=datetime(2035, 6, 1, tzinfo=UTC))) is None
