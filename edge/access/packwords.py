"""A rule pack as it is written: the Dutch words a lawyer reads, and nothing else."""

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


class ScopeWords(Words, frozen=True):
    """The categories that the zones do not concern."""

    buiten: list[str]
    bron: str
    english: str


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
    gevolg: str
    buitenlandse_kentekens: str
    parameters: dict[str, ParameterWords]
    toepassing: ScopeWords
    brandstof: dict[str, list[str]]
    zone: list[dict[str, object]]
    groep: list[dict[str, object]]
    regel: list[dict[str, object]]
    vrijstelling: list[dict[str, object]]
    type: list[dict[str, object]]
    onmogelijk: list[dict[str, object]] = []
