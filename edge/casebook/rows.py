"""What the rows of a casebook tell in clear, and whether it can be so. Pure.

A disk rots bit by bit: one cell that no longer says what was written must cost one candidate its
end by decision or one hour a figure, and no other anything.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from edge.access.hold import Held
from edge.casebook.entries import UNDATED, Damaged, Mark, Order, Spoilt, Torn
from edge.record.envelope import RefusedError, peek
from edge.types import Envelope, Tally

MOST = 10**9
"""No hour and no day counts so many: what is beyond was not written by a box."""
COUNTABLE = f"typeof(n) = 'integer' AND n BETWEEN 1 AND {MOST}"
"""The same of a cell `n`, as SQL has it."""
TOKEN = re.compile("[0-9a-f]{32}")


def parted(rows: Iterable[tuple[Any, ...]]) -> tuple[list[Held], list[Damaged]]:
    """Return the candidates of (row, epoch, seq, about), and the rows that cannot be trusted."""
    sound: list[Held] = []
    damaged: list[Damaged] = []
    for row, epoch, seq, about in rows:
        held = told(about)
        if held is not None and _in_place(held, epoch, seq) and _possible(held):
            sound.append(held)
        else:
            damaged.append(Damaged(row, _number(epoch), _number(seq), held))
    return sound, damaged


def told(about: object) -> Held | None:
    """Return what is told of a candidate; None when it cannot be read."""
    if not isinstance(about, bytes):
        return None
    try:
        return msgspec.json.decode(about, type=Held)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def order_of(rests_on: object, reason: object, given_at: object) -> Order:
    """Return an order as far as it can be read: it stands, whatever became of its date."""
    return Order(str(rests_on), str(reason), _moment(given_at))


def figures(rows: Iterable[tuple[Any, ...]]) -> tuple[list[Tally], list[Spoilt]]:
    """Return what was counted, of (zone, hour, figure, value, n), and what is damaged of it."""
    sound: list[Tally] = []
    spoilt: list[Spoilt] = []
    for zone, hour, figure, value, n in rows:
        at = _hour(hour)
        if at is not None and all(map(_is_name, (zone, figure, value))) and _is_countable(n):
            sound.append(Tally(zone, at, figure, value, n))
        else:
            spoilt.append(Spoilt(zone if _is_name(zone) else None, at))
    return sound, spoilt


def times(rows: Iterable[tuple[Any, ...]], mark: Mark) -> int:
    """Return how often a vehicle was a candidate, of (zone, day, token, n).

    A damaged row that may be its own counts as more than any law allows: in doubt it is let go.
    """
    return max((_times(row, mark) for row in rows), default=0)


def is_mark(row: tuple[Any, ...]) -> bool:
    """True when a row (zone, day, token, n) can be what was written."""
    zone, day, token, n = row
    return _is_name(zone) and _is_day(day) and _is_token(token) and _is_countable(n)


def intent_of(box: str, sha256: object, jws: bytes | None) -> Envelope | Torn:
    """Return the record about to be appended, of its hash and its bytes; None: they do not open.

    Its bytes tell everything: what rotted beside them costs nothing.
    """
    if jws is None:
        return Torn(frozenset({str(sha256)}))
    torn = Torn(frozenset({hashlib.sha256(jws).hexdigest(), str(sha256)}))
    try:
        found = peek(jws).envelope
    except RefusedError:
        return torn
    return found if (found.box, found.sha256) == (box, sha256) else torn


def _times(row: tuple[Any, ...], mark: Mark) -> int:
    zone, day, token, n = row
    if (zone, day, token) == (mark.zone, mark.day.isoformat(), mark.token):
        return n if _is_countable(n) else MOST
    may_be = (
        zone == mark.zone or not _is_name(zone),
        day == mark.day.isoformat() or not _is_day(day),
        token == mark.token or not _is_token(token),
    )
    return MOST if all(may_be) else 0


def _in_place(held: Held, epoch: object, seq: object) -> bool:
    return (held.candidate.epoch, held.candidate.seq) == (_number(epoch), _number(seq))


def _possible(held: Held) -> bool:
    """True when its dates name moments, in the order in which they were made."""
    dates = (held.t0, held.window_end, held.expires_at)
    zoned = all(moment.tzinfo is not None for moment in dates)
    return zoned and held.t0 <= min(held.window_end, held.expires_at)


def _number(cell: object) -> int | None:
    return cell if isinstance(cell, int) and cell > 0 else None


def _moment(cell: object) -> datetime:
    try:
        return datetime.fromisoformat(str(cell))
    except ValueError:
        return UNDATED


def _hour(cell: object) -> datetime | None:
    """Return the hour of a cell as `Casebook` writes it."""
    try:
        moment = datetime.fromisoformat(str(cell))
    except ValueError:
        return None
    whole = moment.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    return whole if whole.isoformat(timespec="microseconds") == cell else None


def _is_name(cell: object) -> bool:
    return isinstance(cell, str) and cell.isprintable() and bool(cell) and "\ufffd" not in cell


def _is_day(cell: object) -> bool:
    try:
        return date.fromisoformat(str(cell)).isoformat() == cell
    except ValueError:
        return False


def _is_token(cell: object) -> bool:
    return isinstance(cell, str) and TOKEN.fullmatch(cell) is not None


def _is_countable(cell: object) -> bool:
    return isinstance(cell, int) and 1 <= cell <= MOST
