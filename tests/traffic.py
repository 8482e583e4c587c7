"""A street in numbers: what a reader would see of known vehicles, for tests of the tracker.

A pinhole camera looks down a road of two lanes. Vehicles keep to their lane and hide what stands
behind them; plates are missed, misread and shaken. Who carried which plate is known throughout.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from edge.passage.lanes import Lane, View
from edge.passage.track import Track
from edge.passage.tracker import Tracker
from edge.types import Box, Detection, Direction, Frame, Point, Reading, Tint
from tests.fakes import ALPHABET, SLOTS, frame

PLATE_M, PLATE_HIGH = 0.52, 0.22
BODY_M = (1.8, 1.5, 4.5)  # width, height, length
LEAST_PX = 36.0
LANE_M = 3.5
GONE_S = 1.0
PICTURE = (1280, 720)


@dataclass(frozen=True)
class Lens:
    """Where the camera hangs and where it looks: metres, degrees, pixels."""

    focal_px: float = 2000.0
    height_m: float = 5.0
    aside_m: float = 0.0
    down: float = 17.0
    turned: float = 0.0

    def project(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Return pixel column, pixel row and depth of a place on the road."""
        across, drop, along = x - self.aside_m, self.height_m - y, z
        turn, tilt = math.radians(self.turned), math.radians(self.down)
        right = across * math.cos(turn) - along * math.sin(turn)
        ahead = across * math.sin(turn) + along * math.cos(turn)
        depth = ahead * math.cos(tilt) + drop * math.sin(tilt)
        below = drop * math.cos(tilt) - ahead * math.sin(tilt)
        scale = self.focal_px / max(depth, 0.1)
        return PICTURE[0] / 2 + scale * right, PICTURE[1] / 2 + scale * below, depth


GANTRY = Lens()
ROADSIDE = Lens(focal_px=2400.0, height_m=4.0, aside_m=-4.5, down=12.5, turned=14.0)
LOW = Lens(focal_px=1700.0, height_m=1.8, aside_m=-3.5, down=4.0, turned=11.0)


@dataclass(frozen=True)
class Car:
    """One vehicle: where its plate is at each second, and what it reads."""

    plate: str
    lane_m: float
    at: Callable[[float], float]
    direction: Direction
    hidden: tuple[float, float] = (0.0, 0.0)
    plate_high_m: float = 0.6

    def box(self, lens: Lens, t: float) -> Box | None:
        """Return the plate's box in the picture, None when it is behind or too small."""
        u, v, depth = lens.project(self.lane_m, self.plate_high_m, self.at(t))
        width = lens.focal_px * PLATE_M / max(depth, 0.1)
        if depth < 1 or width < LEAST_PX or self.hidden[0] <= t < self.hidden[1]:
            return None
        high = width * PLATE_HIGH
        return Box(u - width / 2, v - high / 2, u + width / 2, v + high / 2)

    def hides(self, lens: Lens, t: float, other: "Car") -> bool:
        """True when the line from the camera to another one's plate runs through this body."""
        wide, high, long = BODY_M
        eye = (lens.aside_m, lens.height_m, 0.0)
        plate = (other.lane_m, other.plate_high_m, other.at(t))
        near = (self.lane_m - wide / 2, 0.3, self.at(t))
        far = (self.lane_m + wide / 2, high, self.at(t) + long)
        begins, ends = 0.0, 1.0 - 1e-6
        for start, end, low, top in zip(eye, plate, near, far, strict=True):
            step = (end - start) or 1e-9
            enters, leaves = sorted(((low - start) / step, (top - start) / step))
            begins, ends = max(begins, enters), min(ends, leaves)
        return begins < ends


