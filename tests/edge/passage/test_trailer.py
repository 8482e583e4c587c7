"""A trailer's plate from the camera to the decision."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_facts, desk_passage
from edge.config import Zone
from edge.daemon import wiring_law
from edge.types import Facts, Outcome, Vehicle

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
LAW = wiring_law.laws((Zone(id="here", pack="fl-zes", start=date(2026, 1, 1)),))[0]
DIRTY = Vehicle(category="N1", fuels=frozenset({"diesel"}), euro=3, zero_emission=False)


@pytest.mark.parametrize(("country", "plate"), [("BE", "QABC123"), ("NL", "OB12DF")])
def test_a_trailer_is_out_of_scope_whatever_the_registry_holds(country: str, plate: str) -> None:
    passage = desk_passage(country, AT, plate=plate)
    for facts in (None, Facts(None, (), None, "no registry"), desk_facts(DIRTY, (), AT)):
        decision = decide(passage, facts, LAW, desk_clock(AT))
        assert (decision.outcome, decision.rule) == (Outcome.OUT_OF_SCOPE, "SCOPE")


def test_a_doubtful_trailer_is_reviewed() -> None:
    passage = replace(desk_passage("BE", AT, plate="QABC123"), doubt="it was read badly")
    assert decide(passage, None, LAW, desk_clock(AT)).outcome is Outcome.REVIEW
