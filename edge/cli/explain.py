"""`explain`: why a vehicle may or may not drive in a zone, or whether a case table agrees."""

import difflib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.access.calendar import moment_of
from edge.access.cases import Case, cases, exemptions_of
from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_facts, desk_passage
from edge.access.pack import load_pack, shipped
from edge.access.rules import Law, Row, RulePack
from edge.cli.whatif import question_of, run_what_if
from edge.config import load
from edge.errors import BoxError
from edge.registry.attributes import VEHICLE_FIELDS, vehicle
from edge.registry.cache import RegistryCache
from edge.registry.token import load_key
from edge.types import Decision, Outcome

FACTS = (*VEHICLE_FIELDS, "country", "exemption")
FACTS_HELP = (
    f"Facts are {', '.join(FACTS)}; what is not given is unknown. An exemption is written "
    "TYPE|zone=ID|FROM..TO."
)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog=FACTS_HELP)
@click.option("--cases", "table", type=FILE, help="Case table (CSV) to run against the packs.")
@click.option("--zone", help="Zone id of a pack, or of the box of --config.")
@click.option("--config", type=FILE, help="box.toml, for zones that it defines itself.")
@click.option("--at", help="Moment, ISO 8601; local time of the zone without an offset.")
@click.option("--plate", help="Plate as COUNTRY:TEXT, looked up in --registry.")
@click.option("--registry", type=FILE, help="Registry file for --plate.")
@click.option("--token-key", type=FILE, help="Token key of that registry.")
@click.option("--facts", "with_facts", is_flag=True, help="Facts follow as key=value.")
@click.option("--pack", "paths", type=FILE, multiple=True, help="Rule pack instead of our own.")
@click.option("--what-if", "what_if", type=click.DateTime(["%Y-%m-%d"]), help="Rules of this day.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@click.argument("facts", nargs=-1)
def explain(
    table: Path | None,
    zone: str | None,
    config: Path | None,
    at: str | None,
    plate: str | None,
    registry: Path | None,
    token_key: Path | None,
    with_facts: bool,
    paths: tuple[Path, ...],
    what_if: datetime | None,
    as_json: bool,
    facts: tuple[str, ...],
) -> None:
    """Say why a vehicle may or may not drive in a zone.

    One vehicle:  explain --zone voorbeeldgem --at 2028-06-01T10:00 --facts category=N1
    fuel=diesel euro_norm=5 first_registration=2014-06-30 body_codes=-

    A table:  explain --cases decision_cases.csv

    Recorded traffic by another day's rules:  explain --what-if 2029-01-01 RUN
    """
    try:
        packs = [load_pack(path) for path in paths] or list(shipped())
        if what_if is not None:
            own = () if config is None else own_laws(config)
            question = question_of(what_if, facts, packs, own, registry, token_key)
            run_what_if(question, as_json)
            return
        if table is not None:
            run_table(table, packs, as_json)
        elif zone is not None:
            law = law_of(zone, packs, () if config is None else own_laws(config))
            moment = moment_from(at, law.pack.timezone)
            if plate is None:
                ours = with_given(law, moment, facts_of(facts))
            else:
                ours = with_plate(law, moment, plate, registry, token_key)
            show(ours, law.pack, as_json)
        else:
            raise click.UsageError("Give --cases FILE, or --zone ZONE with facts or a plate.")
    except BoxError as error:
        raise click.ClickException(str(error)) from error


def run_table(table: Path, packs: Sequence[RulePack], as_json: bool) -> None:
    """Print every row on which we differ; exit 1 when there is one."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            answers = [(case, case.decided()) for case in cases(lines, packs)]
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise click.ClickException(f"{table} cannot be run: {error}.") from error
    apart = [(case, ours) for case, ours in answers if not case.agrees(ours)]
    if as_json:
        mismatches = [mismatch(case, ours) for case, ours in apart]
        click.echo(json.dumps({"cases": len(answers), "mismatches": mismatches}, indent=2))
    else:
        for case, ours in apart:
            click.echo(told(case, ours))
        click.echo(f"{len(answers) - len(apart)} of {len(answers)} cases agree.")
    if apart:
        raise SystemExit(1)


def told(case: Case, ours: Decision) -> str:
    """Return one mismatch as text."""
    sure = "certain" if case.certain else "not certain"
    safe = " (fails safe)" if ours.outcome is Outcome.REVIEW else ""
    return (
        f"{case.id} ({sure}, {case.rule_ref}): expected {case.outcome}/{case.consequence}, "
        f"got {ours.outcome}/{ours.consequence}{safe} by {ours.rule}: {ours.reason}"
    )


def mismatch(case: Case, ours: Decision) -> dict[str, object]:
    """Return one mismatch as JSON."""
    expected = {"outcome": case.outcome, "consequence": case.consequence}
    named = {"case": case.id, "certain": case.certain, "rule_ref": case.rule_ref}
    return {**named, "expected": expected, "got": answer(ours)}


def with_given(law: Law, moment: datetime, given: Mapping[str, str]) -> Decision:
    """Decide on facts of the command line; what is not given is unknown."""
    try:
        records = exemptions_of(given.get("exemption", ""), law.pack.timezone)
        known = desk_facts(vehicle(given), records, moment)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    country = given.get("country", min(law.pack.countries)).upper()
    return decide(desk_passage(country, moment), known, law, desk_clock(moment))


def with_plate(
    law: Law, moment: datetime, plate: str, registry: Path | None, token_key: Path | None
) -> Decision:
    """Decide on what a registry file holds of a plate."""
    country, separator, text = plate.partition(":")
    if not (country and separator and text):
        raise click.UsageError(f"{plate!r} is not of the form NL:V123AB.")
    if registry is None or token_key is None:
        raise click.UsageError("A plate needs --registry and --token-key.")
    passage = desk_passage(country.upper(), moment, text)
    with RegistryCache.open(registry, load_key(token_key)) as cache:
        # At a desk a past moment is judged with what is known today.
        known = cache.snapshot.exemptions_as_of, cache.snapshot.vehicles_as_of
        return decide(passage, cache.facts(passage), law, desk_clock(max(moment, *known)))


def moment_from(at: str | None, timezone: str) -> datetime:
    """Return the moment asked about; now when none is given."""
    try:
        return moment_of(at, timezone) if at else datetime.now(UTC)
    except ValueError as error:
        raise click.UsageError(f"--at {at!r} is not an ISO 8601 time.") from error


def show(ours: Decision, pack: RulePack, as_json: bool) -> None:
    """Print one decision with the sentence of the law it rests on."""
    row = row_of(ours.rule, pack)
    if as_json:
        told = {**answer(ours), "text": row.text if row else None, "zone": ours.zone}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    marks = f", {', '.join(ours.marks)}" if ours.marks else ""
    click.echo(f"{ours.outcome} ({ours.consequence}{marks}), rule {ours.rule}")
    click.echo(ours.reason)
    click.echo(f"Source: {ours.source}" + (f'\n  "{row.text}"' if row else ""))


def answer(ours: Decision) -> dict[str, object]:
    """Return a decision as JSON."""
    return {
        "outcome": ours.outcome,
        "consequence": ours.consequence,
        "rule": ours.rule,
        "reason": ours.reason,
        "source": ours.source,
        "marks": list(ours.marks),
        "pack": ours.pack_id,
        "pack_sha256": ours.pack_sha256,
    }


def own_laws(config: Path) -> tuple[Law, ...]:
    """Return the laws of the zones of a box."""
    from edge.daemon.wiring import laws  # brings the models' runtime: only where it is asked for

    return laws(load(config).zones)


def law_of(zone: str, packs: Sequence[RulePack], own: Sequence[Law]) -> Law:
    """Return the law of a zone by its id; the zones of a box come first."""
    for law in own:
        if law.zone.id == zone:
            return law
    for pack in packs:
        if zone in pack.zones:
            return Law(pack, pack.zones[zone])
    known = sorted({name for pack in packs for name in pack.zones} | {w.zone.id for w in own})
    near = difflib.get_close_matches(zone, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
    raise click.UsageError(f"There is no zone {zone!r}; {hint}")


def facts_of(pairs: Sequence[str]) -> dict[str, str]:
    """Read key=value facts; an unknown key is refused."""
    given: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or name not in FACTS:
            near = difflib.get_close_matches(name, FACTS, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(FACTS)}."
            raise click.UsageError(f"{pair!r} is not a fact; {hint}")
        given[name] = value.replace(",", " ") if name == "body_codes" else value
    return given


def row_of(rule: str, pack: RulePack) -> Row | None:
    """Return the row that answered, for its sentence."""
    rows = [row for table in pack.tables.values() for row in table]
    return next((row for row in (*rows, *pack.exemptions) if row.id == rule), None)
