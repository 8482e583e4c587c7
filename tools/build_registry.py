"""Builds the registry file of the boxes from register and exemption tables.

    python -m tools.build_registry --rdw rdw --vehicles belgian.csv --exemptions E.csv \
        --key token.key --id 2028-06-01 --vehicles-as-of 2028-05-31T22:00Z \
        --exemptions-as-of 2028-06-01T05:00Z --out registry.sqlite

`--rdw` is a folder with six tables of the Dutch open data (edge/registry/rdw.py tells what is
made of them), `--vehicles` any table of attributes. Beside the registry goes its seal,
`registry.sqlite.sha256`: a box opens no registry without.

A vehicle row that cannot be read is left out: its vehicle is then not found, which leads to a
review. An exemption row that cannot be read stops the build: without it someone would be
accused wrongly.

Memory does not grow with the tables: a first pass parts every table by the high bits of the
tokens, on disk beside the output, and a second joins one part of all of them after the other.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.progress import Progress

from edge.access.calendar import moment_of
from edge.access.pack import load_pack, shipped
from edge.errors import BoxError, RegistryError
from edge.registry.attributes import VEHICLE_EXTRAS, VEHICLE_FIELDS
from edge.registry.content import content_of
from edge.registry.seal import settle
from edge.registry.token import load_key
from tools.deny_list import Sieve, keep_listed, spans
from tools.rdw_tables import DATASETS, check_dataset
from tools.registry_cells import ZONE_OPTION
from tools.registry_intake import Intake, Sort, Taken, intake
from tools.registry_join import Joining, joined
from tools.registry_rows import MEND, Columns, Rejects, check_columns, header_of
from tools.registry_summary import summary_table
from tools.registry_workers import Workers, available, workers
from tools.registry_writer import RegistryWriter

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
PART_BYTES, MOST_BITS = 12 << 20, 10
"""So many bytes of tables are joined at once, in at most 1024 parts."""
WORTH_BYTES = 16 << 20
"""Tables smaller than this are read before a process has started."""
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

    vehicles: tuple[Path, ...]
    exemptions: Path
    key: Path
    name: str
    vehicles_as_of: datetime
    exemptions_as_of: datetime
    out: Path
    rejects: Path | None
    zones: tuple[str, ...] = ()
    rdw: Path | None = None
    deny_list: tuple[Path, ...] = ()

    def tables(self) -> list[tuple[str, Path]]:
        """Return every table with its sort, the largest first."""
        found: list[tuple[str, Path]] = [(Sort.ATTRIBUTES, path) for path in self.vehicles]
        found.append((Sort.EXEMPTIONS, self.exemptions))
        if self.rdw is not None:
            found += [(dataset.name, dataset.file(self.rdw)) for dataset in DATASETS]
        return sorted(found, key=lambda table: -table[1].stat().st_size)


def known_zones(more: tuple[str, ...]) -> frozenset[str]:
    """Return what a scope may name, in lower case: zones, municipalities, and what is given."""
    shipped_zones = (zone for pack in shipped() for zone in pack.zones.values())
    names = chain.from_iterable((zone.id, zone.municipality) for zone in shipped_zones)
    return frozenset(name.strip().casefold() for name in (*names, *more))


def build(order: Order) -> tuple[RegistryWriter, Rejects]:
    """Write a registry beside its place, then move it there: never half a file."""
    key = load_key(order.key)
    try:
        with ExitStack() as stack:
            check_tables(order)
            rejects = Rejects(
                stack.enter_context(order.rejects.open("w", newline="")) if order.rejects else None
            )
            rejects.begin()
            beside = TemporaryDirectory(prefix=f".{order.out.name}.", dir=order.out.parent)
            folder = Path(stack.enter_context(beside))
            draft, compact = folder / "draft", folder / "registry"
            connection = stack.enter_context(closing(sqlite3.connect(draft)))
            writer = RegistryWriter(connection, key, known_zones(order.zones))
            fill(writer, order, rejects, folder)
            writer.add_canaries()
            if order.deny_list:
                leave_out(writer, order)
            writer.finish(order.name, order.vehicles_as_of, order.exemptions_as_of)
            writer.compact(compact)
            settle(compact, order.out)
    except (OSError, sqlite3.Error) as error:
        raise RegistryError(
            f"{order.out} cannot be written ({error}).", "Make its folder, or check the disk."
        ) from error
    return writer, rejects


def leave_out(writer: RegistryWriter, order: Order) -> None:
    """Leave out whom none of the rule packs could refuse. Raises PackError, sqlite3.Error."""
    packs = [load_pack(path) for path in order.deny_list]
    keep_listed(
        writer.connection, Sieve(spans(packs, order.vehicles_as_of, order.exemptions_as_of))
    )
    writer.content = content_of(writer.connection)


def check_tables(order: Order) -> None:
    """Raise RegistryError for a table that lacks a column, before anything is read."""
    for path in order.vehicles:
        check_columns(path, header_of(path), VEHICLE_COLUMNS)
    check_columns(order.exemptions, header_of(order.exemptions), EXEMPTION_COLUMNS)
    if order.rdw is not None:
        for dataset in DATASETS:
            check_dataset(dataset, order.rdw)


def fill(writer: RegistryWriter, order: Order, rejects: Rejects, folder: Path) -> None:
    """Read every table into parts, join them, and write them. Raises RegistryError."""
    size = sum(path.stat().st_size for _, path in order.tables())
    bits = part_bits(size)
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(console=Console(stderr=True)))
        progress.add_task("reading", total=size)
        few = stack.enter_context(workers(worker_count(size), progress))
        taken = read_tables(few, intakes(writer, order, folder, bits), rejects)
        refuse_lost_exemptions(order.exemptions, rejects)
        joinings = (Joining(part, taken) for part in range(1 << bits))
        for part in progress.track(
            few.map(joined, joinings), total=1 << bits, description="joining"
        ):
            writer.add_part(part)
            for refused in part.refused:
                rejects.note(*refused)
    refuse_lost_exemptions(order.exemptions, rejects)
    refuse_no_exemptions(order.exemptions, writer)


def part_bits(size: int) -> int:
    """Return how many bits of the tokens part tables of so many bytes together."""
    return min(MOST_BITS, max(0, (size // PART_BYTES).bit_length()))


def worker_count(size: int) -> int:
    """Return how many processes are worth their start."""
    return available() if size >= WORTH_BYTES else 1


def intakes(writer: RegistryWriter, order: Order, folder: Path, bits: int) -> Iterator[Intake]:
    """Yield the reading of every table."""
    for number, (sort, path) in enumerate(order.tables()):
        noted = folder / f"{number}.refused" if order.rejects else None
        spill = folder / f"{number}.rows"
        yield Intake(sort, path, writer.key, writer.zones, bits, spill, noted)


def read_tables(few: Workers, jobs: Iterator[Intake], rejects: Rejects) -> tuple[Taken, ...]:
    """Read every table; what was refused is gathered."""
    found = []
    for taken in few.map(intake, jobs):
        if taken.refused:
            rejects.gather(taken.path, taken.refused, taken.lowest, taken.noted)
        found.append(taken)
    return tuple(found)


def refuse_lost_exemptions(path: Path, rejects: Rejects) -> None:
    """Raise RegistryError when a single exemption would be lost."""
    if lost := rejects.counts[path]:
        raise RegistryError(
            f"{lost} rows of {path.name} cannot be read ({rejects.first(path)}).", MEND
        )


def refuse_no_exemptions(path: Path, writer: RegistryWriter) -> None:
    """Raise RegistryError for a table without a record: everyone exempt would be accused."""
    if writer.count("exemptions") == 0:
        raise RegistryError(f"{path.name} holds no exemption at all.", MEND)


def show(writer: RegistryWriter, rejects: Rejects, out: Path) -> None:
    """Print what the registry holds, by country, category and class."""
    console = Console()
    console.print(summary_table(writer.summary, str(out)))
    held = writer.counts["vehicles"] + writer.counts["plain"]
    exemptions = f"{writer.counts['exemptions']:,} exemption records"
    console.print(f"{held:,} vehicles held, {exemptions}; canaries are among them")
    for file, rows in rejects.counts.items():
        console.print(f"{rows:,} rows of {file.name} left out; {rejects.first(file)}")


@click.command()
@click.option(
    "--rdw",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Folder with the Dutch open data: {', '.join(d.name for d in DATASETS)}, each a .csv.",
)
@click.option(
    "--vehicles",
    type=INPUT,
    multiple=True,
    help="CSV, a vehicle a row; tools/demo/vehicles.csv shows the columns, "
    f"{' and '.join(VEHICLE_EXTRAS)} may follow; repeatable.",
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
    "--deny-list",
    type=INPUT,
    multiple=True,
    metavar="PACK",
    help="Hold only the vehicles that this rule pack could refuse; repeatable.",
)
@click.option(
    ZONE_OPTION,
    "zones",
    metavar="NAME",
    multiple=True,
    help="A zone or municipality of no shipped pack that a scope may name; repeatable.",
)
def main(
    rdw: Path | None,
    vehicles: tuple[Path, ...],
    exemptions: Path,
    key: Path,
    name: str,
    vehicles_as_of: datetime,
    exemptions_as_of: datetime,
    out: Path,
    rejects: Path | None,
    deny_list: tuple[Path, ...],
    zones: tuple[str, ...],
) -> None:
    """Build a registry file from vehicle tables (--rdw, --vehicles or both) and exemptions."""
    if rdw is None and not vehicles:
        raise click.UsageError("Give --rdw, --vehicles, or both.")
    ages = (vehicles_as_of, exemptions_as_of)
    order = Order(vehicles, exemptions, key, name, *ages, out, rejects, zones, rdw, deny_list)
    try:
        writer, refused = build(order)
    except BoxError as error:
        raise click.ClickException(str(error)) from error
    show(writer, refused, out)


if __name__ == "__main__":
    main()