@dataclass(frozen=True)
class Air:
    """What stands between a plate and its text."""

    missed: float = 0.12
    misread: float = 0.2
    shake_px: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Cars, camera and disturbance, for some seconds."""

    cars: Sequence[Car]
    seconds: float
    lens: Lens = GANTRY
    air: Air = field(default_factory=Air)


def plate(draw: random.Random) -> str:
    """Return a made-up plate of the Belgian form."""
    letters = "".join(draw.choices("ABCDEFGHKLMNPRSTVXYZ", k=3))
    return f"{draw.randint(1, 2)}{letters}{draw.randint(0, 999):03}"


def read_as(text: str, sure: Sequence[float], found: Detection) -> Reading:
    """Return a reading with a probability of its own for each character."""
    slots = np.full((SLOTS, len(ALPHABET)), 1e-3, np.float32)
    for i, char in enumerate(text.ljust(SLOTS, "_")):
        slots[i, ALPHABET.index(char)] = sure[i] if i < len(text) else 0.99
    return Reading(found, text, tuple(sure[: len(text)]), slots, ALPHABET, Tint.WHITE)


def _misread(text: str, draw: random.Random) -> tuple[str, list[float]]:
    """Garble a text: mostly one unsure character, now and then most of it, rarely a sure one."""
    sure = [draw.uniform(0.75, 0.99) for _ in text]
    kind = draw.random()
    wrong = 1 if kind < 0.7 else 3 if kind < 0.92 else len(text) - 1
    chars = list(text)
    for i in draw.sample(range(len(text)), wrong):
        chars[i] = draw.choice(ALPHABET[:-1])
        sure[i] = draw.uniform(0.75, 0.9) if kind < 0.05 else draw.uniform(0.3, 0.65)
    if kind > 0.96:
        del chars[-1], sure[-1]
    return "".join(chars), sure


def _seen(
    car: Car, place: Box, shift: tuple[float, float], air: Air, draw: random.Random
) -> Reading:
    """Return what detector and reader make of a plate at a place."""
    small = place.width < 60
    width = place.width * (1 + draw.gauss(0, 0.03))
    high = place.height * (1 + draw.gauss(0, 0.04))
    (u, v), (du, dv) = place.centre, shift
    u, v = u + du + draw.gauss(0, 1.2), v + dv + draw.gauss(0, 1.0)
    box = Box(u - width / 2, v - high / 2, u + width / 2, v + high / 2)
    box = Box(max(0, box.x1), max(0, box.y1), min(PICTURE[0], box.x2), min(PICTURE[1], box.y2))
    corners = (Point(box.x1, box.y1), Point(box.x2, box.y1), Point(box.x2, box.y2))
    found = Detection(box, (*corners, Point(box.x1, box.y2)), 0.9)
    if draw.random() < air.misread * (2 if small else 1):
        return read_as(*_misread(car.plate, draw), found)
    low = 0.6 if small else 0.8
    return read_as(car.plate, [draw.uniform(low, 0.999) for _ in car.plate], found)


def _inside(place: Box) -> bool:
    u, v = place.centre
    return 0 < u < PICTURE[0] and 0 < v < PICTURE[1]


BLANK = np.zeros((PICTURE[1], PICTURE[0], 3), np.uint8)
Views = list[tuple[Frame, list[tuple[Reading, Car]]]]


def film(scene: Scene, fps: float, seed: int) -> Views:
    """Return each frame with its readings and whose they are."""
    draw = random.Random(seed)
    beat = draw.uniform(3, 7)
    views: Views = []
    for i in range(int(_last_seen(scene) * fps)):
        t = i / fps
        swing = scene.air.shake_px
        shift = (
            swing * math.sin(beat * 6.28 * t) + draw.gauss(0, swing / 4),
            swing * math.sin(beat * 4.4 * t + 1) + draw.gauss(0, swing / 4),
        )
        views.append((frame(i, fps, BLANK), _views(scene, t, shift, draw)))
    return views


def _last_seen(scene: Scene) -> float:
    """Return the second after which nothing moves any more."""
    moving = [car for car in scene.cars if car.direction is not Direction.STILL]
    beats = range(int(scene.seconds * 10), 0, -1)
    seen = (i for i in beats for car in moving if _shown(car.box(scene.lens, i / 10)))
    return next(seen, 0) / 10 + 0.5


def _shown(place: Box | None) -> bool:
    return place is not None and _inside(place)


def _views(
    scene: Scene, t: float, shift: tuple[float, float], draw: random.Random
) -> list[tuple[Reading, Car]]:
    placed = [(car, place) for car in scene.cars if (place := car.box(scene.lens, t))]
    found = [
        (_seen(car, place, shift, scene.air, draw), car)
        for car, place in placed
        if _inside(place)
        and draw.random() >= scene.air.missed
        and not any(o is not car and o.hides(scene.lens, t, car) for o in scene.cars)
    ]
    draw.shuffle(found)
    return found


@dataclass(frozen=True)
class Tally:
    """What a tracker made of a scene, against who really drove."""

    cars: int = 0
    switches: int = 0  # a car's next sighting went to another track
    splits: int = 0  # tracks of two or more sightings beyond one, and what long hiding forces
    merged: int = 0  # tracks with sightings of two cars
    wrong_direction: int = 0
    no_direction: int = 0
    wrong_lane: int = 0
    lost: int = 0  # seen twice or more, and no track of two sightings is its own

    def __add__(self, other: "Tally") -> "Tally":
        names = self.__dataclass_fields__
        return Tally(*(getattr(self, n) + getattr(other, n) for n in names))


Owned = list[tuple[int, Car]]
"""The sightings of a track: frame and car."""


def follow(tracker: Tracker, views: Views) -> list[tuple[Track, Owned]]:
    """Run a tracker; return its tracks, each with whose its sightings were."""
    taken: dict[int, Owned] = defaultdict(list)
    tracks: list[Track] = []
    for shown, seen in views:
        owner = {id(reading): car for reading, car in seen}
        tracks += tracker.update(shown, [reading for reading, _ in seen])
        for track in tracker.followed:
            if id(track.last.reading) in owner:
                taken[track.id].append((shown.index, owner[id(track.last.reading)]))
        _hand_over(taken, [*tracker.followed, *tracks])
    tracks += tracker.finish()
    return [(track, taken[track.id]) for track in {t.id: t for t in tracks}.values()]


def _hand_over(taken: dict[int, Owned], tracks: Sequence[Track]) -> None:
    """Give the sightings of a track that was joined to the track that now holds them."""
    known = {track.id for track in tracks}
    for gone in [i for i in taken if i not in known]:
        heir = next(t for t in tracks if t.count == len(taken[t.id]) + len(taken[gone]))
        taken[heir.id] += taken.pop(gone)


def judge(scene: Scene, fps: float, views: Views, tracks: Sequence[tuple[Track, Owned]]) -> Tally:
    """Hold tracks against who really drove."""
    owners = [(t, Counter(id(car) for _, car in owned).most_common()) for t, owned in tracks]
    total = Tally(merged=sum(1 for _, cars in owners if len(cars) > 1))
    for car in scene.cars:
        went = sorted((i, t.id) for t, owned in tracks for i, whose in owned if whose is car)
        own = [(t, cars[0][1]) for t, cars in owners if cars[0][0] == id(car) and t.count > 1]
        if len(went) > 1:
            total += _judged(car, max(own, key=lambda o: o[1])[0] if own else None)
            total += _broken(went, fps, len(own))
    return total


def _judged(car: Car, track: Track | None) -> Tally:
    if track is None:
        return Tally(cars=1, lost=1)
    told = track.direction
    opposite = {Direction.APPROACHING, Direction.LEAVING, Direction.STILL} - {car.direction}
    return Tally(
        cars=1,
        wrong_direction=int(told in opposite),
        no_direction=int(told is Direction.UNKNOWN),
        wrong_lane=int((track.lane and track.lane.name) != lane_of(car)),
    )


def _broken(went: Sequence[tuple[int, int]], fps: float, tracks: int) -> Tally:
    """Count where a car's track changed, save after it was hidden for too long."""
    steps = list(pairwise(went))
    forced = sum(1 for (i, _), (j, _) in steps if j - i > GONE_S * fps)
    changed = sum(1 for (i, a), (j, b) in steps if a != b and j - i <= GONE_S * fps)
    return Tally(switches=changed, splits=max(0, tracks - 1 - forced))


