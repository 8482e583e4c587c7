"""Puts a whole pack together from its parts, and refuses what does not fit. Pure."""

from collections import Counter
from collections.abc import Iterable
from zoneinfo import ZoneInfoNotFoundError

from edge.access.calendar import zone_of
from edge.access.packreader import Reader
from edge.access.packwords import (
    ExemptionWords,
    GroupWords,
    Head,
    ImpossibleWords,
    RowWords,
    TypeWords,
    ZoneWords,
)
from edge.access.rules import Group, Parameter, RecordType, Row, RulePack, Zone
from edge.types import Consequence, Outcome

STATUS = {"ontwerp": True, "in_werking": False}
ENFORCED = {"aan": True, "uit": False}
TABLE = {"eerste_treffer": True, "precies_een": False}
FOREIGN = {"nazicht": True, "als_binnenlandse": False}
ACCUSATIONS = {word.value: word for word in (Consequence.HOLD48, Consequence.HOLD_DAY)}
HOLDING = ("vasthouden_hoogstens_dagen", "vrijgave_max_leeftijd_uur", "kandidaten_per_dag")
WINDOW = {
    Consequence.HOLD48: ("vasthouden_uur",),
    Consequence.HOLD_DAY: ("vasthouden_tot_uur", "vasthouden_marge_uur"),
}
"""The numbers that a hold rests on, and those of each kind of window (RULES 1.7)."""


def built(head: Head, text: str, sha256: str) -> RulePack:
    """Return the pack that a file describes. Raises PackError."""
    read = Reader(head, text)
    rows = read.each(head.regel, RowWords, read.row)
    exemptions = read.each(head.vrijstelling, ExemptionWords, read.exemption)
    groups = read.each(head.groep, GroupWords, read.group)
    types = closed(read, read.each(head.type, TypeWords, read.record_type))
    zones = read.each(head.zone, ZoneWords, read.zone)
    check_names(read, (*rows, *exemptions), groups, types, zones)
    draft = read.word("status", head.status, STATUS)
    enforced = read.word("handhaving", head.handhaving, ENFORCED)
    if draft and enforced:
        raise read.fault("handhaving", "a draft may not be enforced (R004-04)")
    accusation = read.word("gevolg", head.gevolg, ACCUSATIONS)
    for name in (*HOLDING, *WINDOW[accusation]):
        read.number(name)
    return RulePack(
        id=head.id,
        version=head.versie,
        title=head.titel,
        jurisdiction=head.jurisdictie,
        countries=frozenset(head.landen),
        draft=draft,
        enforced=enforced,
        valid_from=head.geldig_vanaf,
        expires=head.vervalt,
        timezone=known_timezone(read, head.tijdzone),
        first_match=read.word("tabel", head.tabel, TABLE),
        accusation=accusation,
        warning_months=int(read.number("waarschuwing_maanden")),
        foreign_by_hand=read.word("buitenlandse_kentekens", head.buitenlandse_kentekens, FOREIGN),
        outside=tuple(head.toepassing.buiten),
        outside_source=head.toepassing.bron,
        outside_reason=head.toepassing.english,
        groups=groups,
        fuels={fuel: frozenset(words) for fuel, words in head.brandstof.items()},
        tables=tables(rows, groups),
        exemptions=exemptions,
        impossible=read.each(head.onmogelijk, ImpossibleWords, read.impossible),
        types=types,
        zones={zone.id: zone for zone in zones},
        parameters=parameters(head),
        max_age_exemptions_h=read.number("max_leeftijd_vrijstellingen_uur"),
        max_age_vehicles_h=read.number("max_leeftijd_voertuigen_uur"),
        sha256=sha256,
    )


def check_names(
    read: Reader,
    rows: tuple[Row, ...],
    groups: tuple[Group, ...],
    types: tuple[RecordType, ...],
    zones: tuple[Zone, ...],
) -> None:
    """Raise PackError for a name that stands twice, or that nothing bears."""
    unique(read, [row.id for row in rows])
    unique(read, [kind.code for kind in types])
    unique(read, [zone.id for zone in zones])
    for row in rows:
        known_groups(read, row.id, row.when.groups or (), groups)
    for kind in types:
        known_groups(read, kind.code, kind.last_day, groups)


def parameters(head: Head) -> dict[str, Parameter]:
    """Return the named values of a pack."""
    return {
        name: Parameter(words.waarde, words.etiket, words.bron, words.uitleg)
        for name, words in head.parameters.items()
    }


def tables(rows: tuple[Row, ...], groups: tuple[Group, ...]) -> dict[str, tuple[Row, ...]]:
    """Return the rows of every group, in the order of the text."""
    names = {group.id for group in groups}
    return {name: tuple(row for row in rows if name in (row.when.groups or ())) for name in names}


def known_groups(read: Reader, name: str, used: Iterable[str], groups: tuple[Group, ...]) -> None:
    """Raise PackError when an entry names a group that the pack does not have."""
    if strange := sorted(set(used) - {group.id for group in groups}):
        raise read.fault(name, f"unknown group {', '.join(strange)}")


def closed(read: Reader, types: tuple[RecordType, ...]) -> tuple[RecordType, ...]:
    """Return the types; the last must answer for any type, and in favour (RULES 1.5)."""
    if not types or types[-1].code != "*" or types[-1].outcome is not Outcome.PERMITTED:
        raise read.fault("type", 'the last type must be code "*" with uitkomst "permitted"')
    return types


def unique(read: Reader, names: list[str]) -> None:
    """Raise PackError when a name stands twice."""
    for name, times in Counter(names).items():
        if times > 1:
            raise read.fault(name, f"this name stands {times} times")


def known_timezone(read: Reader, name: str) -> str:
    """Return a time zone that this machine knows. Raises PackError."""
    try:
        return zone_of(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise read.fault("tijdzone", f"unknown time zone {name!r}") from error
