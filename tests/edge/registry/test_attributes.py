"""The attribute columns of RULES 1.1 and the records of RULES 1.5, read strictly."""

from datetime import UTC, date, datetime

import pytest

from edge.registry.attributes import RefusedError, exemption, vehicle
from edge.types import BodyCode, Vehicle, VehicleKind


def test_an_empty_row_knows_nothing() -> None:
    assert vehicle({}) == Vehicle()


def test_a_full_row() -> None:
    row = {
        "category": "N2",
        "vehicle_kind": "bakwagen",
        "max_mass_kg": "7490",
        "reference_mass_kg": "2590",
        "fuel": "diesel+electric",
        "hybrid_class": "OVC-HEV",
        "is_ze": "no",
        "euro_norm": "VI",
        "stage": "IIIb",
        "power_kw": "129.5",
        "first_registration": "2023-05-09",
        "body_codes": "EU.bodywork:BA DIV.nationalBuildup:F7",
    }
    assert vehicle(row) == Vehicle(
        category="N2",
        kind=VehicleKind.RIGID,
        max_mass_kg=7490,
        reference_mass_kg=2590,
        fuels=frozenset({"diesel", "electric"}),
        hybrid_class="OVC-HEV",
        zero_emission=False,
        euro=6,
        stage="IIIb",
        power_kw=129.5,
        first_registration=date(2023, 5, 9),
        body_codes=frozenset(
            {BodyCode("EU.bodywork", "BA"), BodyCode("DIV.nationalBuildup", "F7")}
        ),
    )


def test_class_z_is_zero_emission() -> None:
    assert vehicle({"euro_norm": "Z"}).zero_emission is True


def test_an_eev_is_a_norm_of_its_own_and_no_number() -> None:
    read = vehicle({"euro_norm": "eev"})
    assert (read.eev, read.euro, read.zero_emission) == (True, None, None)
    assert not vehicle({"euro_norm": "5"}).eev


def test_columns_that_a_table_may_leave_out() -> None:
    read = vehicle({"first_known_use": "2019-02-28", "vehicle_ref": " chassis-77 "})
    assert (read.first_known_use, read.ref) == (date(2019, 2, 28), "chassis-77")
    assert exemption({**RECORD, "vehicle_ref": "chassis-77"}).vehicle_ref == "chassis-77"
    assert exemption(RECORD).vehicle_ref is None


@pytest.mark.parametrize("dash", ["-", "- -", "./."])
def test_a_reference_that_names_nothing_is_refused(dash) -> None:
    """All vehicles with a dash in that cell would count as one and the same."""
    with pytest.raises(RefusedError, match="vehicle_ref names no vehicle"):
        vehicle({"vehicle_ref": dash})
    with pytest.raises(RefusedError, match="vehicle_ref names no vehicle"):
        exemption({**RECORD, "vehicle_ref": dash})


def test_no_body_code_is_not_an_unknown_body_code() -> None:
    assert vehicle({"body_codes": "-"}).body_codes == frozenset()
    assert vehicle({"body_codes": ""}).body_codes is None


@pytest.mark.parametrize("category", ["M1", "N3", "L7e", "O4", "T", "T1", "T4.2", "C2", "R3b"])
def test_known_categories(category) -> None:
    assert vehicle({"category": category}).category == category


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("category", "N4"),
        ("vehicle_kind", "bus"),
        ("max_mass_kg", "0"),
        ("max_mass_kg", "-5"),
        ("reference_mass_kg", "2610.5"),
        ("fuel", "kerosene"),
        ("hybrid_class", "PHEV"),
        ("is_ze", "maybe"),
        ("euro_norm", "8"),
        ("euro_norm", "6d"),
        ("stage", "IIIA"),
        ("power_kw", "nan"),
        ("power_kw", "many"),
        ("first_registration", "09-05-2023"),
        ("body_codes", "F7"),
    ],
)
def test_a_strange_value_is_refused(column, value) -> None:
    with pytest.raises(ValueError):
        vehicle({column: value})


