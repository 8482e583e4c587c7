"""Vehicles as textured panels: car, van, truck, bus, tractor, motorcycle and their plates.

Vehicle axes: x across, y up, z forward; the rear is at -length / 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from tools.synth import faces
from tools.synth.camera import Points
from tools.synth.faces import Look
from tools.synth.panels import Panel, Picture, turned
from tools.synth.sheets import NAMES, Colour, Sheet

PAINTS: tuple[Colour, ...] = (
    (232, 233, 234), (225, 226, 227), (38, 36, 36), (60, 58, 56), (120, 118, 116), (178, 176, 172),
    (96, 62, 34), (120, 84, 40), (40, 36, 130), (52, 78, 46), (70, 96, 120), (150, 150, 140),
    (30, 60, 150), (45, 120, 200), (88, 84, 60),
)  # fmt: skip
WHITES: tuple[Colour, ...] = ((236, 237, 238), (226, 228, 230), (214, 216, 216))


Lettering = tuple[Callable[[Sheet, Look], None], Look]


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a plate is screwed on: its centre, the side it faces, its size in metres."""

    centre: tuple[float, float, float]
    facing: str
    size: tuple[float, float]
    tilt: float = 0.0

    def corners(self) -> Points:
        """Corners tl, tr, br, bl seen from outside, (4, 3) metres in vehicle axes."""
        x, y, z = self.centre
        side = 1.0 if self.facing == "rear" else -1.0
        half_w, half_h = self.size[0] / 2, self.size[1] / 2
        lean = self.tilt * half_h * side
        top, low = [y + half_h, z + lean], [y - half_h, z - lean]
        left, right = x - side * half_w, x + side * half_w
        return np.array([[left, *top], [right, *top], [right, *low], [left, *low]])


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light of the vehicle: place, colour, facing side."""

    place: tuple[float, float, float]
    colour: Colour
    facing: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Panels, plate mounts and lamps of one vehicle, with its ground outline."""

    kind: str
    length: float
    width: float
    panels: tuple[Panel, ...]
    mounts: tuple[Mount, ...]
    lamps: tuple[Lamp, ...] = field(default=())

    def standing(self, heading: float, place: tuple[float, float]) -> tuple[Panel, ...]:
        """All panels in world axes."""
        return tuple(panel.moved(heading, place) for panel in self.panels)

    def outline(self, heading: float, place: tuple[float, float]) -> Points:
        """Ground corners under the vehicle in world axes, (4, 3)."""
        x, z = self.width / 2, self.length / 2
        flat = np.array([[-x, 0, -z], [x, 0, -z], [x, 0, z], [-x, 0, z]])
        return turned(flat, heading, place)


def car(look: Look, rng: np.random.Generator) -> Vehicle:
    """A hatchback, saloon or SUV."""
    length, w = rng.uniform(3.7, 4.8), rng.uniform(1.68, 1.9)
    tall = rng.uniform(1.42, 1.72)
    belt, nose = tall * 0.63, tall * rng.uniform(0.46, 0.54)
    boot = rng.uniform(0.25, 0.85)
    back, front = -length / 2, length / 2
    roof_w = w * 0.78
    panels = [
        *_end(faces.car_rear(look, w, belt - 0.18), w, (0.18, belt), back, "rear"),
        *_end(faces.car_front(look, w, nose - 0.16), w, (0.16, nose), front, "front"),
        *_flanks(faces.car_side(look, length - 0.24, belt, 0.31, nose), w, (0, belt),
                 length - 0.24),
        *_cabin(look, (w, roof_w), (belt, tall), (back + boot * 0.4, back + boot + 0.4),
                (front - 1.9, front - 1.0)),
        _strip(faces.plain(look, w, boot), w * 0.97, (belt, back),
               (belt, back + boot * 0.4 + 0.05)),
        _strip(faces.plain(look, w, 1.0, 1.02, 0.94), w * 0.97, (belt, front - 1.02),
               (nose, front - 0.02)),
        *_tyres(w, back + 0.3),
        *_tyres(w, front - 0.3),
    ]  # fmt: skip
    mounts = _mounts(look, w, back, front, 0.18, 0.16, nose)
    lamps = _lamps(w, belt - 0.2, nose - 0.15, back, front)
    return Vehicle("car", length, w, tuple(panels), mounts, lamps)


