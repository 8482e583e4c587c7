from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.access.evaluate import judge
from edge.access.rules import Law
from edge.counts.hour import operation
from edge.counts.tally import tallies, tallies_of_resolution
from edge.counts.vehicle import Scope, scope_of
from edge.counts.words import NOT_ACTIVE, PERSONAL, known_value, rule_word, words
from edge.record.message import PackRef, ResolutionRecord
from edge.types import (
    BodyCode,
    Candidate,
    Consequence,
    Decision,
    Direction,
    Exemption,
    Facts,
    Outcome,
    Snapshot,
    Vehicle,
    VehicleKind,
)
from tests.chains import CLOCK
from tests.edge.access.test_properties import INPUTS, LAW, MOMENTS, VEHICLES, partly_known
from tests.edge.access.world import AT, flanders, record, utrecht, van
from tests.edge.counts.roadside import PLATE, counted, known, seen, summed, tallied

QUICK = settings(max_examples=100, deadline=None)
LORRY = van(category="N3", kind=VehicleKind.TRACTOR, max_mass_kg=40000, euro=6)
WORDS = words([flanders().pack, utrecht().pack])
OUTCOMES = {outcome.value for outcome in Outcome} | {NOT_ACTIVE}


def one(figures, figure: str) -> str:
    (value,) = (value for name, value in figures if name == figure)
    return value


def has(figures, figure: str) -> bool:
    return any(name == figure for name, _ in figures)


def before_the_start(law: Law) -> Law:
    return replace(law, zone=replace(law.zone, start=AT.date() + timedelta(days=30)))


def test_a_vehicle_in_scope_is_counted_by_what_it_is() -> None:
    figures = counted(van(euro=6))
    assert one(figures, "passages") == "in_scope"
    assert one(figures, "outcome") == "free_access"
    assert one(figures, "kind") == "N1"
    assert one(figures, "class") == "6"
    assert one(figures, "fuel") == "diesel"
    assert one(figures, "first_registration_year") == "2009"
    assert one(figures, "country") == "BE"
    assert one(figures, "mark") == "draft"


@pytest.mark.parametrize(
    ("vehicle", "law", "kind", "size"),
    [
        (van(), utrecht(), "van", "van"),
        (van(kind=None), utrecht(), "van", "van"),
        (LORRY, utrecht(), "trekker", "truck"),
        (replace(LORRY, kind=VehicleKind.RIGID), utrecht(), "bakwagen", "truck"),
        (van(kind=None, max_mass_kg=None), utrecht(), "unknown", "other"),
        (van(), flanders(), "N1", "van"),
        (van(category="N2"), flanders(), "N2", "truck"),
        (van(category="T1"), flanders(), "T", "agricultural"),
    ],
)
def test_vans_and_trucks_are_counted_apart(vehicle, law, kind, size) -> None:
    figures = counted(vehicle, law=law)
    assert one(figures, "kind") == kind
    assert one(figures, f"outcome_{size}") == one(figures, "outcome")


def test_the_year_is_that_of_the_earliest_date_known() -> None:
    imported = van(first_registration=date(2020, 1, 1), first_known_use=date(2012, 1, 1))
    assert one(counted(imported), "first_registration_year") == "2012"


@pytest.mark.parametrize(
    ("vehicle", "word"),
    [
        (van(fuels=frozenset({"electric"}), zero_emission=True), "Z"),
        (van(category="T", stage="IIIb"), "IIIb"),
        (van(eev=True, euro=None), "EEV"),
        (van(euro=None), "unknown"),
        (van(category="T", stage=None), "unknown"),
    ],
)
def test_the_class_is_the_norm_that_the_law_looks_at(vehicle, word) -> None:
    assert one(counted(vehicle), "class") == word


@QUICK
@given(LAW, VEHICLES, st.sets(st.sampled_from(INPUTS), max_size=3))
def test_the_scope_is_what_the_law_itself_says_on_the_first_day_of_the_zone(
    law, vehicle, unknown
) -> None:
    vehicle, law = partly_known(vehicle, unknown), law()
    outcome = judge(vehicle, (), law.zone.start, law.pack).outcome
    scope = scope_of(vehicle, law.pack)
    if vehicle.category is None:
        assert scope is Scope.UNKNOWN
        return
    assert (scope is Scope.OUT) is (outcome is Outcome.OUT_OF_SCOPE)
    assert scope is not Scope.UNKNOWN or outcome is Outcome.REVIEW


