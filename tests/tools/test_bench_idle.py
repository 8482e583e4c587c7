"""An idle road is measured in every way, and resting costs a fraction of looking."""

import json
import shutil

import pytest
from click.testing import CliRunner

from tools import bench_idle
from tools.bench_idle import idle_street, main


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg encodes the street")
def test_every_way_is_measured_and_rest_is_cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_idle, "FPS", 4)  # of what is measured: 48 frames each way
    monkeypatch.setattr(bench_idle, "LEARNS", 20)
    result = CliRunner().invoke(main, ["--seconds", "12", "--json"])
    assert result.exit_code == 0, result.output
    costs = json.loads(result.stdout.splitlines()[-1])
    ways = {(c["source"], c["threads"], c["rest"]): c["total"] for c in costs}
    assert len(ways) == 8
    for source in ("raw", "H.264"):
        assert ways[source, 1, True] < ways[source, 1, False]


def test_the_street_is_still_but_for_its_noise() -> None:
    one, other = idle_street(2, 3.0)
    assert one.shape == (720, 1280, 3)
    apart = abs(one.astype(int) - other)
    assert 0 < apart.mean() < 6
    still, again = idle_street(2, 0.0)
    assert (still == again).all()
