"""The configuration of a box: one TOML file, read whole, refused whole.

Unknown keys are refused with the nearest known name, and every fault is listed at once.
Relative paths are relative to the file itself; `credential:NAME` is a credential of systemd.
"""

import difflib
import hashlib
import os
import re
import tomllib
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from edge.errors import ConfigError
from edge.passage.lanes import polygon_fault

DEFAULT_PATH = Path("/etc/anpr-edge/box.toml")
CREDENTIAL, CREDENTIALS = "credential:", "CREDENTIALS_DIRECTORY"
"""How a path names a credential of systemd, and where those are (systemd.exec, Credentials)."""
LAST_PORT = 65535
SHORTEST_WATCHDOG_S = 60
FORM = re.compile(r"Expected `str` matching regex .*(?= - at `)")
NUL = "\0"  # no path and no name may hold it: the system would cut it there
SETTINGS, SITE = "settings", "site.toml"
"""What the panel may set: a folder of its own in `box.state`, and the file that is in force."""
DRAWN = {"region", "lanes"}
LONGEST_SITE = 65_536
DRAW_ANEW = "Draw region and lanes anew on the panel, or remove that file."
MODELS_FOLDER = Path(__file__).parent.parent / "models"


Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
"""A name that is safe in topics and file names."""
Text = Annotated[str, msgspec.Meta(pattern=r"\S", max_length=2000)]
"""Words for people, printed in the data protocol; not blank."""
Line = Annotated[str, msgspec.Meta(pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]*\Z", max_length=300)]
"""The same on one line: a name or a reference."""
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
BetterThanChance = Annotated[float, msgspec.Meta(ge=0.5, le=1)]
OCTET = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
IPv4 = Annotated[str, msgspec.Meta(pattern=rf"^({OCTET}\.){{3}}{OCTET}\Z")]


PORT = r"(\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
AgeKey = Annotated[str, msgspec.Meta(pattern=r"^age1[02-9ac-hj-np-z]{58}\Z")]
"""A public key of age (X25519)."""
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Polygon = Annotated[tuple[tuple[Fraction, Fraction], ...], msgspec.Meta(min_length=3)]
"""Corners in shares of the picture's width and height, from its top left."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class Box(_Section, frozen=True, kw_only=True):
    """Who this box is and where it keeps its state."""

    id: Name
    state: Path = Path("/var/lib/anpr-edge")


class Lane(_Section, frozen=True, kw_only=True):
    """A lane in the picture, and which way it may be driven; without a direction both ways.

    Where lanes overlap, the one that stands first in the file has the plate.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    polygon: Polygon
    direction: Literal["approaching", "leaving"] | None = None


class CameraLight(_Section, frozen=True, kw_only=True):
    """How the box tunes a camera at a device, and how far; one at an address rules itself.

    The shutter is never longer than what keeps a plate sharp that is `plate_px` wide and as fast as
    `body.top_kmh`, nor than `max_shutter_us`; `max_gain` is a share of the camera's. The infrared
    filter is moved by the driver's control `ir_control` alone, which is `ir_in` while it is in.
    """

    profiles: bool = True
    max_shutter_us: Annotated[int, msgspec.Meta(ge=100, le=100_000)] | None = None
    max_gain: Fraction = 1.0
    plate_px: Annotated[float, msgspec.Meta(ge=20, le=2000)] = 120.0
    ir_filter: Literal["auto", "in", "out"] = "auto"
    ir_control: Line | None = None
    ir_in: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 1


class Camera(_Section, frozen=True, kw_only=True):
    """The camera: a device (`/dev/video0`) or an address (RTSP, motion JPEG over HTTP).

    A plate whose middle lies outside `region` is none. `lane` names the only lane, `lanes` draws
    several. With `trigger` it gives a frame only when the device fires it.
    """

    id: str = "camera-1"
    source: str = "/dev/video0"
    lane: str | None = None
    sign: str | None = None
    region: Polygon | None = None
    lanes: tuple[Lane, ...] = ()
    trigger: bool = False
    light: CameraLight = CameraLight()


class External(_Section, frozen=True, kw_only=True):
    """A camera that we do not own, in the place of ours: it pushes its readings to this box.

    `listen` is HOST:PORT of this box, `allow` the addresses of the cameras. Only readings from
    `min_confidence` on (0.5 to 1), which the site has validated for this camera, decide anything;
    without it all are reviews. `countries` says what the camera means by a country of its own.
    """

    product: Literal["axis", "hikvision", "rekor"]
    listen: Annotated[str, msgspec.Meta(pattern=rf"^[^\s:]+:{PORT}\Z")]
    allow: Annotated[tuple[IPv4, ...], msgspec.Meta(min_length=1)]
    min_confidence: BetterThanChance | None = None
    max_clock_error_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0
    countries: dict[str, Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]] = {}


