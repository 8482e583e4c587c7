"""What is right of a golden picture, and what is not."""

import msgspec
import pytest

from edge.types import Tint
from edge.vision.golden import GoldenPicture, GoldenPlate, Goldens, misread, overlap
from tests.fakes import detection, reading

BOX = (100.0, 100.0, 200.0, 124.0)
PLATE = GoldenPlate(text="1ZZZ999", box=BOX, country="BE")
OTHER = GoldenPlate(text="2ZZZ999", box=(400.0, 100.0, 500.0, 124.0))


def test_plates_read_as_drawn_are_right_in_any_order() -> None:
    readings = [reading("2ZZZ999", detection(400)), reading("1ZZZ999")]
    assert misread([PLATE, OTHER], readings, 0.5) is None


def test_one_other_character_is_wrong_and_not_told() -> None:
    fault = misread([PLATE], [reading("1ZZZ998")], 0.5)
    assert fault == "plate 1 of 1 is not read as it was drawn"


def test_a_plate_that_was_not_found_is_wrong() -> None:
    assert misread([PLATE, OTHER], [reading("1ZZZ999")], 0.5) == (
        "plate 2 of 2 is not read as it was drawn"
    )


def test_a_plate_read_beside_its_place_is_wrong() -> None:
    moved = [reading("1ZZZ999", detection(140))]
    assert misread([PLATE], moved, 0.5) is not None
    assert misread([PLATE], moved, 0.4) is None


def test_a_plate_where_none_was_drawn_is_wrong() -> None:
    readings = [reading("1ZZZ999"), reading("1ZZZ999", detection(400))]
    assert misread([PLATE], readings, 0.5) == "a plate is read where none was drawn (1 times)"


def test_what_only_looks_like_a_plate_is_no_plate() -> None:
    readings = [reading("1ZZZ999"), reading("ZZZ", detection(400))]
    assert misread([PLATE], readings, 0.5) is None


def test_another_country_is_wrong_and_an_unknown_one_is_not() -> None:
    dutch = GoldenPlate(text="01BKT2", box=BOX, country="NL")
    read = [reading("01BKT2", tint=Tint.YELLOW)]
    assert misread([dutch], read, 0.5) is None
    belgian = GoldenPlate(text="01BKT2", box=BOX, country="BE")
    assert misread([belgian], read, 0.5) == "plate 1 of 1 is taken for one of another country"
    assert misread([GoldenPlate(text="01BKT2", box=BOX)], read, 0.5) is None
    assert misread([PLATE], [reading("1ZZZ999", tint=Tint.UNKNOWN)], 0.5) is None


def test_boxes_that_do_not_meet_have_nothing_in_common() -> None:
    assert overlap(reading("1ZZZ999", detection(300)), PLATE) == 0
    assert overlap(reading("1ZZZ999"), PLATE) == 1
    assert (
        overlap(reading("1ZZZ999", detection(5, 5, 0, 0)), GoldenPlate(text="ZZZZ", box=BOX)) == 0
    )


PICTURE = GoldenPicture(file="golden-01.png", plates=(PLATE,))


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("pictures", (PICTURE,) * 3),
        ("pictures", (PICTURE,) * 100),
        ("iou", 0),
        ("iou", 1.1),
        ("slower", 0.9),
        ("slower", 11),
        ("pictures", (msgspec.structs.replace(PICTURE, plates=()),) * 4),
        ("pictures", (msgspec.structs.replace(PICTURE, file="../golden-01.png"),) * 4),
        ("pictures", (msgspec.structs.replace(PICTURE, file="golden-01.png\n"),) * 4),
    ],
)
def test_goldens_that_prove_nothing_or_reach_outside_are_no_goldens(field, bad) -> None:
    good = msgspec.to_builtins(Goldens(pictures=(PICTURE,) * 4))
    assert msgspec.convert(good, Goldens, strict=False)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(good | {field: msgspec.to_builtins(bad)}, Goldens, strict=False)
