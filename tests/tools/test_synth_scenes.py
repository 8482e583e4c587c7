"""Scenes and clips: the same seed gives the same pixels, and the truth is true."""

import csv
import shutil

import numpy as np
import pytest

from tests.conftest import DEMO
from tools.synth.camera import Camera
from tools.synth.clips import CAST, FPS, TRUTH_HEADER, Witness, film, shoot
from tools.synth.glyphs import FontError, font_files
from tools.synth.panels import Panel, seen_quad, stamp
from tools.synth.scenes import (
    KIND_SHARES,
    STEEP,
    Ledger,
    Wardrobe,
    draw_camera,
    draw_clutter,
    draw_scene,
)
from tools.synth.vehicles import KINDS, draw_look

SMALL = (480, 288)


@pytest.fixture(scope="module")
def fonts():
    try:
        return font_files()
    except FontError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def drawn(fonts):
    rng = np.random.default_rng(4)
    wardrobe = Wardrobe(rng, plates=10, vehicles=8)
    scenes = [draw_scene(rng, SMALL, wardrobe) for _ in range(10)]
    return [*scenes, *(draw_clutter(rng, SMALL, wardrobe) for _ in range(4))]


def test_the_same_seed_gives_the_same_pixels(fonts):
    one, other = (draw_scene(np.random.default_rng(7), SMALL) for _ in range(2))
    assert np.array_equal(one.image, other.image)
    assert [p.box for p in one.plates] == [p.box for p in other.plates]


def test_another_seed_gives_other_pixels(fonts):
    one, other = (draw_scene(np.random.default_rng(seed), SMALL) for seed in (7, 8))
    assert not np.array_equal(one.image, other.image)


def test_every_box_is_the_visible_hull_of_its_corners(drawn):
    plates = [plate for scene in drawn for plate in scene.plates]
    assert plates
    for plate in plates:
        low = np.clip(plate.corners.min(axis=0), 0, SMALL)
        high = np.clip(plate.corners.max(axis=0), 0, SMALL)
        assert np.allclose(plate.box, [*low, *high])


def test_corners_run_from_top_left_clockwise(drawn):
    for plate in (plate for scene in drawn for plate in scene.plates):
        tl, tr, br, bl = plate.corners
        assert tl[0] < tr[0]
        assert bl[0] < br[0]
        assert tl[1] < bl[1]
        assert tr[1] < br[1]


def test_a_labelled_plate_is_mostly_seen(drawn):
    plates = [plate for scene in drawn for plate in scene.plates]
    assert any(plate.labelled for plate in plates)
    assert all(plate.visible >= 0.6 for plate in plates if plate.labelled)


def test_a_gantry_camera_sees_the_ground_it_looks_at():
    cameras = [draw_camera(np.random.default_rng(seed), SMALL) for seed in range(60)]
    steep = [camera for camera in cameras if camera.pitch >= STEEP]
    assert 5 < len(steep) < 30
    for camera in steep:
        ahead = camera.position[1] / np.tan(camera.pitch)
        x = camera.position[0] + ahead * np.sin(camera.yaw)
        pixel, _ = camera.project(np.array([[x, 0.0, ahead * np.cos(camera.yaw)]]))
        assert np.allclose(pixel[0], np.array(SMALL) / 2, atol=1)


def test_every_kind_on_the_road_can_be_built_and_wears_a_plate_behind():
    assert sum(KIND_SHARES.values()) == pytest.approx(1.0)
    for kind in KIND_SHARES:
        rng = np.random.default_rng(3)
        vehicle = KINDS[kind](draw_look(rng, kind, 60.0, two_line=True), rng)
        assert vehicle.kind == kind
        assert "rear" in {mount.facing for mount in vehicle.mounts}


def test_a_covered_plate_counts_as_unseen():
    ledger, quad = Ledger((100, 60)), np.array([[10, 10], [50, 10], [50, 20], [10, 20]], float)
    ledger.enter(None, quad)
    ledger.cover([quad + np.array([20, 0])])
    assert 0.3 < ledger.plates()[0].visible < 0.6


def test_a_panel_seen_from_behind_is_not_painted():
    camera = Camera(100, 100, 100.0, (0.0, 0.5, 0.0))
    corners = np.array([[-1, 1, 5], [1, 1, 5], [1, 0, 5], [-1, 0, 5]], float)
    texture = np.full((4, 4, 4), 255, np.uint8)
    assert seen_quad(camera, Panel(corners, texture)) is not None
    assert seen_quad(camera, Panel(corners[[1, 0, 3, 2]], texture)) is None


def test_a_stamp_fills_its_quad_and_nothing_else():
    image, white = np.zeros((40, 60, 3), np.uint8), np.full((8, 8, 4), 255, np.uint8)
    stamp(image, white, np.array([[10, 10], [50, 10], [50, 30], [10, 30]], float))
    assert image[15:25, 15:45].min() == 255
    assert image[:8].max() == image[33:].max() == 0


def test_the_ground_under_a_pixel_projects_back_to_it():
    camera = Camera(320, 180, 300.0, (1.0, 4.0, 0.0), pitch=0.3, yaw=0.1, roll=0.02)
    x, z, seen = camera.ground()
    assert seen[150, 200]
    pixel, _ = camera.project(np.array([[x[150, 200], 0.0, z[150, 200]]]))
    assert np.allclose(pixel[0], [200, 150], atol=0.2)


def test_the_clip_writes_truth_that_its_frames_show(fonts, tmp_path):
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    clip, truth = tmp_path / "short.mp4", tmp_path / "short.csv"
    cast = (CAST[0], CAST[2])
    shoot(clip, truth, cast, 0.4, 1, fineness=1)
    with truth.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert clip.stat().st_size > 1000
    assert [row["plate_text"] for row in rows] == [CAST[0].plate_text]
    assert (rows[0]["first_frame"], rows[0]["last_frame"]) == ("0", "5")


def test_a_plate_is_noted_only_while_it_can_be_read(fonts):
    witness = Witness(CAST[2:3], fineness=1)
    for number, (_, ledger) in enumerate(film(CAST[2:3], 0.2, 1, fineness=1)):
        witness.note(number, ledger)
    assert witness.sightings() == []


def test_the_demo_truth_names_every_vehicle_of_the_cast():
    with (DEMO / "street.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == TRUTH_HEADER
    assert {row["plate_text"] for row in rows} == {actor.plate_text for actor in CAST}
    assert all(int(row["first_frame"]) < int(row["last_frame"]) for row in rows)


def test_two_vehicles_of_the_demo_are_readable_at_the_same_moment():
    with (DEMO / "street.csv").open(newline="") as lines:
        rows = {row["plate_text"]: row for row in csv.DictReader(lines)}
    one, other = rows["1HDT725"], rows["1BVX308"]
    shared = min(int(one["last_frame"]), int(other["last_frame"])) - max(
        int(one["first_frame"]), int(other["first_frame"])
    )
    assert shared > FPS / 2


def test_the_parked_car_of_the_demo_stays_readable():
    with (DEMO / "street.csv").open(newline="") as lines:
        rows = {row["plate_text"]: row for row in csv.DictReader(lines)}
    assert rows["1XEM934"]["first_frame"] == "0"
