"""A street of the suite as its file tells it: what drives by, how, and what each one is due."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
import numpy as np

from edge.errors import RunError
from edge.types import Direction, Outcome

SUITE = Path(__file__).parent
"""Our own suite: its streets, and what is expected on them, each a folder."""
Second: TypeAlias = float
Metre: TypeAlias = float
Way: TypeAlias = tuple[tuple[Second, Metre], ...]
Kind: TypeAlias = Literal[
    "car", "van", "truck", "bus", "motorcycle", "trailer", "semitrailer", "flatbed"
]
LANES = {"left": -1.75, "right": 1.15, "kerb": 4.05, "yard": 6.6}
"""Metres to the right of the middle of the road. On the kerb and in the yard is no lane."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a street's file."""


class Vehicle(_Table, frozen=True, kw_only=True):
    """One vehicle: its plate, its way, and what is due to it, zone by zone.

    `way` is where the plate that is seen is: pairs of a second and the metres from the camera,
    along the road or, of one that `crosses`, to the right. `behind` is the number of the vehicle
    that tows this one, `upon` of one that carries it. `register` names its row in `fleet.toml`;
    `dirt` is a seed of dirt, bolts and glare on its plate, `later` what it shows from a moment on,
    as one that is tampered with may. `due` is empty for what must be no
    passage at all. `says` tells what is special about it.
    """

    plate: str
    country: str
    kind: Kind = "van"
    lane: Literal["left", "right", "kerb", "yard"] = "right"
    drives: Direction = Direction.LEAVING
    way: Way = ()
    crosses_at_m: float | None = None
    behind: int | None = None
    upon: int | None = None
    lines: Literal[1, 2] = 1
    style: str = "car"
    dirt: int | None = None
    later: str | None = None
    later_from_s: float = 0.0
    register: str | None = None
    due: dict[str, Outcome] = {}
    says: str = ""
    name: str = ""

    @property
    def led_by(self) -> int | None:
        """Return the number of the vehicle that this one goes with, None where it goes alone."""
        return self.behind or self.upon


class Street(_Table, frozen=True, kw_only=True):
    """A clip that is drawn anew each time, and everything that is due in it."""

    says: str
    starts_at: datetime
    seconds: Annotated[float, msgspec.Meta(gt=0, le=20)]
    vehicles: Annotated[tuple[Vehicle, ...], msgspec.Meta(min_length=1)]
    seed: int = 1
    light: Literal["day", "infrared", "rain"] = "day"


def read_street(name: str, suite: Path = SUITE) -> Street:
    """Read one street. Raises RunError for what it does not know."""
    path = suite / "streets" / f"{name}.toml"
    try:
        street = msgspec.toml.decode(path.read_bytes(), type=Street)
    except (OSError, msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as e:
        raise RunError(f"The street {path} cannot be read ({e}).", "Correct the file.") from e
    for number, vehicle in enumerate(street.vehicles, 1):
        _check(path, number, vehicle)
    return street


def _check(path: Path, number: int, vehicle: Vehicle) -> None:
    if len(vehicle.way) < 2 and vehicle.led_by is None:
        raise RunError(f"{path}: vehicle {number} has no way.", "Give it two places or more.")
    times = [at_s for at_s, _ in vehicle.way]
    if any(later <= sooner for sooner, later in pairwise(times)):
        raise RunError(
            f"{path}: vehicle {number} goes back in time.", "Order the pairs of its way."
        )
    if vehicle.led_by is not None and not 1 <= vehicle.led_by < number:
        raise RunError(f"{path}: vehicle {number} goes with no other.", "Name an earlier one.")


def names(suite: Path = SUITE) -> tuple[str, ...]:
    """Return the names of all streets of a suite, sorted."""
    return tuple(sorted(path.stem for path in (suite / "streets").glob("*.toml")))


def place_at(way: Sequence[tuple[Second, Metre]], at_s: float) -> float:
    """Return where a vehicle is at a moment: smoothly from place to place, steady beyond them.

    It never overshoots: one that stands, stands still (Fritsch and Carlson, 1980).
    """
    times, places = np.array(way, np.float64).T
    slopes = np.diff(places) / np.diff(times)
    between = slopes[:-1] * slopes[1:]
    turns = np.zeros_like(between)
    inner = np.divide(2 * between, slopes[:-1] + slopes[1:], out=turns, where=between > 0)
    speeds = np.concatenate([slopes[:1], inner, slopes[-1:]])
    i = min(max(bisect_right(times.tolist(), at_s) - 1, 0), len(times) - 2)
    if not times[0] <= at_s <= times[-1]:
        end = 0 if at_s < times[0] else -1
        return float(places[end] + speeds[end] * (at_s - times[end]))
    span = times[i + 1] - times[i]
    u = (at_s - times[i]) / span
    return float(
        places[i] * (1 + 2 * u) * (1 - u) ** 2
        + places[i + 1] * u**2 * (3 - 2 * u)
        + span * u * (1 - u) * (speeds[i] * (1 - u) - speeds[i + 1] * u)
    )
