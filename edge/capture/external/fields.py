"""Values of other products' messages as ours; what cannot be one is a fault (pure)."""

import math
from datetime import UTC, datetime

from edge.errors import CaptureError
from edge.types import Direction

MAX_TEXT = 64
LAST_MS = 253_402_300_799_000
"""The end of the year 9999."""
REMEDY = "Look at the push settings of the camera, and that external.product names its product."


def text(value: object) -> str:
    """Return a short text, '' for what is none."""
    return value.strip()[:MAX_TEXT] if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """Return a number, however it is written; None when there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def share(value: object, whole: float) -> float | None:
    """Return a confidence as 0 to 1; None for what lies beyond."""
    found = number(value)
    return None if found is None or not 0 <= found <= whole else found / whole


def milliseconds(value: object) -> datetime:
    """Return a moment of milliseconds since 1970. Raises CaptureError."""
    found = number(value)
    if found is None or not 0 <= found <= LAST_MS:
        raise fault("It gives no time")
    return datetime.fromtimestamp(found / 1000, UTC)


def iso(value: object) -> datetime:
    """Return a moment of ISO 8601 with its offset. Raises CaptureError."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        raise fault("It gives no time") from None
    if found.tzinfo is None:
        raise fault("It gives a time without its offset")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise fault("It gives no time") from None


def way(value: object, words: dict[str, Direction]) -> Direction:
    """Return the direction that a word means."""
    return words.get(text(value).lower(), Direction.UNKNOWN)


def fault(cause: str) -> CaptureError:
    """Return the fault of a message; it never quotes the message, which holds a plate."""
    return CaptureError(f"A message of the camera cannot be used. {cause}.", REMEDY)
