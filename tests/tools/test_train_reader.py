import importlib.util
import math
import warnings

import numpy as np
import pytest
from click.testing import CliRunner

if any(importlib.util.find_spec(name) is None for name in ("torch", "PIL")):
    reason = "torch or pillow is not installed: pip install 'anpr-edge[train]'"
    pytest.skip(reason, allow_module_level=True)

from tools.synth import glyphs

try:
    glyphs.font_files()
except glyphs.FontError as error:
    pytest.skip(f"no fonts to draw plates with: {error.remedy}", allow_module_level=True)

import torch
from torch.nn import functional

from tools import reader_batches, reader_sets, train_reader
from tools.reader_net import (
    CLASSES,
    COLUMNS,
    KNEE,
    SLOTS,
    ReaderNet,
    certainty,
    collapse,
    normalise,
    reading_costs,
    tempered,
)
from tools.synth.crops import PAD, REGIONS, ROW_SLOTS, SIGNS, UNTOLD, Pool, draw_pool


def columns_that_spell(upper, lower=""):
    """Logits whose best classes are the signs of two strings, `_` being blank."""
    logits = torch.zeros(1, 2, COLUMNS, CLASSES)
    for row, text in enumerate((upper, lower)):
        padded = text.ljust(COLUMNS, "_")
        for column, sign in enumerate(padded):
            logits[0, row, column, PAD if sign == "_" else SIGNS.index(sign)] = 8.0
    return logits


def spelled(slots):
    return "".join((SIGNS + "_")[i] for i in slots[0].argmax(-1).tolist())


@pytest.mark.parametrize(
    ("upper", "lower", "text"),
    [
        ("_AA_B__1", "", "AB1_______"),
        ("_A_A_", "", "AA________"),
        ("AB_", "12", "AB12______"),
        ("AB", "BC", "ABBC______"),
        ("", "", "__________"),
        ("1_2_3_4_5_6_7_8_9_A_B_C_", "", "123456789A"),
    ],
)
def test_columns_collapse_into_one_slot_per_character(upper, lower, text):
    assert spelled(collapse(columns_that_spell(upper, lower))) == text


def test_every_slot_is_a_distribution_and_unused_ones_are_all_padding():
    slots = collapse(columns_that_spell("_A__BB"))
    assert slots.shape == (1, SLOTS, CLASSES)
    assert torch.allclose(slots.sum(-1), torch.ones(1, SLOTS), atol=1e-4)
    assert torch.allclose(slots[0, 2:, PAD], torch.ones(SLOTS - 2))


def test_a_doubtful_column_keeps_its_doubt_in_the_slot():
    logits = columns_that_spell("_8_")
    logits[0, 0, 1, SIGNS.index("B")] = 7.9
    first = collapse(logits)[0, 0]
    assert first[SIGNS.index("8")] > first[SIGNS.index("B")] > 0.4


def test_the_network_has_two_lines_of_columns_and_a_country():
    spelled, region = ReaderNet()(torch.zeros(3, 3, 48, 192))
    assert spelled.shape == (3, 2, COLUMNS, CLASSES)
    assert region.shape == (3, len(REGIONS))


def rows_of(text):
    """The targets of a one-line plate, (1, 2, ROW_SLOTS)."""
    rows = torch.full((1, 2, ROW_SLOTS), PAD)
    rows[0, 0, : len(text)] = torch.tensor([SIGNS.index(sign) for sign in text])
    return rows


def reading_loss(logits, rows):
    """What a batch counts in a step."""
    return tempered(reading_costs(logits, rows)).mean()


def test_a_plate_that_is_spelt_costs_little_and_one_that_nobody_reads_only_its_logarithm():
    spelt = 2 * columns_that_spell("_A_B_1_2")
    right, near, hopeless = (
        float(reading_loss(spelt, rows_of(text))) for text in ("AB12", "AB1", "XYZ789")
    )
    assert right < 0.1 < near < hopeless
    plain = functional.ctc_loss(
        spelt.flatten(0, 1).log_softmax(-1).transpose(0, 1), rows_of("XYZ789").flatten(0, 1),
        torch.full((2,), COLUMNS), torch.tensor([6, 0]), blank=PAD, reduction="none",
    ).sum() / 6  # fmt: skip
    assert plain > 3
    assert hopeless == pytest.approx(KNEE * (1 + math.log(float(plain) / KNEE)), rel=1e-4)


