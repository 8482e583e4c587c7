"""What a reader must know of a zone to compare its figures (R000-08, R000-09). Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple, TypeAlias

from edge.access.calendar import months_after
from edge.access.rules import Law


class About(NamedTuple):
    """The law of a zone, and what the configuration of a box says of the zone beside it."""

    law: Law
    told: Mapping[str, object]


Known: TypeAlias = dict[str, About]
"""Every zone that is known, by its id."""


def context(zone: str, known: Known) -> dict[str, object]:
    """Return what is known of a zone; its id alone where nothing is."""
    if zone not in known:
        return {"zone": zone}
    law, told = known[zone]
    return {
        **{name: value for name, value in told.items() if value is not None},
        "zone": zone,
        "municipality": law.zone.municipality,
        "kind": law.zone.kind,
        "start": law.zone.start.isoformat(),
        "end": law.zone.end and law.zone.end.isoformat(),
        "warn_until": warned_until(law),
        "jurisdiction": law.pack.jurisdiction,
        "pack": law.pack.id,
        "enforced": law.pack.enforced,
    }


def warned_until(law: Law) -> str | None:
    """Return the last day of the warning period, None where there is none."""
    if law.zone.warn_until is not None:
        return law.zone.warn_until.isoformat()
    end = months_after(law.zone.start, law.pack.warning_months)
    return None if end <= law.zone.start else (end - timedelta(days=1)).isoformat()
