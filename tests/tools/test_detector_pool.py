"""Drawing scenes to train on, in processes of their own."""

import os
import signal
from multiprocessing import active_children

import pytest
from click import ClickException

from tools.detector_pool import render_pool
from tools.synth.glyphs import FontError, font_files


@pytest.fixture
def drawn(tmp_path):
    """Many shards of one scene each, the first of which is ready."""
    try:
        font_files()
    except FontError as missing:
        pytest.skip(str(missing))
    paths = render_pool(tmp_path, shards=200, scenes=1, processes=1)
    assert next(paths) == tmp_path / "shard-0.npz"
    return paths


def test_a_renderer_that_is_killed_ends_the_drawing_and_what_is_drawn_stays(drawn, tmp_path):
    (renderer,) = active_children()
    os.kill(renderer.pid, signal.SIGKILL)
    with pytest.raises(ClickException, match=r"memory ran out\. What was drawn is kept .* run aga"):
        list(drawn)
    assert not active_children()
    assert next(render_pool(tmp_path, 200, 1, 1)) == tmp_path / "shard-0.npz"


def test_whoever_leaves_the_drawing_early_leaves_no_renderer_behind(drawn, tmp_path):
    drawn.close()
    assert not active_children()
    assert len(list(tmp_path.glob("shard-*.npz"))) < 200