def lane_of(car: Car) -> str | None:
    """Return the lane a car keeps to; None at the kerb."""
    return None if abs(car.lane_m) > LANE_M else "left" if car.lane_m < 0 else "right"


def drawn(lens: Lens) -> View:
    """Return the view in which both lanes are drawn as the camera sees them."""
    return View(lanes=(_drawn("left", -LANE_M, 0, lens), _drawn("right", 0, LANE_M, lens)))


def _drawn(name: str, left: float, right: float, lens: Lens) -> Lane:
    places = [(left, 4.0), (left, 45.0), (right, 45.0), (right, 4.0)]
    seen = [lens.project(x, 0.6, z) for x, z in places]
    return Lane(name, tuple((u / PICTURE[0], v / PICTURE[1]) for u, v, _ in seen))


def survey(scene: Scene, fps: float, seed: int) -> Tally:
    """Film a scene, follow it, judge the result."""
    views = film(scene, fps, seed)
    return judge(scene, fps, views, follow(Tracker(GONE_S, view=drawn(scene.lens)), views))


# the streets


def steady(v: float, start: float, at_s: float) -> Callable[[float], float]:
    """A vehicle that drives on at `v` m/s and passes `start` metres at `at_s`."""
    return lambda t: start + v * (t - at_s)


def column(
    draw: random.Random, kmh: float, headway_s: float, lane_m: float, coming: bool, cars: int = 5
) -> list[Car]:
    """Vehicles one behind the other, bumpers `headway_s` apart."""
    v = kmh / 3.6
    every = headway_s + BODY_M[2] / v
    way = Direction.APPROACHING if coming else Direction.LEAVING
    start = 0.5 + draw.uniform(0, 1)
    speed = -v if coming else v
    return [
        Car(plate(draw), lane_m, steady(speed, 15.0, start + 15 / v + n * every), way)
        for n in range(cars)
    ]


def _two_lanes(draw: random.Random, kmh: float, coming: bool, headway_s: float) -> list[Car]:
    """Both lanes; the left one goes its own way."""
    left = column(draw, kmh, headway_s, -1.75, coming)
    return left + column(draw, kmh * draw.uniform(0.85, 1.15), headway_s, 1.75, True)


