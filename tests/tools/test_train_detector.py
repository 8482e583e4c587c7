"""Detector training: a tiny run ends in a model that keeps its contract."""

import numpy as np
import pytest
from click.testing import CliRunner

from tools.detector_batches import Larder, carry, repaint
from tools.detector_pool import MOST_PLATES, RealFrame, render_shard
from tools.detector_score import match_frames, overlaps, suppressed
from tools.synth.glyphs import FontError, font_files

torch = pytest.importorskip("torch", reason="torch is not installed (extra: train)")


@pytest.fixture(scope="module")
def fonts():
    try:
        return font_files()
    except FontError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def trained(fonts, tmp_path_factory):
    from tools.train_detector import main

    folder = tmp_path_factory.mktemp("detector")
    words = ["--out", folder / "models", "--checkpoint", folder / "kept", "--steps", 3,
             "--shards", 1, "--scenes-per-shard", 4, "--batch", 2, "--real", folder]  # fmt: skip
    done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "held out: recall" in done.output
    return folder


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_tiny_run_exports_the_contract(trained):
    runtime = pytest.importorskip("onnxruntime")
    model = trained / "models" / "plate-detector.onnx"
    session = runtime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (given,), (got,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, got.name) == ("image", "tensor(uint8)", "plates")
    assert given.shape[1:] == [1, 384, 640]
    for count in (1, 2):
        image = np.full((count, 1, 384, 640), 114, np.uint8)
        (plates,) = session.run(None, {"image": image})
        assert plates.shape == (count, 3840, 13)
        assert plates.dtype == np.float32
        assert 0 <= plates[..., 0].min() <= plates[..., 0].max() <= 1


def test_a_run_goes_on_from_its_checkpoint(trained):
    from tools.train_detector import Plan, start

    plan = Plan(trained, trained / "kept", trained)
    assert start(plan, resume=True).step == 3
    assert start(plan, resume=False).step == 0


def test_the_same_seed_starts_with_the_same_weights(tmp_path):
    from tools.train_detector import Plan, start

    plan = Plan(tmp_path, tmp_path, tmp_path, seed=5)
    one, other = (start(plan, resume=False).net.state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_decoding_gives_back_the_box_and_corners_that_were_asked():
    from tools.detector_net import decode

    raw = torch.zeros(1, 13, 12, 20)
    plates = decode(raw)[0].numpy()
    assert plates.shape == (240, 13)
    score, x0, y0, x1, y1, *corners = plates[0]
    assert (score, x0, y0, x1, y1) == (0.5, -20, -4, 28, 12)
    assert np.allclose(corners, [-20, -4, 28, -4, 28, 12, -20, 12])


def test_perfect_answers_cost_nothing_but_scores():
    from tools.detector_net import losses

    marks = torch.full((1, MOST_PLATES, 13), float("nan"))
    marks[0, 0] = torch.tensor([40, 40, 88, 40, 88, 56, 40, 56, 40, 40, 88, 56, 1.0])
    raw = torch.zeros(1, 13, 12, 20)
    x, y = 8 * torch.arange(20) + 4, 8 * torch.arange(12) + 4
    raw[0, 1], raw[0, 2] = (64 - x[None, :]) / 8, (48 - y[:, None]) / 8
    parts = losses(raw, marks)
    assert float(parts["box"]) < 1e-3
    assert float(parts["corner"]) < 1e-3


def test_unknown_corners_are_not_learned_from():
    from tools.detector_net import losses

    marks = torch.full((1, MOST_PLATES, 13), float("nan"))
    marks[0, 0, 8:] = torch.tensor([40, 40, 88, 56, 1.0])
    raw = torch.randn(1, 13, 12, 20, requires_grad=True)
    parts = losses(raw, marks)
    assert float(parts["corner"].detach()) == 0.0
    assert torch.isfinite(parts["box"])


def test_a_mirrored_plate_keeps_its_corner_order():
    rows = np.full((MOST_PLATES, 13), np.nan, np.float32)
    rows[0] = [10, 10, 50, 12, 50, 22, 10, 20, 10, 10, 50, 22, 1.0]
    mirror = np.array([[-1.0, 0, 200], [0, 1.0, 0]])
    _, moved = carry(np.zeros((100, 200), np.uint8), rows, mirror)
    tl, tr, br, bl = moved[0, :8].reshape(4, 2)
    assert np.allclose([tl, tr, br, bl], [[150, 12], [190, 10], [190, 20], [150, 22]])


def test_a_painted_over_plate_covers_the_real_one():
    image = np.full((80, 200), 60, np.uint8)
    box = np.array([50, 30, 130, 48], np.float32)
    quad = repaint(np.random.default_rng(1), image, box, np.full((20, 90), 200, np.uint8))
    assert np.abs(quad.min(axis=0) - box[:2]).max() < 5
    assert not np.all(image[34:44, 60:120] == 60)


def test_batches_from_one_seed_are_equal(fonts):
    shard = render_shard(3, 3)
    frame = RealFrame(np.full((720, 1280), 90, np.uint8), np.array([[500, 300, 620, 330.0]]), False)
    larder = Larder([shard], [frame], [np.full((20, 100), 220, np.uint8)], 0.5)
    one, other = (larder.batch(np.random.default_rng(2), 4) for _ in range(2))
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1], equal_nan=True)


def test_overlap_and_suppression():
    rows = np.zeros((3, 13), np.float32)
    rows[:, :5] = [[0.9, 0, 0, 40, 10], [0.8, 2, 0, 42, 10], [0.7, 100, 0, 140, 10]]
    assert overlaps(rows[0, 1:5], rows[:1, 1:5])[0] == 1.0
    kept = suppressed(rows, 0.4)
    assert [round(float(row[0]), 1) for row in kept] == [0.9, 0.7]


def test_a_box_that_matches_nothing_is_false():
    rows = np.zeros((2, 13), np.float32)
    rows[:, :5] = [[0.9, 0, 0, 40, 10], [0.8, 100, 0, 140, 10]]
    marks = np.full((1, MOST_PLATES, 13), np.nan, np.float32)
    marks[0, 0, 8:] = [0, 0, 40, 10, 1.0]
    score = match_frames([rows], marks, 0.4)
    assert (score.asked, score.found, score.false) == (1, 1, 1)
    assert score.overlap == 1.0
