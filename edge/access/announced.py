"""What a person should look at in the dates of a zone: told, never a reason to refuse. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from edge.access.calendar import months_after
from edge.access.rules import Law

ANNOUNCED_MONTHS = 18  # Flanders: the intention is made known so long before (R004-64)
FIRST_START, LAST_START = date(2025, 1, 1), date(2030, 1, 1)  # the Netherlands (R003-07)


class Remark(NamedTuple):
    """One sentence about a date, in Dutch and in English."""

    nl: str
    en: str


def remarks(law: Law, announced: date | None) -> tuple[Remark, ...]:
    """Return what stands out in the dates of a zone, given the day it was announced."""
    return (*_announcement(law, announced), *_start(law), *_warning(law))


def warned_until(law: Law) -> date | None:
    """Return the last day of the warning period, None where there is none (RULES 3.6)."""
    if law.zone.warn_until is not None:
        return law.zone.warn_until
    after = months_after(law.zone.start, law.pack.warning_months)
    return after - timedelta(days=1) if law.pack.warning_months else None


def _announcement(law: Law, announced: date | None) -> Iterator[Remark]:
    if announced is None or law.pack.jurisdiction != "FL":
        return
    start, earliest = law.zone.start, months_after(announced, ANNOUNCED_MONTHS)
    if start < earliest:
        yield Remark(
            f"De zone begint op {start}, eerder dan {ANNOUNCED_MONTHS} maanden na de aankondiging "
            f"van {announced}: niet voor {earliest} (R004-64).",
            f"The zone starts on {start}, less than {ANNOUNCED_MONTHS} months after it was "
            f"announced on {announced}: not before {earliest} (R004-64).",
        )


def _start(law: Law) -> Iterator[Remark]:
    start = law.zone.start
    if law.pack.jurisdiction == "NL" and not FIRST_START <= start <= LAST_START:
        yield Remark(
            f"De zone begint op {start}, niet tussen {FIRST_START} en {LAST_START} (R003-07).",
            f"The zone starts on {start}, not between {FIRST_START} and {LAST_START} (R003-07).",
        )


def _warning(law: Law) -> Iterator[Remark]:
    months, until = law.pack.warning_months, law.zone.warn_until
    if until is None or not months:
        return
    if until < months_after(law.zone.start, months) - timedelta(days=1):
        yield Remark(
            f"De waarschuwingsperiode eindigt op {until}, eerder dan {months} maanden na het "
            f"begin van de zone ({law.zone.start}).",
            f"The warning period ends on {until}, less than {months} months after the zone starts "
            f"({law.zone.start}).",
        )
