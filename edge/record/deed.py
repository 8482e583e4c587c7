"""What a person did on the panel, as the panel writes it down for the daemon to sign (pure).

The panel holds no signing key. It leaves each deed as a file; the daemon swears to it.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from edge.record.envelope import UNREADABLE
from edge.record.message import ACT
from edge.record.wording import Moment

MAX_BYTES = 4096
PRINTABLE = r"^[^\x00-\x1f\x7f]*\Z"
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}\Z")]
Short = Annotated[str, msgspec.Meta(pattern=PRINTABLE, max_length=100)]
Said = Annotated[str, msgspec.Meta(pattern=PRINTABLE, max_length=300)]


class Deed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One deed: `by` is `password`, `token:NAME`, `terminal:NAME` or `nobody`; `at` is UTC.

    `id` is random: it tells one that was signed twice, around a power cut, from two.
    """

    id: Annotated[str, msgspec.Meta(pattern=ACT)]
    at: Annotated[Moment, msgspec.Meta(tz=True)]
    action: Word
    by: Short
    session: Short | None = None
    details: Annotated[dict[Word, Said], msgspec.Meta(max_length=8)] = {}


_DECODER = msgspec.json.Decoder(Deed)


def deed_of(raw: bytes) -> Deed | None:
    """Return the deed of a file; None for what is none."""
    try:
        return _DECODER.decode(raw) if len(raw) <= MAX_BYTES else None
    except UNREADABLE:
        return None


def unreadable(id: str, at: datetime) -> Deed:
    """Return what stands on the trail for a file that holds no deed: it does not vanish."""
    return Deed(id=id, at=at, action="unreadable", by="nobody")
