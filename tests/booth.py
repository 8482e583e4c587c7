"""A panel at work: its real server over HTTPS, before a hatch that a test lights."""

import asyncio
import http.cookiejar
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import cv2
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.daemon.bulletin import Bulletin, LastPassage, Reads
from edge.daemon.hatch import Hatch
from edge.daemon.shown import InForce, StateHead
from edge.daemon.window import SeenPassage, Window
from edge.panel.parts import Parts
from edge.panel.serve import listening, parts_of, server_of
from edge.record.active import Burden, Family, Updates
from edge.record.keys import create_signer
from edge.record.password import hashed, line_of
from edge.settings import Settings
from edge.types import Frame, Image, Reading
from tests.conftest import DEMO
from tests.fakes import FixedClock, detection, reading

BOX = "b1"
PASSWORD = "k7wm-3tqp-9xhd-vr42"
HASH = line_of(hashed(PASSWORD))
CONFIG = """\
[box]
id = "b1"
state = "state"
[camera]
sign = "ZES, model 2027"
region = [[0.1, 0.2], [0.9, 0.2], [0.9, 0.9], [0.1, 0.9]]
[[camera.lanes]]
name = "north"
polygon = [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9], [0.1, 0.9]]
direction = "approaching"
[access]
token_key = "token.key"
[keys]
signing = "box.pem"
platform = "platform.jwk"
storage = "storage.key"
[uplink]
publisher = "mqtt"
ca = "ca.pem"
cert = "client.crt"
key = "client.key"
[[zones]]
id = "utrecht"
pack = "nl-ze"
[panel]
listen = "127.0.0.1:0"
cert = "panel.crt"
key = "panel.key"
password = "panel.password"
"""
NOW = datetime.now(UTC)
PASSAGE = SeenPassage(
    seen_at=NOW,
    plate="••••99",
    country="NL",
    confidence=0.998,
    lane="north",
    direction="approaching",
    outcome="free_access",
    frames=9,
    settled=True,
)
BULLETIN = Bulletin(
    began_at=NOW - timedelta(hours=5),
    told_at=NOW,
    frames=250_000,
    frames_per_s=14.9,
    frames_dropped=12,
    messages_refused=0,
    missed=0,
    reads=Reads(NOW.date(), 412, 404),
    last=LastPassage(NOW - timedelta(seconds=40), "free_access"),
    burden=Burden(waiting=3, waiting_s=8.0, held=0, disk_free=21_000_000_000),
    vehicles_as_of=NOW - timedelta(hours=7),
    exemptions_as_of=NOW - timedelta(hours=2),
    clock_trusted=True,
    clock_error_ms=2.0,
    pictures_held=0,
    pictures_released=0,
    alarms={},
)
FAMILIES = (
    Family(family="registry", outcome="activated", release=212),
    Family(family="packs", outcome="current", release=7),
    Family(family="models", outcome="not_reached", release=3, reason="No source answered."),
)
UPDATES = Updates(
    synced_at=NOW - timedelta(minutes=20),
    reached_at=NOW - timedelta(hours=1),
    fault=None,
    families=FAMILIES,
)


def certificate(folder: Path) -> None:
    """Put a certificate of 127.0.0.1 and its key there."""
    for name, pem in _certificate().items():
        (folder / name).write_bytes(pem)


@cache
def _certificate() -> dict[str, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, BOX)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    return {
        "panel.crt": made.public_bytes(pem),
        "panel.key": key.private_bytes(pem, form, plain),
    }


def box(folder: Path, more: str = "") -> Settings:
    """Make what the panel of a box needs on the disk; `more` is added to its configuration."""
    (folder / "state" / "panel").mkdir(parents=True)
    certificate(folder)
    create_signer(folder / "platform.pem", None)
    (folder / "panel.password").write_bytes(HASH)
    (folder / "box.toml").write_text(CONFIG + more)
    return Settings(folder / "box.toml")


@cache
def street() -> list[Image]:
    video, frames = cv2.VideoCapture(str(DEMO / "street.mp4")), []
    while (found := video.read())[0] and len(frames) < 30:
        found[1].flags.writeable = False
        frames.append(found[1])
    return frames