def van(look: Look, rng: np.random.Generator) -> Vehicle:
    """A delivery van."""
    length, w = rng.uniform(4.6, 5.9), rng.uniform(1.85, 2.05)
    tall, nose = rng.uniform(1.95, 2.6), rng.uniform(0.95, 1.1)
    back, front = -length / 2, length / 2
    belt = nose + 0.22
    panels = [
        *_end(faces.van_rear(look, w, tall - 0.26), w, (0.26, tall), back, "rear"),
        *_end(faces.van_front(look, w, nose - 0.2), w, (0.2, nose), front, "front"),
        *_flanks(faces.van_side(look, length - 1.6, tall, 0.34), w, (0, tall), length - 1.6, -0.76,
                 (faces.van_words, look)),
        *_flanks(faces.car_side(look, 1.75, belt, 0.34, nose), w, (0, belt), 1.75, front - 0.9),
        *_nose_windows(look, w, (belt, tall), front),
        _strip(faces.plain(look, w, 3.0), w * 0.98, (tall, back), (tall, front - 1.5)),
        _strip(faces.window(look, w, 0.9, 0.08), w * 0.96, (tall, front - 1.52),
               (belt, front - 0.62)),
        _strip(faces.plain(look, w, 0.7), w * 0.97, (belt, front - 0.65), (nose, front - 0.02)),
        *_tyres(w, back + 0.4),
        *_tyres(w, front - 0.4),
    ]  # fmt: skip
    mounts = _mounts(look, w, back, front, 0.26, 0.2, nose)
    lamps = _lamps(w, 0.95, nose - 0.2, back, front)
    return Vehicle("van", length, w, tuple(panels), mounts, lamps)


def truck(look: Look, rng: np.random.Generator) -> Vehicle:
    """A box truck with an under-run bar."""
    length, w, tall = rng.uniform(6.5, 9.5), 2.48, rng.uniform(3.1, 3.7)
    back, front, cab = -length / 2, length / 2, rng.uniform(2.3, 2.9)
    box = length - 1.9
    panels = [
        _face(faces.box_rear(look, w, tall - 0.95), w, (0.95, tall), back, "rear"),
        _face(faces.truck_bar(look, w - 0.1, 0.5), w - 0.1, (0.42, 0.92), back + 0.12, "rear"),
        _face(Sheet(w, 0.9, (22, 22, 22), 30), w - 0.3, (0.3, 0.95), back + 0.5, "rear"),
        _face(faces.truck_front(look, 2.35, cab - 0.3), 2.35, (0.3, cab), front, "front"),
        _face(faces.plain(look, w, 1.0), w, (cab - 0.2, tall), front - 1.85, "front"),
        *_flanks(
            _box_flank(look, box, tall - 0.9),
            w,
            (0.9, tall),
            box,
            back + box / 2,
            (faces.box_words, look),
        ),
        *_flanks(_chassis(length), w - 0.1, (0, 0.95), length - 0.3),
        *_flanks(faces.window(look, 1.8, cab - 0.9, 0.3), 2.35, (0.9, cab), 1.8, front - 0.9),
        _strip(faces.plain(look, w, 3.0), w, (tall, back), (tall, front - 1.85)),
        _strip(faces.plain(look, w, 1.5), 2.35, (cab, front - 1.8), (cab, front)),
        *_tyres(w, back + 0.9, 0.9),
        *_tyres(w, front - 0.5, 0.9),
    ]
    mounts = _mounts(look, w, back + 0.12, front, 0.42, 0.3, 1.0)
    return Vehicle("truck", length, w, tuple(panels), mounts, _lamps(w, 0.65, 0.75, back, front))


