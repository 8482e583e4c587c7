"""Moving street clips: a fixed camera above a two-lane street, vehicles driving away from it."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.errors import BoxError
from tools.synth import street as places
from tools.synth.camera import Camera
from tools.synth.panels import Light, Panel, Picture, paint
from tools.synth.plates import PlateSpec, render_plate, spec_for
from tools.synth.scenes import Ledger, Standing, show
from tools.synth.sensor import Exposure
from tools.synth.sheets import Colour
from tools.synth.street import Street
from tools.synth.vehicles import KINDS, Vehicle, draw_look

Rng = np.random.Generator

FPS = 15
SIZE = (1280, 720)
READABLE_PX = 55.0
FINENESS = 2
FACE_PX = 150
LANES = {"left": -1.75, "right": 1.15, "parked": 4.05}
ROAD = Street(5.0, 2.4, centre_x=-0.3, dashed_centre=True, edge_lines=False, tint=(124, 123, 120))
TRUTH_HEADER = (
    "file", "plate_text", "country", "first_frame", "last_frame", "category", "label_source",
)  # fmt: skip


class ClipError(BoxError):
    """A clip cannot be made here."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One vehicle of the clip: plate, kind, lane, when its rear passes the camera, speed."""

    plate_text: str
    country: str
    kind: str
    lane: str
    enters_s: float
    speed_m_s: float
    colour: Colour = (225, 226, 227)
    name: str = ""
    name_colour: Colour = (150, 70, 20)
    seed: int = 0

    def rear_z(self, at_s: float) -> float:
        """Metres from the camera to the rear of the vehicle at one moment."""
        if self.lane == "parked":
            return 8.9
        return 3.0 + (at_s - self.enters_s) * self.speed_m_s


WHITE, CREAM, SILVER = (232, 233, 234), (214, 205, 190), (196, 196, 194)
BLUE, BRICK, DARK, YELLOW = (112, 62, 30), (44, 62, 122), (70, 68, 64), (60, 190, 236)

CAST = (
    Actor("1XEM934", "BE", "car", "parked", 0, 0, BLUE, seed=3),
    Actor("1KZE410", "BE", "van", "right", -0.5, 6.0, WHITE, "E-KOERIER", (70, 140, 30), 5),
    Actor("27BXK4", "NL", "truck", "left", 1.0, 5.2, CREAM, "TRANSPORT", (140, 60, 20), 2),
    Actor("1HDT725", "BE", "van", "right", 3.9, 5.4, SILVER, seed=14),
    Actor("1BVX308", "BE", "van", "left", 4.0, 5.5, BRICK, seed=9),
    Actor("VDS41K", "NL", "van", "right", 6.3, 6.2, DARK, "LOODGIETER", (235, 235, 235), 8),
    Actor("1AGN662", "BE", "truck", "left", 7.6, 5.0, WHITE, "BAKKERIJ", (40, 40, 160), 7),
    Actor("2CRF517", "BE", "van", "right", 9.0, 5.8, YELLOW, "BLOEMEN", (40, 40, 150), 21),
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where one plate is readable in a clip, frame numbers inclusive."""

    actor: Actor
    first_frame: int
    last_frame: int


@dataclass(frozen=True, slots=True)
class Dressed:
    """An actor with its built vehicle and plate."""

    actor: Actor
    vehicle: Vehicle
    spec: PlateSpec
    face: Picture

    def standing(self, at_s: float) -> Standing | None:
        """The vehicle in its place, or None while it is out of sight."""
        rear = self.actor.rear_z(at_s)
        if not -self.vehicle.length < rear < 75.0:
            return None
        place = (LANES[self.actor.lane], rear + self.vehicle.length / 2)
        return Standing(self.vehicle, 0.0, place, (self.spec,), (self.face,))


def build(actor: Actor, px_per_m: float) -> Dressed:
    """Build one actor's vehicle and plate from its own seed."""
    rng = np.random.default_rng(actor.seed)
    spec = spec_for(actor.country, actor.plate_text)
    drawn = draw_look(rng, actor.kind, px_per_m, False)
    look = type(drawn)(
        colour=actor.colour, px_per_m=px_per_m, name=actor.name, name_colour=actor.name_colour,
        font=drawn.font, plate_y=drawn.plate_y, plate_x=abs(drawn.plate_x), plate_size=(0.52, 0.11),
        wear=drawn.wear,
    )  # fmt: skip
    face = render_plate(spec, FACE_PX, rng, worn=False)
    return Dressed(actor, KINDS[actor.kind](look, rng), spec, face)


def overhead(size: tuple[int, int]) -> Camera:
    """The roadside camera of the clip, 3.6 m up and looking down the street."""
    return Camera(size[0], size[1], 1.33 * size[0], (1.15, 3.6, 0.0), 0.232, 0.02)


def film(cast: Sequence[Actor], seconds: float, seed: int,
         fineness: int = FINENESS) -> Iterator[tuple[Picture, Ledger]]:  # fmt: skip
    """Frames (720, 1280, 3) uint8 BGR and what is seen in each, at `fineness` times the size."""
    rng = np.random.default_rng(seed)
    size = (SIZE[0] * fineness, SIZE[1] * fineness)
    camera, light = overhead(size), Light((-0.5, 0.8, -0.5), 0.42, 0.78)
    still = backdrop(camera, light, rng)
    crew = [build(actor, 230.0) for actor in cast]
    for number in range(round(seconds * FPS)):
        image, ledger = still.copy(), Ledger(size)
        for item in _in_sight(crew, number / FPS):
            _cast_shadow(image, camera, item)
            show(image, camera, item, (light, Exposure()), ledger)
        yield expose(image, rng), ledger


def _in_sight(crew: Sequence[Dressed], at_s: float) -> list[Standing]:
    """Vehicles on the street at one moment, farthest first."""
    seen = [item for item in (member.standing(at_s) for member in crew) if item is not None]
    return sorted(seen, key=lambda item: -item.place[1] + item.vehicle.length / 2)


def _cast_shadow(image: Picture, camera: Camera, item: Standing) -> None:
    """Contact shadow and the longer one away from the sun."""
    outline = item.vehicle.outline(item.heading, item.place)
    tall = max(float(panel.corners[:, 1].max()) for panel in item.vehicle.panels)
    away = outline + np.array([0.42, 0.0, 0.18]) * tall
    hull = cv2.convexHull(np.vstack([outline, away])[:, [0, 2]].astype(np.float32))[:, 0]
    ground = np.insert(hull.astype(np.float64), 1, 0.0, axis=1)
    places.paint_shadow(image, camera, ground, 0.3)
    places.paint_shadow(image, camera, outline, 0.45)


def backdrop(camera: Camera, light: Light, rng: Rng) -> Picture:
    """The empty street, (H, W, 3) uint8 BGR."""
    image = np.zeros((camera.height, camera.width, 3), np.uint8)
    places.paint_sky(image, camera, rng, 0.15)
    places.paint_ground(image, camera, ROAD, int(rng.integers(1000)))
    places.paint_details(image, camera, rng)
    panels: list[Panel] = places.house_fronts(ROAD, camera, rng, 90.0, 0.0, px_per_m=70.0)
    for z in (13.0, 24.0, 36.0, 50.0):
        panels.append(places.tree(-6.4, z + float(rng.uniform(-1, 1)), rng, 90.0))
    for z in (21.0, 33.0, 47.0):
        panels.append(places.tree(6.6, z + float(rng.uniform(-1, 1)), rng, 90.0))
    panels += places.sign(-5.9, 17.5, rng)
    paint(image, camera, panels, light)
    return image


def expose(image: Picture, rng: Rng) -> Picture:
    """Lens and sensor: shrink to the clip's size, soften, vignette, slight noise."""
    small = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 0.55)
    columns = np.linspace(-1, 1, SIZE[0])[None, :] ** 2
    rows = np.linspace(-1, 1, SIZE[1])[:, None] ** 2
    lens = (1.0 - 0.1 * (columns + rows)).astype(np.float32)
    grain = rng.standard_normal((SIZE[1], SIZE[0], 1), dtype=np.float32) * 1.8
    return np.clip(small * lens[..., None] + grain, 0, 255).astype(np.uint8)


