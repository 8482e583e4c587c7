"""`explain`: why a vehicle may or may not drive in a zone, or whether a case table agrees."""

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from edge.access.assembly import in_zone
from edge.access.calendar import moment_of
from edge.access.cases import exemptions_of
from edge.access.desk import desk_facts, desk_passage
from edge.access.outlook import Inquiry
from edge.access.pack import load_pack, shipped
from edge.access.rules import Law, RulePack
from edge.cli.explain_table import run_table
from edge.cli.explained import as_json, as_text, explained
from edge.cli.whatif import comparison_of, run_what_if
from edge.config import load
from edge.daemon import wiring_law
from edge.daemon.inforce import packs_in_force, registry_path
from edge.errors import BoxError
from edge.registry.attributes import VEHICLE_FIELDS, vehicle
from edge.registry.cache import RegistryCache
from edge.registry.token import load_key

FACTS = (*VEHICLE_FIELDS, "first_known_use", "country", "exemption")
FACTS_HELP = (
    f"Facts are {', '.join(FACTS)}; what is not given is unknown. An exemption is written "
    "TYPE|zone=ID|FROM..TO."
)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog=FACTS_HELP)
@click.option("--cases", "table", type=FILE, help="Case table (CSV) to run against the packs.")
@click.option("--zone", help="Zone id of a pack, or of the box of --config.")
@click.option("--config", type=FILE, help="box.toml: its zones, law and registry.")
@click.option("--at", help="Moment, ISO 8601; local time of the zone without an offset.")
@click.option("--plate", help="Plate as COUNTRY:TEXT, looked up in a registry.")
@click.option("--registry", type=FILE, help="Registry file for --plate; else that of --config.")
@click.option("--token-key", type=FILE, help="Token key of that registry; else that of --config.")
@click.option("--facts", "with_facts", is_flag=True, help="Facts follow as key=value.")
@click.option("--pack", "paths", type=FILE, multiple=True, help="Rule pack instead of our own.")
@click.option("--what-if", "what_if", type=click.DateTime(["%Y-%m-%d"]), help="Rules of this day.")
@click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")
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
    in_json: bool,
    facts: tuple[str, ...],
) -> None:
    """Say why a vehicle may or may not drive in a zone, until when, and what would change it.

    One vehicle:  explain --zone voorbeeldgem --at 2028-06-01T10:00 --facts category=N1
    fuel=diesel euro_norm=5 first_registration=2014-06-30 body_codes=-

    A table:  explain --cases decision_cases.csv

    Recorded traffic by another day's rules:  explain --what-if 2029-01-01 RUN

    Exit status: 0 an answer, or a table on which we agree; 1 a table on which we differ;
    2 misuse.
    """
    try:
        packs = [load_pack(path) for path in paths] or list(shipped())
        own = () if config is None else own_laws(config)
        if what_if is not None:
            asked = comparison_of(what_if, facts, packs, own, registry, token_key)
            run_what_if(asked, in_json)
        elif table is not None:
            run_table(table, packs, in_json)
        elif zone is not None:
            law = law_of(zone, packs, own)
            moment = moment_from(at, law.pack.timezone)
            if plate is None:
                inquiry = with_given(law, moment, facts_of(facts))
            else:
                files = partial(asked_of, config, registry, token_key)
                inquiry = with_plate(law, moment, plate, files)
            show(inquiry, plate is not None, in_json)
        else:
            raise click.UsageError("Give --cases FILE, or --zone ZONE with facts or a plate.")
    except BoxError as error:
        raise click.ClickException(str(error)) from error


def with_given(law: Law, moment: datetime, given: Mapping[str, str]) -> Inquiry:
    """Ask with facts of the command line; what is not given is unknown."""
    try:
        records = exemptions_of(given.get("exemption", ""), law.pack.timezone)
        known = desk_facts(vehicle(given), records, moment)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    country = given.get("country", min(law.pack.countries)).upper()
    return Inquiry(law, country, known, moment, moment)


def asked_of(
    config: Path | None, registry: Path | None, token_key: Path | None
) -> tuple[Path, Path]:
    """Return the registry and the token key that are named, or else those of a box."""
    if config is not None and (registry is None or token_key is None):
        box = load(config)
        registry, token_key = registry or registry_path(box), token_key or box.access.token_key
    if registry is None or token_key is None:
        raise click.UsageError("A plate needs --registry and --token-key, or --config.")
    return registry, token_key


def with_plate(
    law: Law, moment: datetime, plate: str, files: Callable[[], tuple[Path, Path]]
) -> Inquiry:
    """Ask with what a registry file holds of a plate.

    At a desk a past or future moment is judged with what is known today, and no registry is
    older than it is today.
    """
    country, separator, text = plate.partition(":")
    if not (country and separator and text):
        raise click.UsageError(f"{plate!r} is not of the form NL:V123AB.")
    passage = desk_passage(country.upper(), moment, text)
    registry, token_key = files()
    with RegistryCache.open(registry, load_key(token_key)) as cache:
        snapshot, known = cache.snapshot, cache.facts(passage)
    today = min(moment, datetime.now(UTC))
    now = max(today, snapshot.exemptions_as_of, snapshot.vehicles_as_of)
    return Inquiry(law, passage.country, known, moment, now, text)


def moment_from(at: str | None, timezone: str) -> datetime:
    """Return the moment asked about; now when none is given."""
    try:
        return moment_of(at, timezone) if at else datetime.now(UTC)
    except ValueError as error:
        raise click.UsageError(f"--at {at!r} is not an ISO 8601 time.") from error


def show(inquiry: Inquiry, looked_up: bool, in_json: bool) -> None:
    """Print the explanation of one vehicle."""
    told = explained(inquiry)
    if in_json:
        click.echo(json.dumps(as_json(told, looked_up), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(as_text(told, looked_up)))


def own_laws(config: Path) -> tuple[Law, ...]:
    """Return the laws of the zones of a box."""
    box = load(config)
    return wiring_law.laws(box.zones, packs_in_force(box))


def law_of(zone: str, packs: Sequence[RulePack], own: Sequence[Law]) -> Law:
    """Return the law of a zone by its id; the zones of a box come first."""
    for law in own:
        if law.zone.id == zone:
            return law
    for pack in packs:
        if zone in pack.zones:
            return in_zone(pack, pack.zones[zone])
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