class Models(_Section, frozen=True, kw_only=True):
    """Which models of the manifest to run, and how.

    Without `manifest` they follow the updates; before the first they are those of the software.
    `providers`, best first: cpu, xnnpack, cuda, tensorrt, or onnxruntime's own names; each must
    start, or the box does not. `engines` is where TensorRT keeps what it compiled for this device.
    `rest`: the detector does not look again while the picture stays as it is.
    """

    manifest: Path | None = None
    detector: str = "plate-detector-int8"
    reader: str = "plate-reader-int8"
    providers: tuple[str, ...] = ("cpu",)
    threads: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    engines: Path = Path("/var/lib/anpr-edge/engines")
    detector_threshold: Share = 0.6
    rest: bool = True


class Reading(_Section, frozen=True, kw_only=True):
    """When a plate counts as read: below these the passage goes to review.

    Nothing settles by the toss of a coin, or by one picture alone.
    """

    min_confidence: BetterThanChance = 0.99
    min_frames: Annotated[int, msgspec.Meta(ge=2, le=1000)] = 2
    gone_after_s: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 1.0


class Access(_Section, frozen=True, kw_only=True):
    """The offline data a decision rests on; without `registry` or `packs` they follow the updates.

    `packs` is a folder of rule packs (`NAME.toml`) that come before those of the software: for
    a low-emission zone, say. A new registry that lost a larger share of its vehicles or exemptions
    than `max_shrink` is refused; so is one that no longer knows a larger share of the exemptions
    that have not ended than `max_lost` for each day between them.
    """

    token_key: Path
    registry: Path | None = None
    packs: Path | None = None
    max_shrink: Fraction = 0.05
    max_lost: Fraction = 0.005


class Zone(_Section, frozen=True, kw_only=True):
    """A zone this camera guards; a zone that the pack knows needs only its id.

    `choices` are the municipality's own answers to the open questions of the pack, by their id.
    From `purpose` on nothing decides: it is told with the figures and in the data protocol.
    `boxes` guard the whole zone, `decree` (verkeersbesluit) and `policy` (ontheffingenbeleid) are
    references, `geometry` that of its outline; `announced` is a day (R003-11, R004-64, R004-66).
    """

    id: Name
    pack: Name
    start: date | None = None
    end: date | None = None
    warn_until: date | None = None
    municipality: str | None = None
    kind: str | None = None
    choices: dict[str, str] = {}
    privacy: Literal["none", "pseudonym", "plate"] = "none"
    purpose: Text | None = None
    area_km2: Annotated[float, msgspec.Meta(gt=0, le=100_000)] | None = None
    boxes: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    decree: Line | None = None
    policy: Line | None = None
    announced: date | None = None
    geometry: Line | None = None
    context: Text | None = None


class Recipient(_Section, frozen=True, kw_only=True):
    """Someone besides the platform who gets data, and which."""

    name: Line
    receives: Text


