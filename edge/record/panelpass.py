"""A pass: the platform's short signed word that somebody may use the panel of one box (pure).

Compact JWS as every word of the platform; the claims have their names of RFC 7519, and `use` keeps
a pass from being taken for another word, and another word for a pass.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from edge.errors import RecordError
from edge.ports import Signer
from edge.record.envelope import MAX_BYTES, UNREADABLE, TrustedKey, open_signed
from edge.types import ClockReading

LONGEST = timedelta(hours=1)
NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,59}\Z"
EARLY = timedelta(minutes=2)
"""So much the platform's clock may be ahead of ours."""
ASK_AGAIN = "Ask the platform for a new pass, or use the password of the box."
SET_CLOCK = "Use the password of the box; its clock must be set before a pass can be judged."


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """Who (`sub`) may use the panel of which box (`aud`), from `iat` until `exp` (Unix seconds)."""

    use: Literal["panel"]
    aud: str
    sub: Annotated[str, msgspec.Meta(pattern=NAME)]
    iat: int
    exp: int
    jti: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


def is_name(name: str) -> bool:
    """True when a name can stand in a pass."""
    return re.match(NAME, name) is not None


def sign_pass(issued: Pass, signer: Signer) -> str:
    """Return the pass as a person pastes it."""
    return signer.sign(msgspec.json.encode(issued)).decode("ascii")


def open_pass(raw: bytes, box: str, platform: TrustedKey, now: ClockReading) -> Pass:
    """Return a pass that holds now at this box.

    Raises RecordError for one of another key, box or time, or when our clock cannot be trusted.
    """
    if not now.trusted:
        raise RecordError("The clock of this box cannot be trusted.", SET_CLOCK)
    if len(raw) > MAX_BYTES:
        raise RecordError("That is longer than a pass.", ASK_AGAIN)
    payload = open_signed(raw, {platform.kid: platform}).payload
    try:
        found = msgspec.json.decode(payload, type=Pass)
    except UNREADABLE:
        raise RecordError("The platform signed that, but it is no pass.", ASK_AGAIN) from None
    if found.aud != box:
        raise RecordError("That pass is for another box.", ASK_AGAIN)
    issued, ends = (_moment(at) for at in (found.iat, found.exp))
    if ends - issued > LONGEST or issued > ends:
        raise RecordError("That pass would last longer than any may.", ASK_AGAIN)
    if not issued - EARLY <= now.now < ends:
        raise RecordError("That pass does not hold now.", ASK_AGAIN)
    return found


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise RecordError("That pass names no time.", ASK_AGAIN) from None
