"""Since when an answer holds, and when it changes: the edges of the law and the records. Pure.

Between two neighbouring edges no condition of a pack can change, so that a few dozen moments
tell what a scan of every day would.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from edge.access.calendar import anniversary, civil_day, local, months_after
from edge.access.condition import Condition
from edge.access.decide import FIRST_CARS, decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.rules import Law, RulePack
from edge.types import Decision, Exemption, Facts


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One vehicle in one zone at one moment.

    `now` is when it is asked: at any moment asked about, the facts are as fresh as they are now.
    """

    law: Law
    country: str | None
    facts: Facts
    at: datetime
    now: datetime
    plate: str = ""

    @property
    def day(self) -> date:
        """The local civil day that is asked about."""
        return civil_day(self.at, self.law.pack.timezone)

    def decided(self, at: datetime | None = None) -> Decision:
        """Return the answer, at another moment where one is given."""
        passage = desk_passage(self.country, at or self.at, self.plate)
        return decide(passage, self.facts, self.law, desk_clock(self.now))


@dataclass(frozen=True, slots=True)
class Change:
    """A moment from which another answer holds; `decision` is that of its other side."""

    at: datetime
    decision: Decision


def next_change(inquiry: Inquiry) -> Change | None:
    """Return the first moment on which outcome or consequence differs, and what it is then.

    None when nothing changes up to and including the day on which the pack expires.
    """
    now = inquiry.decided()
    for at in moments(inquiry):
        if at > inquiry.at and differ(then := inquiry.decided(at), now):
            return Change(at, then)
    return None


def last_change(inquiry: Inquiry) -> Change | None:
    """Return since when the answer holds, and what it was before; None when it always did."""
    now, since = inquiry.decided(), None
    for at in reversed([at for at in moments(inquiry) if at <= inquiry.at]):
        if differ(before := inquiry.decided(at), now):
            return Change(since, before) if since is not None else None
        since = at
    return None


def differ(one: Decision, other: Decision) -> bool:
    """True when two answers differ in outcome or consequence."""
    return (one.outcome, one.consequence) != (other.outcome, other.consequence)


def moments(inquiry: Inquiry) -> list[datetime]:
    """Return in order every moment at which an answer can change, up to the end of the pack."""
    law, facts = inquiry.law, inquiry.facts
    end = law.pack.expires.toordinal()
    days = {day for day in (*dates(law), *law_days(law.pack), *birthdays(inquiry)) if day <= end}
    begun = {local(date.fromordinal(day), law.pack.timezone) for day in days}
    times = {at for record in facts.exemptions for at in record_edges(record, law.pack)}
    horizon = max(begun)
    return sorted(begun | {at for at in times if at <= horizon})


def dates(law: Law) -> Iterator[int]:
    """Yield the days on which a zone, its warning period or its pack begins or has ended."""
    zone, pack = law.zone, law.pack
    yield from (day.toordinal() for day in (zone.start, pack.valid_from, pack.expires))
    yield months_after(zone.start, pack.warning_months).toordinal()
    yield from (last.toordinal() + 1 for last in (zone.end, zone.warn_until) if last is not None)


def law_days(pack: RulePack) -> Iterator[int]:
    """Yield both sides of every day that a row or a type of record names."""
    for when in conditions(pack):
        yield from (edge + step for edge in when.day.edges for step in (0, 1))
    for kind in pack.types:
        yield from (day + 1 for day in kind.last_day.values())
        if kind.national_from is not None:
            yield kind.national_from


def birthdays(inquiry: Inquiry) -> Iterator[int]:
    """Yield the days on which a first registration can be, or reaches an age that counts.

    An unknown one may lie on either side of every date that a row names.
    """
    pack, vehicle = inquiry.law.pack, inquiry.facts.vehicle
    whens = conditions(pack)
    named = {edge + step for when in whens for edge in when.first.edges for step in (-1, 0, 1)}
    years = {n for when in whens for n in (when.younger_than, when.years_old) if n is not None}
    born = (vehicle.first_registration, vehicle.first_known_use) if vehicle is not None else ()
    known = {day.toordinal() for day in born if day is not None}
    for first in named | known | {FIRST_CARS.toordinal()}:
        yield first
        yield from (anniversary(first, n) for n in years)


def conditions(pack: RulePack) -> list[Condition]:
    """Return every condition of a pack."""
    rows = [row.when for table in pack.tables.values() for row in table]
    rows += [row.when for row in pack.exemptions] + list(pack.impossible)
    return rows + [n.when for n in pack.derived_norms] + [touch.when for touch, _ in pack.weighed]


def record_edges(record: Exemption, pack: RulePack) -> Iterator[datetime]:
    """Yield the moments at which a record begins or ceases to count."""
    yield record.valid_from
    if record.valid_to is not None:
        yield record.valid_to
    if record.requested_at is not None:
        hours = {kind.request_hours for kind in pack.types if kind.request_hours is not None}
        yield from (record.requested_at - timedelta(hours=n) for n in hours)
