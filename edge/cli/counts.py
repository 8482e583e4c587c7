"""`counts`: what drove by, by zone and month, from the count records of boxes; no plates."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Column
from rich.table import Table as Grid

from edge.access.pack import shipped
from edge.access.rules import Law
from edge.cli.stored import STORE, ledgers_at, storage_key_option
from edge.config import Config, load
from edge.counts.about import About, Known, context
from edge.counts.forms import as_csv, as_json
from edge.counts.intake import Intake
from edge.counts.months import Period, hours, months
from edge.counts.table import Table, table_of
from edge.counts.words import words
from edge.daemon import wiring_law
from edge.daemon.inforce import packs_in_force
from edge.errors import RecordError
from edge.feed.ledger import Ledger, Stored
from edge.record.envelope import NAME, Keyring, RefusedError, decode_part, peek, split, verify
from edge.record.keys import load_trusted
from edge.record.message import CountRecord, decode
from edge.record.standing import check_standing

FINDING = 1
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
ELSEWHERE = "Europe/Brussels"
"""The clock of a zone that neither a pack nor --config knows; Amsterdam keeps the same."""
NOT_TOLD = ("id", "pack", "privacy")
"""What a zone's configuration says to the box and not to a reader of figures."""


@click.command()
@click.argument("path", type=STORE)
@click.option("--month", help="Only this month, such as 2028-06.")
@click.option("--zone", help="Only this zone.")
@click.option("--hourly", is_flag=True, help="By hour (UTC) and not by month.")
@click.option("--k", default=5, show_default=True, help="Withhold counts below this.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
@click.option("--config", type=FILE, help="box.toml, for what a reader must know of the zones.")
@click.option("--keys", type=FILE, help="Trusted keys (JWKS): only proven records count.")
@storage_key_option
def counts(
    path: Path,
    month: str | None,
    zone: str | None,
    hourly: bool,
    k: int,
    form: str,
    config: Path | None,
    keys: Path | None,
    storage_key: Path | None,
) -> None:
    """Sum the count records at PATH to tables that may be published.

    PATH is an outbox.sqlite, a receiver's database, a passages.jsonl or a spool folder. A count
    below --k is withheld, and so is every other that would give it back. Publish months or
    hours, not both. Exit status: 0 fine, 1 a record was refused, or there is nothing to count.
    """
    refuse_misuse(month, k)
    laws = known_laws(config)
    ledgers = ledgers_at(path, storage_key)
    intake, refused = taken(ledgers, laws, None if keys is None else load_trusted(keys))
    records = [r for r in intake.counts if zone in (None, r.zone)]
    summed = hours(records) if hourly else months(records, clock_of(laws))
    periods = [period for period in summed if month is None or period.name.startswith(month)]
    if not periods:
        raise nothing(path, month, zone)
    show([table_of(period, k) for period in periods], list(intake.notes()), laws, k, form)
    for cause in refused:
        click.echo(cause, err=True)
    sys.exit(FINDING if refused else 0)


def refuse_misuse(month: str | None, k: int) -> None:
    """Refuse a month that is none, and a table in which nothing could be withheld."""
    if month is not None and not MONTH.fullmatch(month):
        raise click.UsageError(f"{month!r} is not a month of the form 2028-06.")
    if k < 1:
        raise click.UsageError(f"--k {k} cannot be; 1 withholds nothing, 5 is the default.")


def nothing(path: Path, month: str | None, zone: str | None) -> RecordError:
    """Return the fault of a place where nothing was counted."""
    asked = [f" of zone {zone}" if zone else "", f" in {month}" if month else ""]
    return RecordError(
        f"{path} holds no count records{''.join(asked)}.",
        "Ask `anpr-edge records list` what it holds; boxes write one per zone and hour.",
    )


def taken(
    ledgers: Iterable[Ledger], laws: Known, keyring: Keyring | None
) -> tuple[Intake, list[str]]:
    """Read every record once; return the counts, and a sentence for each that was refused.

    The places of all records are needed to see what is missing between the counts.
    """
    packs = {about.law.pack.sha256: about.law.pack for about in laws.values()}
    intake, refused = Intake(words(packs.values())), []
    for ledger in ledgers:
        refused += [f"{where}: {cause}" for where, cause in ledger.faults]
        known = None if keyring is None else ledger.keyring(keyring)
        for stored in ledger.records:
            try:
                take(intake, stored, known)
            except RefusedError as e:
                refused.append(f"{stored.where}: {e.cause}")
            except (msgspec.DecodeError, RecursionError):
                refused.append(f"{stored.where}: The content is not that of a count.")
    return intake, refused


def take(intake: Intake, stored: Stored, keyring: Keyring | None) -> None:
    """Take one stored record in. Raises RefusedError, msgspec.DecodeError, RecursionError."""
    if keyring is not None:
        check_standing(verify(stored.jws, keyring), keyring, stored.received_at)
    envelope = peek(stored.jws).envelope
    record = None
    if envelope.kind == "count":
        record = decode(decode_part(split(stored.jws)[1])).data
        refuse_impossible(record)
    intake.take((envelope.box, envelope.epoch, envelope.seq), envelope.sha256, record)


def refuse_impossible(record: CountRecord) -> None:
    """Raise msgspec.DecodeError for a count that is of no zone, or of no hour."""
    aware = record.since.utcoffset() is not None and record.until.utcoffset() is not None
    if not aware or not timedelta(0) < record.until - record.since <= timedelta(hours=1):
        raise msgspec.ValidationError("a count is of one hour")
    if not NAME.fullmatch(record.zone):
        raise msgspec.ValidationError("a count names its zone")


def known_laws(config: Path | None) -> Known:
    """Return the law of every zone of the packs, and what the configuration says of its own."""
    found = {
        zone.id: About(Law(pack, zone), {}) for pack in shipped() for zone in pack.zones.values()
    }
    return found if config is None else found | configured(load(config))


def configured(config: Config) -> Known:
    """Return the zones of a box, with everything its configuration says of them."""
    told = {zone.id: msgspec.to_builtins(zone) for zone in config.zones}
    return {
        law.zone.id: About(law, {n: v for n, v in told[law.zone.id].items() if n not in NOT_TOLD})
        for law in wiring_law.laws(config.zones, packs_in_force(config))
    }


def clock_of(laws: Known) -> Callable[[str], str]:
    """Return how to find the time zone whose calendar a zone keeps."""
    return lambda zone: laws[zone].law.pack.timezone if zone in laws else ELSEWHERE


def show(
    tables: Sequence[Table],
    notes: Sequence[str],
    laws: Known,
    k: int,
    form: str,
) -> None:
    """Print the tables in the form asked for."""
    if form == "json":
        made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        told = {"made_at": made_at, "k": k, **as_json(tables, notes, laws)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(as_csv(tables), nl=False)
        for note in notes:
            click.echo(note, err=True)
    else:
        console = Console()
        for table in tables:
            print_table(console, table, context(table.period.zone, laws), k)
        for note in notes:
            click.echo(note)


def print_table(console: Console, table: Table, about: Mapping[str, object], k: int) -> None:
    """Print a table with what is needed to read it."""
    period = table.period
    title = f"Zone {period.zone}, {period.name}"
    click.echo(f"{title}: {told_uptime(period)}")
    known = [f"{name} {value}" for name, value in about.items() if value and name != "zone"]
    if known:
        click.echo("  " + ", ".join(known))
    for name, share in table.compliance().items():
        click.echo(f"  {name}: {'withheld or none' if share is None else f'{share:.2%}'}")
    folded = (Column(name, overflow="fold") for name in ("figure", "value", "count", "share", "of"))
    grid = Grid(*folded)
    for line in table.lines:
        count = "withheld" if line.count is None else str(line.count)
        part = "" if line.share is None else f"{line.share:.2%}"
        grid.add_row(line.figure, line.value, count, part, line.of or "")
    console.print(grid)
    if any(line.count is None for line in table.lines):
        click.echo(f"withheld: below {k}, or it would give one below {k} away (R004-94).")


def told_uptime(period: Period) -> str:
    """Return the up-time as words; missing hours are no hours without traffic."""
    known = period.uptime()
    return (
        f"{known['boxes_reporting']} reporting, in operation {known['uptime']:.1%} of the time; "
        f"{known['hours_missing']} hours are missing, which says nothing of their traffic."
    )
