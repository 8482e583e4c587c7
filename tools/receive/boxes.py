"""What is active on every box, by the last health record of its proven chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from rich.box import SIMPLE
from rich.table import Column, Table
from rich.text import Text

from edge.record.active import Family
from edge.record.envelope import UNREADABLE, decode_part, split
from edge.record.message import Chained, HealthRecord, decode
from edge.types import REPLAY
from edge.witness import TOLERANCE
from tools.receive.database import Database

HOUR = timedelta(hours=1)
NEVER = "-"
COLUMNS = ("heard", "clock", "age h", "until", "registry", "in use", "releases")
NARROW = 4
"""So many columns are figures, and are not broken."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a box last told of itself, when by its own clock, and when it came."""

    at: datetime
    record: HealthRecord
    received_at: datetime

    @property
    def skew_s(self) -> float:
        """How far its clock was off at least, in seconds: ahead of the time, or behind it if < 0.

        It was ahead of the moment at which the record came, or of what a receipt for it says; and
        behind what the receipts had said that it had heard. In between is no proof; nor is what a
        tester dated.
        """
        if self.record.clock.source == REPLAY:
            return 0.0
        proven = self.record.proven
        latest, earliest = self.received_at, None
        if proven is not None:
            latest = min(latest, proven.not_after or latest)
            earliest = proven.not_before
        ahead = max(self.at - latest, timedelta())
        behind = timedelta() if earliest is None else max(earliest - self.at, timedelta())
        return round((ahead - behind).total_seconds(), 1)

    @property
    def clock_fault(self) -> str | None:
        """Say that its clock is wrong, where that is proven."""
        if abs(self.skew_s) <= TOLERANCE.total_seconds():
            return None
        where = "ahead" if self.skew_s > 0 else "behind"
        off = f"at least {abs(self.skew_s):.0f} s {where} when it showed {_iso(self.at)}"
        return f"its clock was {off}, or the clock of a receiver is wrong"


@dataclass(frozen=True, slots=True)
class BoxView:
    """A box as a maintainer sees it: when it was last heard, and how it then stood.

    `told` None: there is no health record of it that can be read.
    """

    box: str
    heard_at: datetime | None
    told: Told | None

    def faults(self, now: datetime) -> Iterator[str]:
        """Say whether its clock is wrong, what its last sync refused, what may be used no more."""
        if self.told is not None and self.told.clock_fault is not None:
            yield f"{self.box}: {self.told.clock_fault}"
        updates = self.told.record.updates if self.told else None
        if updates is None:
            return
        if updates.fault is not None:
            yield f"{self.box}: {_line(updates.fault)}"
        for family in updates.families:
            if family.reason is not None:
                yield f"{self.box}: {_line(_outcome(family))}: {_line(family.reason)}"
            if family.until is not None and family.until <= now:
                over = f"was to be used until {_iso(family.until)}: passages go to review"
                yield f"{self.box}: {_line(_release(family))} {over}"


def box_views(db: Database) -> list[BoxView]:
    """Return every box that was heard of."""
    rows = db.query(
        "SELECT box, (SELECT max(at) FROM ("
        "   SELECT received_at AS at FROM records r"
        "   WHERE r.box = b.box AND r.epoch = b.epoch AND r.seq = b.seq"
        "   UNION ALL SELECT max(received_at) FROM waiting w WHERE w.box = b.box) AS heard),"
        " (SELECT jws FROM records h WHERE h.box = b.box AND h.kind = 'health'"
        "  ORDER BY h.epoch DESC, h.seq DESC LIMIT 1),"
        " (SELECT received_at FROM records h WHERE h.box = b.box AND h.kind = 'health'"
        "  ORDER BY h.epoch DESC, h.seq DESC LIMIT 1) FROM boxes b ORDER BY box"
    )
    return [
        BoxView(box, heard and datetime.fromisoformat(heard), jws and _told(jws, came))
        for box, heard, jws, came in rows
    ]


def described(view: BoxView, now: datetime) -> dict[str, Any]:
    """Return a view as plain values: ages at `now`, in hours and seconds."""
    told = view.told
    return {
        "box": view.box,
        "heard_at": _iso(view.heard_at),
        "heard_s": None if view.heard_at is None else _seconds(now - view.heard_at),
        "told_at": _iso(told.at) if told else None,
        "told_s": _seconds(now - told.at) if told else None,
        "skew_s": told.skew_s if told else None,
        "health": _described(told.record, now) if told else None,
    }


def table(views: list[BoxView], now: datetime) -> Table:
    """Return one row for each box."""
    narrow = (Column(name, no_wrap=True) for name in ("box", *COLUMNS[:NARROW]))
    wide = (Column(name, overflow="fold") for name in COLUMNS[NARROW:])
    found = Table(*narrow, *wide, box=SIMPLE, pad_edge=False, padding=0)
    for view in views:
        heard = NEVER if view.heard_at is None else _ago(now - view.heard_at)
        told = view.told
        cells = (_skew(told), *_cells(told.record, now)) if told else (NEVER,) * (len(COLUMNS) - 1)
        found.add_row(*(Text(_line(cell)) for cell in (view.box, heard, *cells)))
    return found


def _told(jws: bytes, came: str) -> Told | None:
    """Read a stored record; its signature was proven, its content is what a box made of it."""
    try:
        event = decode(decode_part(split(jws)[1]))
    except UNREADABLE:
        return None
    if not isinstance(event.data, HealthRecord):
        return None
    return Told(event.time, event.data, datetime.fromisoformat(came))


def _described(record: HealthRecord, now: datetime) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(record)
    place = set(Chained.__struct_fields__) - {"software", "clock"}
    facts = {name: value for name, value in facts.items() if name not in place}
    if record.registry is not None:
        ages = _ages(record, now)
        facts["registry"] |= {"vehicles_age_h": ages[0], "exemptions_age_h": ages[1]}
    return facts


def _cells(record: HealthRecord, now: datetime) -> tuple[str, ...]:
    registry, updates = record.registry, record.updates
    packs = sorted({f"{pack.id} {pack.version}" for pack in record.packs})
    models = (model.name for model in record.models)
    families = () if updates is None else updates.families
    until = min((one.until for one in families if one.until is not None), default=None)
    return (
        "/".join(f"{age:.0f}" for age in _ages(record, now)) or NEVER,
        NEVER if until is None else f"{until:%m-%d %H:%M}",
        NEVER if registry is None else registry.id,
        ", ".join((record.software, *packs, *models)),
        ", ".join(_release(family) for family in families) or NEVER,
    )


def _skew(told: Told) -> str:
    """Say how far a clock is off; a dash where nothing is proven against it."""
    return f"{told.skew_s:+.0f} s" if told.clock_fault is not None else NEVER


def _release(family: Family) -> str:
    number = NEVER if family.release is None else family.release
    return f"{family.family} {number}{'!' if family.reason is not None else ''}"


def _outcome(family: Family) -> str:
    number = "" if family.refused is None else f" {family.refused}"
    return f"{family.family}{number} {family.outcome.replace('_', ' ')}"


def _ages(record: HealthRecord, now: datetime) -> tuple[float, ...]:
    found = record.registry
    as_of = () if found is None else (found.vehicles_as_of, found.exemptions_as_of)
    return tuple(round((now - moment) / HOUR, 1) for moment in as_of)


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def _seconds(age: timedelta) -> float:
    return round(age.total_seconds(), 1)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _line(text: str) -> str:
    """Return text on one line: a box may be in strange hands, and a terminal obeys."""
    return "".join(char if char.isprintable() else "?" for char in text)
