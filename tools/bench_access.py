"""Microseconds for one decision at the size of a country: look up, decide, both together.

Of the vehicles asked about 30 % are not in the registry and a third have records. The file lies
in the memory of the system, as on a box that has just opened it: opening reads it whole. Calls
follow each other; on a box that reads pictures in between each takes longer (`make bench`).
"""

import gc
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.pack import SHIPPED, load_law, shipped
from edge.access.rules import Law
from edge.errors import BoxError
from edge.registry.cache import RegistryCache
from edge.types import Decision, Passage
from tools.bench.timing import each
from tools.large_registry import AT, EVERY, FOLDER, KEY, large_registry, plate

LAWS = {"BE": ("fl-zes.toml", "voorbeeldgem"), "NL": ("nl-ze.toml", "utrecht")}
WARM, LOADS = 2_000, 5
CLOCK = desk_clock(AT)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """How long one piece of work took, in microseconds."""

    work: str
    p50_us: float
    p99_us: float
    calls: int


def measured(work: str, piece: Callable[[T], object], over: Sequence[T]) -> Figure:
    """Time a piece of work on each of its inputs, after a warm-up on some."""
    for given in over[:WARM]:
        piece(given)
    gc.collect()
    taken = each(piece, over) * 1000
    p50, p99 = (round(float(np.percentile(taken, share)), 1) for share in (50, 99))
    return Figure(work, p50, p99, len(over))


def asked(vehicles: int, calls: int) -> list[Passage]:
    """Return passages: 30 % of unknown vehicles, a third of vehicles with records."""
    drawn = random.Random(2)
    sorts = (range(vehicles, 2 * vehicles), range(0, vehicles, EVERY), range(vehicles))
    numbers = (drawn.choice(sort) for sort in drawn.choices(sorts, (30, 33, 37), k=calls))
    plates = (plate(number) for number in numbers)
    return [desk_passage(country, AT, text) for country, text in plates]


def figures(path: Path, vehicles: int, calls: int) -> tuple[list[Figure], Counter[str]]:
    """Measure everything; count what was decided meanwhile, for it must be all sorts."""
    laws = {country: load_law(SHIPPED / name, zone) for country, (name, zone) in LAWS.items()}
    passages = asked(vehicles, calls)
    with RegistryCache.open(path, KEY) as cache:

        def both(passage: Passage) -> Decision:
            return decide(passage, cache.facts(passage), laws[passage.country or ""], CLOCK)

        known = [(passage, cache.facts(passage)) for passage in passages]
        outcomes = Counter(str(both(passage).outcome) for passage in passages)
        taken = [
            measured("look up", cache.facts, passages),
            measured("decide", lambda one: decide(*one, law_of(one[0], laws), CLOCK), known),
            measured("look up and decide", both, passages),
        ]
    return [*taken, *loading(path)], outcomes


def law_of(passage: Passage, laws: dict[str, Law]) -> Law:
    """Return the law of the country that a plate is from."""
    return laws[passage.country or ""]


def loading(path: Path) -> list[Figure]:
    """Measure what happens once, at the start of a box."""
    return [
        measured("load both packs", packs, range(LOADS)),
        measured("open the registry", opened, [path]),
    ]


def packs(_: object) -> object:
    """Load what comes with the software."""
    return shipped()


def opened(path: Path) -> None:
    """Open a registry, with all its checks."""
    RegistryCache.open(path, KEY).close()


def table(taken: Sequence[Figure], vehicles: int) -> Table:
    """Return the figures for people."""
    shown = Table(title=f"Microseconds, with {vehicles:,} vehicles in the registry")
    for column in ("work", "median", "p99", "calls"):
        shown.add_column(column, justify="left" if column == "work" else "right")
    for figure in taken:
        shown.add_row(
            *(figure.work, f"{figure.p50_us:,.1f}", f"{figure.p99_us:,.1f}", f"{figure.calls:,}")
        )
    return shown


@click.command()
@click.option(
    "--vehicles",
    type=click.IntRange(min=EVERY),
    default=3_000_000,
    show_default=True,
    help="Vehicles in the registry; one record for every 15 besides.",
)
@click.option(
    "--calls",
    type=click.IntRange(min=1),
    default=30_000,
    show_default=True,
    help="Passages to time.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Where the registry is kept once it is made.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(vehicles: int, calls: int, folder: Path, as_json: bool) -> None:
    """Measure look-up and decision against a large registry, which is made the first time."""
    try:
        with Console(stderr=True).status("Making the registry (once) and measuring"):
            taken, outcomes = figures(large_registry(vehicles, folder), vehicles, calls)
    except BoxError as error:
        raise click.ClickException(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"{folder} cannot be used ({error}); check it.") from error
    if as_json:
        facts = {"vehicles": vehicles, "figures": [asdict(f) for f in taken], "outcomes": outcomes}
        click.echo(json.dumps(facts, indent=2))
        return
    console = Console()
    console.print(table(taken, vehicles))
    decided = ", ".join(f"{name} {times:,}" for name, times in outcomes.most_common())
    console.print(f"Decided: {decided}.")


if __name__ == "__main__":
    main()
