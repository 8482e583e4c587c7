"""A rule pack as it is written: the Dutch words a lawyer reads, and nothing else.

Any entry of a table may say `als = "QUESTION:answer"`: it holds only while that open question
has that answer.
"""

from datetime import date

import msgspec


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the file; a word that is not listed here is refused."""


class Days(Words, frozen=True):
    """A range of days: dates, or names of parameters that hold one."""

    vanaf: object = None
    na: object = None
    tot_en_met: object = None
    voor: object = None


class Numbers(Words, frozen=True):
    """A range of numbers, or of stages by their name."""

    minstens: int | str | None = None
    boven: int | None = None
    hoogstens: int | str | None = None
    onder: int | None = None
    is_: int | str | None = msgspec.field(default=None, name="is")


class ParameterWords(Words, frozen=True):
    """A dated value with its source and how sure we are of it."""

    waarde: date | float
    sinds: date
    etiket: str
    bron: str
    uitleg: str


class ZoneWords(Words, frozen=True):
    """A zone and its dates."""

    id: str
    gemeente: str
    soort: str
    start: date
    etiket: str
    bron: str
    einde: date | None = None
    waarschuwing_tot_en_met: date | None = None
    keuzes: dict[str, str] = {}


class ScopeWords(Words, frozen=True):
    """Why some categories are no concern of the zones, and what kinds of zones these are."""

    zones: list[str]
    bron: str
    english: str


class OutsideWords(Words, frozen=True):
    """Categories that the zones do not concern."""

    id: str
    categorie: list[str]
    bron: str


class FuelWords(Words, frozen=True):
    """A fuel of the register, in the words of the tables."""

    id: str
    is_: list[str] = msgspec.field(name="is")
    bron: str = ""


class TouchWords(Words, frozen=True):
    """Where an open question matters."""

    groep: list[str] | None = None
    categorie: list[str] = []
    datum: Days = Days()
    eerste_datum: Days = Days()
    energie: list[str] | None = None
    norm: Numbers = Numbers()
    vermogen: Numbers = Numbers()
    kenmerk: list[str] | None = None
    referentiemassa: Numbers = Numbers()
    brandstof: list[str] | None = None
    kenteken: str | None = None
    onbekend: list[str] = []


class QuestionWords(Words, frozen=True):
    """A question that the text leaves open, the answers to it, and the one that holds here."""

    id: str
    vraag: str
    english: str
    sinds: date
    etiket: str
    bron: str
    keuze: str = ""
    keuzes: dict[str, str] = {}
    stuurt: str | None = None
    parameter: str | None = None
    raakt: TouchWords | None = None
    merk: str | None = None


class DerivedWords(Words, frozen=True):
    """The norm that a date of first registration stands for where none is registered."""

    id: str
    groep: list[str]
    norm: int
    bron: str
    eerste_datum: Days = Days()
    referentiemassa: Numbers = Numbers()


class ListWords(Words, frozen=True):
    """One edition of the list of exempt types."""

    id: str
    bekendgemaakt: date
    van_kracht: date
    punten: list[str]
    bron: str
    afwijking: str | None = None


class GroupWords(Words, frozen=True):
    """A part of the vehicle park that shares a table."""

    id: str
    categorie: list[str]
    norm: str
    bron: str
    soort: str | None = None
    referentiemassa: Numbers = Numbers()
    maximum_massa: Numbers = Numbers()


class ImpossibleWords(Words, frozen=True):
    """A combination that no vehicle has: it only narrows what is unknown."""

    id: str
    norm: Numbers
    leeftijd_minstens_jaar: int
    bron: str


class RowWords(Words, frozen=True):
    """A row of a base table."""

    id: str
    groep: list[str]
    uitkomst: str
    bron: str
    tekst: str
    english: str
    datum: Days = Days()
    dei: Days | None = None
    det: Days | None = None
    energie: list[str] | None = None
    norm: Numbers = Numbers()
    grond: str = "norm"
    merk: str | None = None
    merk_na: str | None = None


class ExemptionWords(Words, frozen=True):
    """An automatic exemption (vrijstelling), given by the vehicle's own data."""

    id: str
    code: str
    heft_op: str
    bron: str
    tekst: str
    english: str
    groep: list[str] | None = None
    categorie: list[str] = []
    datum: Days = Days()
    dei: Days | None = None
    det: Days | None = None
    vermogen: Numbers = Numbers()
    kenmerk: list[str] | None = None
    jonger_dan_jaar: int | None = None
    leeftijd_minstens_jaar: int | None = None
    merk: str | None = None


class TypeWords(Words, frozen=True):
    """A type of registered exemption or permission."""

    code: str
    naam: str
    uitkomst: str
    bron: str
    english: str
    aanvragen_tot_uur_na_toegang: float | None = None
    laatste_dag: dict[str, object] = {}
    in_plaats_van_lijst: bool = False
    landelijk_vanaf: date | None = None
    tot_jaar_na_dei: int | None = None
    dagen_per_jaar: int | None = None
    vraag: str | None = None
    voor_groep: list[str] = []


class Head(Words, frozen=True):
    """The top of the file; its tables are read entry by entry, so that a fault has a name."""

    id: str
    versie: str
    titel: str
    jurisdictie: str
    landen: list[str]
    status: str
    handhaving: str
    geldig_vanaf: date
    vervalt: date
    tijdzone: str
    tabel: str
    teksten: str
    gevolg: str
    parameters: dict[str, ParameterWords]
    toepassing: ScopeWords
    brandstof: list[dict[str, object]]
    zone: list[dict[str, object]]
    groep: list[dict[str, object]]
    regel: list[dict[str, object]]
    type: list[dict[str, object]]
    vrijstelling: list[dict[str, object]] = []
    buiten: list[dict[str, object]] = []
    onmogelijk: list[dict[str, object]] = []
    vraag: list[dict[str, object]] = []
    afgeleide_norm: list[dict[str, object]] = []
    lijst: list[dict[str, object]] = []
