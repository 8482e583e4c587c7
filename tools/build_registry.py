"""Builds the registry file of the boxes from attribute and exemption tables.

    python -m tools.build_registry --vehicles V.csv --exemptions E.csv --key token.key \
        --id 2028-06-01 --vehicles-as-of 2028-05-31T22:00Z \
        --exemptions-as-of 2028-06-01T05:00Z --out registry.sqlite

Beside the registry goes its seal, `registry.sqlite.sha256`: a box opens no registry without.

A vehicle row that cannot be read is left out: its vehicle is then not found, which leads to a
review. An exemption row that cannot be read stops the build: without it someone would be
accused wrongly.
"""

import os
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from edge.access.calendar import moment_of
from edge.access.pack import shipped
from edge.errors import BoxError, RegistryError
from edge.registry.attributes import VEHICLE_EXTRAS, VEHICLE_FIELDS
from edge.registry.seal import settle
from edge.registry.token import load_key
from tools.registry_rows import MEND, Columns, Rejects, take
from tools.registry_writer import ZONE_OPTION, RegistryWriter

VEHICLE_COLUMNS = Columns(
    frozenset({"country", "plate", *VEHICLE_FIELDS, "valid_from", "valid_to"}),
    frozenset(VEHICLE_EXTRAS),
)
EXEMPTION_COLUMNS = Columns(
    frozenset(
        {
            *("record_id", "source", "issuer", "country", "plate", "type", "status", "scope"),
            *("valid_from", "valid_to", "requested_at"),
        }
    ),
    frozenset({"vehicle_ref"}),
)
INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, path_type=Path)


def as_of(context: click.Context, option: click.Parameter, text: str) -> datetime:
    """Read a moment as UTC; without an offset it is UTC."""
    try:
        return moment_of(text, "UTC")
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r} is not an ISO 8601 time") from error


@dataclass(frozen=True)
class Order:
    """What to build, from what."""

    vehicles: Path
    exemptions: Path
    key: Path
    name: str
    vehicles_as_of: datetime
    exemptions_as_of: datetime
    out: Path
    rejects: Path | None
    zones: tuple[str, ...] = ()


def known_zones(more: tuple[str, ...]) -> frozenset[str]:
    """Return what a scope may name, in lower case: zones, municipalities, and what is given."""
    shipped_zones = (zone for pack in shipped() for zone in pack.zones.values())
    names = chain.from_iterable((zone.id, zone.municipality) for zone in shipped_zones)
    return frozenset(name.strip().casefold() for name in (*names, *more))


def build(order: Order) -> tuple[RegistryWriter, Rejects]:
    """Write a registry beside its place, then rename it there: never half a file."""
    key = load_key(order.key)
    draft = order.out.with_name(f".{order.out.name}.{os.getpid()}.draft")
    try:
        with ExitStack() as stack:
            rejects = Rejects(
                stack.enter_context(order.rejects.open("w", newline="")) if order.rejects else None
            )
            connection = stack.enter_context(closing(sqlite3.connect(draft)))
            writer = RegistryWriter(connection, key, known_zones(order.zones))
            take(order.vehicles, VEHICLE_COLUMNS, writer.add_vehicle, rejects)
            take(order.exemptions, EXEMPTION_COLUMNS, writer.add_exemption, rejects)
            refuse_lost_exemptions(order.exemptions, rejects)
            refuse_no_exemptions(order.exemptions, writer)
            writer.add_canaries()
            writer.finish(order.name, order.vehicles_as_of, order.exemptions_as_of)
        settle(draft, order.out)
    except (OSError, sqlite3.Error) as error:
        raise RegistryError(
            f"{order.out} cannot be written ({error}).", "Check the disk."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return writer, rejects


def refuse_lost_exemptions(path: Path, rejects: Rejects) -> None:
    """Raise RegistryError when a single exemption would be lost."""
    if lost := rejects.counts[path]:
        raise RegistryError(
            f"{lost} rows of {path.name} cannot be read ({rejects.first[path]}).", MEND
        )


def refuse_no_exemptions(path: Path, writer: RegistryWriter) -> None:
    """Raise RegistryError for a table without a record: everyone exempt would be accused."""
    if writer.count("exemptions") == "0":
        raise RegistryError(f"{path.name} holds no exemption at all.", MEND)


def show(writer: RegistryWriter, rejects: Rejects, out: Path) -> None:
    """Print what the registry holds, by country and category."""
    table = Table("country", "category", "vehicles", title=f"{out}")
    for (country, category), vehicles in sorted(writer.summary.items()):
        table.add_row(country, category, f"{vehicles:,}")
    console = Console()
    console.print(table)
    for file, rows in rejects.counts.items():
        console.print(f"{rows:,} rows of {file.name} left out; {rejects.first[file]}")


@click.command()
@click.option(
    "--vehicles",
    type=INPUT,
    required=True,
    help="CSV, a vehicle a row; tools/demo/vehicles.csv shows the columns, "
    f"{' and '.join(VEHICLE_EXTRAS)} may follow.",
)
@click.option(
    "--exemptions",
    type=INPUT,
    required=True,
    help="CSV, a record a row; tools/demo/exemptions.csv shows the columns, "
    "vehicle_ref may follow.",
)
@click.option("--key", type=INPUT, required=True, help="Token key: 64 hexadecimal digits.")
@click.option("--id", "name", required=True, help="Name of this snapshot.")
@click.option("--vehicles-as-of", callback=as_of, required=True, help="ISO 8601, UTC if no offset.")
@click.option(
    "--exemptions-as-of", callback=as_of, required=True, help="ISO 8601, UTC if no offset."
)
@click.option("--out", type=OUTPUT, required=True, help="Registry file to write.")
@click.option("--rejects", type=OUTPUT, help="CSV for refused rows: file, line, reason.")
@click.option(
    ZONE_OPTION,
    "zones",
    metavar="NAME",
    multiple=True,
    help="A zone or municipality of no shipped pack that a scope may name; repeatable.",
)
def main(
    vehicles: Path,
    exemptions: Path,
    key: Path,
    name: str,
    vehicles_as_of: datetime,
    exemptions_as_of: datetime,
    out: Path,
    rejects: Path | None,
    zones: tuple[str, ...],
) -> None:
    """Build a registry file from a vehicle table and an exemption table."""
    order = Order(
        *(vehicles, exemptions, key, name, vehicles_as_of, exemptions_as_of, out, rejects, zones)
    )
    try:
        writer, refused = build(order)
    except BoxError as error:
        raise click.ClickException(str(error)) from error
    show(writer, refused, out)


if __name__ == "__main__":
    main()
