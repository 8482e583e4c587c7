"""Hikvision: XML of `EventNotificationAlert` with eventType ANPR, often beside pictures (pure).

Pushed as XML alone or as a part of `multipart/form-data`; the pictures are thrown away. That is
taken apart by hand: the parser of mail takes minutes over a head that was made to hurt. Confidence
is 0 to 100. `isDataRetransmission` says that the camera kept it while we were away. A document type
is refused: nothing here needs one, and entities are how XML attacks its reader. Countries are
numbers of the firmware: the site says what they mean. Source: ISAPI, ANPR.
"""

import re
from collections.abc import Mapping
from xml.parsers import expat

from edge.capture.external.countries import alpha2
from edge.capture.external.fields import fault, iso, share, text, way
from edge.types import Direction, ForeignReading

PRODUCT = "hikvision"
DEEPEST, LONGEST = 16, 4096
DIRECTIONS = {"forward": Direction.APPROACHING, "reverse": Direction.LEAVING}
UNREAD = "unknown"
HEAD = re.compile(rb"(?:[^\r\n]+\r?\n)*\r?\n")
IS_XML = re.compile(rb"^content-type:[ \t]*[a-z]+/xml\b", re.IGNORECASE | re.MULTILINE)


def readings(body: bytes, countries: Mapping[str, str]) -> list[ForeignReading]:
    """Return what a message says. Raises CaptureError."""
    told = leaves(xml_part(body))
    if told.get("eventType") != "ANPR":
        return []
    vehicle = text(told.get("UUID"))
    if not vehicle:
        raise fault("It names no vehicle (UUID)")
    at, plate = iso(told.get("dateTime")), text(told.get("licensePlate"))
    believed = [share(value, 100) for value in told.get("plateCharBelieve", "").split(",")]
    return [
        ForeignReading(
            product=PRODUCT,
            vehicle=vehicle,
            plate="" if plate.lower() == UNREAD else plate,
            country=alpha2(text(told.get("country")), countries),
            confidence=share(told.get("confidenceLevel"), 100),
            chars=tuple(value for value in believed if value is not None),
            seen_first=at,
            seen_last=at,
            direction=way(told.get("direction"), DIRECTIONS),
            lane=text(told.get("line")) or None,
            late=told.get("isDataRetransmission") == "true",
        )
    ]


def xml_part(body: bytes) -> bytes:
    """Return the XML of a message: all of it, or its part that is XML. Raises CaptureError."""
    body = body.lstrip()
    if not body.startswith(b"--"):
        return body
    boundary, _, parts = body.partition(b"\n")
    for part in parts.split(b"\n" + boundary.strip()):
        head = HEAD.match(part)
        if head is not None and IS_XML.search(head[0]):
            return part[head.end() :].rstrip(b"\r")
    raise fault("No part of it is XML")


def leaves(xml: bytes) -> dict[str, str]:
    """Return the texts of the innermost elements, by name; of several the first.

    Raises CaptureError.
    """
    found: dict[str, str] = {}
    path: list[str] = []
    said: list[str] = []

    def start(name: str, _: object) -> None:
        path.append(name.rpartition(":")[2])
        said.clear()
        if len(path) > DEEPEST:
            raise fault("It is nested too deeply")

    def end(_: str) -> None:
        found.setdefault(path.pop(), "".join(said)[:LONGEST])
        said.clear()

    def doctype(*_: object) -> None:
        raise fault("It has a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = said.append, doctype
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise fault("It is no XML") from None
    return found