class Road(threading.Thread):
    """The frames of the street for ever, each with plates that a test wrote down."""

    def __init__(self, window: Window, fps: float = 20) -> None:
        super().__init__(daemon=True)
        self.window, self.fps, self.ended = window, fps, threading.Event()
        self.beside: Callable[[], None] = lambda: None
        self.frames: Sequence[Image] = street()
        self.readings: Sequence[Reading] = (
            reading("99XKB9", detection(560, 430, 150, 34), 0.995),
            reading("1ABC23", detection(240, 300, 66, 15), 0.8),
        )

    def run(self) -> None:
        index = 0
        while not self.ended.wait(1 / self.fps):
            image = self.frames[index % len(self.frames)]
            self.window.see(Frame(image, index, datetime.now(UTC), 0), self.readings)
            self.beside()
            index += 1


@dataclass
class Booth:
    """A panel at work, and what stands behind it."""

    address: str
    settings: Settings
    parts: Parts
    road: Road
    told: list[StateHead]

    def tell(self, **changed: Any) -> None:
        """Change what the daemon tells of itself."""
        self.told[0] = msgspec.structs.replace(self.told[0], **changed)

    def deeds(self) -> list[dict[str, Any]]:
        files = sorted(self.parts.folder.glob("*.json"))
        return [msgspec.json.decode(path.read_bytes()) for path in files]

    def actions(self) -> list[str]:
        return [deed["action"] for deed in self.deeds()]

    def caller(self) -> "Caller":
        return Caller(self.address)


class NoWay(urllib.request.HTTPRedirectHandler):
    """Leaves a redirection to the test."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Caller:
    """A browser without a face: keeps cookies and follows nothing."""

    def __init__(self, address: str) -> None:
        self.address, self.jar = address, http.cookiejar.CookieJar()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(self.jar),
            NoWay,
        )

    def ask(
        self, path: str, body: bytes | dict[str, str] | None = None, **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        status, raw, told = self.fetch(path, body, **headers)
        return status, raw.decode("utf-8", "replace"), told

    def fetch(
        self, path: str, body: bytes | dict[str, str] | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        raw = urllib.parse.urlencode(body).encode() if isinstance(body, dict) else body
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.address + path, raw, told)
        try:
            answer = self._opener.open(request, timeout=20)
        except urllib.error.HTTPError as e:
            answer = e
        with answer:
            return answer.status, answer.read(), dict(answer.headers)

    def log_in(self, password: str = PASSWORD) -> int:
        return self.ask("/login", {"password": password})[0]

    def csrf(self) -> str:
        page = self.ask("/service")[1]
        return page.partition('name="csrf" value="')[2].partition('"')[0]

    def send(self, path: str, **fields: str) -> tuple[int, str, dict[str, str]]:
        return self.ask(path, {"csrf": self.csrf(), **fields})


@contextmanager
def booth(
    folder: Path,
    journal: tuple[str, ...] = ("true",),
    more: str = "",
    illuminator: Callable[[], float | None] = lambda: None,
) -> Iterator[Booth]:
    """Serve the panel of a box in a folder; the clock is trusted, the journal is a test's."""
    settings = box(folder, more)
    parts, wanted = parts_of(settings)
    parts = replace(parts, journal=journal, clock=FixedClock(datetime.now(UTC)))
    config = settings.config()
    camera = config.camera
    in_force = InForce(
        sha256=config.sha256,
        camera=camera.id,
        region=camera.region,
        lanes=camera.lanes,
        has_picture=True,
    )
    told = [
        StateHead(
            bulletin=BULLETIN,
            passages=(PASSAGE,),
            updates=UPDATES,
            in_force=in_force,
            max_age_h=(48.0, 24.0),
        )
    ]
    window = Window()
    road = Road(window)
    gate, server = listening(wanted.address), server_of(parts, wanted)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([gate])), daemon=True)
    with Hatch(parts.folder, window, lambda: told[0], illuminator):
        road.start()
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Booth(f"https://127.0.0.1:{port}", settings, parts, road, told)
        finally:
            server.should_exit = True
            thread.join(10)
            road.ended.set()
            road.join(10)
