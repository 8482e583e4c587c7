"""What the rows of a casebook tell in clear, and whether it can be so. Pure.

A disk rots bit by bit: one cell that no longer says what was written must cost one candidate its
end by decision, and no other candidate anything.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from edge.access.hold import Held
from edge.casebook.entries import UNDATED, Damaged, Order


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
