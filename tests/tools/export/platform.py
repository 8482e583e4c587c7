"""A platform that takes passage-v2 as the real one is known to: over HTTP, each message once.

Types and ranges are those of the published field list; what it took cannot be changed.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec

PATH = "/v2/milieuzone/passage/"
Thousandths = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    pass


class Place(_Strict):
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]


class Camera(_Strict):
    id: UUID
    naam: str
    straat: str
    kijkrichting: Annotated[int, msgspec.Meta(ge=0, le=360)]
    locatie: Place


class Character(_Strict):
    positie: Annotated[int, msgspec.Meta(ge=1)]
    betrouwbaarheid: Thousandths


class Sure(_Strict):
    kenteken_betrouwbaarheid: Thousandths | msgspec.UnsetType = msgspec.UNSET
    landcode_betrouwbaarheid: Thousandths | msgspec.UnsetType = msgspec.UNSET
    karakters_betrouwbaarheid: list[Character] = []


class Plate(_Strict):
    betrouwbaarheid: Sure
    kenteken_hash: str | msgspec.UnsetType = msgspec.UNSET
    landcode: Annotated[str, msgspec.Meta(min_length=2, max_length=2)] | msgspec.UnsetType = (
        msgspec.UNSET
    )


class Fuel(_Strict):
    naam: Literal["Diesel", "Elektriciteit", "Benzine", "LPG", "CNG"]
    volgnummer: int
    emissieklasse: str | msgspec.UnsetType = msgspec.UNSET


class Vehicle(_Strict):
    kenteken: Plate
    jaar_eerste_toelating: Annotated[int, msgspec.Meta(ge=1900, le=2100)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    toegestane_maximum_massa_voertuig: int | msgspec.UnsetType = msgspec.UNSET
    europese_voertuigcategorie: Annotated[str, msgspec.Meta(max_length=2)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    brandstoffen: list[Fuel] = []


class Message(_Strict):
    id: UUID
    version: Literal["passage-v2"]
    volgnummer: Annotated[int, msgspec.Meta(ge=0)]
    timestamp: datetime
    automatisch_verwerkbaar: bool
    camera: Camera
    voertuig: Vehicle
    rijstrook: int
    rijrichting: Literal["VAN", "NAAR"]


def judged(body: bytes) -> Message:
    """Return the message, or raise msgspec.ValidationError."""
    message = msgspec.json.decode(body, type=Message)
    if message.timestamp.tzinfo is None:
        raise msgspec.ValidationError("timestamp has no offset")
    return message


class Platform:
    """What it took, and what it does before it answers."""

    def __init__(self) -> None:
        self.taken: dict[tuple[UUID, int, datetime], Any] = {}
        self.statuses: list[int] = []
        self.headers: list[str | None] = []
        self.before: Callable[[int], int | None] = lambda number: None
        self.after: Callable[[int], None] = lambda number: None
        self.address = ""

    def answer(self, body: bytes) -> int:
        try:
            message = judged(body)
        except msgspec.DecodeError:
            return 400
        key = (message.id, message.volgnummer, message.timestamp)
        if key in self.taken:
            return 409
        self.taken[key] = json.loads(body)
        return 201


@contextmanager
def running() -> Iterator[Platform]:
    platform = Platform()

    class Door(BaseHTTPRequestHandler):
        protocol_version: ClassVar[str] = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            number = len(platform.statuses)
            platform.headers.append(self.headers["Authorization"])
            status = platform.before(number) or (
                404 if self.path != PATH else platform.answer(body)
            )
            platform.statuses.append(status)
            platform.after(number)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    platform.address = f"http://127.0.0.1:{server.server_port}{PATH}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
