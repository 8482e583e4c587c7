"""Draws a street anew: each frame, and which plates are in sight."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import cv2
import msgspec
import numpy as np

from edge.types import Direction
from tools.golden_suite.street import LANES, Street, Vehicle, place_at
from tools.golden_suite.weather import DAYLIGHT, EXPOSED, Sensor, rained_on
from tools.synth import clips
from tools.synth.camera import Camera
from tools.synth.panels import Light, Picture
from tools.synth.plates import PlateSpec, render_plate, spec_for
from tools.synth.scenes import Ledger, Standing, exposed, glows_of, show
from tools.synth.sensor import add_glows
from tools.synth.vehicles import KINDS, draw_look, raised
from tools.synth.vehicles import Vehicle as Body

FPS, SIZE = clips.FPS, clips.SIZE
FACES = ("din", "dejavu", "liberation-narrow", "liberation")
"""What Debian has; the fonts of npm would draw other plates."""
PX_PER_M, FACE_PX = 90.0, 100
NEAR_M, FAR_M = -9.0, 48.0
BED_M, INSIDE_M = 0.95, 0.25
COARSE, SHADE, NEAREST_M = 4, 120, 0.5
HEADINGS = {Direction.LEAVING: 0.0, Direction.APPROACHING: np.pi, Direction.STILL: 0.0}
SEEN, SEEN_PX = 0.6, 36.0
"""So much of a plate, so wide, must be in the picture for the vehicle to be there at all."""


Plate: TypeAlias = tuple[PlateSpec, Picture]


@dataclass(frozen=True, slots=True)
class Crew:
    """A vehicle of the street as it is built and lettered."""

    vehicle: Vehicle
    body: Body
    worn: tuple[Plate, ...]
    tow: "Crew | None" = None

    def standing(self, at_s: float) -> Standing | None:
        """Return it in its place, None while it is out of sight."""
        if self.vehicle.crosses_at_m is not None:
            x, z = place_at(self.vehicle.way, at_s), self.vehicle.crosses_at_m
            if abs(x) > FAR_M / 2:
                return None
            return Standing(self.body, np.pi / 2, (x, z), (), ())
        near = self.nearest_m(at_s)
        if not NEAR_M < near < FAR_M:
            return None
        place = LANES[self.vehicle.lane], near + self.body.length / 2
        spec, face = self.worn[-1 if at_s >= self.vehicle.later_from_s else 0]
        return Standing(self.body, HEADINGS[self.vehicle.drives], place, (spec, spec), (face, face))

    def nearest_m(self, at_s: float) -> float:
        """Return how far its nearest end is along the road."""
        if self.tow is None:
            return place_at(self.vehicle.way, at_s)
        ahead = self.tow.nearest_m(at_s)
        if self.vehicle.upon is not None:
            return ahead + INSIDE_M
        leaves = self.vehicle.drives is Direction.LEAVING
        return ahead - self.body.length if leaves else ahead + self.tow.body.length

    def front_m(self, at_s: float) -> float:
        """Return how far away it begins to hide what is behind it."""
        if self.vehicle.crosses_at_m is not None:
            return self.vehicle.crosses_at_m - self.body.width / 2
        carrier = self.tow if self.vehicle.upon is not None else None
        return (carrier or self).nearest_m(at_s)


def crew_of(street: Street) -> list[Crew]:
    """Build every vehicle from the seed of the street and its number."""
    crew: list[Crew] = []
    for number, vehicle in enumerate(street.vehicles, 1):
        tow = None if vehicle.led_by is None else crew[vehicle.led_by - 1]
        crew.append(_built(vehicle, np.random.default_rng([street.seed, number]), tow))
    return crew


def _built(vehicle: Vehicle, rng: np.random.Generator, tow: Crew | None) -> Crew:
    if tow is not None:
        led = {"lane": tow.vehicle.lane, "drives": tow.vehicle.drives}
        vehicle = msgspec.structs.replace(vehicle, **led)
    drawn = draw_look(rng, vehicle.kind, PX_PER_M, vehicle.lines == 2)
    look = replace(drawn, name=vehicle.name, bare_plate=False)
    worn = tuple(_plate(vehicle, text, rng) for text in (vehicle.plate, vehicle.later) if text)
    body = KINDS[vehicle.kind](look, rng)
    return Crew(vehicle, raised(body, BED_M) if vehicle.upon else body, worn, tow)


def _plate(vehicle: Vehicle, text: str, rng: np.random.Generator) -> Plate:
    spec = spec_for(vehicle.country, text, vehicle.lines, vehicle.style)
    dirt = None if vehicle.dirt is None else np.random.default_rng(vehicle.dirt)
    high = FACE_PX * spec.lines
    return spec, render_plate(spec, high, dirt or rng, worn=dirt is not None)


class Seen:
    """In which frames each vehicle's plate is in sight."""

    def __init__(self, crew: Sequence[Crew]) -> None:
        """Begin with nothing seen."""
        self._crew = crew
        self.frames: list[list[int]] = [[] for _ in crew]

    def note(self, frame: int, ledger: Ledger) -> None:
        """Note the plates of one frame that are not hidden, nor too far."""
        for plate in ledger.plates():
            wide = (plate.box[2] - plate.box[0]) * 520 / plate.spec.size_mm[0]
            if plate.visible > SEEN and wide >= SEEN_PX:
                self.frames[self._number_of(plate.spec)].append(frame)

    def _number_of(self, spec: PlateSpec) -> int:
        wearers = (n for n, one in enumerate(self._crew) if any(own is spec for own, _ in one.worn))
        return next(wearers)