class Authority(_Section, frozen=True, kw_only=True):
    """Who answers for the data; what is not given stays a blank in the data protocol.

    `dpo` is the data protection officer (functionaris voor gegevensbescherming).
    """

    name: Line | None = None
    contact: Text | None = None
    dpo: Line | None = None
    legal_basis: Text | None = None
    recipients: tuple[Recipient, ...] = ()


class Keys(_Section, frozen=True, kw_only=True):
    """Key files: this box's private key, the platform's public key, and the key of the outbox.

    Instead of the file `signing` a program may sign (`edge.record.signer_command`); a second one
    is the next key, to which the box goes over when it starts.
    """

    platform: Path
    storage: Path
    signing: Path | None = None
    signer_command: tuple[str, ...] = ()
    next_signer_command: tuple[str, ...] = ()


class Outbox(_Section, frozen=True, kw_only=True):
    """How much of the disk the records may take that wait for the platform.

    Larger than `max_mb`, or with less than `min_free_mb` left on the disk, the outbox grows no
    more: what is worth least goes, and a signed record says so.
    """

    max_mb: Annotated[int, msgspec.Meta(ge=16)] = 2048
    min_free_mb: Annotated[int, msgspec.Meta(ge=0)] = 256


class Evidence(_Section, frozen=True, kw_only=True):
    """Pictures of held candidates; without this table none are kept.

    `recipients` are public age keys of the authority: any one of their private keys opens. A
    candidate whose pictures are older than `max_days` expires; what is released waits for its
    receipt. Where `max_mb` are full, nobody else is held.
    """

    recipients: Annotated[tuple[AgeKey, ...], msgspec.Meta(min_length=2, max_length=16)]
    max_mb: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1000
    max_days: Annotated[int, msgspec.Meta(ge=3, le=366)] = 30


