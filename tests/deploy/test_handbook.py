"""The technician's handbook says what the code does: its tables are computed again."""

import math
import re

import pytest

from edge.panel.judged import GOOD_CAPTURE, LEAST_VEHICLES
from edge.panel.standing import GOOD_SHARE
from edge.vision import aim
from tests.conftest import REPOSITORY

TEXT = (REPOSITORY / "deploy" / "HANDBOOK.md").read_text()


def table(head: str) -> list[list[str]]:
    """Return the rows below a heading, as cells."""
    lines = TEXT[TEXT.index(head) :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    assert rows
    return rows


def test_each_picture_is_there_and_none_besides() -> None:
    named = set(re.findall(r'<img src="pictures/([\w-]+\.webp)" alt="[^"]{10,}"', TEXT))
    kept = list((REPOSITORY / "deploy" / "pictures").iterdir())
    assert TEXT.count("<img ") == len(named) > 8
    assert {path.name for path in kept} == named
    assert all(path.read_bytes()[8:12] == b"WEBP" for path in kept)
    assert sum(path.stat().st_size for path in kept) < 1_000_000


def numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", text)]


def test_the_lens_table_is_its_own_formula() -> None:
    for lens, *distances in table("| lens (mm)"):
        for said, width_px in zip(distances, (aim.WIDTH.amber_above, 130, 90), strict=True):
            distance_m = 0.52 * 1920 * float(lens) / (5.6 * width_px)
            assert float(said) == pytest.approx(distance_m, abs=0.06)


def test_the_shutter_table_is_its_own_formula() -> None:
    for kmh, *said in table("| speed (km/h)"):
        for index, angle in enumerate((20, 30)):
            longest_s = 0.005 / (float(kmh) / 3.6 * math.sin(math.radians(angle)))
            assert float(said[2 * index]) == pytest.approx(1000 * longest_s, abs=0.006)
            assert float(said[2 * index + 1]) == pytest.approx(1 / longest_s, rel=0.01)


def test_the_angles_are_their_own_formula() -> None:
    for height, down, _, off, aside in table("| height (m)"):
        for opposite, said in ((float(height) - 0.5, down), (float(off), aside)):
            angle = math.degrees(math.atan(opposite / 16.5))
            assert float(said.rstrip("°")) == pytest.approx(angle, abs=0.06)


def test_the_limits_are_those_of_the_figures() -> None:
    rows = {
        row[0]: [float(n) for n in re.findall(r"[\d.]+", " ".join(row[1:3]))]
        for row in table("| figure")
    }
    ends = (aim.WIDTH.amber_below, aim.WIDTH.amber_above, aim.WIDTH.red_below, aim.WIDTH.red_above)
    assert rows["width"] == list(ends)
    assert rows["level"] == [aim.ROLL.amber_above, aim.ROLL.red_above]
    assert rows["side"] == [aim.SIDE.amber_above, aim.SIDE.red_above]
    assert rows["sharpness"] == [aim.SHARPNESS.amber_below, aim.SHARPNESS.red_below]
    light = aim.EXPOSURE
    shares = (light.amber_below, light.amber_above, light.red_below, light.red_above)
    assert rows["exposure"] == pytest.approx([100 * share for share in shares])
    assert rows["contrast"] == pytest.approx(
        [100 * aim.CONTRAST.amber_below, 100 * aim.CONTRAST.red_below]
    )
    assert rows["glare"] == pytest.approx([100 * aim.GLARE.amber_above, 100 * aim.GLARE.red_above])


def test_every_step_has_its_row_and_the_test_its_figures() -> None:
    rows = table("| step | fails when")
    assert len(rows) == 8
    assert numbers(rows[-1][1]) == [LEAST_VEHICLES, 100 * GOOD_SHARE, 100 * GOOD_CAPTURE]
