"""A box that makes two vehicles of a lorry and its trailer, or of it and its load, is found."""

import pytest

from edge.passage import passage, plate
from tests.golden_streets import Stage, stage

__all__ = ["stage"]


def never(*_: object) -> bool:
    """A rule that is not there any more."""
    return False


def accusations(stage: Stage, name: str) -> dict[int | None, list[str]]:
    """Return what deviates on a street, by the number of the vehicle."""
    found: dict[int | None, list[str]] = {}
    for one in stage.deviations(name):
        found.setdefault(one.number, []).append(one.says)
    return found


def test_a_load_that_is_taken_for_a_vehicle_of_its_own_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage, "on_one_vehicle", never)
    found = accusations(stage, "loaded")
    assert any("voorbeeldgem is no_access" in says and "2VKH835" in says for says in found[4])


def test_a_trailer_that_repeats_its_lorrys_plate_and_counts_again_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage, "_same_vehicle", never)
    found = accusations(stage, "trailer")
    assert set(found) == {5}
    assert "trailer, vehicle 5 (V613NX): its passages is 2, expected 1." in found[5]


def test_a_trailers_own_plate_that_is_judged_as_a_vehicle_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(plate.TRAILER, "BE", ())
    found = accusations(stage, "trailer")
    assert set(found) == {2}
    assert any("voorbeeldgem is review" in says and "QAGK318" in says for says in found[2])


@pytest.mark.parametrize("name", ["loaded", "trailer"])
def test_without_a_fault_nothing_deviates(stage: Stage, name: str) -> None:
    assert accusations(stage, name) == {}
