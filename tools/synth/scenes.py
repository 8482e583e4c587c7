"""Road scenes with known plates: vehicles on a street seen by a roadside or a passing camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from tools.synth import street as places
from tools.synth.camera import Camera, Points
from tools.synth.clutter import backdrop, bent_quad, scatter
from tools.synth.panels import Light, Panel, Picture, in_front, paint, seen_quad, stamp
from tools.synth.plates import PlateSpec, draw_spec, render_plate
from tools.synth.sensor import Exposure, Glow, add_glows, develop, draw_exposure
from tools.synth.street import Street
from tools.synth.vehicles import KINDS, Vehicle, draw_look, plate_panel

Rng = np.random.Generator

LABELLED_SHARE = 0.6
FACE_PX = 64
KIND_SHARES = {
    "car": 0.56, "van": 0.2, "truck": 0.09, "bus": 0.05, "tractor": 0.03, "motorcycle": 0.07,
}  # fmt: skip
STEEP = 0.37


@dataclass(frozen=True, slots=True)
class ScenePlate:
    """One plate of a picture: box x0, y0, x1, y1 and corners tl, tr, br, bl in pixels."""

    spec: PlateSpec
    box: tuple[float, float, float, float]
    corners: Points
    visible: float

    @property
    def labelled(self) -> bool:
        """Whether enough of it is seen to ask a detector for it."""
        return self.visible >= LABELLED_SHARE


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture (H, W, 3) uint8 BGR and the plates in it."""

    image: Picture
    plates: tuple[ScenePlate, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A vehicle in its place with the plates it wears, rear first."""

    vehicle: Vehicle
    heading: float
    place: tuple[float, float]
    specs: tuple[PlateSpec, ...]
    faces: tuple[Picture, ...]

    def distance(self, camera: Camera) -> float:
        """Metres from the camera along the ground."""
        offset = np.array(self.place) - np.array([camera.position[0], camera.position[2]])
        return float(np.hypot(*offset))


class Ledger:
    """Keeps who covers whom, so that every plate knows how much of it is seen."""

    def __init__(self, size: tuple[int, int]) -> None:
        """Start an empty map for a picture of (W, H)."""
        self.owner = np.zeros((size[1], size[0]), np.int32)
        self.entries: list[tuple[PlateSpec, Points]] = []

    def cover(self, quads: Sequence[Points]) -> None:
        """Something opaque now hides what lay under these quads."""
        for quad in quads:
            cv2.fillPoly(self.owner, [np.rint(quad).astype(np.int32)], 0)

    def enter(self, spec: PlateSpec, quad: Points) -> None:
        """A plate is now shown at the quad."""
        self.entries.append((spec, quad))
        cv2.fillPoly(self.owner, [np.rint(quad).astype(np.int32)], len(self.entries))

    def plates(self) -> tuple[ScenePlate, ...]:
        """All plates with the share of each that can be seen."""
        rows, columns = self.owner.shape
        found = []
        for number, (spec, quad) in enumerate(self.entries, start=1):
            low, high = quad.min(axis=0), quad.max(axis=0)
            seen = int(np.count_nonzero(self.owner == number))
            share = seen / max(1.0, _drawn_area(quad))
            x0, y0 = np.clip(low, 0, [columns, rows])
            x1, y1 = np.clip(high, 0, [columns, rows])
            found.append(ScenePlate(spec, (x0, y0, x1, y1), quad, min(1.0, share)))
        return tuple(found)


def _drawn_area(quad: Points) -> float:
    """Pixels that a quad fills on an endless picture."""
    low = np.floor(quad.min(axis=0))
    wide, high = (np.ceil(quad.max(axis=0)) - low + 2).astype(int)
    mask = np.zeros((min(high, 2000), min(wide, 2000)), np.uint8)
    cv2.fillPoly(mask, [np.rint(quad - low).astype(np.int32)], 1)
    return float(mask.sum())


class Wardrobe:
    """Plates and vehicles made once and worn often: what makes large counts affordable."""

    def __init__(self, rng: Rng, plates: int, vehicles: int, px_per_m: float = 130.0) -> None:
        """Prepare a stock of plate faces and vehicles."""
        self.px_per_m = px_per_m
        self.stock = [dress(rng) for _ in range(plates)]
        self.fleet = [_build(rng, px_per_m, self.plate(rng)[0]) for _ in range(vehicles)]

    def plate(self, rng: Rng) -> tuple[PlateSpec, Picture]:
        """A plate from stock; one in eight is new."""
        if rng.random() < 0.125:
            self.stock[int(rng.integers(len(self.stock)))] = dress(rng)
        return self.stock[int(rng.integers(len(self.stock)))]

    def vehicle(self, rng: Rng) -> Vehicle:
        """A vehicle from the fleet; one in six is new."""
        slot = int(rng.integers(len(self.fleet)))
        if rng.random() < 0.16:
            self.fleet[slot] = _build(rng, self.px_per_m, self.plate(rng)[0])
        return self.fleet[slot]


def dress(rng: Rng) -> tuple[PlateSpec, Picture]:
    """One random plate and its face."""
    spec = draw_spec(rng)
    high = FACE_PX if spec.lines == 1 else FACE_PX * 2
    return spec, render_plate(spec, high, rng)


def _build(rng: Rng, px_per_m: float, spec: PlateSpec) -> Vehicle:
    """One random vehicle with a place for this plate."""
    kind = str(rng.choice(list(KIND_SHARES), p=list(KIND_SHARES.values())))
    look = draw_look(rng, kind, px_per_m, spec.lines == 2)
    return KINDS[kind](look, rng)


def draw_scene(rng: Rng, size: tuple[int, int] = (1280, 720),
               wardrobe: Wardrobe | None = None) -> Scene:  # fmt: skip
    """A random street with zero to five plates; size is (W, H)."""
    wardrobe = wardrobe or Wardrobe(rng, 8, 6)
    camera, exposure = draw_camera(rng, size), draw_exposure(rng)
    road = _draw_street(rng)
    image = np.zeros((size[1], size[0], 3), np.uint8)
    light = _draw_light(rng)
    paint_place(image, camera, road, rng, light)
    ledger, glows = Ledger(size), list[Glow]()
    bloom = float(np.exp(rng.uniform(np.log(0.04), np.log(0.2))))
    for item in _draw_traffic(rng, camera, wardrobe):
        places.paint_shadow(image, camera, item.vehicle.outline(item.heading, item.place))
        show(image, camera, item, (light, exposure), ledger)
        glows += glows_of(camera, item, exposure, bloom)
    if rng.random() < 0.35:
        _hang(image, rng, ledger)
    image = exposed(image, exposure, ledger, rng)
    add_glows(image, [*glows, *_street_lamps(rng, size, exposure)])
    return Scene(develop(image, rng), ledger.plates())


def draw_clutter(rng: Rng, size: tuple[int, int] = (1280, 720),
                 wardrobe: Wardrobe | None = None) -> Scene:  # fmt: skip
    """A picture of plate-like things with zero to two plates among them; size is (W, H)."""
    wardrobe = wardrobe or Wardrobe(rng, 8, 1)
    image = backdrop(rng, size)
    scatter(image, rng, int(rng.integers(2, 22)))
    ledger, exposure = Ledger(size), draw_exposure(rng)
    for _ in range(int(rng.choice([0, 0, 1, 2, 3]))):
        spec, face = wardrobe.plate(rng)
        paste_plate(image, ledger, rng, (spec, face))
    image = exposed(image, replace(exposure, darkness=exposure.darkness * 0.8), ledger, rng)
    return Scene(develop(image, rng), ledger.plates())


def paste_plate(image: Picture, ledger: Ledger, rng: Rng, worn: tuple[PlateSpec, Picture]) -> None:
    """Stamp one plate anywhere on the picture on a plain holder, in place."""
    spec, face = worn
    wide = float(np.exp(rng.uniform(np.log(20), np.log(300))))
    if spec.lines == 2:
        wide *= 0.7
    high = wide * face.shape[0] / face.shape[1]
    centre = rng.uniform(-0.02, 1.02, 2) * [image.shape[1], image.shape[0]]
    quad = bent_quad(rng, centre, wide, high)
    if rng.random() < 0.6:
        grow = (quad - centre) * rng.uniform(1.02, 1.3, 2) + centre
        shade = np.full((4, 4, 4), 255, np.uint8)
        shade[..., :3] = rng.integers(5, 200)
        stamp(image, shade, grow)
    stamp(image, face, quad, float(rng.uniform(0.55, 1.1)))
    ledger.enter(spec, quad)


def draw_camera(rng: Rng, size: tuple[int, int]) -> Camera:
    """An overhead roadside camera, one that looks down from a gantry, a dashcam or a hand."""
    if rng.random() < 0.25:
        return _draw_gantry(rng, size)
    high = float(rng.uniform(2.6, 6.5)) if rng.random() < 0.5 else float(rng.uniform(0.9, 1.9))
    focal = float(size[0] * np.exp(rng.uniform(np.log(0.7), np.log(2.6))))
    pitch = float(rng.uniform(0.08, 0.36)) if high > 2 else float(rng.normal(0.03, 0.06))
    return Camera(size[0], size[1], focal, (float(rng.uniform(-3.2, 3.2)), high, 0.0), pitch,
                  float(rng.normal(0, 0.18)), float(rng.normal(0, 0.06)))  # fmt: skip


def _draw_gantry(rng: Rng, size: tuple[int, int]) -> Camera:
    """A camera that looks down steeply; a plate in the middle is 24 to 200 pixels wide."""
    high, pitch = float(rng.uniform(3.0, 9.0)), float(rng.uniform(STEEP, 0.75))
    width_px = float(np.exp(rng.uniform(np.log(24), np.log(200)))) * size[0] / 640
    focal = max(width_px / 0.52 * high / np.sin(pitch), 0.7 * size[0])
    return Camera(size[0], size[1], focal, (float(rng.uniform(-3.2, 3.2)), high, 0.0), pitch,
                  float(rng.normal(0, 0.18)), float(rng.normal(0, 0.08)))  # fmt: skip


def _draw_street(rng: Rng) -> Street:
    """Random widths, markings and surface."""
    grey = rng.uniform(60, 150)
    return Street(
        road_half_m=float(rng.uniform(2.6, 5.0)),
        pavement_m=float(rng.uniform(0.6, 3.5)),
        dashed_centre=bool(rng.random() < 0.7),
        edge_lines=bool(rng.random() < 0.5),
        tint=(grey, grey * 0.99, grey * 0.97),
        crossing_z=float(rng.uniform(6, 30)) if rng.random() < 0.2 else None,
    )


def _draw_light(rng: Rng) -> Light:
    """A random sun."""
    sun = (float(rng.uniform(-1, 1)), float(rng.uniform(0.3, 1)), float(rng.uniform(-1, 1)))
    return Light(sun, float(rng.uniform(0.1, 0.7)), float(rng.uniform(0.4, 1.0)))


def paint_place(image: Picture, camera: Camera, road: Street, rng: Rng, light: Light) -> None:
    """Sky, ground, houses, trees and signs, in place."""
    places.paint_sky(image, camera, rng, float(rng.uniform(0, 0.5)))
    places.paint_ground(image, camera, road, int(rng.integers(1000)))
    if rng.random() < 0.2:
        x = float(rng.choice([-1.8, 1.8]))
        words = places.ground_words(str(rng.choice(["BUS", "30", "STOP", "50"])), x, 8.0)
        paint(image, camera, [words], Light())
    panels: list[Panel] = []
    if rng.random() < 0.7:
        panels += places.house_fronts(road, camera, rng, 45.0, float(rng.uniform(0, 0.5)))
    edge = road.road_half_m + min(road.pavement_m, 1.2)
    for _ in range(int(rng.integers(0, 5))):
        x = float(rng.choice([-1, 1])) * (edge + float(rng.uniform(0, 4)))
        panels.append(places.tree(x, float(rng.uniform(6, 45)), rng))
    for _ in range(int(rng.integers(0, 5))):
        x = float(rng.choice([-1, 1])) * (edge + float(rng.uniform(-0.6, 2)))
        panels += places.sign(x, float(rng.uniform(4, 35)), rng)
    paint(image, camera, panels, light)


def _draw_traffic(rng: Rng, camera: Camera, wardrobe: Wardrobe) -> list[Standing]:
    """Zero to five vehicles around the view, farthest first."""
    count = int(rng.choice([0, 1, 2, 3, 4, 5], p=[0.06, 0.26, 0.26, 0.2, 0.14, 0.08]))
    parked = [_place(rng, camera, wardrobe) for _ in range(count)]
    return _apart(sorted(parked, key=lambda item: -item.distance(camera)))


def _place(rng: Rng, camera: Camera, wardrobe: Wardrobe) -> Standing:
    """One vehicle whose plate appears 20 to 360 pixels wide, if possible in view."""
    vehicle = wardrobe.vehicle(rng)
    (spec, face), (other, other_face) = wardrobe.plate(rng), wardrobe.plate(rng)
    for _ in range(8):
        heading, place, plate_at = _draw_place(rng, camera, vehicle)
        pixel, depth = camera.project(np.array([plate_at]))
        inside = (pixel[0] > -10) & (pixel[0] < [camera.width + 10, camera.height + 10])
        if depth[0] > 0 and inside.all():
            break
    return Standing(vehicle, heading, place, (spec, other), (face, other_face))


def _draw_place(
    rng: Rng, camera: Camera, vehicle: Vehicle
) -> tuple[float, tuple[float, float], tuple[float, float, float]]:
    """A heading, a place (x, z) and about where the nearer plate then is."""
    swing = float(np.clip(rng.normal(0, 0.3 if rng.random() < 0.6 else 0.7), -1.05, 1.05))
    heading = -camera.yaw + swing + (np.pi if rng.random() < 0.45 else 0.0)
    near = _draw_distance(rng, camera)
    side = float(rng.uniform(-0.5, 0.5)) * camera.width / camera.focal_px * near
    c, s = np.cos(camera.yaw), np.sin(camera.yaw)
    plate = (camera.position[0] + side * c + near * s, 0.6, near * c - side * s)
    back = vehicle.length / 2 * np.array([np.sin(camera.yaw - swing), np.cos(camera.yaw - swing)])
    return heading, (plate[0] + back[0], plate[2] + back[1]), plate


def _draw_distance(rng: Rng, camera: Camera) -> float:
    """Metres along the ground to a plate: where the camera looks, or for a plate 20 to 360 wide."""
    if camera.pitch >= STEEP:
        return float(camera.position[1] / np.tan(camera.pitch) * rng.uniform(0.6, 1.7))
    width_px = float(np.exp(rng.uniform(np.log(20), np.log(360)))) * camera.width / 640
    return max(camera.focal_px * 0.52 / width_px, 0.9)


def _apart(traffic: list[Standing]) -> list[Standing]:
    """Drop vehicles that would stand inside a nearer one."""
    kept: list[Standing] = []
    for item in reversed(traffic):
        gaps = [np.hypot(*(np.array(item.place) - other.place)) for other in kept]
        room = [(item.vehicle.length + other.vehicle.length) * 0.33 for other in kept]
        if all(gap > need for gap, need in zip(gaps, room, strict=True)):
            kept.append(item)
    return kept[::-1]


def show(image: Picture, camera: Camera, item: Standing, lit: tuple[Light, Exposure],
         ledger: Ledger) -> None:  # fmt: skip
    """Paint one vehicle and its plates, in place, and enter them in the ledger."""
    panels = in_front(camera, item.vehicle.standing(item.heading, item.place))
    paint(image, camera, panels, lit[0])
    quads = [seen[0] for seen in (seen_quad(camera, panel) for panel in panels) if seen]
    ledger.cover(quads)
    for mount, spec, face in zip(item.vehicle.mounts, item.specs, item.faces, strict=False):
        fitted = replace(mount, size=_metres(spec))
        panel = plate_panel(fitted, face, item.heading, item.place)
        seen = seen_quad(camera, panel)
        if seen is not None and _faces_camera(camera, panel):
            paint(image, camera, [panel], lit[0])
            ledger.enter(spec, seen[0])


def _metres(spec: PlateSpec) -> tuple[float, float]:
    """Width and height of a plate in metres."""
    wide, high = spec.size_mm
    return wide / 1000, high / 1000


def _faces_camera(camera: Camera, panel: Panel) -> bool:
    """Whether the plate is turned to the camera by more than grazing."""
    view = np.asarray(camera.position) - panel.corners.mean(axis=0)
    return float(panel.normal() @ view / np.linalg.norm(view)) > 0.3


def glows_of(camera: Camera, item: Standing, exposure: Exposure, bloom: float) -> list[Glow]:
    """Lamps of one vehicle that shine into the camera at night; `bloom` metres in radius."""
    if exposure.darkness < 0.3:
        return []
    glows: list[Glow] = []
    for lamp in item.vehicle.lamps:
        spot = Panel(np.array([lamp.place] * 4), np.zeros((1, 1, 4), np.uint8))
        quad, depth = camera.project(spot.moved(item.heading, item.place).corners)
        facing = np.cos(item.heading + (np.pi if lamp.facing == "front" else 0.0)) > 0.2
        if facing and depth[0] > 1.0:
            radius = camera.focal_px * bloom / depth[0]
            colour = (255.0, 255.0, 255.0) if exposure.infrared else lamp.colour
            glows.append((quad[0, 0], quad[0, 1], radius, colour))
    return glows


def _street_lamps(rng: Rng, size: tuple[int, int], exposure: Exposure) -> list[Glow]:
    """Far lights above the road at night."""
    if exposure.darkness < 0.5:
        return []
    count = int(rng.integers(0, 14))
    tints = ((180, 215, 255), (230, 240, 250), (90, 170, 255), (70, 70, 250))
    places_px = rng.uniform(0, 1, (count, 2)) * [size[0], size[1] * 0.6]
    return [
        (float(x), float(y), float(rng.uniform(1, 5)), tints[int(rng.integers(4))])
        for x, y in places_px
    ]


def _hang(image: Picture, rng: Rng, ledger: Ledger) -> None:
    """Stick a few plate-like things on the picture without hiding plates."""
    before = image.copy()
    scatter(image, rng, int(rng.integers(1, 5)))
    covered = cv2.dilate((ledger.owner > 0).astype(np.uint8), np.ones((5, 5), np.uint8))
    image[covered > 0] = before[covered > 0]


def exposed(image: Picture, exposure: Exposure, ledger: Ledger, rng: Rng) -> Picture:
    """Darken the scene, let plates shine back, and drop colour for infrared."""
    if exposure.darkness <= 0:
        return image
    gain = np.full(image.shape[:2], 1 - exposure.darkness, np.float32)
    gain[ledger.owner > 0] = max(exposure.plate_gain, 1 - exposure.darkness)
    soft = np.asarray(cv2.GaussianBlur(gain, (3, 3), 0))
    dark = np.clip(image * soft[..., None], 0, 255).astype(np.uint8)
    if exposure.infrared:
        dark = cv2.cvtColor(cv2.cvtColor(dark, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return np.asarray(dark, dtype=np.uint8)
