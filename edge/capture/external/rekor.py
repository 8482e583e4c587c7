"""Rekor Scout (formerly OpenALPR): one `alpr_group` in JSON for each vehicle, after it left (pure).

Confidence is 0 to 100, times are milliseconds since 1970. Other data types (single frames,
heartbeats) say nothing that a group does not. A group comes up to ten seconds after the vehicle.
`country` names the models of the agent (`eu`) and decides nothing.
Source: docs.rekor.ai/scout/application-integration/json-group-results.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from edge.capture.external.countries import alpha2
from edge.capture.external.fields import fault, milliseconds, share, text
from edge.types import Direction, ForeignReading

PRODUCT, GROUP, EUROPE = "rekor", "alpr_group", "eu"


def readings(body: bytes, countries: Mapping[str, str]) -> list[ForeignReading]:
    """Return what a message says. Raises CaptureError."""
    try:
        told = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise fault("It is no JSON object") from None
    if told.get("data_type") != GROUP:
        return []
    vehicle = text(told.get("best_uuid"))
    if not vehicle:
        raise fault("It names no vehicle (best_uuid)")
    region = told.get("best_region_confidence")
    first, last = (milliseconds(told.get(name)) for name in ("epoch_start", "epoch_end"))
    return [
        ForeignReading(
            product=PRODUCT,
            vehicle=vehicle,
            plate=text(told.get("best_plate_number")),
            country=alpha2(_country(told), countries),
            confidence=share(told.get("best_confidence"), 100),
            country_confidence=None if region is None else share(region, 100) or 0.0,
            chars=(),
            seen_first=min(first, last),
            seen_last=last,
            direction=Direction.STILL if told.get("is_parked") is True else Direction.UNKNOWN,
        )
    ]


def _country(told: dict[str, Any]) -> str:
    """Return the country of the plate: of a region `eu-nl` the second part; `us-de` is Delaware."""
    part, dash, country = text(told.get("best_region")).lower().partition("-")
    if not dash:
        return part
    return country if part == EUROPE else ""