def bus(look: Look, rng: np.random.Generator) -> Vehicle:
    """A city bus."""
    length, w, tall = rng.uniform(9.5, 12.0), 2.55, rng.uniform(2.9, 3.2)
    back, front = -length / 2, length / 2
    panels = [
        _face(faces.bus_end(look, w, tall - 0.25), w, (0.25, tall), back, "rear"),
        _face(faces.bus_end(look, w, tall - 0.25), w, (0.25, tall), front, "front"),
        *_flanks(
            faces.bus_side(look, length, tall, 0.48),
            w,
            (0, tall),
            length,
            0.0,
            (faces.bus_words, look),
        ),
        _strip(faces.plain(look, w, 3.0), w, (tall, back), (tall, front)),
        *_tyres(w, back + 0.5, 0.4),
    ]
    mounts = _mounts(look, w, back, front, 0.25, 0.25, 1.0)
    return Vehicle("bus", length, w, tuple(panels), mounts, _lamps(w, 0.9, 0.8, back, front))


def tractor(look: Look, rng: np.random.Generator) -> Vehicle:
    """A farm tractor."""
    length, w, tall = rng.uniform(3.8, 4.6), rng.uniform(2.1, 2.5), rng.uniform(2.5, 3.0)
    back, front = -length / 2, length / 2
    end = faces.tractor_rear(look, w, tall)
    panels = [
        _face(end, w, (0, tall), back, "rear"),
        _face(end, w, (0, tall), back + 1.6, "front"),
        _face(faces.car_front(look, 0.9, 0.8), 0.9, (0.7, 1.5), front, "front"),
        *_flanks(faces.tractor_side(look, length, tall), w - 0.2, (0, tall), length),
        _strip(faces.plain(look, w, 1.5), w * 0.6, (tall, back), (tall, back + 1.7)),
    ]
    centre = (rng.uniform(-0.5, 0.5), rng.uniform(0.8, 1.6), back - 0.03)
    mounts = (Mount(centre, "rear", look.plate_size),)
    return Vehicle("tractor", length, w, tuple(panels), mounts, _lamps(w, 1.6, 1.3, back, front))


def motorcycle(look: Look, rng: np.random.Generator) -> Vehicle:
    """A motorcycle or scooter, with its rider or parked, and a plate behind only."""
    length, w, tall = rng.uniform(1.8, 2.2), 0.75, rng.uniform(1.1, 1.75)
    back, front = -length / 2, length / 2
    plate_y = rng.uniform(0.5, 0.75)
    end = faces.motorcycle_end(look, w, tall, plate_y)
    panels = [
        _face(end, w, (0, tall), back, "rear"),
        _face(end.mirrored(), w, (0, tall), front - 0.4, "front"),
        *_flanks(faces.motorcycle_side(look, length, tall), 0.3, (0, tall), length),
    ]
    mounts = (Mount((0.0, plate_y, back - 0.03), "rear", look.plate_size, rng.uniform(0, 0.4)),)
    lamps = (Lamp((0.0, plate_y + 0.2, back - 0.02), (60, 60, 255), "rear"),
             Lamp((0.0, 0.9, front - 0.38), (235, 245, 255), "front"))  # fmt: skip
    return Vehicle("motorcycle", length, w, tuple(panels), mounts, lamps)


def trailer(look: Look, rng: np.random.Generator) -> Vehicle:
    """A low open trailer: what tows it is seen above it."""
    length, w, tall = rng.uniform(2.2, 2.8), 1.7, 0.72
    back, front, box = -length / 2, length / 2, length - 0.9
    side = faces.plain(look, box, tall - 0.35)
    panels = [
        _face(faces.plain(look, w, tall - 0.3), w, (0.3, tall), back, "rear"),
        _face(faces.plain(look, w, tall - 0.3), w, (0.3, tall), back + box, "front"),
        *_flanks(side, w, (0.35, tall), box, back + box / 2),
        _strip(faces.plain(look, w, box, 0.5, 0.45), w, (tall - 0.1, back), (tall, back + box)),
        _strip(Sheet(0.1, 0.9, (60, 60, 60), 40), 0.1, (0.4, back + box), (0.42, front)),
        *_tyres(w, back + box / 2),
    ]
    mounts = (Mount((0.0, 0.5, back - 0.015), "rear", look.plate_size),)
    return Vehicle(
        "trailer", length, w, tuple(panels), mounts, _lamps(w, 0.5, 0.5, back, front)[:2]
    )


