"""Axis License Plate Verifier: one JSON object for each state of a vehicle in sight (pure).

`new` when it is first read, `update` when text or direction changed, `lost` ten seconds after it
left. All values are text. `carID` is a number of this camera alone, and starts again with it.
Source: developer.axis.com/vapix/applications/license-plate-verifier-api, push events.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from edge.capture.external.countries import alpha2
from edge.capture.external.fields import fault, milliseconds, share, text, way
from edge.types import Direction, ForeignReading

PRODUCT = "axis"
DIRECTIONS = {"in": Direction.APPROACHING, "out": Direction.LEAVING}
NEW, LOST = "new", "lost"


def readings(body: bytes, countries: Mapping[str, str]) -> list[ForeignReading]:
    """Return what a message says. Raises CaptureError."""
    try:
        told = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise fault("It is no JSON object") from None
    vehicle = text(told.get("carID"))
    if not vehicle:
        raise fault("It names no vehicle (carID)")
    at = milliseconds(told.get("capture_timestamp"))
    return [
        ForeignReading(
            product=PRODUCT,
            vehicle=vehicle,
            plate=text(told.get("plateASCII")),
            country=alpha2(text(told.get("plateCountry")), countries),
            confidence=share(told.get("plateConfidence"), 1),
            chars=(),
            seen_first=at,
            seen_last=at,
            direction=way(told.get("carMoveDirection"), DIRECTIONS),
            lane=text(told.get("roiID")) or None,
            begins=text(told.get("carState")) == NEW,
            gone=text(told.get("carState")) == LOST,
        )
    ]