@pytest.mark.parametrize(("category", "law"), [("M1", flanders()), ("T", utrecht())])
def test_a_category_outside_the_law_is_in_no_denominator(category, law) -> None:
    figures = counted(van(category=category), law=law)
    assert one(figures, "passages") == "out_of_scope"
    assert not has(figures, "outcome")
    assert not has(figures, "kind")


def test_a_trailers_own_plate_is_out_of_scope() -> None:
    decision, tallied_ = tallied(seen(plate="QZZZ999"), None, flanders())
    assert decision.outcome is Outcome.OUT_OF_SCOPE
    assert one(summed(tallied_), "passages") == "out_of_scope"
    later = tallied(seen(plate="QZZZ999"), None, before_the_start(flanders()))[1]
    assert one(summed(later), "passages") == "out_of_scope"


@pytest.mark.parametrize(
    ("passage", "facts", "reason"),
    [
        (seen(doubt="too few frames read it"), None, "READ"),
        (seen(plate="ZZZZ999"), known(van()), "READ"),  # a trade plate: whose vehicle it is varies
        (seen(blind="it seems moved"), None, "CAMERA"),
        (seen(), None, "REGISTRY"),
        (seen(), Facts(None, (), None, "broken"), "REGISTRY"),
        (seen(), known(None), "MISS"),
        (seen(), known(van(category=None)), "CATEGORY"),
        (seen(), known(van(category="C")), "CATEGORY"),
    ],
)
@pytest.mark.parametrize("law", [flanders(), before_the_start(flanders())])
def test_whose_scope_cannot_be_known_is_counted_beside_and_in_no_share(
    passage, facts, reason, law
) -> None:
    figures = summed(tallied(passage, facts, law)[1])
    assert one(figures, "passages") == "unknown_scope"
    assert one(figures, "unknown_scope_reason") == reason
    assert not has(figures, "outcome")
    assert (("operation", "settled") in figures) is (reason != "READ")


def test_an_untrusted_clock_leaves_the_scope_open_unless_the_vehicle_was_looked_up() -> None:
    unasked = summed(tallied(seen(), None, flanders(), trusted=False)[1])
    assert one(unasked, "unknown_scope_reason") == "CLOCK"
    figures = counted(van(), trusted=False)
    assert one(figures, "passages") == "in_scope"
    assert one(figures, "review_reason") == "CLOCK"


@pytest.mark.parametrize("law", [flanders(), utrecht()])
def test_before_a_zone_begins_vehicles_are_counted_but_not_judged(law) -> None:
    figures = counted(van(euro=6), law=before_the_start(law))
    assert one(figures, "passages") == "in_scope"
    assert one(figures, "outcome") == NOT_ACTIVE
    assert one(figures, "class") == "6"
    assert not {name for name, _ in figures if "candidates" in name}
    assert one(figures, "what_if_2029_01_01") in {"free_access", "no_access"}


def test_a_review_is_counted_with_its_rule() -> None:
    assert one(counted(van(euro=None, first_registration=None)), "review_reason") == "SET"
    foreign = counted(van(), law=utrecht(), passage=seen("DE", "BZZ999"))
    assert one(foreign, "review_reason") == "N-AMB-11"
    assert one(foreign, "country") == "DE"


@pytest.mark.parametrize(
    ("kind", "counted_as"),
    [
        ("NL-ON-DAG", "NL-ON-DAG"),
        ("NL-ON-PERSOON", "person_bound"),
        ("NL-ON-HANDICAP", "person_bound"),
        ("NL-VR-PERSOON", "NL-VR-*"),
        ("XX-1ZZZ999", "other"),
    ],
)
def test_exemptions_are_counted_by_the_packs_own_types(kind, counted_as) -> None:
    figures = counted(van(), record(kind), law=utrecht())
    assert one(figures, "exemption_type") == counted_as
    assert (("day_exemption", "used") in figures) is (kind == "NL-ON-DAG")