def flatbed(look: Look, rng: np.random.Generator) -> Vehicle:
    """A lorry with an open bed, 0.95 m high, that may carry another vehicle."""
    length, w, bed, cab = rng.uniform(7.2, 8.0), 2.45, 0.95, rng.uniform(2.3, 2.6)
    back, front = -length / 2, length / 2
    panels = [
        _face(faces.truck_bar(look, w - 0.1, 0.5), w - 0.1, (0.42, bed), back, "rear"),
        _face(faces.truck_front(look, 2.35, cab - 0.3), 2.35, (0.3, cab), front, "front"),
        _face(faces.plain(look, 2.35, cab - bed), 2.35, (bed, cab), front - 1.8, "rear"),
        *_flanks(_chassis(length), w - 0.1, (0, bed), length - 0.3),
        *_flanks(faces.window(look, 1.8, cab - bed, 0.3), 2.35, (bed, cab), 1.8, front - 0.9),
        _strip(Sheet(w, 3.0, (70, 70, 72), 30), w, (bed, back), (bed, front - 1.8)),
        _strip(faces.plain(look, w, 1.5), 2.35, (cab, front - 1.8), (cab, front)),
        *_tyres(w, back + 0.9, 0.4),
    ]
    mounts = _mounts(look, w, back, front, 0.42, 0.3, 1.0)
    return Vehicle("flatbed", length, w, tuple(panels), mounts, _lamps(w, 0.65, 0.75, back, front))


def raised(vehicle: Vehicle, by_m: float) -> Vehicle:
    """The same vehicle standing on something."""
    up = np.array([0.0, by_m, 0.0])
    panels = tuple(replace(panel, corners=panel.corners + up) for panel in vehicle.panels)
    mounts = tuple(
        replace(mount, centre=(mount.centre[0], mount.centre[1] + by_m, mount.centre[2]))
        for mount in vehicle.mounts
    )
    return replace(vehicle, panels=panels, mounts=mounts, lamps=())


def semitrailer(look: Look, rng: np.random.Generator) -> Vehicle:
    """The tall trailer of an articulated lorry: it hides what tows it."""
    length, w, tall = rng.uniform(7.0, 8.5), 2.5, rng.uniform(3.3, 3.8)
    back, front = -length / 2, length / 2
    panels = [
        _face(faces.box_rear(look, w, tall - 0.95), w, (0.95, tall), back, "rear"),
        _face(faces.truck_bar(look, w - 0.1, 0.5), w - 0.1, (0.42, 0.92), back + 0.12, "rear"),
        _face(faces.plain(look, w, 1.0), w, (0.95, tall), front, "front"),
        *_flanks(_box_flank(look, length, tall - 0.9), w, (0.9, tall), length),
        *_flanks(_chassis(length), w - 0.1, (0, 0.95), length - 0.3),
        _strip(faces.plain(look, w, 3.0), w, (tall, back), (tall, front)),
        *_tyres(w, back + 0.9, 0.9),
    ]
    mounts = (Mount((0.0, 0.67, back + 0.105), "rear", look.plate_size),)
    lamps = _lamps(w, 0.65, 0.75, back, front)[:2]
    return Vehicle("semitrailer", length, w, tuple(panels), mounts, lamps)


KINDS: dict[str, Callable[[Look, np.random.Generator], Vehicle]] = {
    "car": car, "van": van, "truck": truck, "bus": bus, "tractor": tractor,
    "motorcycle": motorcycle, "trailer": trailer, "semitrailer": semitrailer,
    "flatbed": flatbed,
}  # fmt: skip


def draw_look(rng: np.random.Generator, kind: str, px_per_m: float, two_line: bool) -> Look:
    """Random paint, lettering and plate place that suit the kind."""
    white = rng.random() < (0.7 if kind in ("van", "truck") else 0.35)
    pool = WHITES if white else PAINTS
    colour = tuple(float(c) for c in np.clip(np.array(pool[rng.integers(len(pool))])
                                             * rng.uniform(0.85, 1.15), 8, 252))  # fmt: skip
    named = kind in ("van", "truck", "bus") and rng.random() < 0.7
    return Look(
        colour=(colour[0], colour[1], colour[2]),
        px_per_m=px_per_m,
        name=str(rng.choice(NAMES)) if named else "",
        name_colour=_ink(rng, colour[1]),
        font=int(rng.integers(64)),
        plate_y=_plate_height(rng, kind),
        plate_x=float(rng.uniform(-0.36, 0.36)) if kind in ("van", "truck", "bus") else 0.0,
        plate_size=(0.34, 0.21) if two_line else (0.52, 0.11),
        bare_plate=bool(rng.random() < (0.65 if white else 0.35)),
        wear=np.random.default_rng(int(rng.integers(1 << 62))),
    )


