"""One camera guards several zones: each has its own law, its own dates and its own answer."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from edge.config import Zone
from edge.daemon import wiring_law
from edge.errors import ConfigError
from edge.types import Consequence, Outcome
from tests.edge.daemon.test_pipeline import OLD_DIESEL, ZONE, drive, passing, pipeline, record

PACKS = Path(__file__).parents[2] / "packs"
LEZ = Zone(id="voorbeeldgem-lez", pack="example-lez")


def test_a_low_emission_zone_and_a_zero_emission_zone_answer_apart(tmp_path: Path) -> None:
    line = pipeline(tmp_path, passing("1KZE410"), {"1KZE410": replace(OLD_DIESEL, euro=5)})
    line = replace(line, laws=wiring_law.laws((LEZ, ZONE), PACKS))
    lez, zes = drive(line)
    assert (lez.decision.outcome, lez.decision.pack_id) == (Outcome.FREE_ACCESS, "example-lez")
    assert (zes.decision.outcome, zes.decision.pack_id) == (Outcome.PERMIT_POSSIBLE, "fl-zes")
    assert [record(one).zone for one in (lez, zes)] == ["voorbeeldgem-lez", "voorbeeldgem"]


def test_a_passenger_car_concerns_one_zone_and_not_the_other(tmp_path: Path) -> None:
    car = replace(OLD_DIESEL, category="M1")
    line = pipeline(tmp_path, passing("1KZE410"), {"1KZE410": car})
    line = replace(line, laws=wiring_law.laws((LEZ, ZONE), PACKS))
    lez, zes = drive(line)
    assert lez.decision.outcome is Outcome.NO_ACCESS
    assert zes.decision.outcome is Outcome.OUT_OF_SCOPE


def test_each_zone_warns_in_its_own_period(tmp_path: Path) -> None:
    warned = Zone(id="voorbeeldgem-lez", pack="example-lez", warn_until=date(2028, 6, 1))
    over = Zone(id="voorbeeldgem-lez", pack="example-lez", warn_until=date(2028, 5, 31))
    for zone, expected in ((warned, Consequence.WARN), (over, Consequence.HOLD48)):
        folder = tmp_path / expected
        folder.mkdir()
        line = pipeline(folder, passing("1KZE410"), {"1KZE410": OLD_DIESEL})
        (conclusion,) = drive(replace(line, laws=wiring_law.laws((zone,), PACKS)))
        assert conclusion.decision.consequence is expected


def test_a_pack_of_ones_own_comes_before_the_one_of_the_software(tmp_path: Path) -> None:
    text = (wiring_law.PACKS / "nl-ze.toml").read_text()
    (tmp_path / "nl-ze.toml").write_text(text.replace('versie = "', 'versie = "eigen-'))
    (law,) = wiring_law.laws((Zone(id="utrecht", pack="nl-ze"),), tmp_path)
    assert law.pack.version.startswith("eigen-")


@pytest.mark.parametrize(
    ("zone", "named"),
    [
        (Zone(id="x", pack="lez"), "There is no rule pack lez"),
        (Zone(id="atlantis", pack="nl-ze"), "has no start date"),
        (
            Zone(id="utrecht", pack="nl-ze", kind="milieuzone"),
            "Zone utrecht is a milieuzone; the pack nl-ze is not for that kind",
        ),
    ],
)
def test_a_zone_without_a_law_is_refused_in_one_sentence(zone: Zone, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        wiring_law.laws((zone,), PACKS)
    assert named in refused.value.cause


def test_a_municipality_chooses_in_the_configuration_of_its_box() -> None:
    refusing = Zone(id="utrecht", pack="nl-ze", choices={"N-AMB-06": "uit"})
    (law,) = wiring_law.laws((refusing,))
    (question,) = (q for q in law.pack.questions if q.id == "N-AMB-06")
    assert question.choice == "uit"
    assert "NB6" not in {row.id for row in law.pack.tables["bakwagen"]}
