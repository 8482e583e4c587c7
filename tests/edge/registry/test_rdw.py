"""What the Dutch register says: cell by cell, and never more than it says."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.pack import SHIPPED, load_law
from edge.registry.rdw import Bodies, Fuel, Main, vehicle
from edge.registry.schema import kind_of, kind_row
from edge.registry.stored import sound
from edge.types import (
    BodyCode,
    Consequence,
    Decision,
    Facts,
    Outcome,
    Snapshot,
    Vehicle,
    VehicleKind,
)

VAN = Main("Bedrijfsauto", "gesloten opbouw", "N1", "20130405", "2011", "3500")
LORRY = VAN._replace(category="N3", ready_kg="9000", max_kg="19000")
CAR = VAN._replace(sort="Personenauto", category="M1", max_kg="1900", ready_kg="1400")
DIESEL = Fuel("Diesel", "5", "EURO 5", "")
PETROL = Fuel("Benzine", "6", "EURO 6d-TEMP", "OVC-HEV")
ELECTRIC = Fuel("Elektriciteit", "Z", "", "OVC-HEV")
HYDROGEN = Fuel("Waterstof", "Z", "", "")
BOX = Bodies(("BB",), (), (), ())
AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
SNAPSHOT = Snapshot("made-up", "0" * 64, AT, AT)
LAW = load_law(SHIPPED / "nl-ze.toml", "utrecht")
few = settings(max_examples=30, deadline=None)


def decided(found: Vehicle) -> Decision:
    facts = Facts(found, (), SNAPSHOT)
    return decide(desk_passage("NL", AT, "ZZZZ001"), facts, LAW, desk_clock(AT))


def outcome(found: Vehicle) -> Outcome:
    return decided(found).outcome


def accused(found: Vehicle) -> bool:
    return decided(found).consequence is Consequence.HOLD_DAY


def test_a_van_is_read_whole() -> None:
    assert vehicle(VAN, [DIESEL], BOX) == Vehicle(
        category="N1",
        kind=VehicleKind.VAN,
        max_mass_kg=3500,
        reference_mass_kg=2036,
        fuels=frozenset({"diesel"}),
        euro=5,
        first_registration=date(2013, 4, 5),
        body_codes=frozenset({BodyCode("EU.bodywork", "BB")}),
    )


def test_of_a_car_neither_kind_nor_masses_nor_body_are_kept() -> None:
    bodies = Bodies(("AB",), ("03",), ("SH",), ("146",))
    assert vehicle(CAR, [PETROL], bodies) == Vehicle(
        category="M1",
        fuels=frozenset({"petrol"}),
        hybrid_class="OVC-HEV",
        euro=6,
        first_registration=date(2013, 4, 5),
    )


@pytest.mark.parametrize(
    ("main", "types", "kind"),
    [
        (VAN, ("BB",), "van"),
        (VAN, (), "van"),
        (VAN._replace(category="N2"), ("BA",), "van"),  # downrated: the mass decides
        (VAN._replace(max_kg=""), ("BB",), None),
        (VAN._replace(max_kg="0"), ("BB",), None),
        (VAN._replace(max_kg="3501"), ("BB",), "bakwagen"),
        (LORRY, ("BA",), "bakwagen"),
        (LORRY, (), "bakwagen"),
        (LORRY._replace(fitting=""), ("BD",), "bakwagen"),
        (LORRY._replace(fitting="Niet geregistreerd"), (), None),
        (LORRY._replace(fitting="Niet geregistreerd"), ("",), None),
        (LORRY._replace(fitting="opleggertrekker"), (), "trekker"),
        (LORRY, ("BC",), "trekker"),
        (LORRY._replace(max_kg=""), ("BC",), None),
        (VAN, ("BC",), None),
        (VAN._replace(sort="bedrijfsauto "), ("BB",), "van"),
        (VAN._replace(sort=""), ("BB",), None),
        (VAN._replace(sort="Personenauto"), ("BB",), None),
    ],
)
def test_the_kind_follows_the_law(main: Main, types: tuple[str, ...], kind: str | None) -> None:
    found = vehicle(main, [DIESEL], Bodies(types)).kind
    assert (None if found is None else found.value) == kind


@pytest.mark.parametrize(
    ("cell", "category"),
    [
        *(("N1", "N1"), (" N3 ", "N3"), ("N1G", "N1"), ("", None), ("n.v.t.", None)),
        *(("N9", None), ("N", None), ("N1,N2", None), ("1N", None)),
    ],
)
def test_a_category_is_one_of_the_law_or_unknown(cell: str, category: str | None) -> None:
    assert vehicle(VAN._replace(category=cell), [DIESEL], BOX).category == category


@pytest.mark.parametrize("cell", ["L3e", "L3e-A1", "O2", "T1", "T3.1a", "M1G", "M3", "R4b", "C"])
def test_other_categories_are_known_whatever_the_sort(cell: str) -> None:
    found = vehicle(CAR._replace(sort="", category=cell), [], Bodies())
    assert found.category is not None
    assert cell.startswith(found.category)


@pytest.mark.parametrize("sort", ["", "Personenauto", "Onbekend"])
def test_a_goods_category_without_its_sort_is_doubted(sort: str) -> None:
    """Alone it would accuse a vehicle that the register calls a passenger car."""
    found = vehicle(VAN._replace(sort=sort), [DIESEL], BOX)
    assert found.category is None
    assert outcome(found) is Outcome.REVIEW


@pytest.mark.parametrize(
    ("rows", "euro", "zero"),
    [
        ([DIESEL], 5, None),
        ([DIESEL._replace(emission_class="")], None, None),
        ([DIESEL._replace(emission_class="A")], None, None),
        ([DIESEL._replace(emission_class="R")], None, None),
        ([DIESEL._replace(emission_class="E")], 5, None),
        ([DIESEL._replace(emission_class="8")], None, None),
        ([DIESEL._replace(emission_class="0", level="")], 0, None),
        ([DIESEL._replace(emission_class="4")], None, None),  # its level says 5
        ([DIESEL._replace(emission_class="6", level="EURO VI")], 6, None),
        ([DIESEL._replace(emission_class="4", level="EURO IV")], 4, None),
        ([DIESEL._replace(level="715/2007*692/2008")], 5, None),
        ([PETROL, DIESEL], None, None),
        ([PETROL, Fuel("LPG", "6", "", "")], 6, None),
        ([PETROL, Fuel("LPG", "", "", "")], None, None),
        ([PETROL, ELECTRIC], 6, None),
        ([ELECTRIC], None, True),
        ([ELECTRIC, HYDROGEN], None, True),
        ([ELECTRIC._replace(emission_class="")], None, None),
        ([ELECTRIC, HYDROGEN._replace(emission_class="6")], None, None),
        ([HYDROGEN._replace(emission_class="6")], 6, None),
        ([DIESEL._replace(emission_class="Z")], None, None),
        ([DIESEL._replace(emission_class="Z", level="")], None, True),
        ([Fuel("Stoom", "5", "", "")], None, None),
        ([], None, None),
    ],
)
def test_a_class_is_what_every_row_that_burns_says(
    rows: list[Fuel], euro: int | None, zero: bool | None
) -> None:
    found = vehicle(VAN, rows, BOX)
    assert (found.euro, found.zero_emission) == (euro, zero)


@pytest.mark.parametrize(
    ("rows", "fuels"),
    [
        ([DIESEL], {"diesel"}),
        ([PETROL, ELECTRIC], {"petrol", "electric"}),
        ([HYDROGEN, ELECTRIC], {"hydrogen", "electric"}),
        ([Fuel("Alcohol", "", "", ""), Fuel("CNG", "", "", "")], {"ethanol", "cng"}),
        ([DIESEL, Fuel("", "5", "", "")], None),
        ([Fuel("Stoom", "5", "", "")], None),
        ([ELECTRIC._replace(emission_class="5")], None),
        ([], None),
    ],
)
def test_the_fuels_are_those_of_all_rows(rows: list[Fuel], fuels: set[str] | None) -> None:
    assert vehicle(VAN, rows, BOX).fuels == (None if fuels is None else frozenset(fuels))


@pytest.mark.parametrize(
    ("cells", "hybrid"),
    [
        *((("OVC-HEV", "OVC-HEV"), "OVC-HEV"), (("NOVC-HEV", ""), "NOVC-HEV")),
        *((("OVC-HEV", "NOVC-HEV"), None), (("", ""), None), (("HEV", "HEV"), None)),
        (("ovc-fchv", "N.v.t."), "OVC-FCHV"),
    ],
)
def test_a_hybrid_is_one_only_where_the_rows_agree(
    cells: tuple[str, str], hybrid: str | None
) -> None:
    rows = [PETROL._replace(hybrid=cells[0]), ELECTRIC._replace(hybrid=cells[1])]
    assert vehicle(VAN, rows, BOX).hybrid_class == hybrid


def test_a_fuel_cell_is_no_hybrid_by_itself() -> None:
    found = vehicle(VAN, [HYDROGEN, ELECTRIC._replace(hybrid="")], BOX)
    assert found.hybrid_class is None
    assert outcome(found) is Outcome.FREE_ACCESS


@pytest.mark.parametrize(
    ("ready", "reference"),
    [
        *(("2534", 2559), ("2535", None), ("2585", None), ("2635", None), ("2636", 2661)),
        *(("1280", 1305), ("", None), ("0", None), ("x", None), ("-5", None), ("1e3", None)),
    ],
)
def test_a_reference_mass_near_the_limit_is_unknown(ready: str, reference: int | None) -> None:
    found = vehicle(VAN._replace(ready_kg=ready), [DIESEL], BOX)
    assert found.reference_mass_kg == reference


def test_masses_that_contradict_are_both_unknown() -> None:
    found = vehicle(VAN._replace(max_kg="350"), [DIESEL], BOX)
    assert (found.max_mass_kg, found.reference_mass_kg, found.kind) == (None, None, None)


@pytest.mark.parametrize("cell", ["", "2013", "20130231", "18991231", "2013-04-05", "99999999"])
def test_a_date_that_is_none_is_unknown(cell: str) -> None:
    assert vehicle(VAN._replace(first=cell), [DIESEL], BOX).first_registration is None


@pytest.mark.parametrize(
    ("bodies", "codes"),
    [
        (Bodies(), None),
        (Bodies((), ("27",), ("SF",), ("146",)), None),
        (Bodies(("BA",)), {"EU.bodywork:BA"}),
        (Bodies(("BA", "BX")), {"EU.bodywork:BA", "EU.bodywork:BX"}),
        (Bodies(("BA",), ("3",)), {"EU.bodywork:BA", "EU.digits:03"}),
        (Bodies(("ba",), (), ("sf",)), {"EU.bodywork:BA", "EU.special:SF"}),
        (Bodies(("BA",), (), (), ("146", "070")), "EU.bodywork:BA RDW.bijzonderheid:70 "
         "RDW.bijzonderheid:146"),
        (Bodies(("",)), None),
        (Bodies(("BA",), ("x",)), None),
        (Bodies(("BA",), ("",)), None),
        (Bodies(("BA",), (), (), ("1460",)), None),
    ],
)  # fmt: skip
def test_body_codes_are_whole_or_unknown(bodies: Bodies, codes: Any) -> None:
    found = vehicle(LORRY, [DIESEL], bodies).body_codes
    expected = codes.split() if isinstance(codes, str) else codes
    told = None if found is None else {":".join(code) for code in found}
    assert told == (None if expected is None else set(expected))


WORDS = st.sampled_from(
    [
        *("", " ", "N1", "N2", "N3", "M1", "T1", "Bedrijfsauto", "Personenauto", "opleggertrekker"),
        *("Diesel", "Benzine", "Elektriciteit", "Waterstof", "LPG", "0", "5", "6", "Z", "A", "E"),
        *("EURO 5", "EURO VI", "OVC-HEV", "BC", "BA", "3500", "9000", "2600", "20130405", "146"),
        *("SH", "27", "N.v.t.", "Geen verstrekking in Open Data", "\N{ARABIC-INDIC DIGIT FIVE}"),
    ]
)
CELLS = WORDS | st.text(max_size=8)
MAINS = st.builds(Main, *[CELLS] * 6)
ROWS = st.lists(st.builds(Fuel, *[CELLS] * 4), max_size=3)
COLUMNS = st.lists(CELLS, max_size=3).map(tuple)
BODIES = st.builds(Bodies, *[COLUMNS] * 4)


@given(MAINS, ROWS, BODIES)
@settings(deadline=None)
def test_any_cells_give_a_vehicle_that_a_box_reads_back(
    main: Main, rows: list[Fuel], bodies: Bodies
) -> None:
    found = vehicle(main, rows, bodies)
    shared = replace(found, max_mass_kg=None, reference_mass_kg=None, first_registration=None)
    assert sound(kind_of(kind_row(found))) == shared
    assert found.max_mass_kg != 0


MEANT = st.builds(
    Main,
    *(st.just("Bedrijfsauto"), st.sampled_from(["", "gesloten opbouw", "opleggertrekker"])),
    *(st.sampled_from(["N1", "N2", "N3"]), st.sampled_from(["20090405", "20180405", "20250405"])),
    *(st.sampled_from(["1500", "2600", "9000"]), st.sampled_from(["3500", "12000", "19000"])),
)
DRIVEN = st.sampled_from([[DIESEL], [PETROL], [PETROL, ELECTRIC], [ELECTRIC]])


@few
@given(MEANT, DRIVEN, st.sampled_from(range(2, 6)))
def test_a_blank_in_a_vehicles_own_row_accuses_nobody_whom_the_cell_would_clear(
    main: Main, rows: list[Fuel], place: int
) -> None:
    blank = Main(*("" if at == place else cell for at, cell in enumerate(main)))
    if not accused(vehicle(main, rows, BOX)):
        assert not accused(vehicle(blank, rows, BOX))


@few
@given(MEANT, DRIVEN, st.sampled_from(["name", "emission_class"]))
def test_a_blank_fuel_or_class_accuses_nobody_whom_the_cell_would_clear(
    main: Main, rows: list[Fuel], cell: str
) -> None:
    blank = [row._replace(**{cell: "", "level": ""}) for row in rows]
    if not accused(vehicle(main, rows, BOX)):
        assert not accused(vehicle(main, blank, BOX))


@pytest.mark.parametrize("max_kg", ["", "3500", "12000"])
@pytest.mark.parametrize("told", ["inrichting", "bodywork"])
def test_a_tractor_unit_of_category_n1_contradicts_itself(max_kg: str, told: str) -> None:
    fitting = "opleggertrekker" if told == "inrichting" else ""
    bodies = Bodies(("BC",)) if told == "bodywork" else BOX
    main = Main("Bedrijfsauto", fitting, "N1", "20250405", "1500", max_kg)
    found = vehicle(main, [DIESEL], bodies)
    assert found.category is None
    assert outcome(found) is Outcome.REVIEW


def test_what_is_clear_does_accuse() -> None:
    """Else the tests above would hold of anything."""
    assert accused(vehicle(VAN, [DIESEL._replace(emission_class="4", level="EURO 4")], BOX))


def test_nothing_at_all_accuses_nobody() -> None:
    assert outcome(vehicle(Main(*[""] * 6), [], Bodies())) is Outcome.REVIEW


@few
@given(MEANT, DRIVEN, st.sampled_from(["146", "SH"]))
def test_a_body_that_exempts_is_never_lost_for_a_missing_row_of_bodywork(
    main: Main, rows: list[Fuel], code: str
) -> None:
    """Without its row of bodywork nobody knows what else was lost of it."""
    bodies = Bodies((), (), ("SH",) if code == "SH" else (), ("146",) if code == "146" else ())
    assert not accused(vehicle(main, rows, bodies))