def _ink(rng: np.random.Generator, under: float) -> Colour:
    """A lettering colour that stands out from the paint."""
    if under < 110:
        return (235, 235, 235)
    inks: tuple[Colour, ...] = ((40, 40, 40), (150, 60, 20), (30, 30, 160), (40, 110, 30))
    return inks[int(rng.integers(len(inks)))]


def _plate_height(rng: np.random.Generator, kind: str) -> float:
    """Height of the plate's centre above the lower edge of the rear face, in metres."""
    if kind == "truck":
        return float(rng.uniform(0.15, 0.3))
    low, high = (0.3, 0.62) if kind == "car" else (0.22, 0.6)
    return float(rng.uniform(low, high))


def _mounts(look: Look, w: float, back: float, front: float, rear_low: float, front_low: float,
            nose: float) -> tuple[Mount, ...]:  # fmt: skip
    """Rear plate where the look wants it, front plate low in the middle."""
    rear = (look.plate_x, rear_low + look.plate_y, back - 0.015)
    low = front_low + min(look.plate_y, (nose - front_low) * 0.55)
    lean = float(look.wear.uniform(-0.1, 0.2))
    return (
        Mount(rear, "rear", look.plate_size, lean),
        Mount((0.0, low, front + 0.02), "front", (0.52, 0.11), float(look.wear.uniform(-0.1, 0.1))),
    )


def _lamps(w: float, rear_y: float, front_y: float, back: float, front: float) -> tuple[Lamp, ...]:
    """Tail lamps and headlamps at both sides."""
    x = w / 2 - 0.22
    tails = [Lamp((s * x, rear_y, back - 0.02), (60, 60, 255), "rear") for s in (-1, 1)]
    heads = [Lamp((s * x, front_y, front + 0.02), (235, 245, 255), "front") for s in (-1, 1)]
    return (*tails, *heads)


def _face(sheet: Sheet, w: float, y: tuple[float, float], z: float, facing: str) -> Panel:
    """One flat end panel between two heights."""
    s = -w / 2 if facing == "rear" else w / 2
    return Panel(
        np.array([[s, y[1], z], [-s, y[1], z], [-s, y[0], z], [s, y[0], z]]), sheet.texture
    )


def _end(sheet: Sheet, w: float, y: tuple[float, float], z: float, facing: str) -> list[Panel]:
    """An end whose two corners bend away from the viewer."""
    side = -1.0 if facing == "rear" else 1.0
    bend, edge = 0.13, 0.12
    x = side * np.array([w / 2, w / 2 - bend, bend - w / 2, -w / 2])
    depth = [z - side * edge, z, z, z - side * edge]
    cut = round(sheet.columns * bend / w)
    parts = np.split(sheet.texture, [cut, sheet.columns - cut], axis=1)
    panels = []
    for k, part in enumerate(parts):
        a, b = (x[k], depth[k]), (x[k + 1], depth[k + 1])
        top = [[a[0], y[1], a[1]], [b[0], y[1], b[1]]]
        low = [[b[0], y[0], b[1]], [a[0], y[0], a[1]]]
        panels.append(Panel(np.array(top + low), np.ascontiguousarray(part)))
    return panels


def _flanks(sheet: Sheet, w: float, y: tuple[float, float], length: float,
            centre: float = 0.0, words: Lettering | None = None) -> list[Panel]:  # fmt: skip
    """Left and right side panels; the texture's right end is the front."""
    a, b, x = centre - length / 2, centre + length / 2, w / 2
    right = np.array([[x, y[1], a], [x, y[1], b], [x, y[0], b], [x, y[0], a]])
    left = np.array([[-x, y[1], b], [-x, y[1], a], [-x, y[0], a], [-x, y[0], b]])
    other = sheet.mirrored()
    if words is not None and words[1].name:
        for side in (sheet, other):
            words[0](side, words[1])
    return [Panel(right, sheet.texture), Panel(left, other.texture)]


