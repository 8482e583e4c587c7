import re

from edge.access.pack import shipped
from edge.access.whatif import PHASES
from edge.counts.relations import derived
from edge.counts.words import is_what_if, known_value, what_if_figure, words
from tests.conftest import REPOSITORY

WORDS = words(shipped())
NAME = re.compile(r"`([a-z_]+)`")


def test_every_figure_stands_in_the_readme() -> None:
    text = (REPOSITORY / "edge" / "counts" / "README.md").read_text()
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in NAME.findall(row)}
    assert set(WORDS) <= told
    made = {figure for figure, _ in derived({"outcome_van": {"review": 1}})}
    assert {name for name in made if name[0] != "_" and "_van" not in name} <= told


def test_every_phase_has_a_figure_that_is_known_again() -> None:
    names = [what_if_figure(day) for days in PHASES.values() for day in days]
    assert "what_if_2029_01_01" in names
    assert all(is_what_if(name) for name in names)
    assert not any(map(is_what_if, ("what_if_", "what_if_20290101", "what_if_2029_13_01", "kind")))


def test_a_strange_value_is_other_and_a_strange_figure_none() -> None:
    assert known_value("outcome", "review", WORDS) == "review"
    assert known_value("outcome", "1ZZZ999", WORDS) == "other"
    assert known_value("fuel", "diesel+electric", WORDS) == "diesel+electric"
    assert known_value("fuel", "diesel+1ZZZ999", WORDS) == "other"
    assert known_value("what_if_2029_01_01", "1ZZZ999", WORDS) == "other"
    assert known_value("1ZZZ999", "review", WORDS) is None
