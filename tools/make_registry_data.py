"""Made-up tables to build a registry from, of any size: the open data cannot be shipped.

    python -m tools.make_registry_data --vehicles 15000000 --belgian 500000 \
        --exemptions 1000000 --seed 1 --out build/registry-data

writes the six RDW tables (`rdw/`), `belgian.csv` and `exemptions.csv`. The same seed with
`--changes N` gives the tables of the next day: N vehicles and records were changed, added or
removed.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from edge.cli.finite import Finite
from tools import made_belgian, made_dutch
from tools.registry_workers import available, workers

CHUNK = 100_000
"""Numbers that are drawn together; what is drawn depends on them and on the seed alone."""
DUTCH, BELGIAN, RECORDS = range(3)
WORTH_ROWS = 100_000
"""Fewer rows than this are made before a process has started."""
NEXT_DAY, OWNERS = 2, 3
"""What a generator of chance is for; 0 and 1 are the draws of the first and of the next day."""
CHANGED, ADDED = 0.5, 0.3
"""Shares of the changes; the rest are removed."""
VEHICLE_SHARE = 0.6


class Change(NamedTuple):
    """How many rows of a table are different on the next day."""

    changed: int = 0
    added: int = 0
    removed: int = 0


class Plan(NamedTuple):
    """One table (or six) to make, in chunks."""

    what: int
    rows: int
    seed: int
    change: Change
    dirty: float
    owners: tuple[int, int] = (0, 0)


class Chunk(NamedTuple):
    """A run of numbers of a plan."""

    plan: Plan
    first: int
    size: int


def planned(plan: Plan) -> Iterator[Chunk]:
    """Yield the chunks of a plan; what the next day adds follows the last of the first day."""
    yield from (
        Chunk(plan, first, min(CHUNK, plan.rows - first)) for first in range(0, plan.rows, CHUNK)
    )
    if plan.change.added:
        yield Chunk(plan, plan.rows, plan.change.added)


def generator(plan: Plan, *more: int) -> np.random.Generator:
    """Return the source of chance for one purpose."""
    return np.random.default_rng([plan.seed, plan.what, *more])


def affected(chunk: Chunk) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows of a chunk are changed, and which remain."""
    change, rows = chunk.plan.change, chunk.plan.rows
    changed, remains = np.zeros(chunk.size, bool), np.ones(chunk.size, bool)
    picks = min(rows, change.changed + change.removed)
    if chunk.first < rows and picks:
        places = generator(chunk.plan, NEXT_DAY).choice(rows, picks, replace=False) - chunk.first
        for mark, some, value in (
            (changed, places[: change.changed], True),
            (remains, places[change.changed :], False),
        ):
            mark[some[(some >= 0) & (some < chunk.size)]] = value
    return changed, remains


def made(chunk: Chunk) -> tuple[str, ...]:
    """Return the text of a chunk for each table of its plan."""
    tables = MAKERS[chunk.plan.what](chunk)
    if chunk.plan.dirty:
        chance = random.Random(f"{chunk.plan.seed} {chunk.plan.what} {chunk.first}")
        tables = tuple(list(soiled(table, chance, chunk.plan.dirty)) for table in tables)
    return tuple("".join(table) for table in tables)


def dutch(chunk: Chunk) -> tuple[list[str], ...]:
    """Return the lines of the six Dutch tables."""
    changed, remains = affected(chunk)
    numbers = np.arange(chunk.first, chunk.first + chunk.size)
    cars = made_dutch.drawn(generator(chunk.plan, 0, chunk.first), numbers)
    if changed.any():
        later = made_dutch.drawn(generator(chunk.plan, 1, chunk.first), numbers)
        cars = made_dutch.mixed(cars, later, changed)
    return made_dutch.lines(numbers[remains].tolist(), made_dutch.some(cars, remains))


def belgian(chunk: Chunk) -> tuple[list[str], ...]:
    """Return the lines of the Belgian table."""
    return (list(made_belgian.lines(numbered(chunk, made_belgian.DRAWS))),)


def records(chunk: Chunk) -> tuple[list[str], ...]:
    """Return the lines of the exemption table: records of goods vehicles, many of the same."""
    owners = owner_plates(chunk)
    rows = numbered(chunk, made_belgian.RECORD_DRAWS)
    return ([made_belgian.record(n, *owners[n - chunk.first], draws) for n, draws in rows],)


def numbered(chunk: Chunk, draws: int) -> Iterator[tuple[int, Sequence[float]]]:
    """Yield the numbers of a chunk that remain, with their draws."""
    changed, remains = affected(chunk)
    first, later = (generator(chunk.plan, day, chunk.first) for day in (0, 1))
    found = first.random((chunk.size, draws))
    found[changed] = later.random((chunk.size, draws))[changed]
    rows = zip(found.tolist(), remains.tolist(), strict=True)
    return ((number, row) for number, (row, stays) in enumerate(rows, chunk.first) if stays)


