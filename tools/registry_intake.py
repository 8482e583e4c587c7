"""First pass of a build: reads one table, keeps the needed cells with a token, never the plate."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from edge.registry.token import tokens
from tools.rdw_tables import DATASETS, VEHICLES, plates_of
from tools.registry_cells import country_of, exemption_cells, key_of, vehicle_cells
from tools.registry_rows import Rejects, take
from tools.registry_spill import Spill, Spilled
from tools.registry_workers import count_read

DUTCH = "NL"
BARE = re.compile("[A-Z0-9]{1,10}")
"""A plate as the open data writes it: already its own key form."""


class Sort(StrEnum):
    """What a table holds; a table of the open data is known by its own name."""

    ATTRIBUTES = "attributes"
    EXEMPTIONS = "exemptions"


class Intake(NamedTuple):
    """One table to read; `sort` is a Sort or the name of a dataset."""

    sort: str
    path: Path
    key: bytes
    zones: frozenset[str]
    bits: int
    spill: Path
    noted: Path | None


class Taken(NamedTuple):
    """What became of a table: its rows on disk, and how many were refused."""

    sort: str
    path: Path
    spilled: Spilled
    refused: int
    lowest: tuple[int, str]
    noted: Path | None


def intake(job: Intake) -> Taken:
    """Read a table. Raises RegistryError, OSError."""
    with Spill(job.spill, job.bits) as spill:
        if job.noted is None:
            rejects = Rejects(None)
            fill(job, spill, rejects)
        else:
            with job.noted.open("w", newline="") as stream:
                rejects = Rejects(stream)
                fill(job, spill, rejects)
        spilled = spill.finish()
    lowest = rejects.lowest.get(job.path, (0, ""))
    return Taken(job.sort, job.path, spilled, rejects.counts[job.path], lowest, job.noted)


def fill(job: Intake, spill: Spill, rejects: Rejects) -> None:
    """Spill the rows of a table. Raises RegistryError, OSError."""
    if job.sort == Sort.EXEMPTIONS:
        take(job.path, exemptions(job, spill), rejects, count_read)
    elif job.sort == Sort.ATTRIBUTES:
        take(job.path, attributes(job, spill), rejects, count_read)
    else:
        fill_dataset(job, spill, rejects)


def attributes(job: Intake, spill: Spill) -> Callable[[int, Mapping[str, str]], None]:
    """Return what spills a row of attributes: token, line, country, cells."""

    def add(line: int, row: Mapping[str, str]) -> None:
        token = key_of(job.key, row)
        try:
            cells = vehicle_cells(job.key, row)
        except (ValueError, OverflowError):
            # An older row of this plate may speak of another vehicle: it may not decide either.
            spill.add(token)
            raise
        spill.add(token, line, country_of(row), *cells)

    return add


def exemptions(job: Intake, spill: Spill) -> Callable[[int, Mapping[str, str]], None]:
    """Return what spills a record: token, line, cells."""

    def add(line: int, row: Mapping[str, str]) -> None:
        token, cells = exemption_cells(job.key, job.zones, row)
        spill.add(token, line, *cells)

    return add


def fill_dataset(job: Intake, spill: Spill, rejects: Rejects) -> None:
    """Spill a table of the open data: token, line, cells; token alone where a row is torn."""
    dataset = next(dataset for dataset in DATASETS if dataset.name == job.sort)
    lined = dataset is VEHICLES  # nobody asks for the line of another table's row
    for token, line, cells in plates_of(job.path, dataset, dutch(job.key), rejects, count_read):
        if cells is None:
            spill.add(token)
        elif lined:
            spill.add(token, line, *cells)
        else:
            spill.add(token, *cells)


def dutch(key: bytes) -> Callable[[str], int]:
    """Return what gives the token of a Dutch plate, and raises RefusedError for none."""
    fast = tokens(key, DUTCH)

    def one(plate: str) -> int:
        if BARE.fullmatch(plate):
            return fast(plate)
        return key_of(key, {"country": DUTCH, "plate": plate})

    return one