def test_a_review_over_a_record_bound_to_a_person_says_no_more_either() -> None:
    assert rule_word("FL-VR-ROLSTOEL", flanders().pack) == "person_bound"
    assert not PERSONAL & WORDS["review_reason"]
    assert not PERSONAL & WORDS["exemption_type"]


def test_a_wheelchair_van_says_no_more_than_that_its_exemption_is_bound_to_a_person() -> None:
    adapted = van(body_codes=frozenset({BodyCode("EU.special", "SH")}))
    assert one(counted(adapted, law=utrecht()), "exemption_type") == "person_bound"


def test_candidates_are_counted_where_the_law_is_enforced() -> None:
    warned = replace(utrecht(), zone=replace(utrecht().zone, warn_until=AT.date()))
    assert ("sanction_candidates", "decided") in counted(van(), law=utrecht())
    assert ("warning_candidates", "decided") in counted(van(), law=warned)
    assert one(counted(van()), "outcome") == "no_access"
    assert not {name for name, _ in counted(van()) if "candidates" in name}


def test_what_if_keeps_the_registered_records_of_the_passage() -> None:
    assert one(counted(van(), record("NL-ON-DAG"), law=utrecht()), "what_if_2030_01_01") == (
        "permitted"
    )


def test_a_date_that_cannot_be_stays_a_review_on_every_other_day() -> None:
    figures = counted(van(euro=6, first_registration=date(2031, 1, 1)))
    assert one(figures, "review_reason") == "DATA"
    assert one(figures, "what_if_2035_01_01") == "review"


def test_directions_are_counted() -> None:
    figures = counted(van(), passage=seen(direction=Direction.LEAVING))
    assert one(figures, "direction") == "leaving"


def resolution(state: str, consequence: str, outcome: str) -> ResolutionRecord:
    return ResolutionRecord(
        **dict.fromkeys(("prev", "salt", "software", "rule", "source", "config_sha256"), ""),
        **dict.fromkeys(("candidate", "plate", "vehicle", "registry")),
        **dict.fromkeys(("entered_at", "window_closed_at"), AT),
        box="b1",
        epoch=1,
        seq=1,
        clock=CLOCK,
        zone="utrecht",
        state=state,
        reason=PLATE,
        outcome=outcome,
        consequence=consequence,
        marks=(),
        pack=PackRef("nl-ze", ""),
    )


@pytest.mark.parametrize(
    ("state", "consequence", "outcome", "expected"),
    [
        ("released", "hold_day", "no_access", ("sanction_candidates", "released")),
        ("released", "warn", "no_access", ("warning_candidates", "released")),
        ("withdrawn", "none", "permitted", ("withdrawn_candidates", "permitted")),
        ("withdrawn", "none", PLATE, ("withdrawn_candidates", "other")),
        ("expired", "manual", "review", ("expired_candidates", "review")),
    ],
)
def test_the_end_of_a_candidate_is_counted_in_the_hour_it_ended(
    state, consequence, outcome, expected
) -> None:
    ended = AT + timedelta(hours=48, minutes=7)
    (tally,) = tallies_of_resolution(resolution(state, consequence, outcome), ended)
    assert (tally.figure, tally.value) == expected
    assert tally.hour == AT + timedelta(hours=48)
    assert tally.zone == "utrecht"


def test_a_state_that_is_none_counts_nothing() -> None:
    assert tallies_of_resolution(resolution(PLATE, "none", "permitted"), AT) == ()


def test_the_hour_of_a_tally_is_that_of_the_first_sighting() -> None:
    passage = seen(seen_first=AT + timedelta(minutes=59, seconds=59, microseconds=7))
    assert {t.hour for t in tallied(passage, known(van()), flanders())[1]} == {AT}


