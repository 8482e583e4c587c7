"""Hikvision: XML of `EventNotificationAlert` with eventType ANPR, often beside pictures (pure).

Pushed as XML alone or as a part of `multipart/form-data`; the pictures are thrown away. Confidence
is 0 to 100, of the plate and of each character. `isDataRetransmission` says that the camera kept it
while we were away. A document type is refused: nothing here needs one, and entities are how XML
attacks its reader. The parts are split here, for the parser of mail takes a minute over 8 MB that
were made for that. Countries are numbers of the firmware: the site says what they mean.
Source: Intelligent Security API (ANPR) developer guide, XML_EventNotificationAlert_ANPR.
"""

import re
from collections.abc import Mapping
from xml.parsers import expat

from edge.capture.external.countries import alpha2
from edge.capture.external.fields import fault, iso, share, text, way
from edge.types import Direction, ForeignReading

PRODUCT = "hikvision"
LARGEST, DEEPEST, LONGEST, MOST = 262_144, 16, 4096, 4096
"""The XML in bytes; elements: how deep, how long the text of one (characters), how many."""
PARTS, HEAD = 32, 4096
"""Parts of a message, and bytes of what stands above one."""
XML_HEAD = re.compile(rb"content-type: *(application|text)/xml|filename=\"[^\"]*\.xml\"", re.I)
DIRECTIONS = {"forward": Direction.APPROACHING, "reverse": Direction.LEAVING}
UNREAD = "unknown"


def readings(body: bytes, countries: Mapping[str, str]) -> list[ForeignReading]:
    """Return what a message says. Raises CaptureError."""
    told = leaves(xml_part(body))
    if told.get("eventType") != "ANPR":
        return []
    vehicle = text(told.get("UUID"))
    if not vehicle:
        raise fault("It names no vehicle (UUID)")
    at, plate = iso(told.get("dateTime")), text(told.get("licensePlate"))
    said = text(told.get("plateCharBelieve"))
    believed = tuple(share(value, 100) or 0.0 for value in said.split(",")) if said else ()
    return [
        ForeignReading(
            product=PRODUCT,
            vehicle=vehicle,
            plate="" if plate.lower() == UNREAD else plate,
            country=alpha2(text(told.get("country")), countries),
            confidence=share(told.get("confidenceLevel"), 100),
            chars=believed,
            seen_first=at,
            seen_last=at,
            direction=way(told.get("direction"), DIRECTIONS),
            lane=text(told.get("line")) or None,
            late=told.get("isDataRetransmission") == "true",
        )
    ]


def xml_part(body: bytes) -> bytes:
    """Return the XML of a message: all of it, or its part that is XML. Raises CaptureError."""
    if not body.lstrip().startswith(b"--"):
        return body
    boundary = body.lstrip().split(b"\n", 1)[0].strip()
    for part in body.split(boundary, PARTS)[1:]:
        end = re.search(rb"\r?\n\r?\n", part[:HEAD])
        if end and XML_HEAD.search(part[: end.start()]):
            return part[end.end() :].strip()
    raise fault("No part of it is XML")


def leaves(xml: bytes) -> dict[str, str]:
    """Return the texts of the innermost elements, by name; of several the first.

    Raises CaptureError.
    """
    if len(xml) > LARGEST:
        raise fault("It is too large")
    found: dict[str, str] = {}
    path: list[str] = []
    said: list[str] = []
    count = 0

    def start(name: str, _: object) -> None:
        nonlocal count
        path.append(name.rpartition(":")[2])
        said.clear()
        count += 1
        if len(path) > DEEPEST or count > MOST:
            raise fault("It has too many elements, or too deep ones")

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
