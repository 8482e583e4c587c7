"""The shipped law, and small ways to ask it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_facts, desk_passage
from edge.access.pack import SHIPPED, load_law
from edge.access.rules import Law
from edge.types import BodyCode, Decision, Exemption, Facts, Outcome, Vehicle, VehicleKind

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
ACCUSING = {Outcome.NO_ACCESS, Outcome.PERMIT_POSSIBLE}
NO_BODY: frozenset[BodyCode] = frozenset()


@cache
def flanders() -> Law:
    return load_law(SHIPPED / "fl-zes.toml", "voorbeeldgem")


@cache
def utrecht() -> Law:
    return load_law(SHIPPED / "nl-ze.toml", "utrecht")


LAWS = (flanders, utrecht)

DIRTY_VAN = Vehicle(
    category="N1",
    kind=VehicleKind.VAN,
    max_mass_kg=3500,
    reference_mass_kg=2000,
    fuels=frozenset({"diesel"}),
    zero_emission=False,
    euro=4,
    stage="I",
    power_kw=80,
    first_registration=date(2009, 6, 1),
    body_codes=NO_BODY,
)
"""No rule of any jurisdiction admits it in 2028."""


def van(**fields: object) -> Vehicle:
    return replace(DIRTY_VAN, **fields)  # type: ignore[arg-type]


def record(kind: str = "FL-IT-1", **fields: object) -> Exemption:
    start = AT - timedelta(days=30)
    granted = Exemption("r1", "test", kind, "toegekend", None, start, AT + timedelta(days=30))
    return replace(granted, **fields)  # type: ignore[arg-type]


def facts(vehicle: Vehicle | None, *records: Exemption, at: datetime = AT) -> Facts:
    return desk_facts(vehicle, records, at)


def asked(
    vehicle: Vehicle | None,
    *records: Exemption,
    law: Law | None = None,
    at: datetime = AT,
    country: str | None = None,
) -> Decision:
    law = law or flanders()
    passage = desk_passage(country or min(law.pack.countries), at)
    return decide(passage, facts(vehicle, *records, at=at), law, desk_clock(at))
