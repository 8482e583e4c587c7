"""The box that plays a tester's run: made anew in an empty folder, all of it from the run's seed.

Its keys follow from the seed, so its signatures do; no key of a real box signs here. Paths are
relative to that folder, in which the run is played: none of the machine's is in a record.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge.config import Access, Box, Camera, Config, Firmware, Keys, Models, Uplink, Zone
from edge.daemon.inforce import pinned, registry_path
from edge.daemon.machine import Machine, Sealer
from edge.errors import ConfigError
from edge.record.keyfile import PUBLIC_MODE, write_new
from edge.record.keys import load_signer, text_of, write_private
from edge.registry.token import load_key
from edge.replay.clock import RunClock

BOX, ZONE = "replay", Zone(id="replay", pack="nl-ze", start=date(2025, 1, 1))
REGISTRY = Path("registry.sqlite")
NOWHERE = Path("nothing")
"""Where the kernel would tell of the hardware: a run is played on none."""
NO_REGISTRY = Path("/nonexistent/registry.sqlite")
PLAYED = "replay://run"
KEYS = Keys(
    signing=Path("keys/replay.pem"),
    platform=Path("keys/platform.jwk"),
    storage=Path("keys/storage.key"),
)
PLATFORM = Path("keys/platform.pem")
TOKEN = Path("keys/token.key")
KEY_BYTES = 32


class Seed:
    """Chance that is the same whenever a run is played: bytes that follow from its seed."""

    def __init__(self, seed: str) -> None:
        """Begin at the first byte."""
        self._seed, self._drawn = seed.encode(), 0

    def draw(self, size: int) -> bytes:
        """Return the next bytes."""
        self._drawn += 1
        return self.of(f"draw {self._drawn}", size)

    def of(self, name: str, size: int = KEY_BYTES) -> bytes:
        """Return the bytes of a name, the same each time."""
        return hashlib.shake_256(self._seed + b"\0" + name.encode()).digest(size)


class Unsealed:
    """Keeps the pictures of a run as they are: age would make others of them each time."""

    def seal(self, plain: bytes) -> bytes:
        """Return what cannot be taken for an age file."""
        return b"a tester's run, not sealed\n" + plain


def machine(seed: Seed, clock: RunClock) -> Machine:
    """Return the machine of a run: it has no heat, no disk that fills, and no chance of its own."""

    def unsealed(_recipients: Sequence[str]) -> Sealer:
        return Unsealed()

    return Machine(
        monotonic=clock.monotonic_s,
        now_s=clock.now_s,
        draw=seed.draw,
        root=NOWHERE,
        free=lambda _: None,
        sealer=unsealed,
    )


@dataclass(frozen=True, slots=True)
class Likeness:
    """The box to be played: its configuration, and the registry that answers it at first."""

    config: Config
    registry: Path | None
    token_key: bytes | None


def bare(threads: int = 2) -> Likeness:
    """Return a box without a registry, in a zone of its own: everything goes to review."""
    config = Config(
        box=Box(id=BOX, state=Path("state")),
        access=Access(token_key=TOKEN, registry=REGISTRY),
        keys=KEYS,
        zones=(ZONE,),
        camera=Camera(source=PLAYED),
        models=Models(threads=threads),
        sha256=hashlib.sha256(b"").hexdigest(),
    )
    return Likeness(config, None, None)


def likeness(config: Config) -> Likeness:
    """Return a box like a configured one: its law, models and registry of now, none of its state.

    Raises ConfigError for a camera that is not its own, BoxError when a part is not there.
    """
    if config.external is not None:
        cause = "A run plays pictures, and this box reads none: its camera is another's."
        raise ConfigError(cause, "Play it on a box without [external].")
    registry = registry_path(config).resolve()
    now = pinned(config)
    played = msgspec.structs.replace(
        now,
        box=msgspec.structs.replace(now.box, state=Path("state")),
        access=msgspec.structs.replace(now.access, token_key=TOKEN, registry=REGISTRY),
        keys=KEYS,
        camera=msgspec.structs.replace(now.camera, source=PLAYED),
        uplink=Uplink(),
        updates=None,
        metrics=None,
        panel=None,
    )
    return Likeness(played, registry, load_key(config.access.token_key))


def with_device(config: Config) -> Config:
    """Return a configuration that has a device: its words come from the run."""
    firmware = config.firmware or Firmware(port=Path("replay"))
    return msgspec.structs.replace(config, firmware=firmware)


def make(box: Likeness, seed: Seed) -> None:
    """Make the box in the folder in which this is called."""
    TOKEN.parent.mkdir()
    write_private(TOKEN, (box.token_key or seed.of("token")).hex().encode())
    write_private(KEYS.storage, seed.of("storage").hex().encode())
    for place, name in ((KEYS.signing, box.config.box.id), (PLATFORM, None)):
        _make_pair(place or PLATFORM, name, seed)
    put(box.registry or NO_REGISTRY)


def put(registry: Path) -> None:
    """Let a registry be the one that answers."""
    link = REGISTRY.with_suffix(".link")
    link.symlink_to(registry)
    link.replace(REGISTRY)


def _make_pair(place: Path, box: str | None, seed: Seed) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed.of(str(place)))
    write_private(place, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write_new(place.with_suffix(".jwk"), text_of(load_signer(place).public(box)), PUBLIC_MODE)


def public_key() -> Path:
    """Return where the key lies that proves the records of this box."""
    return Path("keys/replay.jwk")