def _strip(sheet: Sheet, w: float, low: tuple[float, float], high: tuple[float, float]) -> Panel:
    """A panel across the vehicle between two (y, z) lines; seen from above."""
    a, b = (low, high) if low[1] < high[1] else (high, low)
    x = w / 2
    corners = np.array([[-x, b[0], b[1]], [x, b[0], b[1]], [x, a[0], a[1]], [-x, a[0], a[1]]])
    return Panel(corners, sheet.texture)


def _cabin(look: Look, w: tuple[float, float], y: tuple[float, float], back: tuple[float, float],
           front: tuple[float, float]) -> list[Panel]:  # fmt: skip
    """Rear window, windscreen, side windows and roof of a car, narrower at the top."""
    lo, hi = w[0] / 2 * 0.96, w[1] / 2
    rear = [[-hi, y[1], back[1]], [hi, y[1], back[1]], [lo, y[0], back[0]], [-lo, y[0], back[0]]]
    ahead = [[hi, y[1], front[0]], [-hi, y[1], front[0]], [-lo, y[0], front[1]],
             [lo, y[0], front[1]]]  # fmt: skip
    right = [[hi, y[1], back[1]], [hi, y[1], front[0]], [lo, y[0], front[1]], [lo, y[0], back[0]]]
    left = [[-p[0], p[1], p[2]] for p in (right[1], right[0], right[3], right[2])]
    roof = [[-hi, y[1], front[0]], [hi, y[1], front[0]], [hi, y[1], back[1]], [-hi, y[1], back[1]]]
    high = y[1] - y[0]
    glass = faces.rear_window(look, w[1], high)
    side = faces.side_windows(look, front[1] - back[0], high)
    return [
        Panel(np.array(rear), glass.texture),
        Panel(np.array(ahead), faces.window(look, w[1], high, 0.06).texture),
        Panel(np.array(right), side.texture),
        Panel(np.array(left), np.ascontiguousarray(side.texture[:, ::-1])),
        Panel(np.array(roof), faces.plain(look, w[1], 1.6).texture),
    ]


def _nose_windows(look: Look, w: float, y: tuple[float, float], front: float) -> list[Panel]:
    """The two cab windows of a van, slanted at their front edge."""
    x, a, b, c = w / 2, front - 1.56, front - 1.48, front - 0.62
    right = [[x, y[1], a], [x, y[1], b], [x, y[0], c], [x, y[0], a]]
    left = [[-p[0], p[1], p[2]] for p in (right[1], right[0], right[3], right[2])]
    sheet = faces.window(look, 0.9, y[1] - y[0], 0.08)
    mirrored = np.ascontiguousarray(sheet.texture[:, ::-1])
    return [Panel(np.array(right), sheet.texture), Panel(np.array(left), mirrored)]


def _tyres(w: float, z: float, high: float = 0.36) -> list[Panel]:
    """The tyre treads seen under an end."""
    sheet = Sheet(0.22, high, (30, 30, 30), 40)
    panels = []
    for facing in ("rear", "front"):
        for x in (-w / 2 + 0.14, w / 2 - 0.14):
            flat = _face(sheet, 0.22, (0.0, high), z, facing)
            panels.append(replace(flat, corners=flat.corners + np.array([x, 0, 0])))
    return panels


def _box_flank(look: Look, length: float, high: float) -> Sheet:
    """The long side of a truck's box."""
    sheet = Sheet(length, high, look.colour, min(look.px_per_m, 90.0)).shade(1.02, 0.92)
    for x in np.arange(0, length, 0.9):
        sheet.line((x, 0), (x, high), faces.tone(look.colour, 0.9), 0.02)
    return sheet


def _chassis(length: float) -> Sheet:
    """Wheels and tanks under a truck's box."""
    sheet = Sheet(length, 1.0, (30, 30, 30), 70).clear()
    sheet.box(0.2, 0.45, length - 0.4, 0.4, (46, 45, 44))
    for x in (1.3, length - 1.1):
        faces.wheel_on(sheet, x, 0.48)
    return sheet


def plate_panel(mount: Mount, face: Picture, heading: float, place: tuple[float, float]) -> Panel:
    """The plate's face on its mount, standing in the world."""
    return Panel(turned(mount.corners(), heading, place), face)
