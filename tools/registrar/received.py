"""What a receiver's database says of a box: the keys that its rotations brought in, and its end."""

from datetime import datetime
from pathlib import Path

from edge.feed.ledger import Stored, open_ledgers
from edge.record.envelope import Keyring, RefusedError, TrustedKey, peek
from edge.record.jwk import Last


def brought_in(path: Path, keyring: Keyring) -> list[TrustedKey]:
    """Return the keys that proven rotations brought in. Raises RecordError."""
    known = [key for ledger in open_ledgers(path) for key in ledger.keyring(keyring).values()]
    return [key for key in known if key.is_introduced]


def last_before(path: Path, box: str, moment: datetime) -> Last | None:
    """Return the last place of a box's chain that was received before a moment; None: none was.

    Raises RecordError.
    """
    places = [
        place
        for ledger in open_ledgers(path)
        for stored in ledger.records
        if ledger.box == box and _came_before(stored, moment) and (place := _place(stored))
    ]
    return Last(*max(places)) if places else None


def _came_before(stored: Stored, moment: datetime) -> bool:
    """True for what stood in the chain by then; forks, and what waited for a gap, did not."""
    return stored.received_at is not None and stored.received_at < moment and not stored.aside


def _place(stored: Stored) -> tuple[int, int] | None:
    try:
        envelope = peek(stored.jws).envelope
    except RefusedError:
        return None
    return envelope.epoch, envelope.seq
