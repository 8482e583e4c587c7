"""The log of the box's services as the journal keeps it: no plate is ever written there."""

import asyncio
import re
from contextlib import suppress
from ipaddress import IPv6Address

UNITS = ("anpr-run", "anpr-uplink", "anpr-sync", "anpr-stick", "anpr-release", "anpr-panel")
COMMAND = (
    *("journalctl", "--no-pager", "--utc", "--output=short-iso", "--lines=5000"),
    *(f"--unit={unit}" for unit in UNITS),
)
WAIT_S = 20.0
LONGEST = 2_000_000
ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b")
"""Of phones and cameras: they are nobody's business beside the road."""
PERHAPS_IPV6 = re.compile(
    r"[0-9a-fA-F]*:[0-9a-fA-F:]*:(?:[0-9a-fA-F.]*[0-9a-fA-F])?(?:%[\w.-]*\w)?"
)
GONE = "[...]"


async def journal(command: tuple[str, ...] = COMMAND) -> bytes | None:
    """Return the last messages of the services without addresses; None where there is no log."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return None
    try:
        told, _ = await asyncio.wait_for(process.communicate(), WAIT_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        return None
    if process.returncode:
        return None
    return without_addresses(told.decode("utf-8", "replace")[-LONGEST:]).encode()


def without_addresses(text: str) -> str:
    """Return a text in which addresses of machines are left out."""
    return ADDRESS.sub(GONE, PERHAPS_IPV6.sub(_without_ipv6, text))


def _without_ipv6(found: re.Match[str]) -> str:
    """Return what stands for a word of colons: a time of day has some too."""
    for end in ("", ":"):
        with suppress(ValueError):
            IPv6Address(found[0].removesuffix(end))
            return GONE + end
    return found[0]