@given(
    st.datetimes(datetime(2028, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
    st.lists(st.floats(0, 7200), min_size=1, max_size=9),
)
def test_seconds_in_operation_add_up_however_the_time_is_cut(start, steps) -> None:
    moments = [start]
    for step in steps:
        moments.append(moments[-1] + timedelta(seconds=step))
    spans = [operation("z", a, b, 0) for a, b in pairwise(moments)]
    total = sum(tally.n for span in spans for tally in span)
    assert total == int(moments[-1].timestamp()) - int(start.timestamp())
    assert all(t.hour.minute == t.hour.second == 0 and 0 < t.n <= 3600 for s in spans for t in s)


def test_frames_are_counted_in_the_hour_they_began_in() -> None:
    counted_ = operation("z", AT, AT + timedelta(hours=1, seconds=2), 9)
    assert [(t.hour, t.value, t.n) for t in counted_] == [
        (AT, "seconds", 3600),
        (AT + timedelta(hours=1), "seconds", 2),
        (AT, "frames", 9),
    ]


@QUICK
@given(LAW, VEHICLES, MOMENTS, st.booleans())
def test_every_passage_has_one_value_in_every_figure_of_its_population(
    law, vehicle, at, active
) -> None:
    law = law() if active else before_the_start(law())
    passage = replace(seen(min(law.pack.countries)), seen_first=at, seen_last=at)
    decision = tallied(passage, known(vehicle), law)[0]
    figures = [t.figure for t in tallies(passage, known(vehicle), decision, law)]
    assert all(
        known_value(t.figure, t.value, WORDS) == t.value
        for t in tallies(passage, known(vehicle), decision, law)
    )
    single = [name for name in figures if name not in ("mark", "operation")]
    assert len(single) == len(set(single))
    values = {t.value for t in tallied(passage, known(vehicle), law)[1] if "outcome" in t.figure}
    assert values <= OUTCOMES


TEXT = st.just(PLATE)
PLATED = st.builds(
    Vehicle,
    category=st.sampled_from(["N1", "N2", "T", "M1", PLATE, f"N1{PLATE}"]),
    kind=st.sampled_from([None, *VehicleKind]),
    fuels=st.frozensets(st.sampled_from([PLATE, "diesel", f"diesel+{PLATE}"]), max_size=2),
    hybrid_class=TEXT,
    stage=TEXT,
    euro=st.none() | st.integers(-1, 8),
    body_codes=st.just(frozenset({BodyCode(PLATE, PLATE)})),
    first_registration=st.none() | st.just(date(2014, 6, 30)),
    ref=TEXT,
)
GRANTS = st.builds(
    Exemption,
    record_id=TEXT,
    source=TEXT,
    type=st.sampled_from([PLATE, f"NL-VR-{PLATE}", f"FL-VR-{PLATE}", "NL-ON-DAG"]),
    status=st.sampled_from(["toegekend", PLATE]),
    scope=st.sampled_from([None, frozenset({PLATE})]),
    valid_from=st.just(AT - timedelta(days=1)),
    valid_to=st.none(),
)


@QUICK
@given(LAW, PLATED, st.lists(GRANTS, max_size=2), st.data())
def test_a_plate_in_any_field_of_a_passage_reaches_no_figure(law, vehicle, grants, data) -> None:
    passage = seen(
        data.draw(st.sampled_from(["BE", "NL", PLATE, None])),
        candidates=(Candidate(PLATE, 0.9),),
        read_as=PLATE,
        lane=PLATE,
        doubt=data.draw(st.sampled_from([None, PLATE])),
    )
    snapshot = Snapshot(PLATE, PLATE, AT, AT)
    fault = data.draw(st.sampled_from([None, PLATE]))
    facts = Facts(vehicle, tuple(grants), snapshot, fault)
    decision, ours = tallied(passage, facts, law())
    assert_no_plate(ours)
    hostile = {
        field.name: PLATE
        for field in fields(Decision)
        if field.name not in ("zone", "outcome", "consequence", "snapshot", "marks")
    }
    forged = replace(
        decision,
        **hostile,
        outcome=data.draw(st.sampled_from(Outcome)),
        consequence=data.draw(st.sampled_from(Consequence)),
        marks=(PLATE,),
    )
    assert_no_plate(tallies(passage, facts, forged, law()))


def assert_no_plate(ours) -> None:
    for tally in ours:
        assert PLATE.casefold() not in f"{tally.zone} {tally.figure} {tally.value}".casefold()
        assert known_value(tally.figure, tally.value, WORDS) == tally.value
