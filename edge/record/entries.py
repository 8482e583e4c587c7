"""What is known of stored records one by one: proven or refused, and where each stands (pure)."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from edge.record.counted import Counted, counted_of
from edge.record.drops import Span, spans_of
from edge.record.envelope import UNREADABLE, Flaw, Keyring, RefusedError, Verified, peek, verify
from edge.record.message import DECODERS, GENESIS
from edge.record.rotation import Turn, turn_of
from edge.record.standing import check_standing, is_vouched


class Head(NamedTuple):
    """The last record of a chain."""

    epoch: int
    seq: int
    sha256: str


class Place(NamedTuple):
    """A position in a chain; places sort as their records were made."""

    epoch: int
    seq: int


START = Head(1, 0, GENESIS)
"""What stands before the first record of a box."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A record whose signature holds, and where it was found.

    `turn` is what a rotation says comes next. `vouched`: the register itself names the key for
    this epoch, so that it may begin without a rotation, as that of a box whose key was lost.
    `dropped` is what a drop record covers, `counted` what a checkpoint counts.
    """

    where: str
    box: str
    place: Place
    prev: str
    sha256: str
    kid: str
    kind: str
    turn: Turn | None = None
    vouched: bool = False
    dropped: tuple[Span, ...] = ()
    counted: Counted | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that was refused; `box` and `place` are only what it claims."""

    where: str
    flaw: Flaw
    cause: str
    box: str | None = None
    place: Place | None = None


Entry: TypeAlias = Proven | Broken


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and with which record."""

    flaw: Flaw
    where: str
    box: str | None
    epoch: int | None
    seq: int | None
    cause: str


def check(where: str, jws: bytes, keyring: Keyring, received_at: datetime | None = None) -> Entry:
    """Verify one stored record; a refusal is an entry too.

    `received_at` is when the platform received it, where somebody wrote that down.
    """
    try:
        record = verify(jws, keyring)
        _check_content(record)
        check_standing(record, keyring, received_at)
        return proven(where, record, keyring)
    except RefusedError as e:
        box, place = _claimed(jws)
        return Broken(where, e.flaw, e.cause, box, place)


def _check_content(record: Verified) -> None:
    """Raise RefusedError when a record of a kind we know lacks what that kind promises."""
    kind = record.envelope.kind
    if kind in DECODERS:
        try:
            DECODERS[kind].decode(record.payload)
        except UNREADABLE:
            raise RefusedError(Flaw.MESSAGE, f"The content is not that of a {kind}.") from None


def proven(where: str, record: Verified, keyring: Keyring) -> Proven:
    """Reduce a verified record to what its chain needs."""
    envelope, link, key = record.envelope, record.link, keyring[record.kid]
    return Proven(
        where,
        envelope.box,
        Place(link.epoch, link.seq),
        link.prev,
        envelope.sha256,
        record.kid,
        envelope.kind,
        turn_of(record),
        is_vouched(key, link.epoch),
        spans_of(record),
        counted_of(record),
    )


def _claimed(jws: bytes) -> tuple[str | None, Place | None]:
    try:
        claim = peek(jws)
    except RefusedError:
        return None, None
    return claim.envelope.box, Place(claim.link.epoch, claim.link.seq)