def film(street: Street, crew: Sequence[Crew], seen: Seen) -> Iterator[Picture]:
    """Yield the frames of a street, (720, 1280, 3) uint8 BGR, and note which plates are seen."""
    rng = np.random.default_rng(street.seed)
    camera, light, exposure = clips.overhead(SIZE), DAYLIGHT[street.light], EXPOSED[street.light]
    still, sensor = _backdrop(light), Sensor(rng)
    for frame in range(round(street.seconds * FPS)):
        image, ledger, glows = still.copy(), Ledger(SIZE), []
        items = _in_sight(crew, frame / FPS)
        _cast_shadows(image, camera, items)
        for item in items:
            show(image, camera, item, (light, exposure), ledger)
            glows += glows_of(camera, item, exposure, 0.07)
        seen.note(frame, ledger)
        image = exposed(image, exposure, ledger, rng)
        add_glows(image, glows)
        image = rained_on(image, rng) if street.light == "rain" else image
        yield sensor.develop(image)


def _cast_shadows(image: Picture, camera: Camera, items: Sequence[Standing]) -> None:
    """Darken the road under all vehicles, in place."""
    mask = np.zeros((SIZE[1] // COARSE, SIZE[0] // COARSE), np.uint8)
    for item in items:
        quad, depth = camera.project(item.vehicle.outline(item.heading, item.place))
        if depth.min() > NEAREST_M:
            cv2.fillConvexPoly(mask, np.rint(quad / COARSE).astype(np.int32), SHADE)
    soft = cv2.resize(cv2.bitwise_not(cv2.GaussianBlur(mask, (0, 0), 2.5)), SIZE)
    cv2.multiply(image, cv2.merge([soft] * 3), dst=image, scale=1 / 255)


def _in_sight(crew: Sequence[Crew], at_s: float) -> list[Standing]:
    """Vehicles on the street at one moment, farthest first."""
    placed = [(one.front_m(at_s), n, one.standing(at_s)) for n, one in enumerate(crew)]
    return [item for _, _, item in sorted(placed, key=lambda it: (-it[0], it[1])) if item]


@lru_cache(maxsize=3)
def _backdrop(light: Light) -> Picture:
    """The empty street: the same one for all."""
    return clips.backdrop(clips.overhead(SIZE), light, np.random.default_rng(1))


def encoded(image: Picture) -> bytes:
    """Return a frame as a camera sends it: a JPEG file."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