class Witness:
    """Notes in which frames every plate can be read."""

    def __init__(self, cast: Sequence[Actor], fineness: int = FINENESS) -> None:
        """Start with nothing seen."""
        self.cast = cast
        self.fineness = fineness
        self.frames: dict[str, list[int]] = {actor.plate_text: [] for actor in cast}

    def note(self, number: int, ledger: Ledger) -> None:
        """Remember the plates of one frame that are whole and wide enough."""
        for plate in ledger.plates():
            wide = (plate.box[2] - plate.box[0]) / self.fineness
            if plate.visible > 0.97 and wide >= READABLE_PX:
                self.frames[plate.spec.text].append(number)

    def sightings(self) -> list[Sighting]:
        """First and last readable frame of every plate that was readable."""
        seen = [(actor, self.frames[actor.plate_text]) for actor in self.cast]
        return [Sighting(actor, frames[0], frames[-1]) for actor, frames in seen if frames]


def write_truth(path: Path, file: str, sightings: Sequence[Sighting]) -> None:
    """The clip's plates and frame ranges as CSV."""
    with path.open("w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(TRUTH_HEADER)
        for seen in sightings:
            actor = seen.actor
            rows.writerow([file, actor.plate_text, actor.country, seen.first_frame,
                           seen.last_frame, actor.kind, "tools.synth.clips"])  # fmt: skip


def encode(path: Path, frames: Iterator[Picture]) -> None:
    """Write frames (720, 1280, 3) BGR as H.264 in MP4.

    Raises ClipError where ffmpeg is absent or refuses.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise ClipError("The program ffmpeg was not found.", "Install ffmpeg and run again.")
    command = [
        program, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24",
        "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FPS), "-i", "-", "-c:v", "libx264",
        "-preset", "slow", "-crf", "22", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
        str(path),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as coder:
        if coder.stdin is None:
            raise ClipError("ffmpeg takes no input.", "Install a complete ffmpeg.")
        for frame in frames:
            coder.stdin.write(frame.tobytes())
        _, told = coder.communicate()
    if coder.returncode:
        words = told.decode(errors="replace").strip()
        raise ClipError(f"ffmpeg failed: {words}.", "Install an ffmpeg with libx264.")


def shoot(
    path: Path,
    truth: Path,
    cast: Sequence[Actor],
    seconds: float,
    seed: int,
    on_frame: Callable[[], None] = lambda: None,
    fineness: int = FINENESS,
) -> None:
    """Film the cast into an MP4 and write where every plate is readable as CSV."""
    witness = Witness(cast, fineness)

    def watched() -> Iterator[Picture]:
        for number, (image, ledger) in enumerate(film(cast, seconds, seed, fineness)):
            witness.note(number, ledger)
            on_frame()
            yield image

    encode(path, watched())
    write_truth(truth, path.name, witness.sightings())
