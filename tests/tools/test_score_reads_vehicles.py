"""Which passage belongs to which vehicle, and what is counted of it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.replay.shares import Share
from edge.replay.truth import Vehicle, Visit
from edge.types import Passage
from tests.edge.passage.test_passage import announced
from tests.fakes import detection, reading
from tools.score_reads.vehicles import belonging, vehicle_counts, vehicle_figures

FIRST = Visit(Vehicle("27BXK4", "NL"), 0, 60)
SECOND = Visit(Vehicle("1KZE410", "BE"), 0, 60)
LATER = Visit(Vehicle("27BXK4", "NL"), 500, 560)
PLATES = ("27BXK4", "27BXK5", "1KZE410", "VDS41K")


def passage(plate: str) -> Passage:
    seen = {i: [reading(plate, detection(x=9.0 * i), 0.999)] for i in range(5, 12)}
    (made,) = announced(seen, 40)
    return made


def test_a_misread_vehicle_is_captured_and_not_read() -> None:
    counts = vehicle_counts([belonging([passage("27BXK5")], [FIRST, SECOND])])
    assert (counts.capture_rate, counts.read_rate) == (Share(1, 2), Share(0, 1))
    assert (counts.other, counts.misread) == (1, 1)


def test_a_wrong_plate_that_stands_as_settled_is_told() -> None:
    settled = replace(passage("27BXK5"), doubt=None)
    doubted = replace(settled, doubt="blurred")
    assert vehicle_counts([belonging([settled], [FIRST])]).misread_settled == 1
    assert vehicle_counts([belonging([doubted], [FIRST])]).misread_settled == 0


def test_a_vehicle_without_a_label_is_nobody_s_misreading() -> None:
    counts = vehicle_counts([belonging([passage("VDS41K")], [FIRST])])
    assert (counts.captured, counts.other, counts.misread) == (0, 1, 0)


def test_a_text_much_like_a_vehicle_that_was_not_there_is_not_its_own() -> None:
    assert belonging([passage("27BXK5")], [LATER]).strays


def test_the_right_plate_belongs_to_its_vehicle_even_outside_its_rough_frames() -> None:
    assert vehicle_counts([belonging([passage("27BXK4")], [LATER])]).right == 1


def test_of_two_visits_of_one_vehicle_the_nearer_one_is_meant() -> None:
    found = belonging([passage("27BXK4")], [LATER, FIRST])
    assert [len(d.passages) for d in found.driven] == [0, 1]


def test_announced_twice_is_told_whether_both_are_right_or_one() -> None:
    both = vehicle_counts([belonging([passage("27BXK4"), passage("27BXK4")], [FIRST])])
    one = vehicle_counts([belonging([passage("27BXK4"), passage("27BXK5")], [FIRST])])
    assert (both.duplicated, both.repeated) == (1, 1)
    assert (one.duplicated, one.repeated) == (0, 1)


def test_a_vehicle_that_no_passage_was_made_of_is_covered_by_no_claim() -> None:
    sure = replace(passage("27BXK4"), confidence=0.95)
    figures = vehicle_figures([belonging([sure], [FIRST, SECOND])])
    assert figures.trust.asked == 2
    assert figures.trust.confident[0].coverage == Share(1, 2)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(PLATES), max_size=6))
def test_every_passage_is_counted_once(plates: list[str]) -> None:
    passages = [MADE[plate] for plate in plates]
    counts = vehicle_counts([belonging(passages, [FIRST, SECOND])])
    right = sum(plate in ("27BXK4", "1KZE410") for plate in plates)
    assert counts.other == len(plates) - right
    assert counts.right <= counts.captured <= counts.vehicles
    assert counts.misread_settled <= min(counts.misread, counts.other_settled)


MADE = {plate: passage(plate) for plate in PLATES}
