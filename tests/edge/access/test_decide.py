"""decide(): the order of RULES 1.4, and that doubt never accuses."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_facts, desk_passage
from edge.access.rules import Law
from edge.types import BodyCode, Candidate, Consequence, Facts, Outcome
from tests.edge.access.world import (
    ACCUSING,
    AT,
    DIRTY_VAN,
    LAWS,
    asked,
    facts,
    flanders,
    record,
    utrecht,
    van,
)

PASSAGE = desk_passage("BE", AT, plate="1ZZZ999")
CLOCK = desk_clock(AT)


def test_the_dirty_van_is_accused_when_everything_is_known() -> None:
    assert asked(DIRTY_VAN).outcome is Outcome.NO_ACCESS
    assert asked(DIRTY_VAN).consequence is Consequence.HOLD48
    assert asked(DIRTY_VAN, law=utrecht()).consequence is Consequence.HOLD_DAY


def test_no_accusation_from_a_doubtful_plate() -> None:
    passage = replace(PASSAGE, doubt="two readings are equally likely")
    decision = decide(passage, facts(DIRTY_VAN), flanders(), CLOCK)
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "READ")


def test_no_accusation_from_a_plate_that_may_be_a_longer_one_cut_short() -> None:
    passage = replace(PASSAGE, plate="ZZZ999")
    decision = decide(passage, facts(DIRTY_VAN), flanders(), CLOCK)
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "READ")
    assert "ZZZ999" not in decision.reason


def test_a_plate_that_may_be_cut_short_loses_no_free_access() -> None:
    clean = facts(van(euro=6))
    whole = decide(PASSAGE, clean, flanders(), CLOCK)
    assert whole.outcome is Outcome.FREE_ACCESS
    assert decide(replace(PASSAGE, plate="ZZZ999"), clean, flanders(), CLOCK) == whole


def test_no_accusation_from_a_blind_camera() -> None:
    passage = replace(PASSAGE, blind="it seems moved")
    decision = decide(passage, facts(DIRTY_VAN), flanders(), CLOCK)
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "CAMERA")


def test_what_a_blind_camera_shows_before_the_start_keeps_nobody_busy() -> None:
    at = datetime(2024, 12, 31, 22, tzinfo=UTC)
    passage = replace(desk_passage("NL", at), blind="it seems moved")
    decision = decide(passage, None, utrecht(), desk_clock(at))
    assert decision.consequence is Consequence.NOT_ENFORCED


def test_no_accusation_without_a_country() -> None:
    decision = decide(replace(PASSAGE, country=None), facts(DIRTY_VAN), flanders(), CLOCK)
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "READ")


def test_no_accusation_from_an_untrusted_clock() -> None:
    decision = decide(PASSAGE, facts(DIRTY_VAN), flanders(), replace(CLOCK, trusted=False))
    assert (decision.outcome, decision.consequence) == (Outcome.REVIEW, Consequence.NONE)


def test_no_accusation_from_a_stale_registry() -> None:
    old = facts(DIRTY_VAN, at=AT - timedelta(days=7, seconds=1))
    decision = decide(PASSAGE, old, flanders(), CLOCK)
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "STALE")
    assert decision.consequence is Consequence.MANUAL


def test_a_stale_registry_still_clears_a_vehicle() -> None:
    old = facts(van(euro=6), at=AT - timedelta(days=8))
    assert decide(PASSAGE, old, flanders(), CLOCK).outcome is Outcome.FREE_ACCESS


def test_no_accusation_from_a_registry_of_the_future() -> None:
    ahead = facts(DIRTY_VAN, at=AT + timedelta(seconds=1))
    assert decide(PASSAGE, ahead, flanders(), CLOCK).rule == "STALE"


def test_no_accusation_from_stale_vehicle_data() -> None:
    known = facts(DIRTY_VAN)
    assert known.snapshot is not None
    old = replace(known.snapshot, vehicles_as_of=AT - timedelta(days=36))
    decision = decide(PASSAGE, replace(known, snapshot=old), flanders(), CLOCK)
    assert decision.rule == "STALE"


def test_no_accusation_from_a_registry_fault() -> None:
    broken = replace(facts(DIRTY_VAN), fault="the registry cannot be read")
    assert decide(PASSAGE, broken, flanders(), CLOCK).rule == "REGISTRY"


@pytest.mark.parametrize("unasked", [None, Facts(DIRTY_VAN, (), None)])
def test_no_accusation_without_a_snapshot(unasked: Facts | None) -> None:
    decision = decide(PASSAGE, unasked, flanders(), CLOCK)
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "REGISTRY")


def test_no_accusation_of_a_vehicle_that_is_not_in_the_snapshot() -> None:
    assert asked(None).rule == "MISS"


def test_no_accusation_from_an_expired_pack() -> None:
    decision = asked(DIRTY_VAN, at=datetime(2034, 12, 31, 23, 30, tzinfo=UTC))
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "PACK")


def test_no_accusation_from_a_registration_after_the_passage() -> None:
    assert asked(van(first_registration=date(2028, 6, 2))).rule == "DATA"


def test_no_accusation_of_a_foreign_plate_in_the_netherlands() -> None:
    assert asked(DIRTY_VAN, law=utrecht(), country="BE").rule == "N-AMB-11"
    clean = van(zero_emission=True, fuels=frozenset({"electric"}))
    assert asked(clean, law=utrecht(), country="BE").outcome is Outcome.FREE_ACCESS


def test_no_accusation_from_data_that_contradict_each_other() -> None:
    assert asked(van(zero_emission=False, fuels=frozenset({"electric"}))).outcome == "review"
    assert asked(van(max_mass_kg=12000), law=utrecht()).rule == "DATA"


def test_before_the_zone_starts_there_is_only_counting() -> None:
    decision = asked(DIRTY_VAN, law=utrecht(), at=datetime(2024, 12, 31, 22, tzinfo=UTC))
    assert decision.outcome is Outcome.OUT_OF_SCOPE
    assert decision.consequence is Consequence.NOT_ENFORCED


def test_a_doubtful_plate_before_the_start_keeps_nobody_busy() -> None:
    at = datetime(2024, 12, 31, 22, tzinfo=UTC)
    passage = replace(desk_passage("NL", at), doubt="blurred")
    decision = decide(passage, None, utrecht(), desk_clock(at))
    assert (decision.outcome, decision.consequence) == ("review", "not_enforced")


def test_the_local_civil_date_starts_the_zone() -> None:
    at = datetime(2024, 12, 31, 23, 0, tzinfo=UTC)  # 2025-01-01 00:00 in Utrecht
    assert asked(DIRTY_VAN, law=utrecht(), at=at).consequence is Consequence.WARN


def test_the_warning_period_ends_after_its_last_day() -> None:
    last = datetime(2025, 6, 30, 21, 59, tzinfo=UTC)
    assert asked(DIRTY_VAN, law=utrecht(), at=last).consequence is Consequence.WARN
    after = asked(DIRTY_VAN, law=utrecht(), at=last + timedelta(minutes=1))
    assert after.consequence is Consequence.HOLD_DAY


@pytest.mark.parametrize(
    ("zone", "last"),
    [("s-hertogenbosch", date(2025, 8, 31)), ("groningen", date(2025, 12, 13))],
)
def test_a_zone_without_its_own_warning_period_warns_for_six_months(zone, last) -> None:
    law = Law(utrecht().pack, utrecht().pack.zones[zone])
    assert law.warns(last)
    assert not law.warns(last + timedelta(days=1))
    assert not flanders().warns(flanders().zone.start)


@pytest.mark.parametrize("law", LAWS)
def test_a_granted_record_of_an_unknown_type_opens_the_zone(law) -> None:
    assert asked(DIRTY_VAN, record("XX-NEW"), law=law()).outcome is Outcome.PERMITTED


@pytest.mark.parametrize(
    "status", ["in_behandeling", "afgewezen", "buiten_behandeling", "ingetrokken", "anything"]
)
def test_only_a_granted_record_counts(status) -> None:
    assert asked(DIRTY_VAN, record(status=status)).outcome is Outcome.NO_ACCESS


def test_a_record_is_valid_from_its_first_to_before_its_last_moment() -> None:
    second = timedelta(seconds=1)
    assert asked(DIRTY_VAN, record(valid_from=AT)).outcome is Outcome.PERMITTED
    assert asked(DIRTY_VAN, record(valid_from=AT + second)).outcome is Outcome.NO_ACCESS
    assert asked(DIRTY_VAN, record(valid_to=AT + second)).outcome is Outcome.PERMITTED
    assert asked(DIRTY_VAN, record(valid_to=AT)).outcome is Outcome.NO_ACCESS
    assert asked(DIRTY_VAN, record(valid_to=None)).outcome is Outcome.PERMITTED


def test_scope_is_a_set_of_zones_or_municipalities() -> None:
    def outcome(*names: str) -> Outcome:
        return asked(
            DIRTY_VAN, record("NL-ON-HARDHEID", scope=frozenset(names)), law=utrecht()
        ).outcome

    assert outcome("Delft", " UTRECHT ") is Outcome.PERMITTED
    assert outcome("utrecht") is Outcome.PERMITTED
    assert outcome("Delft") is Outcome.NO_ACCESS


def test_exempt_goes_before_permitted_in_any_order() -> None:
    records = (record("FL-IT-1"), record("FL-VR-ADR"))
    assert asked(DIRTY_VAN, *records).outcome is Outcome.EXEMPT
    assert asked(DIRTY_VAN, *reversed(records)).outcome is Outcome.EXEMPT


def test_a_vehicle_that_complies_is_not_reported_as_exempt() -> None:
    assert asked(van(euro=6), record("FL-VR-ADR")).outcome is Outcome.FREE_ACCESS


def test_a_municipal_record_that_may_have_become_national_goes_to_a_person() -> None:
    granted = datetime(2025, 6, 1, tzinfo=UTC)
    older = record("NL-ON-NETCONGESTIE", scope=frozenset({"Delft"}), valid_from=granted)
    assert asked(DIRTY_VAN, older, law=utrecht()).outcome is Outcome.REVIEW
    newer = replace(older, valid_from=datetime(2026, 2, 1, tzinfo=UTC))
    assert asked(DIRTY_VAN, newer, law=utrecht()).outcome is Outcome.NO_ACCESS


def test_a_record_of_the_other_jurisdiction_goes_to_a_person() -> None:
    assert asked(DIRTY_VAN, record("NL-ON-HARDHEID")).outcome is Outcome.REVIEW
    assert asked(DIRTY_VAN, record("FL-IT-1"), law=utrecht()).outcome is Outcome.REVIEW


def test_a_permission_asked_for_too_late_does_not_count() -> None:
    late = record("FL-IT-3", requested_at=AT + timedelta(hours=24, seconds=1))
    assert asked(DIRTY_VAN, late).outcome is Outcome.NO_ACCESS
    inclusive = replace(late, requested_at=AT + timedelta(hours=24))
    assert asked(DIRTY_VAN, inclusive).outcome is Outcome.PERMITTED


def test_a_listed_body_that_fails_the_norm_goes_to_a_person() -> None:
    listed = frozenset({BodyCode("DIV.nationalBuildup", "F7")})
    assert asked(van(body_codes=listed)).rule == "F-AMB-09"
    new = van(body_codes=listed, euro=6, first_registration=date(2028, 1, 1))
    assert asked(new).outcome is Outcome.EXEMPT


def test_a_body_code_of_another_system_opens_nothing() -> None:
    crane = van(body_codes=frozenset({BodyCode("EU.special", "SF")}))
    assert asked(crane).outcome is Outcome.NO_ACCESS
    crane = van(body_codes=frozenset({BodyCode("DIV.codeForBodyWork", "SF")}))
    assert asked(crane).outcome is Outcome.EXEMPT


def test_the_reason_names_what_is_not_known() -> None:
    decision = asked(van(euro=None, body_codes=None))
    assert decision.outcome is Outcome.REVIEW
    assert "Euro norm or stage" in decision.reason


def test_unknown_inputs_that_all_give_access_keep_nobody_busy() -> None:
    at = datetime(2026, 8, 1, 10, tzinfo=UTC)
    lorry = van(
        category="N3", kind=None, max_mass_kg=19000, euro=6, first_registration=date(2018, 6, 1)
    )
    decision = asked(lorry, law=utrecht(), at=at)
    assert (decision.outcome, decision.consequence) == (Outcome.REVIEW, Consequence.NONE)


@pytest.mark.parametrize("law", LAWS)
def test_an_empty_record_of_a_vehicle_is_a_review(law) -> None:
    assert asked(type(DIRTY_VAN)(), law=law()).outcome is Outcome.REVIEW


def test_access_after_2027_is_marked_until_the_amendment_is_seen() -> None:
    clean = van(euro=6, first_registration=date(2018, 5, 1))
    assert asked(clean, law=utrecht()).marks == ("needs_amendment",)
    assert asked(clean, law=utrecht(), at=AT - timedelta(days=365)).marks == ()


def test_every_flemish_decision_is_marked_as_draft() -> None:
    assert asked(DIRTY_VAN).marks == ("draft",)


def test_a_decision_names_all_it_rests_on() -> None:
    decision = asked(DIRTY_VAN)
    law = flanders()
    assert (decision.zone, decision.pack_id) == ("voorbeeldgem", "fl-zes")
    assert decision.pack_sha256 == law.pack.sha256
    assert decision.snapshot == desk_facts(None, (), AT).snapshot
    assert decision.source.startswith("KO par. 1.1")


def test_a_reason_never_holds_a_plate() -> None:
    passage = replace(
        PASSAGE,
        doubt="it may be 1ZZZ999 or 1ZZZ998",
        candidates=(Candidate("1ZZZ999", 0.5), Candidate("1ZZZ998", 0.5)),
    )
    assert "1ZZZ99" not in decide(passage, None, flanders(), CLOCK).reason


def test_no_doubt_at_all_is_needed_to_accuse() -> None:
    assert asked(DIRTY_VAN).outcome in ACCUSING
