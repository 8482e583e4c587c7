"""Detector training: a tiny run ends in a model that keeps its contract."""

import os
import pty
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from click import ClickException, UsageError
from click.testing import CliRunner

from tools.detector_batches import (
    TENSOR_SIZE,
    Larder,
    carry,
    draw_aim,
    draw_move,
    repaint,
    smear,
    strew,
    thumbnail,
)
from tools.detector_figures import Tally
from tools.detector_pool import MOST_PLATES, UNLABELLED, RealFrame, load_real, render_shard
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


def test_a_tiny_run_exports_the_contract(trained):
    runtime = pytest.importorskip("onnxruntime")
    model = trained / "models" / "plate-detector.onnx"
    session = runtime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (given,), (got,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, got.name) == ("image", "tensor(uint8)", "plates")
    assert given.shape == ["n", 1, "height", "width"]
    for count, high, wide in ((1, 384, 640), (2, 384, 640), (1, 192, 320)):
        image = np.full((count, 1, high, wide), 114, np.uint8)
        (plates,) = session.run(None, {"image": image})
        assert plates.shape == (count, high * wide // 64, 13)
        assert plates.dtype == np.float32
        assert 0 <= plates[..., 0].min() <= plates[..., 0].max() <= 1


def test_a_run_goes_on_from_its_checkpoint(trained):
    from tools.train_detector import Plan, start

    plan = Plan(trained, trained / "kept", trained)
    assert start(plan, resume=True).step == 3


def test_a_training_that_is_kept_is_not_begun_anew_by_accident(trained):
    from tools.train_detector import Plan, start

    plan = Plan(trained, trained / "kept", trained)
    with pytest.raises(UsageError, match="Go on from it with --resume, or delete it"):
        start(plan, resume=False)
    assert start(plan, resume=True).step == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", None])
def test_a_damaged_checkpoint_is_named_and_left_as_it_is(tmp_path, damage):
    from tools.train_detector import Plan, start

    kept = tmp_path / "detector.pt"
    if damage is None:
        torch.save({"step": 3}, kept)
    else:
        kept.write_bytes(damage)
    before = kept.read_bytes()
    with pytest.raises(ClickException, match=r"detector\.pt is cut off.* Delete it to begin anew"):
        start(Plan(tmp_path, tmp_path, tmp_path), resume=True)
    assert kept.read_bytes() == before


def test_a_damaged_file_of_scenes_is_named(fonts, tmp_path):
    from tools.train_detector import Plan, stock

    (tmp_path / "pool").mkdir()
    (tmp_path / "pool" / "shard-0.npz").write_bytes(b"no archive")
    with pytest.raises(ClickException, match=r"shard-0\.npz is cut off.* it is drawn again"):
        stock(Plan(tmp_path, tmp_path, tmp_path, shards=1, scenes_per_shard=1))


def test_the_same_seed_starts_with_the_same_weights(tmp_path):
    from tools.train_detector import Plan, start

    plan = Plan(tmp_path, tmp_path, tmp_path, seed=5)
    one, other = (start(plan, resume=False).net.state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_halves_are_computed_in_only_where_the_processor_does(monkeypatch):
    from tools.workbench import in_halves

    weights, device = torch.ones(4, 4), torch.device("cpu")
    for able, kind in (({"avx512_bf16": True}, torch.bfloat16), ({"avx2": True}, torch.float32)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", able.copy)
        with in_halves(device):
            assert (weights @ weights).dtype == kind


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_asked_for_and_not_there_is_refused_with_its_remedy():
    from tools.workbench import place

    with pytest.raises(UsageError, match=r"finds no CUDA GPU here\. Install .* --device cpu"):
        place("cuda")
    assert place("auto") == torch.device("cpu")


def test_whatever_a_step_makes_up_lies_where_its_network_does(tmp_path, monkeypatch):
    from tools import workbench
    from tools.detector_net import decode, spread
    from tools.train_detector import Plan, start

    monkeypatch.setattr(workbench, "place", torch.device)
    run = start(Plan(tmp_path, tmp_path, tmp_path, device="meta"), resume=False)
    with run.device:
        raw = run.net(torch.zeros(1, 1, 96, 160))
        plates, goals = decode(raw), spread(torch.zeros(1, 2, 13), 12, 20)
    assert raw.device == plates.device == goals.miss.device == run.device


def until(screen, word):
    """What a terminal shows, colours left out, until a word is on it."""
    said = ""
    while word not in said:
        said += re.sub(r"\x1b\[[0-9;]*m", "", os.read(screen, 4096).decode(errors="replace"))
    return said


def interrupted(folder, shards, word):
    """What a run says that gets Ctrl-C once a word is on its screen."""
    words = ["-m", "tools.train_detector", "--out", folder, "--checkpoint", folder,
             "--real", folder, "--shards", shards, "--scenes-per-shard", 4,
             "--batch", 2]  # fmt: skip
    screen, end = pty.openpty()
    command = [sys.executable, *map(str, words)]
    with subprocess.Popen(command, stdout=end, stderr=end, process_group=0) as run:
        os.close(end)
        said = until(screen, word)
        os.killpg(run.pid, signal.SIGINT)
        said += until(screen, "Aborted!")
        assert run.wait(60) == 1
    os.close(screen)
    assert "Traceback" not in said
    return said


def test_an_interrupted_run_keeps_its_last_step_and_says_how_to_go_on(fonts, tmp_path):
    said = interrupted(tmp_path, 1, "score ")
    (step,) = re.findall(r"stopped at step (\d+): --resume goes on from there", said)
    kept = torch.load(tmp_path / "detector.pt", weights_only=True)
    assert kept["step"] == int(step) > 0


def test_a_run_that_is_interrupted_while_it_draws_keeps_what_is_drawn(fonts, tmp_path):
    said = interrupted(tmp_path, 500, "1%")
    assert "stopped while scenes are drawn: what is drawn is kept, run again to go on" in said
    assert 0 < len(list((tmp_path / "pool").glob("shard-*.npz"))) < 500


def test_decoding_gives_back_the_box_and_corners_that_were_asked():
    from tools.detector_net import decode

    raw = torch.zeros(1, 13, 12, 20)
    plates = decode(raw)[0].numpy()
    assert plates.shape == (240, 13)
    score, x0, y0, x1, y1, *corners = plates[0]
    assert (score, x0, y0, x1, y1) == (0.5, -20, -4, 28, 12)
    assert np.allclose(corners, [-20, -4, 28, -4, 28, 12, -20, 12])


def test_cells_count_along_rows_and_each_corner_is_x_then_y():
    from tools.detector_net import decode

    raw = torch.zeros(1, 13, 2, 3)
    raw[0, 7] = 0.5  # top right x, in half widths
    rows = decode(raw)[0]
    assert rows[:, 1].tolist() == [-20, -12, -4, -20, -12, -4]
    assert rows[:, 2].tolist() == [-4, -4, -4, 4, 4, 4]
    assert (rows[:, 7] - rows[:, 3]).tolist() == [12.0] * 6
    assert (rows[:, 8] - rows[:, 2]).tolist() == [0.0] * 6


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
    _, moved = carry(np.zeros((100, 200), np.uint8), rows, mirror, TENSOR_SIZE)
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
    boxes, clear = np.array([[500, 300, 620, 330.0]]), np.array([True])
    frame = RealFrame(np.full((720, 1280), 90, np.uint8), boxes, False, clear)
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


def bright_box(image):
    """Centre and size of what is bright in a picture, to a fraction of a pixel."""
    light = np.clip(image.astype(np.float64) - 114, 0, None)
    x, y = np.arange(image.shape[1]) + 0.5, np.arange(image.shape[0]) + 0.5
    across, down = light.sum(axis=0) / light.sum(), light.sum(axis=1) / light.sum()
    cx, cy = float(across @ x), float(down @ y)
    return cx, cy, np.sqrt(12 * across @ (x - cx) ** 2), np.sqrt(12 * down @ (y - cy) ** 2)


@pytest.mark.parametrize("scale", [0.45, 0.62, 1.0, 1.9])
@pytest.mark.parametrize("flip", [1.0, -1.0])
def test_a_mark_stays_on_its_plate_to_a_tenth_of_a_pixel(scale, flip):
    image = np.full((200, 300), 114, np.uint8)
    image[80:100, 120:200] = 255
    rows = np.full((1, 13), np.nan, np.float32)
    rows[0, 8:] = [120, 80, 200, 100, 1.0]
    move = np.array([[scale * flip, 0, 300.3], [0, scale, 90.7]])
    moved, marks = carry(image, rows, move, TENSOR_SIZE)
    x0, y0, x1, y1 = marks[0, 8:12]
    cx, cy, wide, high = bright_box(moved)
    assert (cx, cy) == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2), abs=0.1)
    assert (wide, high) == pytest.approx((x1 - x0, y1 - y0), abs=0.6)


def test_a_thumbnail_loses_detail_and_moves_nothing():
    rng, image = np.random.default_rng(3), np.full((384, 640), 114, np.uint8)
    image[100:120, 300:380] = 250
    image[100:120, 300:380:4] = 120
    around = np.s_[80:140, 270:410]
    cx, cy, _, _ = bright_box(image[around])
    for _ in range(5):
        small = thumbnail(rng, image)
        assert bright_box(small[around])[:2] == pytest.approx((cx, cy), abs=0.4)
        assert small[105:115, 310:370].std() < image[105:115, 310:370].std()


def test_four_scenes_in_one_picture_keep_their_plates_inside(fonts):
    larder = Larder([render_shard(3, 4)], [], [], mosaic_share=1.0)
    images, marks = larder.batch(np.random.default_rng(1), 6)
    boxes = marks[~np.isnan(marks[..., 12])][:, 8:12]
    assert images.shape == (6, 1, 384, 640)
    assert len(boxes) > 0
    assert boxes.min() >= 0
    assert (boxes[:, 2:] <= TENSOR_SIZE).all()


def test_a_move_keeps_the_picture_in_view():
    rng = np.random.default_rng(8)
    for _ in range(50):
        move = draw_move(rng, (704, 424), (320, 200))
        middle = move[:, :2] @ np.array([352, 212]) + move[:, 2]
        assert (np.abs(middle - [160, 100]) < [352 * 0.95 + 12, 212 * 0.95 + 12]).all()


def plate_marks(*boxes):
    """Marks of one picture from boxes and how much of each is seen."""
    marks = torch.full((1, max(1, len(boxes)), 13), float("nan"))
    for place, box in enumerate(boxes):
        marks[0, place, 8:] = torch.tensor(box)
    return marks


def test_a_small_plate_between_cells_is_answered_by_all_of_them():
    from tools.detector_net import spread

    goals = spread(plate_marks([73.0, 46.0, 87.0, 50.0, 1.0]), 12, 20)
    assert goals.hit[0].nonzero().tolist() == [[5, 9], [5, 10], [6, 9], [6, 10]]


def test_small_and_large_plates_have_the_same_say():
    from tools.detector_net import spread

    small, large = [10.0, 10.0, 24.0, 14.0, 1.0], [60.0, 40.0, 150.0, 70.0, 1.0]
    goals = spread(plate_marks(small, large), 12, 20)
    for plate in (0, 1):
        mine = goals.hit & (goals.owner == plate)
        assert float(goals.weight[mine].sum()) == pytest.approx(1.0)


def test_a_region_to_ignore_costs_nothing_and_the_road_costs_in_full():
    from tools.detector_net import spread

    goals = spread(plate_marks([40.0, 40.0, 88.0, 56.0, 0.3]), 12, 20)
    assert not goals.hit.any()
    assert float(goals.miss[0, 5, 7]) == 0.0
    assert float(goals.miss[0, 0, 19]) == pytest.approx(1.0)


def test_the_score_asked_for_is_how_well_the_box_fits():
    from tools.detector_net import losses

    marks = plate_marks([40.0, 40.0, 88.0, 56.0, 1.0])
    raw = torch.full((1, 13, 12, 20), 0.0)
    raw[0, 0] = -9.0
    x, y = 8 * torch.arange(20) + 4, 8 * torch.arange(12) + 4
    raw[0, 1], raw[0, 2] = (64 - x[None, :]) / 8, (48 - y[:, None]) / 8
    sure, unsure = raw.clone(), raw.clone()
    sure[0, 0, 5:7, 7:9], unsure[0, 0, 5:7, 7:9] = 5.0, 0.0
    assert losses(sure, marks)["score"] < losses(unsure, marks)["score"]
    for loose in (sure, unsure):
        loose[0, 3:5] = 0.6
    assert losses(sure, marks)["score"] > losses(unsure, marks)["score"]


def test_a_list_of_unlabelled_plates_names_no_text_and_only_real_boxes():
    header, *rows = UNLABELLED.read_text().splitlines()
    assert header == "file,x,y,w,h,clear"
    for row in rows:
        _, _, _, wide, high, clear = row.split(",")
        assert int(wide) > int(high) > 4
        assert clear in ("0", "1")


def test_frames_that_are_measured_keep_the_boxes_of_their_own_labels(tmp_path):
    import cv2

    name = UNLABELLED.read_text().splitlines()[1].split(",")[0]
    (tmp_path / name).parent.mkdir()
    cv2.imwrite(str(tmp_path / name), np.zeros((720, 1280), np.uint8))
    for text, kept in (("HELD1", 1), ("KEPT1", 2)):
        label = f"file,x,y,w,h,plate_text\n{name},10,10,90,20,{text}\n"
        (tmp_path / "labels.csv").write_text(label)
        (frame,) = load_real(tmp_path)
        assert (len(frame.boxes), frame.held_out) == (kept, kept == 1)


def test_figures_count_by_overlap_and_by_width():
    boxes = np.array([[0, 0, 10, 4], [100, 0, 150, 10.0]])
    got = np.array([[100, 0, 150, 10.0], [0, 2, 10, 6], [300, 0, 320, 8]])
    loose, strict = Tally(0.3), Tally(0.5)
    for tally in (loose, strict):
        tally.add(got, boxes)
    assert (loose.score().found, loose.score().false) == (2, 1)
    assert (strict.score().found, strict.score().false) == (1, 2)
    assert strict.bands() == "0/1  0/0  1/1  0/0"


def test_the_int8_twin_keeps_the_contract_and_its_head_in_fp32(trained):
    runtime = pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    from tools.quantise import before_the_head, quantise

    model, twin = (trained / "models" / name for name in ("plate-detector.onnx", "int8.onnx"))
    images = np.random.default_rng(1).integers(0, 255, (3, 1, 384, 640)).astype(np.uint8)
    quantise(model, twin, (image[None] for image in images), before_the_head)
    nodes = list(onnx.load(twin).graph.node)
    head = [node for node in nodes if node.op_type == "Conv"][-1]
    fed_by = {name: node.op_type for node in nodes for name in node.output}
    assert fed_by.get(head.input[1]) != "DequantizeLinear"
    assert sum(node.op_type == "QuantizeLinear" for node in nodes) > 5
    one, other = (
        runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(
            None, {"image": images[:1]}
        )[0]
        for path in (model, twin)
    )
    assert one.shape == other.shape == (1, 3840, 13)
    assert np.abs(one[..., 1:5] - other[..., 1:5]).max() < 4


def test_a_plate_cut_by_the_edge_of_a_scene_is_boxed_no_farther_than_it_is_seen():
    image, rows = np.full((100, 200), 90, np.uint8), np.full((1, 13), np.nan, np.float32)
    rows[0] = [170, 40, 230, 40, 230, 60, 170, 60, 170, 40, 200, 60, 0.9]
    move = np.array([[1.0, 0.0, 100.0], [0.0, 1.0, 50.0]])
    _, carried = carry(image, rows, move, TENSOR_SIZE)
    assert carried[0, 8:12].tolist() == [270, 90, 300, 110]
    assert carried[0, :8].tolist() == [270, 90, 330, 90, 330, 110, 270, 110]


def test_what_is_strewn_never_lies_on_a_plate():
    rng, boxes = np.random.default_rng(6), np.array([[200, 100, 400, 300.0]])
    for _ in range(200):
        image = np.full((384, 640), 90, np.uint8)
        strew(rng, image, boxes)
        assert (image[105:295, 205:395] == 90).all()


def test_a_smear_takes_detail_from_a_part_of_a_plate():
    image = np.full((60, 200), 40, np.uint8)
    image[20:40, 40:160:4] = 220
    before = image.copy()
    smear(np.random.default_rng(2), image, np.array([40, 20, 160, 40.0]))
    changed = np.flatnonzero((image != before).any(axis=0))
    assert 20 < changed.max() - changed.min() < 70
    assert (image != before)[:18].sum() == 0


def test_an_aimed_move_shows_its_plate():
    rng, box = np.random.default_rng(8), np.array([600, 300, 660, 315.0])
    for _ in range(50):
        move = draw_aim(rng, box, (320, 200))
        at = move[:, :2] @ np.array([630, 307.5]) + move[:, 2]
        assert (at > 0).all()
        assert (at < [320, 200]).all()
