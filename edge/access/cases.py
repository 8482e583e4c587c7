"""Case tables: rows with a known answer, in the form of policy/decision_cases.csv. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from edge.access.assembly import in_zone
from edge.access.calendar import interval, moment_of
from edge.access.casetable import table_rows
from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_facts, desk_passage
from edge.access.records import GRANTED
from edge.access.rules import STAGES, Law, RulePack, Zone
from edge.types import BodyCode, Decision, Exemption, Facts, Vehicle, VehicleKind

NOON = "12:00"
DRAFT = "draft"
STALE = "REGISTRY_STALE"
EEV = "EEV"
"""A norm between the numbers: the pack says what it counts as (F-AMB-11)."""
LIST_WITHOUT = re.compile(r"LIST-WITHOUT-(\w+)")
MANY_DAYS = timedelta(days=400)
NOTHING_KNOWN = ("category", "fuel", "first_registration")
FUELS = {
    "hydrogen_fc": ("hydrogen+electric", None),
    "hydrogen_ice": ("hydrogen", None),
    "phev_petrol": ("petrol+electric", "OVC-HEV"),
    "phev_diesel": ("diesel+electric", "OVC-HEV"),
    "hev_petrol": ("petrol+electric", "NOVC-HEV"),
    "hev_diesel": ("diesel+electric", "NOVC-HEV"),
}
BODY_SYSTEMS = {
    "FL": (("DIV.nationalBuildup", r"F\d"), ("DIV.codeForBodyWork", "SB|DT|KG|SF")),
    "NL": (("EU.digits", r"\d\d"), ("EU.special", "SB|SF|SH")),
}
OTHER_BODIES = "EU.bodywork"


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the table, as the question it asks and the answer it expects."""

    id: str
    certain: bool
    rule_ref: str
    outcome: str
    consequence: str
    law: Law
    country: str | None
    at: datetime
    facts: Facts
    marks: frozenset[str] | None = None

    @property
    def expected(self) -> str:
        """The answer of the table in words."""
        return in_words(self.outcome, self.consequence, self.marks)

    def found(self, decision: Decision) -> str:
        """Return a decision in the same words."""
        marks = None if self.marks is None else said_of(decision)
        return in_words(decision.outcome, decision.consequence, marks)

    def decided(self) -> Decision:
        """Return our own answer."""
        passage = desk_passage(self.country, self.at)
        return decide(passage, self.facts, self.law, desk_clock(self.at))

    def agrees(self, decision: Decision) -> bool:
        """True when the answer is that of the table, with its marks where the table has them."""
        return self.found(decision) == self.expected


def in_words(outcome: str, consequence: str, marks: frozenset[str] | None) -> str:
    """Return an answer as people read it."""
    marked = f" marked {'+'.join(sorted(marks))}" if marks else ""
    return f"{outcome}/{consequence}{marked}"


def said_of(decision: Decision) -> frozenset[str]:
    """Return the marks of an answer, without the one that says what the pack is."""
    return frozenset(decision.marks) - {DRAFT}


def apart(asked: Iterable[Case]) -> list[tuple[Case, Decision]]:
    """Return the cases on which we differ, each with our own answer."""
    answers = ((case, case.decided()) for case in asked)
    return [(case, ours) for case, ours in answers if not case.agrees(ours)]


def cases(lines: Iterable[str], packs: Sequence[RulePack]) -> Iterator[Case]:
    """Yield the cases of a table. Raises ValueError that names the line, case and column."""
    by_jurisdiction = {pack.jurisdiction: pack for pack in packs}
    for place, row in table_rows(lines, by_jurisdiction):
        check_own_zone(place, row, by_jurisdiction[row["jurisdiction"]])
        try:
            yield case_of(row, by_jurisdiction[row["jurisdiction"]])
        except (ValueError, OverflowError) as error:
            # The other cells were looked at: only an exemption has a form of its own.
            raise ValueError(f"{place}, column exemption: {error}") from error


def check_own_zone(place: str, row: Mapping[str, str], pack: RulePack) -> None:
    """Raise ValueError where a row asks for a zone as the pack has it, and it has none such."""
    if not row["zone_start"] and row["zone"] not in pack.zones:
        cause = f"pack {pack.id} has no zone {row['zone']!r}"
        raise ValueError(f"{place}, column zone: {cause}, and zone_start is empty")


def case_of(row: Mapping[str, str], pack: RulePack) -> Case:
    """Read one row."""
    at = moment_of(f"{row['date']}T{row['time'] or NOON}", pack.timezone, fold=1)
    stale = STALE in row["exemption"]
    return Case(
        id=row["case_id"],
        certain=row["certain"] == "yes",
        rule_ref=row["rule_ref"],
        outcome=row["expected_outcome"],
        consequence=row["consequence"],
        law=law_of(row, pack),
        country=row["plate_country"] or None,
        at=at,
        facts=desk_facts(
            vehicle_of(row),
            exemptions_of(row["exemption"], pack.timezone),
            at - MANY_DAYS if stale else at,
        ),
        marks=frozenset(row["marks"].split("+")) - {""} if "marks" in row else None,
    )


