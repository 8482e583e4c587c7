"""The worked cases of the policy, and the reader of such tables."""

import re
from datetime import UTC, datetime

import pytest

from edge.access.cases import Case, cases
from edge.access.pack import shipped
from edge.types import Decision
from tests.conftest import SHARED
from tests.edge.access.world import ACCUSING

TABLE = SHARED / "policy" / "decision_cases.csv"
BASE_RULE = re.compile(r"(FA|FB|FC|NV|NT|NB)\d+|NX-(OLD|ROL|BIJZ)")
HEADER = (
    "case_id,jurisdiction,date,category,reference_mass_kg,fuel,euro_norm_or_stage,"
    "first_registration,body_code,exemption,expected_outcome,reason,source,certain,time,"
    "vehicle_kind,max_mass_kg,special_code,power_kw,plate_country,zone,zone_start,"
    "consequence,rule_ref"
)


@pytest.fixture(scope="module")
def answers() -> list[tuple[Case, Decision]]:
    if not TABLE.is_file():
        pytest.skip("the case table (../shared/policy) is not here")
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return [(case, case.decided()) for case in cases(lines, shipped())]


def test_every_certain_case_agrees(answers) -> None:
    apart = [case.id for case, ours in answers if case.certain and not case.agrees(ours)]
    assert apart == []


def test_every_certain_base_case_agrees_by_its_own_row(answers) -> None:
    for case, ours in answers:
        if case.certain and BASE_RULE.fullmatch(case.rule_ref):
            assert case.agrees(ours), case.id
            assert ours.rule == case.rule_ref or case.rule_ref.startswith("NX-"), case.id


def test_no_case_is_accused_that_the_table_does_not_accuse(answers) -> None:
    accused = [
        case.id
        for case, ours in answers
        if ours.outcome in ACCUSING and case.outcome not in ACCUSING
    ]
    assert accused == []


def test_where_we_differ_at_all_a_person_looks(answers) -> None:
    apart = {case.id: ours.outcome for case, ours in answers if not case.agrees(ours)}
    assert set(apart.values()) <= {"review"}
    # Derived norms (F-AMB-10, N-AMB-03) are not derived yet: unknown stays unknown.
    assert set(apart) <= {"FL-166", "FL-167", "NL-130", "NL-131"}


def read(row: str) -> Case:
    return next(cases([HEADER, row], shipped()))


def row(exemption: str = "", body: str = "", fuel: str = "diesel") -> str:
    return (
        f"X-1,FL,2029-07-01,N3,9000,{fuel},6,2029-06-01,{body},{exemption},exempt,,,yes,,,,,,"
        "BE,Z1,2027-01-01,none,FX-F7"
    )


def test_a_list_version_without_a_type_no_longer_exempts_it() -> None:
    assert read(row(body="F7")).decided().outcome == "exempt"
    assert read(row("LIST-WITHOUT-F7", body="F7")).decided().outcome == "no_access"


def test_several_records_of_a_vehicle() -> None:
    case = read(row("FL-IT-3|zone=Z9|2029-07-01..2029-07-01;FL-IT-1|zone=Z1|2029-01-01.."))
    assert len(case.facts.exemptions) == 2
    assert case.decided().outcome == "permitted"


def test_a_record_that_was_not_granted() -> None:
    case = read(row("FL-IT-1|status=afgewezen|zone=Z1|2029-01-01.."))
    assert case.decided().outcome == "no_access"


def test_a_fuel_that_nobody_knows_is_any_fuel() -> None:
    assert read(row(fuel="unobtainium")).decided().outcome == "review"


def test_an_eev_is_a_norm_of_its_own() -> None:
    eev = read(row().replace("diesel,6,", "diesel,EEV,")).facts.vehicle
    six = read(row()).facts.vehicle
    assert eev is not None
    assert six is not None
    assert (eev.eev, eev.euro) == (True, None)
    assert (six.eev, six.euro) == (False, 6)


def test_a_case_on_the_night_of_two_hours_means_the_second() -> None:
    night = row().replace("2029-07-01", "2029-10-28").replace("yes,,", "yes,02:30,", 1)
    assert read(night).at == datetime(2029, 10, 28, 1, 30, tzinfo=UTC)


def test_a_broken_case_is_named() -> None:
    with pytest.raises(ValueError, match="X-1"):
        read(row().replace("2029-07-01", "someday"))
