"""The law as frozen values: rows, groups, zones, packs, verdicts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import inf
from typing import NamedTuple

from edge.access.calendar import months_after
from edge.access.condition import Condition, Range, Signs, Touch
from edge.access.packwords import Head
from edge.types import BodyCode, Consequence, Outcome, Vehicle, VehicleKind

ZERO_EMISSION = "emissievrij"
BY_HAND = "nazicht"
TOPICS: Mapping[str, tuple[str, ...]] = {
    "eerste_datum": ("vroegste", "inschrijving"),
    "twee_data": ("bestaand", BY_HAND),
    "waterstofmotor": ("register_of_nazicht", "register_of_niet", ZERO_EMISSION),
    "plug_in_hybride": ("niet_emissievrij", ZERO_EMISSION),
    "lijst_en_norm": (BY_HAND, "lijst_heft_norm_op", "norm_blijft"),
    "onbekende_norm": ("afleiden", "verzameling"),
    "eev": ("5", "6", "5_of_6"),
    "aanvraagtermijn": ("inclusief", "exclusief"),
    "quotum": ("merken", BY_HAND),
    "niet_ingeschreven": (BY_HAND, "tellen"),
    "ander_voertuig": (BY_HAND, "geldig", "ongeldig"),
    "na_wettelijk_einde": (BY_HAND, "geldig", "ongeldig"),
    "oud_gemeentelijk": (BY_HAND, "landelijk", "gemeentelijk"),
    "na_einde_pakket": (BY_HAND, "loopt_door"),
}
"""What the evaluation asks a pack, and the answers it knows; the first one where none is given."""
FAIL_SAFE = "the box never accuses on doubt (R000-31)"
"""What a review rests on: no row of the law, but the incident of 2025."""
OUTSIDE = ""
"""The group of a vehicle whose category the zone does not concern."""
NORMS = range(8)
"""The Euro norms and emission classes, Arabic and Roman alike (R004-56)."""
STAGES = ("I", "II", "IIIa", "IIIb", "IV", "V")
"""Emission stages of category T in their order: never compared as text (R004-24)."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its condition, its answer and the sentence it rests on.

    `ze_duty`: it denies access because of the duty to be zero-emission, not because of a
    norm. `lifts_all`: an exemption that answers every denial, not that duty alone.
    """

    id: str
    when: Condition
    outcome: Outcome
    source: str
    text: str
    reason: str
    ze_duty: bool = False
    lifts_all: bool = True
    mark: str | None = None
    mark_after: float = -inf

    def marks(self, day: int) -> tuple[str, ...]:
        """Return the marks that an answer of this row carries on a day."""
        return (self.mark,) if self.mark and day > self.mark_after else ()


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the vehicle park that shares a table; `staged`: its norm is a stage."""

    id: str
    categories: tuple[str, ...]
    kind: VehicleKind | None
    reference_mass: Range
    max_mass: Range
    staged: bool

    def may_hold(self, vehicle: Vehicle) -> bool:
        """True unless something known of the vehicle rules the group out."""
        return (
            (vehicle.category is None or vehicle.category.startswith(self.categories))
            and (vehicle.kind is None or self.kind is None or vehicle.kind is self.kind)
            and within(self.reference_mass, vehicle.reference_mass_kg)
            and within(self.max_mass, vehicle.max_mass_kg)
        )


def within(span: Range, value: float | None) -> bool:
    """True unless a known value lies outside."""
    return value is None or span.holds(value)


@dataclass(frozen=True, slots=True)
class RecordType:
    """What a registered type of exemption or permission means (RULES 2.4, 2.5, 3.5).

    `request_hours`: it may be asked for until so long after entry. `last_day`: the legal
    end per group. `replaces_list`: it shows that the list no longer holds this vehicle.
    `national_from`: since then a municipal record may hold everywhere (N-AMB-07).
    `years_after_first`: it ends so long after the first registration. `days_a_year`: the
    issuer's quota. `question`: the open question about what a record of every zone means.
    `meant_for`: the groups it is issued for, empty for any; a record of it counts for all.
    """

    code: str
    name: str
    outcome: Outcome
    source: str
    reason: str
    request_hours: float | None = None
    last_day: Mapping[str, int] = field(default_factory=dict)
    replaces_list: bool = False
    national_from: int | None = None
    years_after_first: int | None = None
    days_a_year: int | None = None
    question: str | None = None
    meant_for: frozenset[str] = frozenset()

    def covers(self, code: str) -> bool:
        """True when this entry speaks of the type; a trailing star stands for any ending."""
        return code.startswith(self.code[:-1]) if self.code.endswith("*") else code == self.code


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named value of the law with the place it comes from; `label` [M] is unverified."""

    value: float | date
    label: str
    source: str
    note: str
    since: date


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the law leaves open, and how this pack answers it until the law does.

    `choices` says in Dutch what each answer means. `topic` names the part of the evaluation
    that asks; without one the answer chooses between entries of the pack, or is the value of
    `parameter`. Where `touches` holds, the answer leaves `mark` on the decision, and "nazicht"
    lets a person look instead of accusing anyone.
    """

    id: str
    asks: str
    english: str
    choice: str
    choices: Mapping[str, str]
    label: str
    source: str
    since: date
    topic: str | None = None
    parameter: str | None = None
    touches: Touch | None = None
    mark: str | None = None

    @property
    def by_hand(self) -> bool:
        """True when a person decides wherever the question matters."""
        return self.choice == BY_HAND


