"""The register of keys as a value: who is taken in, replaced, revoked, followed (pure).

It is a JWKS (RFC 7517) that says of each key whose it is, which epoch it signs, and until when.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import msgspec

from edge.errors import BoxError
from edge.record.envelope import TrustedKey
from edge.record.jwk import Last, PublicJwk, public_jwk

LEAST = 8
"""So much of a key id says which is meant: fewer characters are a slip of the finger."""
Register = tuple[PublicJwk, ...]


class RegisterError(BoxError):
    """The register says something else."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Why a box gets a key that no rotation gave it, and when; `epoch` is given by hand, or None.

    `last` is the last place that its old keys still prove.
    """

    reason: str
    at: datetime
    epoch: int | None = None
    last: Last | None = None


def accept(keys: Register, asked: PublicJwk, replaces: Replacement | None) -> Register:
    """Return the register with a key that a box asks trust for; one that it has is kept.

    A box that has another key is refused: two keys would split its chain. Where it is replaced,
    its keys so far are revoked, and its chain begins anew in a later epoch. Raises RegisterError.
    """
    known = find(keys, asked.kid)
    if known is not None:
        _check_same(known, asked)
        return keys
    others = [key for key in keys if key.box == asked.box]
    if not others:
        return (*keys, msgspec.structs.replace(asked, epoch=1))
    if replaces is None:
        _fail(
            f"Box {asked.box} has a key already: {others[-1].kid}.",
            "Where the box changed its key by itself: --received DB shows it. Where it was lost, or"
            " the box was exchanged: --replace --reason TEXT.",
        )
    epoch = replaces.epoch or max(key.epoch or 1 for key in others) + 1
    old = [_ended(key, replaces) if key.box == asked.box else key for key in keys]
    return (*old, msgspec.structs.replace(asked, epoch=epoch))


def revoke(keys: Register, kid: str, ends: Replacement) -> Register:
    """Return the register with a key revoked. Raises RegisterError when it is not known, or was."""
    known = find(keys, kid)
    if known is None:
        _fail(
            f"No key {kid} is in the register.",
            "A key that a rotation brought in comes there with `follow`, or with --received here.",
        )
    if known.revoked_at is not None:
        _fail(f"Key {kid} was revoked at {known.revoked_at:%Y-%m-%dT%H:%M:%SZ}.", "It stays so.")
    return tuple(_ended(key, ends) if key is known else key for key in keys)


def follow(keys: Register, found: Iterable[TrustedKey]) -> Register:
    """Return the register with the keys that proven rotations brought in."""
    known = {key.kid for key in keys}
    new = [key for key in found if key.is_introduced and key.kid not in known]
    return (*keys, *(_described(key) for key in sorted(new, key=_order)))


def find(keys: Sequence[PublicJwk], kid: str) -> PublicJwk | None:
    """Return a key by its id, or by its first eight characters or more, if that is enough."""
    found = [key for key in keys if len(kid) >= LEAST and key.kid.startswith(kid)]
    return found[0] if len(found) == 1 else None


def _described(key: TrustedKey) -> PublicJwk:
    return msgspec.structs.replace(public_jwk(key.key, key.box), epoch=key.epoch)


def _order(key: TrustedKey) -> tuple[str, int]:
    return key.box or "", key.epoch or 0


def _ended(key: PublicJwk, ends: Replacement) -> PublicJwk:
    if key.revoked_at is not None:
        return key
    return msgspec.structs.replace(key, revoked_at=ends.at, reason=ends.reason, last=ends.last)


def _check_same(known: PublicJwk, asked: PublicJwk) -> None:
    if known.box != asked.box:
        _fail(f"That key is the one of box {known.box}.", "Let the box make a key of its own.")
    if known.revoked_at is not None:
        _fail("That key was revoked.", "Let the box make another: deploy/KEYS.md.")


def _fail(cause: str, remedy: str) -> NoReturn:
    raise RegisterError(cause, remedy)
