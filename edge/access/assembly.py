"""Puts a whole pack together from its parts, and refuses what does not fit. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain, pairwise
from math import inf
from zoneinfo import ZoneInfoNotFoundError

from edge.access.calendar import zone_of
from edge.access.condition import Range
from edge.access.openquestions import answers, questions, weighed
from edge.access.packreader import Reader
from edge.access.packwords import (
    DerivedWords,
    ExemptionWords,
    FuelWords,
    GroupWords,
    Head,
    ImpossibleWords,
    ListWords,
    OutsideWords,
    RowWords,
    TypeWords,
    ZoneWords,
)
from edge.access.possible import edges_of
from edge.access.proof import prove
from edge.access.rules import (
    OUTSIDE,
    Edges,
    ExemptList,
    Group,
    Law,
    Parameter,
    Question,
    RecordType,
    Row,
    RulePack,
    Written,
    Zone,
)
from edge.types import BodyCode, Consequence, Outcome

STATUS = {"ontwerp": True, "in_werking": False}
ENFORCED = {"aan": True, "uit": False}
TABLE = {"eerste_treffer": True, "precies_een": False}
TEXTS = {"letterlijk": True, "weergave": False}
ACCUSATIONS = {word.value: word for word in (Consequence.HOLD48, Consequence.HOLD_DAY)}
HOLDING = ("vasthouden_hoogstens_dagen", "vrijgave_max_leeftijd_uur", "kandidaten_per_dag")
WINDOW = {
    Consequence.HOLD48: ("vasthouden_uur",),
    Consequence.HOLD_DAY: ("vasthouden_tot_uur", "vasthouden_marge_uur"),
}
"""The numbers that a hold rests on, and those of each kind of window (RULES 1.7)."""


def built(head: Head, text: str, sha256: str, own: Mapping[str, str] = {}) -> RulePack:
    """Return the pack that a file describes, with a zone's own answers to open questions.

    Raises PackError.
    """
    read = Reader(head, text)
    asked = questions(read, own)
    read.choices = {one.id: one.choice for one in asked}
    fuels = dict(read.each(head.brandstof, FuelWords, read.fuel))
    read.known_energies = read.known_energies.union(*fuels.values())
    rows = read.each(head.regel, RowWords, read.row)
    lists = read.each(head.lijst, ListWords, read.edition)
    exemptions = read.each(head.vrijstelling, ExemptionWords, read.exemption)
    groups = read.each(head.groep, GroupWords, read.group)
    types = closed(read, read.each(head.type, TypeWords, read.record_type))
    zones = read.each(head.zone, ZoneWords, read.zone)
    check_names(read, (*rows, *exemptions), groups, types, zones, asked)
    outside = read.each(head.buiten, OutsideWords, read.outside)
    topics = answers(asked)
    runs_on = topics.get("na_einde_pakket") == "loopt_door"
    pack = RulePack(
        id=head.id,
        version=head.versie,
        title=head.titel,
        jurisdiction=head.jurisdictie,
        countries=frozenset(head.landen),
        draft=read.word("status", head.status, STATUS),
        enforced=enforced(read),
        valid_from=head.geldig_vanaf,
        expires=date.max if runs_on else head.vervalt,
        timezone=known_timezone(read, head.tijdzone),
        first_match=read.word("tabel", head.tabel, TABLE),
        literal=read.word("teksten", head.teksten, TEXTS),
        accusation=accusation(read),
        warning_months=int(read.number("waarschuwing_maanden")),
        zone_kinds=frozenset(head.toepassing.zones),
        outside=tuple(chain.from_iterable(outside)),
        outside_source=head.toepassing.bron,
        outside_reason=head.toepassing.english,
        groups=groups,
        fuels=fuels,
        tables=tables(rows, groups),
        exemptions=listed(exemptions, lists, read),
        impossible=read.each(head.onmogelijk, ImpossibleWords, read.impossible),
        types=types,
        zones={zone.id: zone for zone in zones},
        parameters=parameters(head),
        max_age_exemptions_h=read.number("max_leeftijd_vrijstellingen_uur"),
        max_age_vehicles_h=read.number("max_leeftijd_voertuigen_uur"),
        sha256=sha256,
        questions=asked,
        derived_norms=read.each(head.afgeleide_norm, DerivedWords, read.derived),
        lists=lists,
        answers=topics,
        weighed=weighed(asked),
        written=Written(head, text),
    )
    edges = {name: edges_of(pack, name) for name in pack.tables}
    edges[OUTSIDE] = Edges(*map(frozenset().union, *edges.values()))
    return replace(pack, codes=codes_of(pack), edges=edges)


def codes_of(pack: RulePack) -> frozenset[BodyCode]:
    """Return every body code that opens an exemption, or raises a question."""
    whens = [row.when for row in pack.exemptions] + [touch.when for touch, _ in pack.weighed]
    return frozenset().union(*(when.codes or () for when in whens))


def in_zone(pack: RulePack, zone: Zone) -> Law:
    """Return the law of a zone: the national pack, with the municipality's own choices in it.

    Raises PackError for a choice that the pack does not know, or that leaves a gap in it.
    """
    if not zone.choices or pack.written is None:
        return Law(pack, zone)
    own = built(pack.written.head, pack.written.text, pack.sha256, dict(zone.choices))
    prove(own, Reader(pack.written.head, pack.written.text).line)
    return Law(own, zone)


def enforced(read: Reader) -> bool:
    """Return whether anything may follow from a decision: never from a draft (R004-04)."""
    on = read.word("handhaving", read.head.handhaving, ENFORCED)
    if on and read.word("status", read.head.status, STATUS):
        raise read.fault("handhaving", "a draft may not be enforced")
    return on


def accusation(read: Reader) -> Consequence:
    """Return what a denial leads to, once all numbers of its hold are there. Raises PackError."""
    found = read.word("gevolg", read.head.gevolg, ACCUSATIONS)
    for name in HOLDING:
        read.number(name)
    longest_h = 24 * read.number("vasthouden_hoogstens_dagen")
    window_h = sum(read.number(name) for name in WINDOW[found])
    if longest_h <= window_h + (0 if found is Consequence.HOLD48 else 48):
        cause = "nothing can be decided before its window has closed; this is too short"
        raise read.fault("vasthouden_hoogstens_dagen", cause)
    return found


def listed(rows: tuple[Row, ...], lists: tuple[ExemptList, ...], read: Reader) -> tuple[Row, ...]:
    """Return the automatic exemptions, each for as long as it stands on the list in force."""
    names = {row.id for row in rows}
    for edition in lists:
        if strange := sorted(edition.exemptions - names):
            raise read.fault("lijst", f"the list names {strange[0]}, which is no exemption")
    if not lists:
        return rows
    return tuple(
        part for row in rows for part in (spans(row, lists) if on_a_list(row, lists) else (row,))
    )


def on_a_list(row: Row, lists: tuple[ExemptList, ...]) -> bool:
    """True for an exemption that the list gives and takes; others stand by themselves."""
    return any(row.id in edition.exemptions for edition in lists)


def spans(row: Row, lists: tuple[ExemptList, ...]) -> Iterator[Row]:
    """Yield an exemption once for each edition of the list that holds it."""
    editions = sorted(lists, key=lambda edition: edition.effective)
    for edition, following in pairwise([*editions, None]):
        if edition is not None and row.id in edition.exemptions:
            until = inf if following is None else following.effective.toordinal()
            day = Range(edition.effective.toordinal(), below=until)
            yield replace(row, when=replace(row.when, day=both(row.when.day, day)))


def both(one: Range, other: Range) -> Range:
    """Return the days that lie in two ranges."""
    lower = (max(one[side], other[side]) for side in (0, 1))
    upper = (min(one[side], other[side]) for side in (2, 3))
    return Range(*lower, *upper)


def check_names(
    read: Reader,
    rows: tuple[Row, ...],
    groups: tuple[Group, ...],
    types: tuple[RecordType, ...],
    zones: tuple[Zone, ...],
    asked: tuple[Question, ...],
) -> None:
    """Raise PackError for a name that stands twice, or that nothing bears."""
    unique(read, [row.id for row in rows])
    unique(read, [one.id for one in asked])
    unique(read, [kind.code for kind in types])
    unique(read, [zone.id for zone in zones])
    for row in rows:
        known_groups(read, row.id, row.when.groups or (), groups)
    for kind in types:
        known_groups(read, kind.code, (*kind.last_day, *kind.meant_for), groups)
        if kind.question is not None and kind.question not in read.choices:
            raise read.fault(kind.code, f"there is no open question {kind.question}")


def parameters(head: Head) -> dict[str, Parameter]:
    """Return the named values of a pack."""
    return {
        name: Parameter(words.waarde, words.etiket, words.bron, words.uitleg, words.sinds)
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