class Uplink(_Section, frozen=True, kw_only=True):
    """The way to the platform.

    `host` may list the servers of one cluster, up to four: they are tried in turn.
    `ack = "puback"` forgets a record once the broker has it: a broker that dies then loses it.
    One that speaks only MQTT 3.1.1 also acknowledges what its access list makes it throw away.
    `evidence` is the https address to which released pictures go, with the same certificates; on
    a stick they lie beside the records.
    """

    publisher: Literal["mqtt", "spool"] = "spool"
    host: str | Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=4)] = "localhost"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8883
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    spool: Path | None = None
    evidence: Annotated[str, msgspec.Meta(pattern=r"^https://[^/\s]+[^\s?#]*\Z")] | None = None
    ack: Literal["receipt", "puback"] = "receipt"
    window: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of the broker: one, or those of its servers."""
        return (self.host,) if isinstance(self.host, str) else self.host


class Updates(_Section, frozen=True, kw_only=True):
    """Where trusted updates come from.

    `sources` are tried in order: an https:// address or a folder, such as that of a stick. `root`
    is the root.json of the publisher that this box was given. `cohort` is its group in a staged
    rollout; without one it follows from the box's id.
    """

    root: Path
    sources: tuple[str, ...] = ()
    cohort: Annotated[int, msgspec.Meta(ge=0, le=99)] | None = None


class Body(_Section, frozen=True, kw_only=True):
    """What the box as hardware bears, and how fast its road is.

    From `warm_c` of the processor, or `enclosure_c` inside the enclosure, it looks at fewer frames,
    from `hot_c` at the fewest that a vehicle with `top_kmh` needs, whose plate can be read for
    `view_m` of its way. More than `written_mb_day` written to the disk in a day raises an alarm.
    """

    warm_c: Annotated[float, msgspec.Meta(ge=30, le=120)] = 75.0
    hot_c: Annotated[float, msgspec.Meta(ge=30, le=120)] = 83.0
    enclosure_c: Annotated[float, msgspec.Meta(ge=20, le=120)] = 60.0
    top_kmh: Annotated[float, msgspec.Meta(ge=5, le=250)] = 80.0
    view_m: Annotated[float, msgspec.Meta(ge=1, le=200)] = 12.0
    written_mb_day: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 1000


class Metrics(_Section, frozen=True, kw_only=True):
    """Figures of the daemon for Prometheus, over HTTP; without this table there is no page.

    `listen` is ADDRESS:PORT, and the address one of the machine itself: 127.0.0.1.
    """

    listen: Annotated[str, msgspec.Meta(pattern=rf"^({OCTET}\.){{3}}{OCTET}:[0-9]{{1,5}}\Z")]

    @property
    def address(self) -> tuple[str, int]:
        """Address and port."""
        host, _, port = self.listen.rpartition(":")
        return host, int(port)


class Panel(_Section, frozen=True, kw_only=True):
    """The technician's page, over HTTPS; without this table there is none.

    `listen` is ADDRESS:PORT of the maintenance port or the access point. `password` is a file with
    its hash (`edge.record.password`). The page keeps the region and lanes that are drawn on it in
    `settings/site.toml` of `box.state`: they come before those of this file.
    """

    listen: Annotated[str, msgspec.Meta(pattern=rf"^({OCTET}\.){{3}}{OCTET}:{PORT}\Z")]
    cert: Path
    key: Path
    password: Path
    language: Literal["nl", "en"] = "nl"

    @property
    def address(self) -> tuple[str, int]:
        """Address and port."""
        host, _, port = self.listen.rpartition(":")
        return host, int(port)


class Firmware(_Section, frozen=True, kw_only=True):
    """The microcontroller of the box; without this table there is none.

    `port` is its serial port, best one of /dev/serial/by-id/. `socket` is where the service that
    owns the port is met by the daemon. Fed no more, the device cycles the power of the box after
    `watchdog_s`; 0 leaves that off. `strobe` says when the illuminator shines, `pulse_us` for how
    long.
    """

    port: Path
    socket: Path = Path("/run/anpr-edge/firmware.sock")
    watchdog_s: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 300
    strobe: Literal["continuous", "exposure", "trigger"] = "continuous"
    pulse_us: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 500


class Config(_Section, frozen=True, kw_only=True):
    """Everything that is set on a box. `sha256` is the hash of the file it came from.

    Where the panel drew region or lanes, it is the hash of both files, one after the other.
    """

    box: Box
    access: Access
    keys: Keys
    zones: tuple[Zone, ...]
    camera: Camera = Camera()
    models: Models = Models()
    reading: Reading = Reading()
    outbox: Outbox = Outbox()
    uplink: Uplink = Uplink()
    authority: Authority = Authority()
    evidence: Evidence | None = None
    updates: Updates | None = None
    external: External | None = None
    body: Body = Body()
    metrics: Metrics | None = None
    panel: Panel | None = None
    firmware: Firmware | None = None
    sha256: str = ""


SectionT = TypeVar("SectionT", bound=_Section)
SECTIONS: dict[str, type[_Section]] = {
    "box": Box,
    "camera": Camera,
    "external": External,
    "models": Models,
    "reading": Reading,
    "access": Access,
    "keys": Keys,
    "outbox": Outbox,
    "uplink": Uplink,
    "authority": Authority,
    "evidence": Evidence,
    "updates": Updates,
    "body": Body,
    "metrics": Metrics,
    "panel": Panel,
    "firmware": Firmware,
}
REQUIRED = ("box", "access", "keys", "zones")


def load(path: Path, drawn: str | None = None) -> Config:
    """Read and check a configuration file, and beside it what was drawn on the panel.

    `drawn` stands in the place of that second file, to try it; "" is nothing drawn.
    Raises ConfigError naming every fault.
    """
    tables, text = _tables(path)
    config = _Reader(path, text).config(tables)
    if config.panel is None:
        return config
    place = site_file(config)
    site, drawn = _tables(place, _drawn(place) if drawn is None else drawn)
    if not drawn:
        return config
    return _Reader(place, text + drawn, path.parent).config(_overlaid(place, tables, site))


def site_file(config: Config) -> Path:
    """Return where the region and the lanes lie that were drawn on the panel."""
    return config.box.state / SETTINGS / SITE


def _drawn(place: Path) -> str:
    """Return what was drawn, or nothing where there is no file.

    That folder is the panel's: a link leads nowhere, and a pipe holds nobody up. A file that lost
    its content is not the same as none.
    """
    try:
        found = _bytes_of(place)
    except FileNotFoundError:
        return ""
    except OSError as e:
        raise ConfigError(f"{place} cannot be read ({e.strerror}).", DRAW_ANEW) from e
    if not 0 < len(found) <= LONGEST_SITE:
        raise ConfigError(f"{place} is empty, or longer than any drawing.", DRAW_ANEW)
    return found.decode("utf-8", "replace")


def _bytes_of(place: Path) -> bytes:
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return os.read(handle, LONGEST_SITE + 1)
    finally:
        os.close(handle)


def _overlaid(place: Path, tables: dict[str, Any], site: dict[str, Any]) -> dict[str, Any]:
    """Return the tables with what was drawn; nothing else may stand there. Raises ConfigError."""
    drawn = site.get("camera", {})
    if set(site) - {"camera"} or not isinstance(drawn, dict) or set(drawn) - DRAWN:
        raise ConfigError(f"{place} holds more than camera.region and lanes.", DRAW_ANEW)
    if drawn.get("region") == []:
        drawn = {"region": None} | {k: v for k, v in drawn.items() if k != "region"}
    camera = dict(tables.get("camera", {}))
    if drawn.get("lanes"):
        camera.pop("lane", None)  # it names the only lane
    return tables | {"camera": camera | drawn}


def _tables(path: Path, text: str | None = None) -> tuple[dict[str, Any], str]:
    try:
        text = path.read_text(encoding="utf-8") if text is None else text
        return tomllib.loads(text), text
    except OSError as e:
        raise ConfigError(
            f"The configuration {path} cannot be read ({e.strerror}).",
            "Name another one with --config, or make this box: anpr-edge provision --help.",
        ) from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path} is not TOML: {e}.", "Correct that place in the file.") from e


def parse(path: Path, text: str) -> Config:
    """Check the text of a configuration file that is, or will be, at a path.

    Raises ConfigError naming every fault.
    """
    tables, _ = _tables(path, text)
    return _Reader(path, text).config(tables)


class _Reader:
    """Collects the faults of one file, so that a person corrects it once."""

    def __init__(self, path: Path, text: str, folder: Path | None = None) -> None:
        self.path = path
        self.folder = (folder or path.parent).resolve()
        self.lines = text.splitlines()
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()
        self.faults: list[str] = []

    def config(self, tables: dict[str, Any]) -> Config:
        self._refuse_unknown(tables, [*SECTIONS, "zones"], "")
        missing = [name for name in REQUIRED if name not in tables]
        self.faults += [f"[{name}] is missing" for name in missing]
        parts: dict[str, Any] = {
            name: self._section(kind, tables[name], name)
            for name, kind in SECTIONS.items()
            if name in tables and kind not in (Camera, Authority, Updates, Keys)
        }
        if "camera" in tables:
            parts["camera"] = self._camera(tables["camera"])
        if "authority" in tables:
            parts["authority"] = self._authority(tables["authority"])
        if "keys" in tables:
            parts["keys"] = self._keys(tables["keys"])
        if "updates" in tables:
            parts["updates"] = self._updates(tables["updates"])
        self._check_evidence(parts.get("evidence"), parts.get("uplink"))
        self._check_uplink(parts.get("uplink"))
        self._check_metrics(parts.get("metrics"))
        self._check_firmware(parts.get("firmware"))
        self._check_trigger(parts.get("camera"), parts.get("firmware"))
        parts["zones"] = self._zones(tables["zones"]) if "zones" in tables else ()
        if self.faults:
            raise ConfigError(
                f"{self.path} cannot be used: {'; '.join(self.faults)}.",
                "Correct each of these as README, 'Configure a box', shows it, and try again.",
            )
        return Config(**parts, sha256=self.sha256)

    def _zones(self, tables: object) -> tuple[Zone | None, ...]:
        zones = self._each(Zone, tables, "zones")
        self._refuse_twice("zone", [zone.id for zone in zones if zone is not None])
        if isinstance(tables, list) and not tables:
            self.faults.append("at least one [[zones]] table is needed")
        return zones

    def _camera(self, table: object) -> Camera | None:
        if not isinstance(table, dict):
            return self._section(Camera, table, "camera")
        found = self._each(Lane, table.get("lanes", []), "camera.lanes")
        lanes = tuple(lane for lane in found if lane is not None)
        light = self._section(CameraLight, table.get("light", {}), "camera.light")
        rest = {key: value for key, value in table.items() if key not in ("lanes", "light")}
        camera = self._section(Camera, rest, "camera")
        self._refuse_twice("lane", [lane.name for lane in lanes])
        drawn = {f"lane {lane.name}": lane.polygon for lane in lanes}
        if camera is not None and camera.region is not None:
            drawn["camera.region"] = camera.region
        if camera is not None and camera.lane is not None and found:
            self.faults.append("camera.lane names the only lane: drop it, or [[camera.lanes]]")
        faults = ((name, polygon_fault(polygon)) for name, polygon in drawn.items())
        self.faults += [f"{name}: {fault}" for name, fault in faults if fault]
        if camera is None or light is None:
            return None
        return msgspec.structs.replace(camera, lanes=lanes, light=light)

    def _authority(self, table: object) -> Authority | None:
        if not isinstance(table, dict):
            return self._section(Authority, table, "authority")
        found = self._each(Recipient, table.get("recipients", []), "authority.recipients")
        rest = {key: value for key, value in table.items() if key != "recipients"}
        authority = self._section(Authority, rest, "authority")
        recipients = tuple(one for one in found if one is not None)
        return authority and msgspec.structs.replace(authority, recipients=recipients)

    def _check_evidence(self, evidence: Evidence | None, uplink: Uplink | None) -> None:
        if evidence is not None:
            self._refuse_twice("evidence recipient", list(evidence.recipients))
        if uplink is not None and uplink.evidence and not (uplink.cert and uplink.key):
            self.faults.append("uplink.evidence needs uplink.cert and uplink.key")

    def _check_uplink(self, uplink: Uplink | None) -> None:
        """Refuse a broker on a network that nobody vouches for: records name vehicles."""
        if uplink is None or uplink.publisher != "mqtt" or uplink.ca is not None:
            return
        if away := [host for host in uplink.hosts if not is_here(host)]:
            self.faults.append(
                f"uplink.host is {away[0]}, and without uplink.ca records would travel there in"
                " clear, to whoever answers: set uplink.ca, .cert and .key"
            )

    def _check_metrics(self, metrics: Metrics | None) -> None:
        """Refuse a page that others could open: it is not encrypted, and asks nobody who it is."""
        if metrics is None:
            return
        host, port = metrics.address
        if not host.startswith("127."):
            self.faults.append(
                f"metrics.listen is at {host}: only this machine itself (127.0.0.1) may open that"
                " page, for it is not encrypted and asks nobody for a password"
            )
        if port > LAST_PORT:
            self.faults.append(f"metrics.listen: there is no port {port}")

    def _check_firmware(self, firmware: Firmware | None) -> None:
        """Refuse a watchdog that bites before anybody could feed it."""
        if firmware is not None and 0 < firmware.watchdog_s < SHORTEST_WATCHDOG_S:
            self.faults.append(
                f"firmware.watchdog_s is {firmware.watchdog_s}: a service that is started again"
                f" needs {SHORTEST_WATCHDOG_S} s at least; 0 leaves the watchdog off"
            )

    def _check_trigger(self, camera: Camera | None, firmware: Firmware | None) -> None:
        """Refuse a camera that waits for a device which is not there."""
        if camera is not None and camera.trigger and firmware is None:
            self.faults.append("camera.trigger needs a device that fires the camera: [firmware]")

    def _keys(self, table: object) -> Keys | None:
        keys = self._section(Keys, table, "keys")
        if keys is not None and (keys.signing is None) is not bool(keys.signer_command):
            self.faults.append("[keys] needs either signing, a file, or signer_command, a program")
        words = () if keys is None else (*keys.signer_command, *keys.next_signer_command)
        if any(NUL in word for word in words):
            self.faults.append("keys.signer_command holds a NUL character")
        return keys

    def _updates(self, table: object) -> Updates | None:
        """Read where updates come from; a folder is relative to the file, as every path."""
        updates = self._section(Updates, table, "updates")
        if updates is None:
            return None
        here = self.folder
        if any(NUL in source for source in updates.sources):
            self.faults.append("updates.sources holds a NUL character")
            return None
        sources = tuple(s if "://" in s else str(here / s) for s in updates.sources)
        return msgspec.structs.replace(updates, sources=sources)

    def _each(self, kind: type[SectionT], tables: object, name: str) -> tuple[SectionT | None, ...]:
        if not isinstance(tables, list | tuple) or not all(isinstance(t, dict) for t in tables):
            self.faults.append(f"{name} must be written as [[{name}]] tables")
            return ()
        return tuple(self._section(kind, table, name) for table in tables)

    def _refuse_twice(self, what: str, names: list[str]) -> None:
        twice = sorted({name for name in names if names.count(name) > 1})
        self.faults += [f"{what} {name} stands twice" for name in twice]

    def _section(self, kind: type[SectionT], table: object, name: str) -> SectionT | None:
        if not isinstance(table, dict):
            self.faults.append(f"{name} must be a table, [{name}]")
            return None
        unknown = self._refuse_unknown(table, list(kind.__struct_fields__), f"{name}.")
        known = {key: value for key, value in table.items() if key not in unknown}
        if cut := [key for key, value in known.items() if isinstance(value, str) and NUL in value]:
            self.faults += [f"{name}.{key} holds a NUL character" for key in cut]
            return None
        try:
            return msgspec.convert(known, kind, dec_hook=self._path)
        except msgspec.ValidationError as e:
            said = FORM.sub("Expected another form", str(e))
            self.faults.append(f"[{name}] {said.replace('`$.', '`')}")
            return None

    def _refuse_unknown(self, table: dict[str, Any], known: list[str], prefix: str) -> set[str]:
        unknown = set(table) - set(known)
        for key in sorted(unknown):
            near = difflib.get_close_matches(key, known, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            self.faults.append(f"line {self._line(key)}: unknown key {prefix}{key}{hint}")
        return unknown

    def _line(self, key: str) -> int:
        starts = (key, f"[{key}", f"[[{key}")
        found = (n for n, line in enumerate(self.lines, 1) if line.strip().startswith(starts))
        return next(found, 1)

    def _path(self, kind: type, value: object) -> object:
        if kind is Path and isinstance(value, str):
            if value.startswith(CREDENTIAL):
                return credential(value)
            try:
                return self.folder / Path(value).expanduser()
            except RuntimeError as e:  # a user whom this system does not know
                raise msgspec.ValidationError(f"expected a path, but {value!r} has no home") from e
        raise msgspec.ValidationError(f"expected a {kind.__name__}")


def is_here(host: str) -> bool:
    """True for an address of this very machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def credential(value: str) -> Path:
    """Return where the service manager put a credential, `credential:NAME`.

    Outside its unit there is none: then the path leads nowhere, and whoever opens it says so.
    """
    folder = os.environ.get(CREDENTIALS)
    return Path(value) if folder is None else Path(folder) / value.removeprefix(CREDENTIAL)