def law_of(row: Mapping[str, str], pack: RulePack) -> Law:
    """Return the law of a row: a table asks what the text says, so the pack may be expired.

    Without a `zone_start` it asks what holds in a zone of the pack, by all the dates of both.
    """
    if not row["zone_start"]:
        return in_zone(pack, pack.zones[row["zone"]])
    removed = LIST_WITHOUT.findall(row["exemption"])
    kept = [listed for listed in pack.exemptions if listed.id.rpartition("-")[2] not in removed]
    living = replace(pack, expires=date.max, exemptions=tuple(kept))
    return Law(living, zone_of_row(row, pack))


def zone_of_row(row: Mapping[str, str], pack: RulePack) -> Zone:
    """Return the zone of a row: a known municipality, or one that starts on its date."""
    name, start = row["zone"], date.fromisoformat(row["zone_start"])
    known = [zone for zone in pack.zones.values() if zone.municipality == name]
    if known:
        return replace(known[0], start=start)
    return Zone(name, name, "case", start)


def vehicle_of(row: Mapping[str, str]) -> Vehicle | None:
    """Return the vehicle of a row, None where nothing at all is known of it."""
    if not any(row[name] for name in NOTHING_KNOWN):
        return None
    fuel, hybrid = FUELS.get(row["fuel"], (row["fuel"], None))
    norm = row["euro_norm_or_stage"]
    return Vehicle(
        category=row["category"] or None,
        kind=kind_of_row(row),
        max_mass_kg=int(row["max_mass_kg"]) if row["max_mass_kg"] else None,
        reference_mass_kg=int(row["reference_mass_kg"]) if row["reference_mass_kg"] else None,
        fuels=frozenset(re.split(r"[+/_]", fuel)) if fuel else None,
        hybrid_class=hybrid,
        zero_emission=True if norm == "Z" else None,
        euro=int(norm) if norm.isdigit() else None,
        stage=norm if norm in STAGES else None,
        power_kw=float(row["power_kw"]) if row["power_kw"] else None,
        first_registration=(
            date.fromisoformat(row["first_registration"]) if row["first_registration"] else None
        ),
        body_codes=body_codes_of(row),
        eev=norm == EEV,
    )


def kind_of_row(row: Mapping[str, str]) -> VehicleKind | None:
    """Return the Dutch kind; body BC is an opleggertrekker (RULES 3.2)."""
    if row["vehicle_kind"]:
        return VehicleKind(row["vehicle_kind"])
    tractor = row["jurisdiction"] == "NL" and row["body_code"] == "BC"
    return VehicleKind.TRACTOR if tractor else None


def body_codes_of(row: Mapping[str, str]) -> frozenset[BodyCode]:
    """Return the body codes in the system that a jurisdiction writes them in."""
    systems = BODY_SYSTEMS.get(row["jurisdiction"], ())
    found = {BodyCode("RDW.bijzonderheid", code) for code in words(row["special_code"])}
    for code in words(row["body_code"]):
        names = (system for system, form in systems if re.fullmatch(form, code))
        found.add(BodyCode(next(names, OTHER_BODIES), code))
    return frozenset(found)


def words(text: str) -> list[str]:
    """Return the words of a cell."""
    return [word for word in re.split(r"[+;,/ ]+", text) if word]


def exemptions_of(text: str, timezone: str) -> tuple[Exemption, ...]:
    """Read `TYPE|key=value|from..to`, several separated by ";". Raises ValueError."""
    records = (record.strip() for record in text.split(";") if "|" in record)
    return tuple(exemption_of(record, timezone) for record in records)


def exemption_of(text: str, timezone: str) -> Exemption:
    """Read one record."""
    kind, *parts = (part.strip() for part in text.split("|"))
    given = dict(part.split("=", 1) for part in parts if "=" in part)
    span = next((part for part in parts if "=" not in part), "2000-01-01..")
    start, _, end = span.partition("..")
    begins, ends = interval(kind, start, end, timezone)
    status = given.get("status", "granted")
    asked = given.get("req")
    return Exemption(
        record_id=text,
        source="case",
        type=kind,
        status=GRANTED if status == "granted" else status,
        scope=scope_of(given.get("zone") or given.get("scope") or given.get("mun")),
        valid_from=begins,
        valid_to=ends,
        requested_at=moment_of(asked, timezone) if asked else None,
    )


def scope_of(text: str | None) -> frozenset[str] | None:
    """Return a set of zones or municipalities; nothing and "national" are every zone."""
    if text is None or text == "national":
        return None
    return frozenset(re.sub(r"^(mun|zone):", "", name) for name in text.split("+"))
