"""Reads a rule pack from its file and proves it."""

import hashlib
import re
from pathlib import Path

import msgspec

from edge.access.assembly import built, in_zone
from edge.access.packreader import REMEDY, Reader
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
    except UnicodeDecodeError as error:
        raise PackError(f"The rule pack {path.name} is not UTF-8 text.", REMEDY) from error
    except msgspec.DecodeError as error:
        where = place(str(error), text)
        raise PackError(
            f"The rule pack {path.name} is not valid{where}: {error}.", REMEDY
        ) from error
    pack = built(head, text, hashlib.sha256(content).hexdigest())
    prove(pack, Reader(head, text).line)
    return pack


def place(fault: str, text: str) -> str:
    """Return the line that a fault of the file's top level speaks of, where it can be found."""
    if "(at line" in fault:  # what is no TOML at all says so itself
        return ""
    known = re.findall(r"`([^`$]+)`", fault) + re.findall(r"[\w-]+", fault.rpartition("`$")[2])
    lines = list(enumerate(text.splitlines(), 1))
    for name in known:
        starts = (f"{name} =", f"[{name}]", f"[[{name}]]", f"[parameters.{name}]")
        for number, line in lines:
            if line.strip().startswith(starts):
                return f" (line {number})"
    return ""


def load_law(path: Path, zone: str) -> Law:
    """Read a pack and pick one of its zones. Raises PackError."""
    pack = load_pack(path)
    if zone not in pack.zones:
        known = ", ".join(sorted(pack.zones))
        raise PackError(f"Pack {pack.id} has no zone {zone!r}.", f"Choose one of: {known}.")
    return in_zone(pack, pack.zones[zone])


def packs_of(folder: Path | None) -> tuple[RulePack, ...]:
    """Return the packs in a folder; none where there is no folder. Raises PackError."""
    return (
        () if folder is None else tuple(load_pack(path) for path in sorted(folder.glob("*.toml")))
    )


def shipped() -> tuple[RulePack, ...]:
    """Return the packs that come with the software. Raises PackError."""
    return packs_of(SHIPPED)