def test_a_batch_costs_the_mean_of_its_plates_however_long_they_are():
    logits = torch.cat([columns_that_spell("_A_B_1_2")] * 2)
    both = float(reading_loss(logits, torch.cat([rows_of("AB1"), rows_of("AB12XYZ")])))
    each = [float(reading_loss(logits[:1], rows_of(text))) for text in ("AB1", "AB12XYZ")]
    assert both == pytest.approx(sum(each) / 2, rel=1e-4)


def test_a_blank_that_might_be_a_character_lowers_the_certainty_but_no_slot():
    clear, doubtful = columns_that_spell("_A_B"), columns_that_spell("_A_B")
    doubtful[0, 0, 2, SIGNS.index("X")] = 7.5
    assert certainty(doubtful) < 0.7 * certainty(clear)
    assert torch.allclose(collapse(doubtful), collapse(clear))


def test_colour_survives_normalising_and_brightness_does_not():
    yellow = torch.zeros(1, 3, 48, 192)
    yellow[:, :2, ::2] = 200.0
    darker = normalise(yellow * 0.5)
    assert torch.allclose(normalise(yellow), darker, atol=0.12)
    assert darker[0, 0].mean() > darker[0, 2].mean() + 0.5


def test_the_oldest_plates_make_room_for_fresh_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_batches, "MOST_SHARDS", 1)
    batches = reader_batches.Batches(tmp_path, None, 0)
    for seed in (0, 1):
        reader_sets.render_shard(tmp_path, seed, 4)
        assert batches.look_for_shards() == seed + 1
        assert [path.stem for path in batches.shards] == [f"{seed:05d}"]


def test_what_is_read_already_or_never_will_be_comes_less_often(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_batches, "COVERED", 0.0)
    reader_sets.render_shard(tmp_path, 0, 12)
    batches = reader_batches.Batches(tmp_path, None, 0)
    batches.look_for_shards()
    batches.draw()
    (path,) = batches.shards
    first = [at for _, at in batches._drawn]
    assert set(first) == set(range(12))
    costs = np.array([[(1e-4, 0.3, 3.0)[at % 3], 1e-3] for at in first], np.float32)
    batches.remember(costs)
    assert batches.worth[path].tolist() == pytest.approx([0.12, 1.0, 0.2] * 4)
    counts = np.zeros(3)
    for _ in range(40):
        batches.draw()
        for _, at in batches._drawn:
            counts[at % 3] += 1
    assert counts / counts.sum() == pytest.approx(np.array([0.12, 1.0, 0.2]) / 1.32, abs=0.03)


def test_what_is_covered_keeps_its_label_and_tells_nothing_of_its_worth(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_batches, "COVERED", 1.0)
    reader_sets.render_shard(tmp_path, 0, 6)
    batches = reader_batches.Batches(tmp_path, None, 0)
    batches.look_for_shards()
    batch = batches.draw()
    (pool,) = batches.shards.values()
    for (_, at), image, rows in zip(batches._drawn, batch.images, batch.rows, strict=True):
        assert (rows == pool.rows[at]).all()
        assert 0.002 < (image != pool.images[at]).any(axis=2).mean() < 0.6
    batches.remember(np.zeros((64, 2), np.float32))
    assert all((worth == 1).all() for worth in batches.worth.values())


def test_warm_light_takes_from_blue_and_leaves_most_alone():
    gains = train_reader.warmth(4000).squeeze()
    assert (gains[:, 0] == 1).all()
    assert (gains <= 1).all()
    assert (gains[:, 2] <= gains[:, 1]).all()
    assert 0.1 < float((gains[:, 2] < 1).float().mean()) < 0.3


def test_a_plate_whose_country_is_still_in_doubt_is_worth_reading_again():
    costs = np.array([[1e-4, 1e-3], [1e-4, 0.5], [1e-4, 5.0]], np.float32)
    assert reader_batches.worth_of(costs).tolist() == [0.12, 0.6, 0.3]


