"""A record at rest in the outbox: sealed, and bound to its place in the chain."""

from edge.record.chain import Place
from edge.vault import Vault

USE = "outbox v1"


def vault(storage_key: bytes, box: str) -> Vault:
    """Return what seals and opens the records of a box."""
    return Vault(storage_key, USE, box)


def sealed(box: Vault, jws: bytes, place: Place) -> bytes:
    """Return a record that only this box can read."""
    return box.seal(jws, _bound(place))


def opened(box: Vault, found: object, place: Place) -> bytes | None:
    """Return the record; None when it was altered, moved, or sealed with another key."""
    return box.open(found, _bound(place))


def _bound(place: Place) -> bytes:
    return f"{place.epoch}/{place.seq}".encode()
