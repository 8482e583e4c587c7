"""No vehicle is lost to rest: the street, and real traffic, with idle stretches and a stop."""

from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge.config import Models
from edge.daemon import wiring_eyes
from edge.ports import PlateDetector
from edge.types import Detection, Image
from edge.vision import sentry
from tests.conftest import DEMO
from tools import compare_rest
from tools.compare_rest import VARIANTS, compare, main


class Remembering:
    """A detector that looks at no picture twice: what it found there is what it would find."""

    def __init__(self, looks: PlateDetector) -> None:
        self._looks, self._found = looks, dict[bytes, Sequence[Detection]]()

    def detect(self, image: Image) -> Sequence[Detection]:
        seen = sha1(np.ascontiguousarray(image), usedforsecurity=False).digest()
        if seen not in self._found:
            self._found[seen] = self._looks.detect(image)
        return self._found[seen]


Eyes = tuple[Remembering, wiring_eyes.FastPlateReader]


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    detector, reader = wiring_eyes.eyes(Models(threads=1))
    return Remembering(detector), reader


def test_a_street_that_stops_gives_the_same_passages(eyes: Eyes) -> None:
    found = compare(DEMO / "street.mp4", VARIANTS["a stop in the middle"], *eyes)
    assert found.same
    assert found.always == 8


def test_real_traffic_gives_the_same_passages_after_a_rest(real_footage: Path, eyes: Eyes) -> None:
    clip = real_footage / "road-clip" / "highway_rear_720p.mp4"
    found = compare(clip, VARIANTS["idle before and after"], *eyes)
    assert found.same
    assert found.rested > 50


def test_a_rest_that_loses_vehicles_is_found_out(
    eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentry, "CHANGED_CELLS", 10**6)
    monkeypatch.setattr(sentry, "AWAKE_WITH_PLATES", 1)
    monkeypatch.setattr(sentry, "EVERY", 10**6)
    monkeypatch.setattr(sentry, "CUT", 1.0)
    lost = compare(DEMO / "street.mp4", VARIANTS["as it is"], *eyes)
    assert not lost.same
    monkeypatch.setattr(compare_rest, "clips", lambda _: [DEMO / "street.mp4"])
    monkeypatch.setattr(compare_rest, "compare", lambda *_: lost)
    result = CliRunner().invoke(main, ["--variant", "as it is"])
    assert result.exit_code == 1
    assert "street.mp4" in result.output
