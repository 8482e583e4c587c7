"""A street's file: what it may say, and how its vehicles move."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import RunError
from edge.types import Outcome
from tools.golden_suite.street import names, place_at, read_street

MOMENTS = st.integers(0, 200).map(lambda tenths: tenths / 10)
WAYS = st.lists(
    st.tuples(MOMENTS, st.floats(-30, 60)), min_size=2, max_size=6, unique_by=lambda place: place[0]
).map(sorted)
STREET = """\
says = "s"
starts_at = 2028-06-01T10:00:00+02:00
seconds = 2
[[vehicles]]
plate = "1ABC234"
country = "BE"
"""


def written(suite: Path, text: str) -> Path:
    (suite / "streets").mkdir()
    (suite / "streets" / "one.toml").write_text(text)
    return suite


@pytest.mark.parametrize("name", names())
def test_every_street_can_be_read_and_says_what_is_due(name: str) -> None:
    street = read_street(name)
    assert any(vehicle.due for vehicle in street.vehicles)
    for vehicle in street.vehicles:
        assert set(vehicle.due) in (set(), {"voorbeeldgem", "voorbeeldstad"})
        assert all(isinstance(outcome, Outcome) for outcome in vehicle.due.values())


@given(WAYS)
def test_a_vehicle_is_where_its_way_says_and_never_beyond_on_the_way(
    way: list[tuple[float, float]],
) -> None:
    for at_s, place in way:
        assert place_at(way, at_s) == pytest.approx(place, abs=1e-6)
    for (a, here), (b, there) in pairwise(way):
        for share in (0.2, 0.5, 0.8):
            between = place_at(way, a + share * (b - a))
            assert min(here, there) - 1e-6 <= between <= max(here, there) + 1e-6


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("way = [[0, 3]]", "has no way"),
        ("way = [[1, 3], [0, 9]]", "back in time"),
        ("behind = 1", "goes with no other"),
        ('kind = "ship"', "cannot be read"),
        ("wheels = 4", "cannot be read"),
        ("way = [[0, 3], [1, 9]]\ndue = { gent = 'fine' }", "cannot be read"),
    ],
)
def test_what_is_wrong_in_a_street_is_said(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(RunError, match=says):
        read_street("one", written(tmp_path, STREET + more))


def test_a_street_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be read"):
        read_street("none", tmp_path)
