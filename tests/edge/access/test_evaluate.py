"""What the tables, the lists and the unknown make of single vehicles."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from edge.access.rules import Zone
from edge.types import BodyCode, Outcome, VehicleKind
from tests.edge.access.world import DIRTY_VAN, asked, record, utrecht, van

IN_2025 = datetime(2025, 8, 1, 10, tzinfo=UTC)
IN_2026 = datetime(2026, 6, 1, 10, tzinfo=UTC)
IN_2030 = datetime(2030, 6, 1, 10, tzinfo=UTC)
IN_2033 = datetime(2033, 2, 1, 10, tzinfo=UTC)
REFUSE = BodyCode("DIV.nationalBuildup", "F7")
CRANE = BodyCode("DIV.codeForBodyWork", "KG")


def test_a_permission_for_a_removed_type_shows_that_the_list_no_longer_holds_it() -> None:
    new = van(euro=6, first_registration=date(2028, 1, 1), body_codes=frozenset({REFUSE}))
    assert asked(new).outcome is Outcome.EXEMPT
    assert asked(new, record("FL-IT-5")).outcome is Outcome.PERMITTED


def test_a_permission_beyond_its_legal_end_goes_to_a_person() -> None:
    old = van(euro=5, first_registration=date(2013, 6, 1))
    granted = record("FL-IT-4", valid_from=datetime(2028, 1, 1, tzinfo=UTC), valid_to=None)
    assert asked(old, granted).outcome is Outcome.PERMITTED
    assert asked(old, granted, at=IN_2033).outcome is Outcome.REVIEW


def test_the_wider_of_two_exemptions_counts() -> None:
    both = frozenset({REFUSE, CRANE, BodyCode("DIV.nationalBuildup", "F5")})
    assert asked(van(body_codes=both)).rule == "FX-KRAAN"


def test_unknown_body_codes_may_be_any() -> None:
    assert asked(van(body_codes=None)).outcome is Outcome.REVIEW
    assert asked(van(body_codes=None, euro=6)).outcome is Outcome.FREE_ACCESS


def test_an_unknown_first_registration_may_be_that_of_an_oldtimer() -> None:
    unknown = van(euro=0, first_registration=None)
    assert asked(unknown, law=utrecht(), at=IN_2026).outcome is Outcome.REVIEW


def test_a_class_four_van_of_unknown_age_is_no_oldtimer() -> None:
    unknown = van(euro=4, first_registration=None)
    assert asked(unknown, law=utrecht(), at=IN_2026).outcome is Outcome.NO_ACCESS


def test_an_oldtimer_of_class_four_is_an_error_in_the_data() -> None:
    strange = van(euro=4, first_registration=date(1980, 1, 1))
    assert asked(strange, law=utrecht(), at=IN_2026).rule == "DATA"


def test_an_oldtimer_of_unknown_class_is_exempt() -> None:
    old = van(euro=None, first_registration=date(1980, 1, 1))
    assert asked(old, law=utrecht(), at=IN_2026).outcome is Outcome.EXEMPT


@pytest.mark.parametrize(
    ("first", "outcome"), [(date(2012, 8, 1), "no_access"), (date(2012, 8, 2), "exempt")]
)
def test_on_the_thirteenth_anniversary_a_lorry_is_no_longer_younger(first, outcome) -> None:
    mixer = van(
        kind=None,
        category="N2",
        max_mass_kg=12000,
        euro=5,
        first_registration=first,
        body_codes=frozenset({BodyCode("EU.digits", "15")}),
    )
    assert asked(mixer, law=utrecht(), at=IN_2025).outcome == outcome


@pytest.mark.parametrize(
    "fuels",
    ["hydrogen", "diesel+hydrogen", "diesel+lng", "kerosene", None],
)
def test_a_fuel_with_more_than_one_meaning_accuses_only_if_all_meanings_do(fuels) -> None:
    new = van(
        euro=3,
        first_registration=date(2003, 1, 1),
        zero_emission=None,
        fuels=None if fuels is None else frozenset(fuels.split("+")),
    )
    assert asked(new).outcome is Outcome.REVIEW


@pytest.mark.parametrize("fuels", ["electric", "hydrogen+electric"])
def test_battery_and_fuel_cell_are_zero_emission(fuels) -> None:
    assert asked(van(fuels=frozenset(fuels.split("+")), zero_emission=None)).rule == "FA1"


def test_a_plug_in_hybrid_is_judged_by_its_engine() -> None:
    plug_in = van(
        fuels=frozenset({"petrol", "electric"}), hybrid_class="OVC-HEV", zero_emission=None, euro=6
    )
    assert asked(plug_in).rule == "FA7"


def test_a_vehicle_that_burns_diesel_and_is_registered_as_clean_goes_to_a_person() -> None:
    assert asked(van(zero_emission=True)).outcome is Outcome.REVIEW


def test_exactly_2610_kg_is_judged_as_both_groups() -> None:
    lorry = van(category="N2", max_mass_kg=7490, euro=6, first_registration=date(2028, 1, 1))
    assert asked(replace(lorry, reference_mass_kg=2609)).outcome is Outcome.NO_ACCESS
    assert asked(replace(lorry, reference_mass_kg=2610)).outcome is Outcome.REVIEW
    assert asked(replace(lorry, reference_mass_kg=2611)).outcome is Outcome.FREE_ACCESS


def test_a_tracked_vehicle_is_nowhere_in_the_text() -> None:
    assert asked(van(category="C")).outcome is Outcome.REVIEW


def test_a_zone_ends_after_its_last_day() -> None:
    zone = Zone("Z", "Z", "ZES", date(2027, 1, 1), end=date(2028, 6, 1))
    assert zone.active(date(2028, 6, 1))
    assert not zone.active(date(2028, 6, 2))


def test_the_van_of_these_tests_is_accused_without_the_twist() -> None:
    assert asked(DIRTY_VAN).outcome is Outcome.NO_ACCESS
    assert asked(DIRTY_VAN, law=utrecht(), at=IN_2026).outcome is Outcome.NO_ACCESS


def test_an_unknown_first_registration_may_lie_beyond_the_age_limit_of_a_list() -> None:
    mixer = van(
        category="N2",
        kind=None,
        max_mass_kg=12000,
        euro=5,
        first_registration=None,
        body_codes=frozenset({BodyCode("EU.digits", "15")}),
    )
    assert asked(mixer, law=utrecht()).outcome is Outcome.REVIEW


def test_data_that_contradict_do_not_prove_another_category() -> None:
    heavy = van(category=None, kind=VehicleKind.VAN, max_mass_kg=3501)
    assert asked(heavy, law=utrecht()).rule == "DATA"


def test_an_answer_that_holds_by_several_rules_names_them_all_and_cites_them_all() -> None:
    lorry = van(category="N3", kind=None, max_mass_kg=None, reference_mass_kg=None)
    found = asked(lorry, law=utrecht(), at=IN_2030)
    assert (found.outcome, found.rule) == ("no_access", "NV3")
    assert found.reason.endswith("For what else it may be, the same follows from NB3, NT3.")
    assert "art. 86e lid 4" in found.source
    assert found.source.count("art. 86e lid 5") == 1


def test_an_answer_by_one_rule_names_no_other() -> None:
    known = asked(van(kind=VehicleKind.TRACTOR, category="N3"), law=utrecht(), at=IN_2030)
    by_several = asked(van(power_kw=None), law=utrecht(), at=IN_2030)
    assert known.rule == "NT3"
    for found in (known, by_several):
        assert "what else" not in found.reason
        assert ";" not in found.source


def test_the_rule_of_a_joined_answer_is_one_row_of_the_pack() -> None:
    for kind in (None, *VehicleKind):
        found = asked(van(category="N3", kind=kind, max_mass_kg=None), law=utrecht(), at=IN_2030)
        assert found.rule in {row.id for rows in utrecht().pack.tables.values() for row in rows}
