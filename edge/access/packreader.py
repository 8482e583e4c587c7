"""Reads the entries of a pack; every fault names its entry and line. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from edge.access.calendar import months_after
from edge.access.condition import Condition
from edge.access.names import Names, body_code, chosen
from edge.access.packwords import (
    Days,
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
    Words,
    ZoneWords,
)
from edge.access.rules import (
    NORMS,
    ZERO_EMISSION,
    DerivedNorm,
    ExemptList,
    Group,
    RecordType,
    Row,
    Zone,
)
from edge.errors import PackError
from edge.types import Outcome, VehicleKind

LIST_LEAD_MONTHS = 18
LIMITS = {
    "vasthouden_uur": (1, 336),
    "vasthouden_tot_uur": (0, 168),
    "vasthouden_marge_uur": (0, 168),
    "vasthouden_hoogstens_dagen": (1, 90),
    "vrijgave_max_leeftijd_uur": (1, 336),
    "kandidaten_per_dag": (0, 1000),
    "waarschuwing_maanden": (0, 120),
    "max_leeftijd_vrijstellingen_uur": (1, 8760),
    "max_leeftijd_voertuigen_uur": (1, 8760),
}
"""What a number may be: a window that closes before it opens would accuse at once."""
WHOLE = ("kandidaten_per_dag", "waarschuwing_maanden")
REMEDY = "Correct the pack, or install the one that was shipped."
W = TypeVar("W", bound=Words)
T = TypeVar("T")


class Reader:
    """Turns the entries of one file into values, and faults into errors that name them."""

    def __init__(self, head: Head, text: str) -> None:
        self.head = head
        self.lines = text.splitlines()
        self.names = Names(head.parameters)
        self.choices: Mapping[str, str] = {}
        self.known_energies = frozenset({ZERO_EMISSION})

    def each(
        self, entries: Iterable[dict[str, object]], kind: type[W], make: Callable[[W], T]
    ) -> tuple[T, ...]:
        """Return one value for each entry that holds, in the order of the text.

        An entry with `als` holds while that open question has that answer.
        """
        return tuple(self.one(entry, kind, make) for entry in entries if self.holds(entry))

    def holds(self, entry: dict[str, object]) -> bool:
        """Take `als` out of an entry; True when the entry holds. Raises PackError."""
        wanted = entry.get("als")
        if wanted is None:
            return True
        question, _, answer = str(wanted).partition(":")
        known = next((q for q in self.head.vraag if q.get("id") == question), {}).get("keuzes")
        asked = question in self.choices  # not yet while the questions themselves are read
        if not isinstance(known, dict) or answer not in known or not asked:
            raise self.fault(named(entry), f"no open question has the answer {wanted!r}")
        return self.choices[question] == answer

    def one(self, entry: dict[str, object], kind: type[W], make: Callable[[W], T]) -> T:
        """Return the value of one entry. Raises PackError with its id and line."""
        try:
            said = {name: value for name, value in entry.items() if name != "als"}
            return make(msgspec.convert(said, kind))
        except (msgspec.ValidationError, ValueError) as error:
            raise self.fault(named(entry), str(error)) from error

    def fault(self, name: str, cause: str) -> PackError:
        """Return an error that names an entry and the line it starts at."""
        line = self.line(name)
        return PackError(f"Pack {self.head.id}, {name} (line {line}): {cause}.", REMEDY)

    def line(self, name: str) -> int:
        """Return the line at which an entry, a parameter or a word of the top starts."""
        starts = (f'id = "{name}"', f'code = "{name}"', f"[parameters.{name}]", f"{name} =")
        numbered = enumerate(self.lines, 1)
        return next((number for number, text in numbered if text.startswith(starts)), 1)

    def row(self, words: RowWords) -> Row:
        """Return a row of a base table."""
        first = self.names.days(words.dei or words.det or Days())
        when = Condition(
            groups=frozenset(words.groep),
            day=self.names.days(words.datum),
            first=first,
            energies=None if words.energie is None else self.energies(words.energie),
            norm=self.names.numbers(words.norm),
        )
        return Row(
            words.id,
            when,
            Outcome(words.uitkomst),
            words.bron,
            words.tekst,
            words.english,
            ze_duty=chosen(words.grond, {"emissievrij": True, "norm": False}),
            mark=words.merk,
            mark_after=self.names.day(words.merk_na) if words.merk_na else 0,
        )

    def exemption(self, words: ExemptionWords) -> Row:
        """Return an automatic exemption."""
        when = Condition(
            groups=None if words.groep is None else frozenset(words.groep),
            categories=tuple(words.categorie),
            day=self.names.days(words.datum),
            power=self.names.numbers(words.vermogen),
            codes=None if words.kenmerk is None else frozenset(map(body_code, words.kenmerk)),
            first=self.names.days(words.dei or words.det or Days()),
            younger_than=words.jonger_dan_jaar,
            years_old=words.leeftijd_minstens_jaar,
        )
        wide = chosen(words.heft_op, {"alles": True, "emissievrij": False})
        return Row(
            words.id,
            when,
            Outcome.EXEMPT,
            words.bron,
            words.tekst,
            words.english,
            lifts_all=wide,
            mark=words.merk,
        )

    def impossible(self, words: ImpossibleWords) -> Condition:
        """Return a combination that no vehicle has."""
        norm = self.names.numbers(words.norm)
        return Condition(norm=norm, years_old=words.leeftijd_minstens_jaar)

    def group(self, words: GroupWords) -> Group:
        """Return a part of the vehicle park."""
        return Group(
            words.id,
            tuple(words.categorie),
            None if words.soort is None else VehicleKind(words.soort),
            self.names.numbers(words.referentiemassa),
            self.names.numbers(words.maximum_massa),
            chosen(words.norm, {"fase": True, "euronorm": False, "emissieklasse": False}),
        )

    def record_type(self, words: TypeWords) -> RecordType:
        """Return what a registered type means."""
        since = words.landelijk_vanaf
        return RecordType(
            words.code,
            words.naam,
            Outcome(words.uitkomst),
            words.bron,
            words.english,
            words.aanvragen_tot_uur_na_toegang,
            {group: self.names.day(day) for group, day in words.laatste_dag.items()},
            words.in_plaats_van_lijst,
            None if since is None else since.toordinal(),
            words.tot_jaar_na_dei,
            words.dagen_per_jaar,
            words.vraag,
            frozenset(words.voor_groep),
        )

    def zone(self, words: ZoneWords) -> Zone:
        """Return a zone."""
        if words.start < self.head.geldig_vanaf:
            raise ValueError("a zone cannot start before the law of its pack")
        if words.soort not in self.head.toepassing.zones:
            raise ValueError(f"this pack is not for zones of kind {words.soort!r}")
        return Zone(
            words.id,
            words.gemeente,
            words.soort,
            words.start,
            words.einde,
            words.waarschuwing_tot_en_met,
            words.bron,
            tuple(sorted(words.keuzes.items())),
        )

    def outside(self, words: OutsideWords) -> tuple[str, ...]:
        """Return categories that are no concern of the zones."""
        return tuple(words.categorie)

    def fuel(self, words: FuelWords) -> tuple[str, frozenset[str]]:
        """Return a fuel and what it counts as."""
        return words.id, frozenset(words.is_)

    def derived(self, words: DerivedWords) -> DerivedNorm:
        """Return what a date of first registration says of a norm that is not registered."""
        if words.norm not in NORMS:
            raise ValueError(f"there is no norm {words.norm}")
        first = self.names.days(words.eerste_datum)
        when = Condition(groups=frozenset(words.groep), first=first)
        mass = self.names.numbers(words.referentiemassa)
        return DerivedNorm(when, mass, words.norm, words.bron)

    def edition(self, words: ListWords) -> ExemptList:
        """Return one edition of the list of exempt types (R004-30)."""
        first_of_january = (words.van_kracht.month, words.van_kracht.day) == (1, 1)
        early = words.van_kracht < months_after(words.bekendgemaakt, LIST_LEAD_MONTHS)
        if words.afwijking is None and not first_of_january:
            raise ValueError("a list comes into force on 1 January, or says why not (afwijking)")
        if words.afwijking is None and early:
            raise ValueError(
                f"a list is published {LIST_LEAD_MONTHS} months ahead, or says why not (afwijking)"
            )
        return ExemptList(
            words.bekendgemaakt, words.van_kracht, frozenset(words.punten), words.bron
        )

    def energies(self, words: list[str]) -> frozenset[str]:
        """Return words for what drives a vehicle. Raises ValueError for a strange one."""
        if strange := sorted(set(words) - self.known_energies):
            raise ValueError(f"unknown energy {', '.join(strange)}")
        return frozenset(words)

    def word(self, name: str, word: str, meanings: Mapping[str, T]) -> T:
        """Return the meaning of a word at the top of the file. Raises PackError."""
        try:
            return chosen(word, meanings)
        except ValueError as error:
            raise self.fault(name, str(error)) from error

    def number(self, name: str) -> float:
        """Return a parameter that is a number within its limits. Raises PackError."""
        found = self.head.parameters.get(name)
        if found is None or isinstance(found.waarde, date):
            raise self.fault(name, "this parameter is missing or not a number")
        least, most = LIMITS[name]
        if not least <= found.waarde <= most:  # no comparison holds for a NaN
            raise self.fault(name, f"this parameter must lie between {least} and {most}")
        if name in WHOLE and found.waarde != int(found.waarde):
            raise self.fault(name, "this parameter must be a whole number")
        return found.waarde


def named(entry: Mapping[str, object]) -> str:
    """Return what an entry is called."""
    return str(entry.get("id", entry.get("code", "?")))
