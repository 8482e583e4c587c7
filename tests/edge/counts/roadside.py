"""Passages of made-up vehicles, decided and counted, for tests of the figures."""

from collections import Counter
from dataclasses import replace

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_facts, desk_passage
from edge.access.rules import Law
from edge.counts.tally import tallies
from edge.types import Decision, Exemption, Facts, Passage, Tally, Vehicle
from tests.edge.access.world import AT, flanders

PLATE = "1ZZZ999"
Counts = Counter[tuple[str, str]]


def seen(country: str | None = "BE", plate: str = PLATE, **fields: object) -> Passage:
    return replace(desk_passage(country, AT, plate), **fields)  # type: ignore[arg-type]


def known(vehicle: Vehicle | None, *records: Exemption) -> Facts:
    return desk_facts(vehicle, records, AT)


def counted(
    vehicle: Vehicle | None,
    *records: Exemption,
    law: Law | None = None,
    passage: Passage | None = None,
    trusted: bool = True,
) -> Counts:
    """What one passage adds to the figures."""
    law = law or flanders()
    passed = passage or seen(min(law.pack.countries))
    return summed(tallied(passed, known(vehicle, *records), law, trusted)[1])


def tallied(
    passage: Passage, facts: Facts | None, law: Law, trusted: bool = True
) -> tuple[Decision, tuple[Tally, ...]]:
    clock = replace(desk_clock(AT), trusted=trusted)
    decision = decide(passage, facts, law, clock)
    return decision, tallies(passage, facts, decision, law)


def summed(tallies_: tuple[Tally, ...]) -> Counts:
    return Counter({(t.figure, t.value): t.n for t in tallies_})
