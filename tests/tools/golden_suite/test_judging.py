"""What deviates is said in one sentence each, and nobody is expected to be wronged."""

from typing import Any

import msgspec
import pytest

from tools.golden_suite.found import Decided, Found, Outcomes, as_toml
from tools.golden_suite.judging import (
    LEEWAY,
    LEEWAY_SHARE,
    LEEWAY_TOGETHER,
    deviations,
    drift,
    undue,
)
from tools.golden_suite.street import Street, read_street

STREET: Street = read_street("day")
DECIDED = Decided(outcome="review", rule="READ", consequence="manual", reason="It is 0.98, low.")
ONE = Found(
    number=2,
    verdict="right",
    passages=1,
    plate="V904TK",
    country="NL",
    direction="approaching",
    lane="left",
    doubt="read with confidence 0.98, below 0.99",
    sureness=-0.02,
    zones={"voorbeeldgem": DECIDED},
)
FAR = LEEWAY + LEEWAY_SHARE * 0.02
MISSED = Found(number=2, verdict="missed", passages=0)


def outcomes(*vehicles: Found, strays: tuple[str, ...] = ()) -> Outcomes:
    return Outcomes(vehicles=vehicles, strays=strays)


def changed(**fields: Any) -> Found:
    return msgspec.structs.replace(ONE, **fields)


def told(expected: Outcomes, found: Outcomes) -> list[str]:
    return [one.says for one in deviations("day", STREET, expected, found)]


@pytest.mark.parametrize("one", [outcomes(ONE, strays=("AB12 (review)",)), outcomes(MISSED)])
def test_what_is_written_is_read_as_it_was(one: Outcomes) -> None:
    assert msgspec.toml.decode(as_toml("day", one), type=Outcomes) == one
    assert told(one, one) == []


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (changed(plate="V904TX"), "its plate is V904TX, expected V904TK."),
        (changed(country=None), "its country is nothing, expected NL."),
        (changed(direction="leaving"), "its direction is leaving, expected approaching."),
        (changed(lane=None), "its lane is nothing, expected left."),
        (changed(wrong_way=True), "its wrong way is True, expected False."),
        (changed(passages=2), "its passages is 2, expected 1."),
        (changed(others=("904TK (review)",)), "its others is 904TK (review), expected nothing."),
        (changed(doubt=None), "its doubt is nothing, expected read with confidence 0.98"),
        (changed(sureness=-0.02 - 1.01 * FAR), "the sureness of its plate is -0.08"),
        (changed(sureness=None), "the sureness of its plate is nothing, expected -0.02."),
        (changed(zones={}), "its outcome in voorbeeldgem is nothing, expected review (READ"),
    ],
)
def test_what_deviates_is_said_with_street_vehicle_and_plate(now: Found, says: str) -> None:
    (found,) = told(outcomes(ONE), outcomes(now))
    assert found.startswith("day, vehicle 2 (V904TK): ")
    assert says in found


@pytest.mark.parametrize(
    "now",
    [
        changed(sureness=-0.02 + 0.99 * FAR),
        changed(doubt="read with confidence 0.97, below 0.99"),
        changed(
            zones={"voorbeeldgem": msgspec.structs.replace(DECIDED, reason="It is 0.97, low.")}
        ),
    ],
)
def test_what_another_machine_may_find_is_no_deviation(now: Found) -> None:
    assert told(outcomes(ONE), outcomes(now)) == []


def test_a_new_vehicle_one_that_is_gone_and_a_stray_are_said() -> None:
    assert told(outcomes(), outcomes(ONE)) == ["day, vehicle 2 (V904TK): the vehicle is new, expected nothing."]  # fmt: skip # noqa: E501
    assert "is gone, expected known" in told(outcomes(ONE), outcomes())[0]
    (stray,) = told(outcomes(), outcomes(strays=("AB12 (review)",)))
    assert stray == "day: what is read where no vehicle is due is AB12 (review), expected nothing."


def accused(outcome: str) -> dict[str, Decided]:
    return {"voorbeeldstad": msgspec.structs.replace(DECIDED, outcome=outcome)}


@pytest.mark.parametrize(
    ("found", "wronged"),
    [
        (outcomes(changed(zones=accused("no_access"))), False),  # as is due
        (outcomes(changed(zones=accused("permit_possible"))), True),
        (outcomes(changed(verdict="wrong", zones=accused("no_access"))), True),
        (outcomes(changed(zones=accused("free_access"))), False),
        (outcomes(changed(others=("904TK (no_access)",))), True),
        (outcomes(changed(zones={}, direction="leaving")), True),
        (outcomes(changed(zones={}, direction="unknown")), False),
        (outcomes(changed(zones={}, lane="right")), True),
        (outcomes(strays=("AB12 (no_access, review)",)), True),
        (outcomes(strays=("AB12 (review, review)",)), False),
    ],
)
def test_no_expectation_accuses_whom_it_may_not_or_says_what_is_not_so(
    found: Outcomes, wronged: bool
) -> None:
    assert bool(list(undue(STREET, found))) is wronged


@pytest.mark.parametrize(("share", "told"), [(0.99, False), (1.01, True), (-1.01, True)])
def test_a_little_of_every_vehicle_is_told_as_the_drift_of_all(share: float, told: bool) -> None:
    few = 5
    moved = -0.02 - share * LEEWAY_TOGETHER / few
    found = drift([outcomes(*[ONE] * few)], [outcomes(*[changed(sureness=moved)] * few)])
    assert (found is not None) is told
    if found is not None:
        assert found.says.startswith("all streets: the sureness of all together is ")