@dataclass(frozen=True, slots=True)
class ExemptList:
    """One edition of the list of exempt types: in force from 1 January until the next."""

    published: date
    effective: date
    exemptions: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class DerivedNorm:
    """The norm that the date of first registration stands for where none is registered."""

    when: Condition
    reference_mass: Range
    norm: int
    source: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone and its dates; `end` and `warn_until` are last days, inclusive.

    `choices` are the municipality's own answers to open questions: (question, answer) pairs.
    """

    id: str
    municipality: str
    kind: str
    start: date
    end: date | None = None
    warn_until: date | None = None
    source: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    def active(self, day: date) -> bool:
        """True when the zone is in force on a local civil day."""
        return self.start <= day and (self.end is None or day <= self.end)

    def within_scope(self, scope: frozenset[str] | None) -> bool:
        """True when a record of this scope holds here; None is every zone (RULES 1.5)."""
        names = {self.id.casefold(), self.municipality.casefold()}
        return scope is None or not names.isdisjoint(name.strip().casefold() for name in scope)


class Edges(NamedTuple):
    """The days, powers (kW) and ages (years) beside which an answer within a group can change."""

    firsts: frozenset[int]
    powers: frozenset[int]
    ages: frozenset[int]


@dataclass(frozen=True, slots=True)
class Written:
    """The words a pack was read from."""

    head: Head
    text: str


@dataclass(frozen=True, slots=True)
class RulePack:
    """One jurisdiction's law: proven total (and disjoint, unless first match) when loaded.

    `literal`: its texts quote the law, and do not tell it in short. `answers` holds the answers by
    topic, `weighed` the questions that can change a decision or
    mark it; `codes` are the body codes that matter, `edges` where an unknown input can change an
    answer, by group, and under OUTSIDE in any. `written` is what the pack was read from: it is
    read again for a zone's own choices.
    """

    id: str
    version: str
    title: str
    jurisdiction: str
    countries: frozenset[str]
    draft: bool
    enforced: bool
    valid_from: date
    expires: date
    timezone: str
    first_match: bool
    literal: bool
    accusation: Consequence
    warning_months: int
    zone_kinds: frozenset[str]
    outside: tuple[str, ...]
    outside_source: str
    outside_reason: str
    groups: tuple[Group, ...]
    fuels: Mapping[str, frozenset[str]]
    tables: Mapping[str, tuple[Row, ...]]
    exemptions: tuple[Row, ...]
    impossible: tuple[Condition, ...]
    types: tuple[RecordType, ...]
    zones: Mapping[str, Zone]
    parameters: Mapping[str, Parameter]
    max_age_exemptions_h: float
    max_age_vehicles_h: float
    sha256: str
    questions: tuple[Question, ...] = ()
    derived_norms: tuple[DerivedNorm, ...] = ()
    lists: tuple[ExemptList, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    weighed: tuple[tuple[Touch, Question], ...] = ()
    codes: frozenset[BodyCode] = frozenset()
    edges: Mapping[str, Edges] = field(default_factory=dict)
    written: Written | None = field(default=None, repr=False, compare=False)

    def answer(self, topic: str) -> str:
        """Return how the pack answers what the evaluation asks."""
        return self.answers.get(topic, TOPICS[topic][0])

    def by_hand(self, question: str) -> bool:
        """True when a person decides wherever a question matters."""
        return any(one.by_hand for one in self.questions if one.id == question)

    def number(self, name: str) -> float:
        """Return a parameter that is a number; the loader saw that it is there."""
        value = self.parameters[name].value
        if isinstance(value, date):
            raise TypeError(f"{name} is a date")
        return value

    @property
    def foreign_by_hand(self) -> bool:
        """True when a person judges every foreign plate, whatever the vehicle."""
        always = Touch(Condition(), signs=Signs(foreign=True))
        return any(one.by_hand and one.touches == always for one in self.questions)

    @property
    def energies(self) -> frozenset[str]:
        """Every word that the tables use for what drives a vehicle."""
        return frozenset({ZERO_EMISSION}).union(*self.fuels.values())


@dataclass(frozen=True, slots=True)
class Law:
    """What a box applies: a pack, in one of its zones."""

    pack: RulePack
    zone: Zone

    def warns(self, day: date) -> bool:
        """True in the warning period: the zone's own, or else that of the pack (RULES 3.6)."""
        if self.zone.warn_until is not None:
            return day <= self.zone.warn_until
        return day < months_after(self.zone.start, self.pack.warning_months)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer before it is tied to a snapshot; `consequence` None follows RULES 1.7."""

    outcome: Outcome
    rule: str
    reason: str
    source: str
    consequence: Consequence | None = None
    marks: tuple[str, ...] = ()