def alone(draw: random.Random, kmh: float) -> Scene:
    """One vehicle at a time, now coming and now going."""
    cars = column(draw, kmh, 2.0, 1.75, coming=draw.random() < 0.5)
    return Scene(cars, 14.0, lens=draw.choice([GANTRY, ROADSIDE]))


def tailgating(draw: random.Random, kmh: float) -> Scene:
    """A column half a second apart."""
    return Scene(column(draw, kmh, 0.5, 1.75, coming=draw.random() < 0.7), 10.0)


def fleet(draw: random.Random, kmh: float) -> Scene:
    """A column half a second apart whose plates differ in their last character."""
    first = plate(draw)[:-1]
    cars = column(draw, kmh, 0.5, 1.75, coming=True)
    return Scene([replace(c, plate=f"{first}{n}") for n, c in enumerate(cars)], 10.0)


def abreast(draw: random.Random, kmh: float) -> Scene:
    """Two lanes the same way, one vehicle close behind the other."""
    return Scene(_two_lanes(draw, kmh, coming=True, headway_s=0.6), 10.0)


def opposite(draw: random.Random, kmh: float) -> Scene:
    """Two lanes in opposite directions."""
    lens = draw.choice([GANTRY, ROADSIDE])
    return Scene(_two_lanes(draw, kmh, coming=False, headway_s=0.8), 10.0, lens)


def kerb(draw: random.Random, cars: int = 3) -> list[Car]:
    """Vehicles parked beyond both lanes, their rears to the camera."""
    places = [13.5 + 7.0 * n for n in range(cars)]
    return [Car(plate(draw), 4.6, steady(0.0, z, 0.0), Direction.STILL) for z in places]


def parked(draw: random.Random, kmh: float) -> Scene:
    """Traffic both ways between the camera and cars parked at the kerb."""
    driving = _two_lanes(draw, kmh, coming=False, headway_s=1.0)
    return Scene(kerb(draw) + driving, 10.0, lens=ROADSIDE)


def occluded(draw: random.Random, kmh: float) -> Scene:
    """Each vehicle disappears for up to 0.7 seconds, and always for some of its way."""
    cars = _two_lanes(draw, kmh, coming=False, headway_s=1.2)
    return Scene([_hidden(car, draw, kmh) for car in cars], 12.0)


def _hidden(car: Car, draw: random.Random, kmh: float) -> Car:
    """Hide a car on a third of the 18 metres in which its plate can be read, or longer."""
    near = next(t / 100 for t in range(2000) if abs(car.at(t / 100) - 17) < 0.5)
    length = min(0.7, draw.uniform(0.3, 0.5) * 18 / (kmh / 3.6))
    return replace(car, hidden=(near - length / 2, near + length / 2))


def shaken(draw: random.Random, kmh: float) -> Scene:
    """A mast in the wind: traffic both ways and parked cars, all of it swinging by 12 pixels."""
    return replace(parked(draw, kmh), air=Air(shake_px=12.0))


def halting(draw: random.Random, kmh: float) -> Scene:
    """A queue that halts before the camera and drives on."""
    v = kmh / 3.6
    lag = [n * (0.8 + BODY_M[2] / v) for n in range(3)]
    cars = [
        Car(plate(draw), 1.75, _halt(v, 12.0 + 7.0 * n, 2.5 + late, 3.0 + n * 0.7), APPROACHING)
        for n, late in enumerate(lag)
    ]
    return Scene(cars + column(draw, kmh, 1.0, -1.75, coming=False), 14.0)


APPROACHING = Direction.APPROACHING
BRAKES = 4.0  # m/s2


def _halt(v: float, place: float, at_s: float, halt_s: float) -> Callable[[float], float]:
    """A vehicle that brakes to stand at a place from `at_s` on, then drives on."""
    braking, away = v / BRAKES, at_s + halt_s

    def at(t: float) -> float:
        if t < at_s - braking:
            return place + v * braking / 2 + v * (at_s - braking - t)
        if t < at_s:
            return place + BRAKES * (at_s - t) ** 2 / 2
        return place - 1.0 * max(0.0, t - away) ** 2

    return at


def everything(draw: random.Random, kmh: float) -> Scene:
    """Both ways, tailgating, hidden for a moment, parked cars, and wind."""
    driving = _two_lanes(draw, kmh, coming=False, headway_s=0.6)
    hidden = [_hidden(car, draw, kmh) if draw.random() < 0.4 else car for car in driving]
    return Scene(kerb(draw) + hidden, 10.0, lens=ROADSIDE, air=Air(0.15, 0.25, 8.0))


Street = Callable[[random.Random, float], Scene]
STREETS: dict[str, Street] = {
    street.__name__: street
    for street in (
        *(alone, tailgating, fleet, abreast, opposite),
        *(parked, occluded, shaken, halting, everything),
    )
}
