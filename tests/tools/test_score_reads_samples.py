"""What is made of pictures, and the figures that follow from it, on hand-made cases."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import ReportError
from edge.passage.calibration import UNFITTED, Calibration
from edge.replay.shares import Share
from edge.types import Box, Detection, Image, Reading, Tint
from tests.fakes import detection, reading, torn
from tools.reader_sets import is_held_out
from tools.score_reads.figures import Countries, frame_counts, frame_figures
from tools.score_reads.looking import Eyes, look_at, seen
from tools.score_reads.samples import Sample
from tools.score_reads.sources import Picture, Plate, pictures

GREY = np.full((720, 1280, 3), 90, np.uint8)
HELD_OUT, TRAINED = (
    next(text for n in range(99) if is_held_out(text := f"SYN{n:02}") is wanted)
    for wanted in (True, False)
)


class Blind:
    """Finds what it was told to find, and reads everything alike."""

    def __init__(self, text: str = "", found: Sequence[Detection] = ()) -> None:
        self.text, self.found = text, found

    def detect(self, image: Image) -> Sequence[Detection]:
        return self.found

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        return [self.read_crop(image, found) for found in detections]

    def read_crop(self, crop: Image, detection: Detection) -> Reading:
        return reading(self.text, detection, tint=Tint.WHITE)


def at(x: float, width: float = 100, text: str = "27BXK4", country: str = "NL") -> Plate:
    return Plate(text, country, Box(x, 100, x + width, 124))


def sampled(plates: Sequence[Plate], readings: Sequence[Reading]) -> tuple[Sample, ...]:
    found = [r.detection for r in readings]
    return seen(Picture(GREY, tuple(plates)), found, readings).samples


def test_a_plate_is_read_by_the_box_that_lies_on_it() -> None:
    readings = [reading("27BXK4", detection(500)), reading("VDS41K", detection(102))]
    (sample,) = sampled([at(100)], readings)
    assert sample.answer is not None
    assert (sample.answer.text, sample.answer.right) == ("VDS41K", False)
    assert sample.overlap == pytest.approx(98 / 102)


def test_a_plate_without_a_box_has_no_answer_and_is_not_found() -> None:
    (sample,) = sampled([at(100)], [reading("27BXK4", detection(500))])
    assert (sample.answer, sample.overlap) == (None, 0.0)


def test_found_is_told_at_two_overlaps() -> None:
    looked = [seen(Picture(GREY, (at(100),)), [detection(x)], []) for x in (100, 138, 150)]
    counts = frame_counts(looked)  # overlaps 1, 0.45 and 0.33
    assert (counts.plates, counts.found, counts.found_tight) == (3, 2, 1)


def test_a_box_on_a_known_plate_that_is_not_asked_for_is_no_false_one() -> None:
    known = replace(at(100), asked=False)
    looked = seen(Picture(GREY, (known, at(400))), [detection(100), detection(800)], [])
    assert (len(looked.samples), looked.stray) == (1, 1)


def test_plates_labelled_without_text_are_counted_apart() -> None:
    lagging = replace(at(100), asked=False)
    textless = [replace(at(x), text=None, asked=False) for x in (400, 600, 800)]
    boxes = [detection(x) for x in (100, 400, 638, 850)]  # the last overlaps by a third
    counts = frame_counts([seen(Picture(GREY, (lagging, *textless)), boxes, [])])
    assert (counts.plates, counts.textless, counts.textless_found) == (0, 3, 2)


def test_a_crop_is_read_as_it_is_and_counts_as_no_frame() -> None:
    looked = look_at(
        Picture(GREY[:24, :100], (Plate("1ABC234", "B", lines=1),)),
        Eyes("", Blind(), Blind("1ABC234")),
    )
    counts = frame_counts([looked])
    assert (counts.exact, counts.with_text, counts.frames) == (1, 1, 0)
    assert looked.samples[0].width_px == 100
    assert looked.samples[0].brightness == pytest.approx(90)


def test_a_scene_of_boxes_alone_is_never_read() -> None:
    scene = Picture(GREY, (Plate(box=Box(100, 100, 200, 124)),))
    looked = look_at(scene, Eyes("", Blind(found=[detection(100)]), Blind("27BXK4")))
    figures = frame_figures([looked])
    assert (figures.counts.found, figures.counts.with_text, figures.trust.asked) == (1, 0, 0)


def test_an_answer_is_as_sure_as_its_reader_until_a_calibration_judges_it() -> None:
    read = replace(reading("27BXK4", detection(100)), whole=0.97)
    plain, judged = (
        seen(Picture(GREY, (at(100),)), [read.detection], [read], curve).samples[0].answer
        for curve in (UNFITTED, Calibration(intercept=-4.0))
    )
    assert plain is not None
    assert plain.confidence == 0.97
    assert judged is not None
    assert judged.confidence < 0.5


def test_an_answer_is_what_syntax_makes_of_a_reading_as_in_a_passage() -> None:
    spoiled = replace(torn("27BXKA", "27BXK4"), countries=(("NL", 0.99),))
    (sample,) = sampled([at(100)], [replace(spoiled, detection=detection(100))])
    assert sample.answer is not None
    assert (sample.answer.text, sample.answer.right) == ("27BXK4", True)


def test_countries_are_judged_on_dutch_and_belgian_plates_alone() -> None:
    cases = [
        (at(100, text="27BXK4"), reading("27BXK4", detection(100))),
        (at(100, text="1ABC234", country="B"), reading("27BXK4", detection(100))),
        (at(100, text="27BXK4"), reading("2", detection(100))),
        (at(100, text="0123BCD", country="E"), reading("0123BCD", detection(100))),
    ]
    figures = frame_figures([seen(Picture(GREY, (p,)), [r.detection], [r]) for p, r in cases])
    assert figures.countries == Countries(right=1, wrong=1, unknown=1)


def test_what_the_reader_saw_of_a_country_counts_beside_the_syntax() -> None:
    spelt_like_two = reading("1ABC234", detection(100), tint=Tint.WHITE)
    seen_belgian = replace(spelt_like_two, countries=(("BE", 0.99),))
    seen_german = replace(spelt_like_two, countries=(("DE", 0.99),))
    plate = at(100, text="1ABC234", country="B")
    told = [sampled([plate], [r])[0].answer for r in (seen_belgian, seen_german)]
    assert [answer.country for answer in told if answer is not None] == ["BE", None]


def test_breakdowns_add_up_to_the_whole() -> None:
    plates = [at(100, 50), at(400, 90, country="B"), at(700, 90)]
    looked = seen(Picture(GREY, tuple(plates), "night"), [detection(400, width=90)], [])
    for bands in frame_figures([looked]).breakdowns.values():
        known = sum(band.found.whole for band in bands)
        assert known in (1, 3)  # only the found plate's angle is known
        assert sum(band.found.part for band in bands) == 1


def test_bands_name_country_width_light_and_angle() -> None:
    looked = seen(Picture(GREY, (at(100, 50),), "night"), [detection(100, width=50)], [])
    bands = frame_figures([looked]).breakdowns
    named = {title: [band.band for band in found] for title, found in bands.items()}
    assert named == {
        "country": ["NL"],
        "plate width": ["40-60 px"],
        "mean grey": ["85-120"],
        "day or night": ["night"],
        "turn": ["< 3°"],
        "obliqueness": ["< 3°"],
    }


def test_o_and_zero_are_one_character_outside_the_low_countries() -> None:
    spanish = at(100, text="0123BCD", country="E")
    dutch = at(400, text="OV4501", country="NL")
    readings = [reading("O123BCD", detection(100)), reading("0V4501", detection(400))]
    figures = frame_figures([seen(Picture(GREY, (spanish, dutch)), [], readings)])
    assert figures.counts.exact == 1
    assert figures.confusions["O", "0"] == 1
    assert figures.confusions["0", "0"] == 2


def test_what_is_read_and_what_is_claimed_agree() -> None:
    right, wrong = reading("27BXK4", detection(100)), reading("27BXK5", detection(400))
    readings = [replace(right, whole=0.9), replace(wrong, whole=0.999)]
    looked = seen(Picture(GREY, (at(100), at(400), at(700))), [], readings)
    figures = frame_figures([looked])
    strict = figures.trust.confident[-1]
    assert (strict.level, strict.coverage, strict.wrong) == (0.99, Share(1, 3), Share(1, 1))
    assert sum(b.right.part for b in figures.trust.bins) == figures.counts.exact == 1


def write(folder: Path, name: str, *lines: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n")
    cv2.imwrite(str(folder / "day_1.png"), GREY)
    cv2.imwrite(str(folder / "nightride_2.png"), GREY)


def test_scenes_are_known_by_having_boxes_and_no_texts(tmp_path: Path) -> None:
    write(tmp_path / "scenes", "labels.csv", "file,x,y,w,h", "day_1.png,10,20,30,10")
    (picture,) = pictures(tmp_path / "scenes")
    assert picture.plates == (Plate(box=Box(10, 20, 40, 30)),)
    assert picture.light == "day"


def test_crops_are_known_by_having_texts_and_no_boxes(tmp_path: Path) -> None:
    write(
        tmp_path / "crops", "labels.csv", "file,plate_text,country,lines", "day_1.png,1ABC234,B,2"
    )
    (picture,) = pictures(tmp_path / "crops")
    assert picture.plates == (Plate("1ABC234", "B", lines=2),)


def test_of_a_training_set_only_the_held_out_plates_are_asked_for(tmp_path: Path) -> None:
    rows = (
        "file,plate_text,x,y,w,h,country",
        f"day_1.png,{TRAINED},10,20,30,10,RO",
        f"nightride_2.png,{HELD_OUT},10,20,30,10,RO",
        f"nightride_2.png,{TRAINED},60,20,30,10,RO",
        "nightride_2.png,,90,20,30,10,RO",
    )
    write(tmp_path / "cars-train", "labels.csv", *rows)
    write(tmp_path / "cars-eval", "labels.csv", *rows)
    (picture,) = pictures(tmp_path / "cars-train")
    assert picture.light == "night"
    assert [p.text for p in picture.plates if p.asked] == [HELD_OUT]
    assert len(picture.plates) == 3
    asked = [p.text for shown in pictures(tmp_path / "cars-eval") for p in shown.plates if p.asked]
    assert asked == [TRAINED, HELD_OUT, TRAINED]


def test_a_folder_without_labels_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="holds no labels"):
        list(pictures(tmp_path))
