"""Reads a rule pack from its file and proves it."""

import hashlib
from pathlib import Path

import msgspec

from edge.access.assembly import built
from edge.access.packreader import REMEDY
from edge.access.packwords import Head
from edge.access.proof import prove
from edge.access.rules import Law, RulePack
from edge.errors import PackError

SHIPPED = Path(__file__).parent / "packs"


def load_pack(path: Path) -> RulePack:
    """Read, check and prove a pack; its hash is that of the bytes of the file.

    Raises PackError, which names the row and the cause.
    """
    try:
        content = path.read_bytes()
        text = content.decode()
        head = msgspec.toml.decode(text, type=Head)
    except OSError as error:
        cause = f"The rule pack {path} cannot be read ({error.strerror})."
        raise PackError(cause, "Check the path and its rights.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PackError(f"The rule pack {path.name} is not valid: {error}.", REMEDY) from error
    pack = built(head, text, hashlib.sha256(content).hexdigest())
    prove(pack)
    return pack


def load_law(path: Path, zone: str) -> Law:
    """Read a pack and pick one of its zones. Raises PackError."""
    pack = load_pack(path)
    if zone not in pack.zones:
        known = ", ".join(sorted(pack.zones))
        raise PackError(f"Pack {pack.id} has no zone {zone!r}.", f"Choose one of: {known}.")
    return Law(pack, pack.zones[zone])


def shipped() -> tuple[RulePack, ...]:
    """Return the packs that come with the software. Raises PackError."""
    return tuple(load_pack(path) for path in sorted(SHIPPED.glob("*.toml")))