RECORD = {
    "record_id": "r1",
    "source": "test",
    "type": "FL-IT-3",
    "status": "toegekend",
    "scope": "voorbeeldgem+Elders",
    "valid_from": "2028-06-01",
    "valid_to": "2028-06-01",
    "requested_at": "2028-05-31T16:45",
}


def test_a_record() -> None:
    read = exemption(RECORD)
    assert read.scope == frozenset({"voorbeeldgem", "Elders"})
    assert read.valid_from == datetime(2028, 5, 31, 22, tzinfo=UTC)
    assert read.valid_to == datetime(2028, 6, 1, 22, tzinfo=UTC)
    assert read.requested_at == datetime(2028, 5, 31, 14, 45, tzinfo=UTC)


def test_a_national_record_has_no_scope() -> None:
    assert exemption({**RECORD, "scope": "national"}).scope is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("record_id", ""),
        ("type", ""),
        ("status", ""),
        ("status", "granted"),
        ("scope", ""),
        ("valid_from", ""),
        ("valid_from", "soon"),
        ("valid_to", "2028-05-01"),
    ],
)
def test_a_record_that_cannot_be_understood_is_refused(column, value) -> None:
    with pytest.raises(ValueError):
        exemption({**RECORD, column: value})


@pytest.mark.parametrize("word", ["National", "nationaal", "LANDELIJK", "national+utrecht"])
def test_every_word_for_national_is_every_zone(word) -> None:
    assert exemption({**RECORD, "scope": word}).scope is None


def test_a_type_is_kept_in_upper_case() -> None:
    assert exemption({**RECORD, "type": "fl-it-3"}).type == "FL-IT-3"


@pytest.mark.parametrize("end", ["9999-12-31", "99991231", "9999-12-31T23:59:59"])
def test_an_end_in_the_year_9999_is_open(end) -> None:
    assert exemption({**RECORD, "valid_to": end}).valid_to is None


@pytest.mark.parametrize("old", ["1899-12-31", "0001-01-01", "18991231"])
@pytest.mark.parametrize("column", ["first_registration", "first_known_use"])
def test_a_vehicle_from_before_1900_is_refused(column, old) -> None:
    with pytest.raises(RefusedError, match=f"{column} lies before 1900"):
        vehicle({column: old})
    assert vehicle({column: "1900-01-01"}) != Vehicle()


@pytest.mark.parametrize(
    "column",
    [
        *("category", "vehicle_kind", "max_mass_kg", "reference_mass_kg", "fuel", "is_ze"),
        *("hybrid_class", "euro_norm", "stage", "power_kw", "first_registration", "body_codes"),
        "first_known_use",
    ],
)
def test_the_reason_of_a_refused_vehicle_names_the_column_and_never_the_value(column) -> None:
    with pytest.raises(RefusedError) as refused:
        vehicle({column: "1ZZZ999"})
    assert refused.value.reason.startswith(f"{column} ")
    assert "ZZZ" not in refused.value.reason.upper()


@pytest.mark.parametrize("column", ["status", "valid_from", "valid_to", "requested_at"])
def test_the_reason_of_a_refused_record_names_the_column_and_never_the_value(column) -> None:
    with pytest.raises(RefusedError) as refused:
        exemption({**RECORD, column: "1ZZZ999"})
    assert refused.value.reason.startswith(f"{column} ")
    assert "ZZZ" not in refused.value.reason


@pytest.mark.parametrize("column", ["valid_from", "requested_at"])
def test_a_moment_before_the_first_year_is_refused_and_no_overflow(column) -> None:
    with pytest.raises(RefusedError, match=column):
        exemption({**RECORD, column: "0001-01-01"})


def test_a_body_code_of_a_system_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(RefusedError, match=r"no known system .*EU\.digits"):
        vehicle({"body_codes": "EU:15"})
