"""Holds a registry that was built against the tables that it was built from, row by row.

    python -m tools.reconcile registry.sqlite --rdw rdw --vehicles belgian.csv \
        --exemptions E.csv --token-key token.key

Every row is looked up by its token in the finished file, opened as a box opens it: what was lost
between the tables and the file, or in the file since, is missed here, though the file is sealed,
whole, and hardly smaller than the one before. What the tables themselves lack can be missed only
beside the release before: `tools.publish` does that.

Rows that the build leaves out are no loss: those that cannot be read, and all of a plate that
stands twice at one moment.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import click

from edge.errors import BoxError, RegistryError
from edge.registry.cache import RegistryCache
from edge.registry.token import load_key
from tools.build_registry import INPUT, known_zones
from tools.rdw_tables import DATASETS, VEHICLES, Dataset, plates_of
from tools.registry_cells import ZONE_OPTION, exemption_cells, key_of, vehicle_cells
from tools.registry_intake import dutch
from tools.registry_rows import Rejects, rows_of

FINDING, MISUSE = 1, 2
ALWAYS = 0
"""Since when a vehicle of the open data bears its plate."""
VEHICLE = "SELECT EXISTS (SELECT 1 FROM every_vehicle WHERE token = ? AND valid_from = ?)"
EXEMPTION = "SELECT * FROM exemptions WHERE token = ? AND record_id = ? AND source = ?"
LISTED = "A deny list holds some of its tables alone, and cannot be held against them."


class Place(NamedTuple):
    """A vehicle of a table: its token, since when, and its line; `since` None: it is not read."""

    token: int
    since: int | None
    line: int


@dataclass
class Table:
    """What was found of one table: its rows, those that the build leaves out, what is missing."""

    path: Path
    rows: int = 0
    left_out: int = 0
    missing: list[Place] = field(default_factory=list)
    other: int = 0

    @property
    def whole(self) -> bool:
        """True when nothing of it was lost or changed."""
        return not (self.missing or self.other)

    def __str__(self) -> str:
        """Say in a line what was found; never a plate."""
        left_out = f"; the build leaves out {self.left_out:,}" if self.left_out else ""
        if self.whole:
            return f"{self.path.name}: {self.rows:,} rows, nothing is missing{left_out}."
        first = f", the first of line {self.missing[0].line}" if self.missing else ""
        other = f"; {self.other:,} say something else there" if self.other else ""
        lost = f"{len(self.missing):,} of {self.rows:,} rows are missing{first}"
        return f"{self.path.name}: {lost}{other}{left_out}."


def exemptions_of(cache: RegistryCache, path: Path, zones: frozenset[str]) -> Table:
    """Look up every exemption of a table, with all that it says. Raises RegistryError."""
    table = Table(path)
    for line, row in rows_of(path, not_told):
        table.rows += 1
        try:
            token, cells = exemption_cells(cache.key, zones, row)
        except (ValueError, OverflowError) as e:
            raise RegistryError(f"Line {line} of {path.name} cannot be read.", "Mend it.") from e
        held = cache.connection.execute(EXEMPTION, (token, *cells[:2])).fetchone()
        if held is None:
            table.missing.append(Place(token, None, line))
        else:
            table.other += held != (token, *cells)
    return table


def vehicles_of(
    cache: RegistryCache, path: Path, places: Iterator[Place]
) -> tuple[Table, set[int]]:
    """Look up every vehicle of a table; return the tokens of rows that cannot be read, too."""
    table, doubtful = Table(path), set[int]()
    for place in places:
        table.rows += 1
        if place.since is None:
            table.left_out += 1
            doubtful.add(place.token)
        elif not cache.connection.execute(VEHICLE, place[:2]).fetchone()[0]:
            table.missing.append(place)
    return table, doubtful


def attribute_places(key: bytes, path: Path) -> Iterator[Place]:
    """Yield the vehicles of a table of attributes. Raises RegistryError."""
    for line, row in rows_of(path, not_told):
        token = token_of(key, row)
        try:
            yield Place(token, vehicle_cells(key, row).valid_from, line)
        except (ValueError, OverflowError):
            yield Place(token, None, line)


def token_of(key: bytes, row: Mapping[str, str]) -> int:
    """Return the token of a row; one that no vehicle has where its plate cannot be read."""
    try:
        return key_of(key, row)
    except (ValueError, OverflowError):
        return -1


def dutch_places(key: bytes, folder: Path, dataset: Dataset) -> Iterator[Place]:
    """Yield the vehicles that a table of the open data speaks of. Raises RegistryError."""
    found = plates_of(dataset.file(folder), dataset, dutch(key), Rejects(None), not_told)
    return (
        Place(token, ALWAYS if cells is not None else None, line) for token, line, cells in found
    )


def not_told(_read: int) -> None:
    """Tell nobody how far a table is read."""


def excused(tables: list[Table], doubtful: set[int]) -> None:
    """Take out what the build leaves out: of a plate that stands twice, or in a torn row."""
    times = Counter(place[:2] for table in tables for place in table.missing)
    out = doubtful | {token for (token, _), n in times.items() if n > 1}
    for table in tables:
        lost = [place for place in table.missing if place.token not in out]
        table.left_out += len(table.missing) - len(lost)
        table.missing = lost


def reconciled(cache: RegistryCache, vehicles: tuple[Path, ...], rdw: Path | None) -> list[Table]:
    """Look up every vehicle of all tables. Raises RegistryError."""
    places = [(path, attribute_places(cache.key, path)) for path in vehicles]
    if rdw is not None:
        places.append((VEHICLES.file(rdw), dutch_places(cache.key, rdw, VEHICLES)))
    tables, doubtful = [], set[int]()
    for path, of_table in places:
        table, torn = vehicles_of(cache, path, of_table)
        tables.append(table)
        doubtful |= torn
    if rdw is not None and any(table.missing for table in tables):
        rest = (one for one in DATASETS if one is not VEHICLES)
        torn_rows = (p for one in rest for p in dutch_places(cache.key, rdw, one))
        doubtful |= {place.token for place in torn_rows if place.since is None}
    excused(tables, doubtful)
    return tables


@click.command()
@click.argument("registry", type=INPUT)
@click.option("--rdw", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--vehicles", type=INPUT, multiple=True, help="As for build_registry.")
@click.option("--exemptions", type=INPUT, required=True, help="As for build_registry.")
@click.option("--token-key", type=INPUT, required=True, help="The key that it was built with.")
@click.option(ZONE_OPTION, "zones", metavar="NAME", multiple=True, help="As for build_registry.")
def main(
    registry: Path,
    rdw: Path | None,
    vehicles: tuple[Path, ...],
    exemptions: Path,
    token_key: Path,
    zones: tuple[str, ...],
) -> None:
    """Hold a registry that was built against its tables, every exemption and vehicle.

    Exit status: 0 nothing is missing, 1 something is, 2 it cannot be told.
    """
    try:
        with RegistryCache.open(registry, load_key(token_key)) as cache:
            if cache.snapshot.listed:
                raise RegistryError(LISTED, "Reconcile the full registry of the same tables.")
            tables = [exemptions_of(cache, exemptions, known_zones(zones))]
            tables += reconciled(cache, vehicles, rdw)
    except BoxError as e:
        click.echo(f"reconcile: {e.cause} {e.remedy}", err=True)
        sys.exit(MISUSE)
    for table in tables:
        click.echo(str(table))
    if not all(table.whole for table in tables):
        click.echo(f"{registry} must not be published: build it again.")
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
