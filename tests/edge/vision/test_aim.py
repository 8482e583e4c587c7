"""What is judged of a plate: each fault made on purpose is named, and nothing else."""

import cv2
import numpy as np
import pytest

from edge.types import Box, Detection, Image, Point
from edge.vision.advice import ADVICE, advice, figure
from edge.vision.aim import Light, Mark, edges, grey, plate_marks, scene_mark, worst

WIDTH, HEIGHT = 160, 34
RAISED = {"width_px", "roll_deg", "side_deg", "sharpness", "exposure", "contrast", "glare"}


def plate(
    width: int = WIDTH, turn_deg: float = 0.0, blur: float = 0.0, light: float = 1.0
) -> tuple[Image, Detection]:
    """Draw a plate in the middle of a picture."""
    height = round(width * 110 / 520)
    face = np.full((height * 4, width * 4, 3), 215, np.uint8)
    cv2.putText(
        face, "99-XKB-9", (width // 4, height * 3), 2, height / 10, (20, 20, 20), height // 4
    )
    small = cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA)
    scene = np.full((480, 640, 3), 90, np.uint8)
    x, y = 320 - width // 2, 240 - height // 2
    scene[y : y + height, x : x + width] = small
    turn = cv2.getRotationMatrix2D((320, 240), -turn_deg, 1)
    scene = cv2.warpAffine(scene, turn, (640, 480), borderValue=(90, 90, 90))
    if blur:
        scene = cv2.GaussianBlur(scene, (0, 0), blur)
    ends = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    corners = [Point(*(turn @ (*end, 1))) for end in ends]
    xs, ys = [c.x for c in corners], [c.y for c in corners]
    scene = np.clip(scene * light, 0, 255).astype(np.uint8)
    return scene, Detection(Box(min(xs), min(ys), max(xs), max(ys)), tuple(corners), 0.9)  # type: ignore[arg-type]


def wrong(marks: tuple[Mark, ...]) -> dict[str, str | None]:
    return {m.figure: m.advice for m in marks if m.light is not Light.GREEN}


def test_a_plate_that_is_seen_well_is_green() -> None:
    marks = plate_marks(*plate())
    assert wrong(marks) == {}
    assert {m.figure for m in marks} == RAISED
    assert worst(marks) is Light.GREEN


@pytest.mark.parametrize(
    ("fault", "name", "what"),
    [
        ({"width": 50}, "width_px", "nearer"),
        ({"width": 400}, "width_px", "farther"),
        ({"turn_deg": 15}, "roll_deg", "clockwise"),
        ({"turn_deg": -15}, "roll_deg", "anticlockwise"),
        ({"blur": 4.0}, "sharpness", "focus"),
        ({"light": 0.2}, "exposure", "more_light"),
        ({"light": 1.4}, "exposure", "less_light"),
    ],
)
def test_a_fault_made_on_purpose_is_named(fault: dict[str, float], name: str, what: str) -> None:
    marks = plate_marks(*plate(**fault))  # type: ignore[arg-type]
    assert wrong(marks)[name] == what


def test_a_light_in_the_plate_is_glare() -> None:
    scene, found = plate()
    cv2.circle(scene, (320, 240), 30, (255, 255, 255), -1)
    assert wrong(plate_marks(scene, found))["glare"] == "glare"


def test_a_plate_seen_from_the_side_is_told() -> None:
    for narrower_px, light, advised in (
        (5, Light.GREEN, None),
        (22, Light.AMBER, "less_aside"),
        (33, Light.RED, "less_aside"),
    ):
        mark = side_of(narrower_px)
        assert mark is not None
        assert (mark.light, mark.advice) == (light, advised), mark


def test_a_plate_of_two_lines_says_nothing_of_the_side() -> None:
    assert side_of(40) is None


def side_of(narrower_px: float) -> Mark | None:
    """Return the angle of a plate that is so much narrower on either side."""
    scene, found = plate()
    x1, y1, x2, y2 = found.box
    x1, x2 = x1 + narrower_px, x2 - narrower_px
    narrow = (Point(x1, y1), Point(x2, y1), Point(x2, y2), Point(x1, y2))
    marks = plate_marks(scene, Detection(Box(x1, y1, x2, y2), narrow, 0.9))
    return next((mark for mark in marks if mark.figure == "side_deg"), None)


def test_blur_lowers_the_sharpness_and_nothing_raises_it() -> None:
    sharp = [
        next(m.value for m in plate_marks(*plate(blur=blur)) if m.figure == "sharpness")
        for blur in (0, 1, 2, 4)
    ]
    assert sharp == sorted(sharp, reverse=True)


@pytest.mark.parametrize(("level", "what"), [(3, "scene_dark"), (128, None), (250, "scene_bright")])
def test_a_covered_and_a_blinded_camera_are_told_without_a_plate(
    level: int, what: str | None
) -> None:
    assert scene_mark(np.full((480, 640, 3), level, np.uint8)).advice == what


def test_every_advice_has_its_sentence_in_both_languages_and_every_figure_its_form() -> None:
    for name, sentence in ADVICE.items():
        assert advice(Mark("glare", 1.0, Light.RED, name)) is sentence
        assert {sentence.nl[-1], sentence.en[-1]} == {"."}
    assert figure(Mark("width_px", 96.4, Light.GREEN)) == "96 px"
    assert figure(Mark("roll_deg", -3.2, Light.GREEN)) == "-3°"
    assert figure(Mark("exposure", 0.54, Light.GREEN)) == "54 %"


def test_a_detection_at_the_edge_or_of_no_size_is_judged_all_the_same() -> None:
    scene = np.zeros((48, 64, 3), np.uint8)
    for box in (Box(-5, -5, 3, 3), Box(60, 40, 90, 60), Box(10, 10, 10, 10)):
        x1, y1, x2, y2 = box
        corners = (Point(x1, y1), Point(x2, y1), Point(x2, y2), Point(x1, y2))
        assert plate_marks(scene, Detection(box, corners, 0.5))


def test_a_picture_is_sharpest_in_focus_whatever_its_light() -> None:
    for light in (1.0, 0.4):
        turned = [edges(plate(blur=blur, light=light)[0]) for blur in (0.0, 0.8, 1.6, 3.2)]
        assert turned == sorted(set(turned), reverse=True)
        assert turned[-1] > 0
    assert edges(np.full((48, 64, 3), 90, np.uint8)) == 0


def test_the_grey_of_a_plate_follows_its_light() -> None:
    shares = [grey(*plate(light=light)) for light in (0.0, 0.3, 0.6, 1.0)]
    assert shares[0] == 0
    assert shares == sorted(set(shares))
