"""Golden pictures: what new models must read before a box looks with them. Pure.

A release of models brings `golden.json` and the pictures that it names, drawn with made-up plates.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from edge.passage.passage import NONSENSE
from edge.passage.plate import MIN_LENGTH, country_of
from edge.passage.vote import vote
from edge.types import Box, Reading

FEWEST, MOST = 4, 99
FILE = "golden.json"
OVERLAP, SLOWER = 0.5, 1.5


class GoldenPlate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plate as it was drawn: its text, its country, its box (x1, y1, x2, y2) in pixels."""

    text: Annotated[str, msgspec.Meta(min_length=MIN_LENGTH)]
    box: tuple[float, float, float, float]
    country: str | None = None


class GoldenPicture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture, and all the plates in it."""

    file: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9._-]{0,62}\Z")]
    plates: Annotated[tuple[GoldenPlate, ...], msgspec.Meta(min_length=1)]


class Goldens(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pictures of a release, and how far from them is still right.

    A box must overlap the drawn one by `iou`; a look at a picture may take `slower` times as long
    as with the models in force.
    """

    pictures: Annotated[tuple[GoldenPicture, ...], msgspec.Meta(min_length=FEWEST, max_length=MOST)]
    iou: Annotated[float, msgspec.Meta(gt=0, le=1)] = OVERLAP
    slower: Annotated[float, msgspec.Meta(ge=1, le=10)] = SLOWER


def is_plate(reading: Reading) -> bool:
    """True unless a reading is of what only looks like a plate."""
    return len(reading.text) >= MIN_LENGTH and vote([reading]).confidence >= NONSENSE


def misread(plates: Sequence[GoldenPlate], readings: Sequence[Reading], iou: float) -> str | None:
    """Say what is wrong with the readings of a golden picture, without a plate; None: nothing.

    No country told is no fault: such a passage goes to review.
    """
    left = [reading for reading in readings if is_plate(reading)]
    for number, plate in enumerate(plates, start=1):
        here = f"plate {number} of {len(plates)}"
        fits = (r for r in left if r.text == plate.text and overlap(r, plate) >= iou)
        reading = next(fits, None)
        if reading is None:
            return f"{here} is not read as it was drawn"
        told = country_of(reading.text, reading.tint)
        if None not in (told, plate.country) and told != plate.country:
            return f"{here} is taken for one of another country"
        left.remove(reading)
    return f"a plate is read where none was drawn ({len(left)} times)" if left else None


def overlap(reading: Reading, plate: GoldenPlate) -> float:
    """Return the share that two boxes have in common of what they cover together."""
    seen, drawn = reading.detection.box, Box(*plate.box)
    width = min(seen.x2, drawn.x2) - max(seen.x1, drawn.x1)
    height = min(seen.y2, drawn.y2) - max(seen.y1, drawn.y1)
    shared = max(width, 0.0) * max(height, 0.0)
    together = seen.width * seen.height + drawn.width * drawn.height - shared
    return shared / together if together > 0 else 0.0
