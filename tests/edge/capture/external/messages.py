"""Messages as cameras of other products push them, of made-up vehicles."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
PLATE = "1ZZZ99"


def ms(moment: datetime) -> str:
    return str(round(moment.timestamp() * 1000))


def axis(state: str = "new", car: str = "42", at: datetime = AT, **fields: Any) -> bytes:
    told = {
        "packetCounter": "26",
        "capture_timestamp": ms(at),
        "plateASCII": PLATE,
        "plateCountry": "NLD",
        "plateConfidence": "0.97",
        "carState": state,
        "carID": car,
        "carMoveDirection": "in",
        "roiID": "1",
        "plateCoordinates": [1, 2, 3, 4],
        "camera_info": {"SerialNumber": "X"},
    }
    return json.dumps(told | fields).encode()


def rekor(uuid: str = "u-1", at: datetime = AT, **fields: Any) -> bytes:
    told = {
        "data_type": "alpr_group",
        "version": 2,
        "epoch_start": at.timestamp() * 1000,
        "epoch_end": (at + timedelta(seconds=2)).timestamp() * 1000,
        "best_uuid": uuid,
        "best_plate_number": PLATE,
        "best_confidence": 97.0,
        "best_region": "eu-nl",
        "is_parked": False,
        "candidates": [{"plate": PLATE, "confidence": 97.0, "matches_template": 1}],
    }
    return json.dumps(told | fields).encode()


def hikvision(uuid: str = "h-1", at: datetime = AT, **fields: str) -> bytes:
    told = {
        "country": "NL",
        "licensePlate": PLATE,
        "line": "1",
        "direction": "forward",
        "confidenceLevel": "97",
        "plateCharBelieve": "99,99,98,97,97,96",
    } | fields
    anpr = "".join(f"<{name}>{value}</{name}>" for name, value in told.items())
    late = fields.get("isDataRetransmission", "false")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">'
        f"<dateTime>{at.isoformat()}</dateTime><eventType>ANPR</eventType>"
        f"<ANPR>{anpr}</ANPR><UUID>{uuid}</UUID>"
        f"<isDataRetransmission>{late}</isDataRetransmission>"
        "</EventNotificationAlert>"
    ).encode()


def with_picture(xml: bytes) -> bytes:
    """Return a message with its picture beside it, as a camera pushes both."""
    return (
        b'--boundary\r\nContent-Disposition: form-data; name="anpr.xml"; filename="anpr.xml"\r\n'
        b"Content-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s\r\n"
        b'--boundary\r\nContent-Disposition: form-data; name="plate.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0--none\xff\xd9\r\n--boundary--\r\n"
    ) % (len(xml), xml)
