"""A case table that cannot be run says where and why."""

import pytest

from edge.access.cases import cases
from edge.access.casetable import COLUMNS
from edge.access.pack import shipped
from tests.edge.access.test_cases import HEADER, row


def refused(*lines: str) -> str:
    with pytest.raises(ValueError, match=r"\w") as error:
        list(cases(lines, shipped()))
    return str(error.value)


def test_the_columns_are_those_of_the_policy() -> None:
    assert tuple(HEADER.split(",")) == COLUMNS


def test_an_empty_table_and_one_without_cases_are_told_apart() -> None:
    assert refused() == "it is empty; its first line names the columns"
    assert refused(HEADER) == "it holds no cases below its header"


def test_a_missing_column_is_named() -> None:
    assert refused("case_id,date").startswith("line 1 lacks the column jurisdiction, category,")


def test_a_misspelt_column_is_named_with_the_one_that_was_meant() -> None:
    told = refused(HEADER.replace("zone_start", "zonestart"), row())
    assert told == "line 1: column 'zonestart' is unknown; did you mean zone_start?"


def test_a_column_that_stands_twice_is_refused() -> None:
    assert refused(f"{HEADER},zone", row()) == "line 1: column 'zone' is there twice"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("X-1,FL", "X-1,FR", "column jurisdiction: 'FR' is none of FL, NL"),
        ("2029-07-01", "someday", "column date: 'someday' is not a date (YYYY-MM-DD)"),
        ("2029-06-01", "01/06/29", "column first_registration: '01/06/29' is not a date"),
        (",9000,", ",heavy,", "column reference_mass_kg: 'heavy' is not a whole number"),
        (",exempt,", ",allowed,", "column expected_outcome: 'allowed' is none of exempt,"),
        (",none,", ",,", "column consequence: it is empty"),
        (",6,", ",6b,", "column euro_norm_or_stage: '6b' is none of 0, 1,"),
        ("yes,,", "yes,noon,", "column time: 'noon' is not a time (HH:MM)"),
        ("yes,", "perhaps,", "column certain: 'perhaps' is none of no, yes"),
    ],
)
def test_a_cell_is_named_by_line_case_and_column(old, new, told) -> None:
    assert refused(HEADER, row(), row().replace(old, new, 1)).startswith(
        f"line 3, case X-1, {told}"
    )


def test_a_broken_exemption_is_named_by_its_column() -> None:
    told = refused(HEADER, row("FL-IT-1|zone=Z1|soon..later"))
    assert told.startswith("line 2, case X-1, column exemption: ")


@pytest.mark.parametrize("change", [",extra", ""])
def test_a_row_of_another_length_is_refused(change) -> None:
    short = row() + change if change else row().rpartition(",")[0]
    assert "it has not as many cells as the 24 columns" in refused(HEADER, short)


def test_a_quote_that_is_never_closed_is_no_csv() -> None:
    assert "is not CSV" in refused(HEADER, row().replace("X-1", '"X-1'))


def test_a_zone_without_a_start_is_that_of_the_pack_with_its_own_dates() -> None:
    own = row().replace("Z1,2027-01-01", "voorbeeldgem,").replace("2029-07-01", "2035-01-01")
    (case,) = cases([HEADER, own], shipped())
    assert case.law.zone.id == "voorbeeldgem"
    assert case.decided().rule == "PACK"  # and the pack ends when it says


def test_a_zone_without_a_start_that_no_pack_has_is_named() -> None:
    told = refused(HEADER, row().replace("2027-01-01", ""))
    assert told.startswith("line 2, case X-1, column zone: pack fl-zes has no zone 'Z1', and zone")


def test_the_marks_of_an_answer_are_part_of_it_where_there_is_a_column_for_them() -> None:
    van = (
        "X-1,NL,2028-06-01,N1,,diesel,6,2018-03-03,,,free_access,,,yes,,van,3000,,,NL,"
        "Z1,2025-01-01,none,NV5"
    )
    (case,) = cases([HEADER, van], shipped())
    assert case.agrees(case.decided())
    marked = f"{HEADER},marks"
    (right, wrong) = cases([marked, f"{van},needs_amendment", f"{van},"], shipped())
    assert right.agrees(right.decided())
    assert not wrong.agrees(wrong.decided())
    assert wrong.found(wrong.decided()) == "free_access/none marked needs_amendment"
