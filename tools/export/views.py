"""Passages under the field names of products whose messages other platforms already parse (pure).

Read-only views: what a record does not tell is absent, never invented. A plate stands there only
where the record holds its text: a zone whose profile allows it, or a candidate that was released.
Source: the field names of Plate Recognizer Stream and of Rekor's `alpr_group`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from tools.export.seen import Seen
from tools.export.sites import Site

NAMESPACE = UUID("0b9e4c1a-77d2-5f3b-a1c8-4e6d2f9b8a70")
BACK = 180


def plate_recognizer(told: Seen, site: Site | None) -> dict[str, Any]:
    """Return a passage as a Plate Recognizer Stream webhook says it."""
    passage, plate = told.passage, told.plate
    region = {"code": plate.country.lower()} if plate.country else None
    result = {"plate": plate.text, "score": plate.confidence, "region": region}
    if passage.site.direction in ("approaching", "leaving") and site is not None:
        result["direction"] = heading(told, site)
    moment = iso(passage.seen_first)
    camera = passage.site.camera
    return {
        "hook": {"id": camera, "event": "recognition"},
        "data": {
            "camera_id": camera,
            "timestamp": moment,
            "timestamp_camera": moment,
            "results": [known(result)],
        },
    }


def rekor(told: Seen, site: Site | None) -> dict[str, Any]:
    """Return a passage as a Rekor `alpr_group` says it; confidence 0 to 100, times in ms."""
    passage, plate = told.passage, told.plate
    uuid = str(uuid5(NAMESPACE, told.sha256))
    sure = None if plate.confidence is None else round(100 * plate.confidence, 2)
    best = known({"plate": plate.text, "confidence": sure}) if plate.text else None
    moving = passage.site.direction in ("approaching", "leaving")
    return known(
        {
            "data_type": "alpr_group",
            "version": 2,
            "epoch_start": milliseconds(passage.seen_first),
            "epoch_end": milliseconds(passage.seen_last),
            "agent_uid": passage.box,
            "camera_id": passage.site.camera,
            "gps_latitude": None if site is None else site.latitude,
            "gps_longitude": None if site is None else site.longitude,
            "country": plate.country.lower() if plate.country else None,
            "uuids": [uuid],
            "best_uuid": uuid,
            "candidates": None if best is None else [best],
            "best_plate": best,
            "best_plate_number": plate.text,
            "best_confidence": sure,
            "travel_direction": heading(told, site) if moving and site is not None else None,
            "is_parked": True if passage.site.direction == "still" else None,
        }
    )


VIEWS = {"plate-recognizer": plate_recognizer, "rekor": rekor}


def heading(told: Seen, site: Site) -> float:
    """Return whither the vehicle went, degrees from the north."""
    towards = told.passage.site.direction == "approaching"
    return (site.heading + BACK * towards) % 360


def known(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def iso(moment: datetime) -> str:
    """Return a moment (UTC) as people and machines read it."""
    return moment.isoformat().replace("+00:00", "Z")


def milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970."""
    return round(moment.timestamp() * 1000)
