"""The platform's countersignatures: places of a chain that nobody can change any more (pure).

Whoever holds one elsewhere than the records, such as an auditor, needs nothing else to show that
a chain was rewritten or cut since.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import msgspec

from edge.ports import Signer
from edge.record.chain import Broken, Entry, Finding, Place, Proven
from edge.record.envelope import (
    UNREADABLE,
    Flaw,
    RefusedError,
    TrustedKey,
    decode_part,
    open_signed,
    split,
)
from edge.record.wording import Moment

HashesAt: TypeAlias = Mapping[Place, set[str]]


class Countersignature(msgspec.Struct, frozen=True, kw_only=True):
    """The platform's word: at that moment, this record stood at that place of the proven chain."""

    typ: Literal["countersignature"] = "countersignature"
    box: str
    epoch: int
    seq: int
    sha256: str
    received_at: Moment


def countersign(word: Countersignature, signer: Signer) -> bytes:
    """Return the platform's signature over a place."""
    return signer.sign(msgspec.json.encode(word))


def read_countersignature(jws: bytes, platform: TrustedKey) -> Countersignature:
    """Return what the platform countersigned. Raises RefusedError when it did not."""
    return _decode(open_signed(jws, {platform.kid: platform}).payload)


def peek_countersignature(jws: bytes) -> Countersignature:
    """Return what a countersignature says, proving nothing. Raises RefusedError."""
    return _decode(decode_part(split(jws)[1]))


def check_countersigned(
    box: str, entries: Sequence[Entry], words: Iterable[bytes], platform: TrustedKey
) -> list[Finding]:
    """Return every countersigned place at which the records of a box no longer are what they were.

    `entries` are its records as they are stored now.
    """
    own = [entry for entry in entries if isinstance(entry, Proven) and entry.box == box]
    found: defaultdict[Place, set[str]] = defaultdict(set)
    for entry in own:
        found[entry.place].add(entry.sha256)
    unproven = {e.place for e in entries if isinstance(e, Broken) and e.box == box}
    faults = [fault for jws in words for fault in _faults(box, found, jws, platform)]
    return [_not_missing(fault) if _place(fault) in unproven else fault for fault in faults]


def _place(fault: Finding) -> Place | None:
    if fault.flaw is Flaw.FORKED or fault.epoch is None or fault.seq is None:
        return None
    return Place(fault.epoch, fault.seq)


def _not_missing(fault: Finding) -> Finding:
    """Say of a record that is there, but proven by none of the keys at hand, what is wrong."""
    return replace(fault, cause=fault.cause.replace(" is missing,", " is here, but not proven,"))


def _faults(box: str, found: HashesAt, jws: bytes, platform: TrustedKey) -> Iterator[Finding]:
    where = "countersignature"
    try:
        word = read_countersignature(jws, platform)
    except RefusedError as e:
        yield Finding(e.flaw, where, box, None, None, e.cause)
        return
    place, last = Place(word.epoch, word.seq), max(found, default=Place(0, 0))
    since = f"which the platform countersigned on {word.received_at:%Y-%m-%d %H:%M:%SZ}"
    if word.box != box or word.sha256 in found.get(place, ()):
        return
    if place in found:
        cause = f"Record {place.seq} is not the one {since}."
        yield Finding(Flaw.FORKED, where, box, *place, cause)
    else:
        flaw = Flaw.TRUNCATED if place > last else Flaw.REMOVED
        yield Finding(flaw, where, box, *place, f"Record {place.seq} is missing, {since}.")


def _decode(payload: bytes) -> Countersignature:
    try:
        members = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
        word = msgspec.json.decode(payload, type=Countersignature)
    except UNREADABLE:
        members = {}
    if "typ" not in members:  # a receipt, say: its signature holds, and it says something else
        raise RefusedError(Flaw.MESSAGE, "The platform signed something else than a place.")
    return word