def owner_plates(chunk: Chunk) -> list[tuple[str, str]]:
    """Return the country and plate of the vehicle of every record of a chunk."""
    ours, theirs = chunk.plan.owners
    goods = max(1, ours // made_dutch.GOODS_EVERY)
    chance = generator(chunk.plan, OWNERS, chunk.first)
    homes = chance.random(chunk.size) < (goods / (goods + theirs) if ours else 0)
    places = chance.random(chunk.size)
    return [
        ("NL", made_dutch.plate(int(place * goods) * made_dutch.GOODS_EVERY))
        if home
        else ("BE", made_belgian.plate(int(place * max(1, theirs))))
        for home, place in zip(homes.tolist(), places.tolist(), strict=True)
    ]


def soiled(lines: Iterable[str], chance: random.Random, share: float) -> Iterator[str]:
    """Yield lines of which some are torn, name no plate, hold nonsense or stand twice."""
    for line in lines:
        if chance.random() >= share:
            yield line
            continue
        cells = line.rstrip("\n").split(",")
        fault = chance.randrange(4)
        if fault == 0:
            cells = cells[: len(cells) // 2]
        elif fault == 1:
            cells[:2] = ["", ""]
        elif fault == 2:
            cells[chance.randrange(2, len(cells))] = "?"
        else:
            yield line
        yield ",".join(cells) + "\n"


MAKERS = {DUTCH: dutch, BELGIAN: belgian, RECORDS: records}


def split(changes: int, vehicles: int, belgians: int, exemptions: int) -> list[Change]:
    """Return how many of the changes befall each table."""
    weights = [VEHICLE_SHARE * vehicles, VEHICLE_SHARE * belgians]
    both = sum(weights) / VEHICLE_SHARE or 1
    shares = [weight / both for weight in weights]
    shares.append(1 - sum(shares) if exemptions else 0)
    found = []
    for share in shares:
        rows = round(changes * share / (sum(shares) or 1))
        changed, added = int(rows * CHANGED), int(rows * ADDED)
        found.append(Change(changed, added, rows - changed - added))
    return found


@contextmanager
def files(folder: Path, names: Sequence[str], headers: Sequence[str]) -> Iterator[Sequence[TextIO]]:
    """Open tables for writing, their headers written. Raises OSError."""
    with ExitStack() as stack:
        found: list[TextIO] = []
        for name, header in zip(names, headers, strict=True):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            found.append(stack.enter_context(path.open("w", newline="")))
            found[-1].write(f"{header}\n")
        yield found


def plans(
    vehicles: int, belgians: int, exemptions: int, seed: int, changes: int, dirty: float
) -> list[tuple[Plan, Sequence[str], Sequence[str]]]:
    """Return what to make, with the names and headers of its tables."""
    ours, theirs, papers = split(changes, vehicles, belgians, exemptions)
    owners = (vehicles, belgians)
    rdw = [f"rdw/{name}.csv" for name in made_dutch.TABLES]
    records_header = made_belgian.EXEMPTIONS_HEADER
    return [
        (Plan(DUTCH, vehicles, seed, ours, dirty), rdw, made_dutch.HEADERS),
        (Plan(BELGIAN, belgians, seed, theirs, dirty), ["belgian.csv"], [made_belgian.HEADER]),
        # A dirty record would stop the build.
        (Plan(RECORDS, exemptions, seed, papers, 0, owners), ["exemptions.csv"], [records_header]),
    ]


def make(
    out: Path, vehicles: int, belgians: int, exemptions: int, seed: int, changes: int, dirty: float
) -> None:
    """Write all tables. Raises OSError."""
    rows = vehicles + belgians + exemptions
    count = available() if rows > WORTH_ROWS else 1
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(console=Console(stderr=True)))
        few = stack.enter_context(workers(count))
        for plan, names, headers in plans(vehicles, belgians, exemptions, seed, changes, dirty):
            if not plan.rows:
                continue
            task = progress.add_task(f"{names[0]} ...", total=plan.rows)
            with files(out, names, headers) as streams:
                for texts in few.map(made, planned(plan)):
                    for stream, text in zip(streams, texts, strict=True):
                        stream.write(text)
                    progress.advance(task, CHUNK)


COUNT = click.IntRange(min=0)


@click.command()
@click.option("--vehicles", type=COUNT, default=100_000, show_default=True, help="Dutch vehicles.")
@click.option("--belgian", type=COUNT, default=5_000, show_default=True, help="Belgian vehicles.")
@click.option("--exemptions", type=COUNT, default=10_000, show_default=True, help="Records.")
@click.option("--seed", type=COUNT, default=1, show_default=True, help="The same gives the same.")
@click.option("--changes", type=COUNT, default=0, help="Make the next day, with so many changes.")
@click.option(
    "--dirty",
    type=Finite(0, 1),
    default=0.0,
    help="Share of vehicle rows that are torn, twice there, without a plate or hold nonsense.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write rdw/*.csv, belgian.csv and exemptions.csv to.",
)
def main(
    vehicles: int,
    belgian: int,
    exemptions: int,
    seed: int,
    changes: int,
    dirty: float,
    out: Path,
) -> None:
    """Make register tables of made-up vehicles, of any size."""
    try:
        make(out, vehicles, belgian, exemptions, seed, changes, dirty)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written ({error}); check the disk.") from error


if __name__ == "__main__":
    main()