def test_real_plates_do_not_teach_the_country():
    plate = reader_sets.real_plate(np.full((40, 90, 3), 90, np.uint8), (20, 10, 50, 12), "AB12")
    real = reader_sets.real_pool([plate], 4, 0)
    assert (real.regions == UNTOLD).all()
    training = train_reader.Training(0)
    drawn = draw_pool(1, 4)
    both = Pool(*(np.concatenate(pair) for pair in zip(parts(drawn), parts(real), strict=True)))
    costs = training.learn(both, 1e-3)
    assert (costs[:4, 1] > 0).all()
    assert (costs[4:, 1] == 0).all()


def parts(pool):
    return pool.images, pool.rows, pool.regions


def test_the_learning_rate_warms_up_and_comes_down():
    assert train_reader.rate_at(0, 0.0) < 1e-4
    assert train_reader.rate_at(1000, 0.0) == pytest.approx(train_reader.PEAK_RATE)
    assert train_reader.rate_at(1000, 1.0) == pytest.approx(train_reader.PEAK_RATE / 100)


def test_real_plates_are_parted_by_their_text():
    parts = {reader_sets.is_held_out(text) for text in ("AA1", "AA2", "AA3", "AA4", "AA5", "AA6")}
    assert parts <= {True, False}
    assert reader_sets.is_held_out("SAME") is reader_sets.is_held_out("SAME")


def test_a_loosened_cut_stays_within_the_picture():
    frame = np.zeros((40, 60, 3), dtype=np.uint8)
    plate = reader_sets.real_plate(frame, (2, 2, 30, 10), "AB12")
    assert plate.cut(0.5, 0.5, 0.5, 0.5).shape[0] > 0
    assert plate.cut(0.0, 0.0, 0.0, 0.0).shape == (10, 30, 3)


def test_a_few_steps_export_a_model_that_the_library_opens(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_sets, "SHARD", 40)
    monkeypatch.setattr(reader_batches, "BATCH", 4)
    folder = tmp_path / "work" / "pool"
    folder.mkdir(parents=True)
    reader_sets.render_shard(folder, 0, 40)
    training = tiny_training(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, config = train_reader.export(training.average, tmp_path / "out")
    from fast_plate_ocr import LicensePlateRecognizer

    recogniser = LicensePlateRecognizer(
        onnx_model_path=model, plate_config_path=config, providers=["CPUExecutionProvider"]
    )
    crops = list(draw_pool(1, 3).images)
    assert len(recogniser.run(crops, return_confidence=True)) == 3
    crops = np.zeros((2, 48, 192, 3), np.uint8)
    slots, region, whole = recogniser.model.run(["plate", "region", "whole"], {"input": crops})
    assert slots.shape == (2, SLOTS, CLASSES)
    assert region.shape == (2, len(REGIONS))
    assert whole.shape == (2, 1)
    np.testing.assert_allclose(slots.sum(-1), 1, atol=1e-4)
    np.testing.assert_allclose(region.sum(-1), 1, atol=1e-4)
    assert recogniser.config.plate_regions == list(REGIONS)


def tiny_training(tmp_path):
    """Three steps, saved and taken up again for two more."""
    plan = train_reader.Plan(3, 1.0, 0, 40, None, "cpu", tmp_path / "work", None)
    training = train_reader.Training(0)
    batches = reader_batches.Batches(tmp_path / "work" / "pool", None, 0)
    assert batches.look_for_shards() == 1
    train_reader.train(training, batches, plan, train_reader.Console(quiet=True))
    again = train_reader._start(plan, resume=True)
    assert again.step == 3
    costs = again.learn(batches.draw(), 1e-3)
    assert costs.shape == (4, 2)
    assert np.isfinite(costs).all()
    assert (costs > 0).all()
    return again


def test_the_help_says_what_each_option_does():
    shown = CliRunner().invoke(train_reader.main, ["--help"])
    assert shown.exit_code == 0
    for option in ("--out", "--minutes", "--resume", "--checkpoint", "--only-export"):
        assert option in shown.output


def test_whatever_a_step_makes_up_lies_where_its_network_does(monkeypatch):
    from tools import workbench

    monkeypatch.setattr(workbench, "place", torch.device)
    training = train_reader.Training(0, "meta")
    with training.device:
        crops = normalise(train_reader.jittered(torch.zeros(2, 54, 208, 3)))
        spelled, region = training.net(crops)
    assert crops.device == spelled.device == region.device == training.device
