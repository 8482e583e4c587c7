"""A country's registry from made-up tables: how large, how long, how much memory, how fast to ask.

The tables are made once and kept; the build runs in processes of its own, whose memory is sampled
together (pages that they share count twice, so the truth is lower). Look-ups are of random
vehicles of both countries, 30 % of them not in the registry, in a file that lies in memory.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from edge.access.desk import desk_passage
from edge.errors import BoxError
from edge.registry.cache import RegistryCache
from edge.types import Passage
from tools import made_belgian, made_dutch
from tools.bench.figure import Figure
from tools.bench.process import children_s, family, resident_bytes
from tools.bench.table import tables
from tools.bench_access import measured
from tools.bench_registry_delta import figures as delta_figures
from tools.large_registry import FOLDER, KEY
from tools.make_registry_data import make

AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
AS_OF = "2026-11-02T00:00Z"
SEED = 1
BELGIANS = 30
"""One vehicle in so many is Belgian."""
UNKNOWN = 0.3
SAMPLE_S = 0.2
GROUP = "the registry of a country"


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is, and where it lies."""

    vehicles: int
    exemptions: int
    folder: Path

    @property
    def belgians(self) -> int:
        """How many of the vehicles are Belgian."""
        return self.vehicles // BELGIANS

    @property
    def tables(self) -> Path:
        """Where the tables lie."""
        return self.folder / f"tables-{self.vehicles}-{self.exemptions}"

    @property
    def registry(self) -> Path:
        """Where the registry lies."""
        return self.folder / f"built-{self.vehicles}-{self.exemptions}.sqlite"


def figures(size: Size, calls: int) -> list[Figure]:
    """Measure everything. Raises BoxError, OSError."""
    return [*made(size), *built(size), *asked(size, calls), *brought(size, calls)]


def told(name: str, value: float, unit: str, asked: float | None = None) -> Figure:
    """Return one measure beside what is asked of it."""
    return Figure(GROUP, name, value, unit, asked=asked)


def made(size: Size) -> Iterator[Figure]:
    """Make the tables, unless they are there."""
    if size.tables.is_dir():
        return
    draft = size.tables.with_suffix(".draft")
    began = time.perf_counter()
    make(draft, size.vehicles - size.belgians, size.belgians, size.exemptions, SEED, 0, 0)
    draft.rename(size.tables)
    yield told("make the tables", round(time.perf_counter() - began, 1), "s")


def built(size: Size) -> Iterator[Figure]:
    """Build the registry in a process of its own."""
    key = size.folder / "token.key"
    key.write_text(KEY.hex())
    tables = size.tables
    command = [
        *(sys.executable, "-m", "tools.build_registry", "--rdw", str(tables / "rdw")),
        *("--vehicles", str(tables / "belgian.csv"), "--key", str(key), "--id", "bench"),
        *("--exemptions", str(tables / "exemptions.csv"), "--out", str(size.registry)),
        *("--vehicles-as-of", AS_OF, "--exemptions-as-of", AS_OF),
    ]
    began, used = time.perf_counter(), children_s()
    peak = peak_bytes(command)
    yield told("build", round(time.perf_counter() - began, 1), "s", 900)
    yield told("build, processor time", round(children_s() - used, 1), "s")
    yield told("build, memory of all processes", round(peak / 1e6, 1), "MB", 1000)
    yield told("size of the file", round(size.registry.stat().st_size / 1e6, 1), "MB", 400)


def peak_bytes(command: Sequence[str]) -> int:
    """Run a command; return the most memory that it and its children held together."""
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(resident_bytes, family(process.pid))))
            time.sleep(SAMPLE_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def asked(size: Size, calls: int) -> Iterator[Figure]:
    """Look up random vehicles."""
    passages = list(passing(size, calls))
    with RegistryCache.open(size.registry, KEY) as cache:
        taken = measured("look up", cache.facts, passages)
        found = sum(cache.facts(passage).vehicle is not None for passage in passages)
    yield told("look up, median", taken.p50_us, "µs", 30)
    yield told("look up, 99 of 100", taken.p99_us, "µs", 200)
    yield told("found of those asked", round(100 * found / calls, 1), "%")


def brought(size: Size, calls: int) -> Iterator[Figure]:
    """Bring the registry to its next version, while it is asked."""
    found = delta_figures(size.registry, list(passing(size, calls)), size.folder)
    yield told(f"delta of {found.changes:,} changes, made", found.make_s, "s")
    yield told("delta, as it travels", found.packed_mb, "MB", 2)
    yield told("delta, applied and checked", found.apply_s, "s", 10)
    yield told("delta, processor time", found.apply_cpu_s, "s")
    yield told("size of the file after it", found.made_mb, "MB")
    yield told("longest gap of look-ups", found.quiet_gap_ms, "ms")
    yield told("longest gap while it takes over", found.gap_ms, "ms", 100)
    yield told("the same, less waits for a processor", found.own_gap_ms, "ms", 100)
    yield told("memory more while it takes over", found.growth_mb, "MB", 50)


def passing(size: Size, calls: int) -> Iterator[Passage]:
    """Yield passages of random vehicles, some of them in no table."""
    chance = random.Random(2)
    ours = size.vehicles - size.belgians
    for _ in range(calls):
        number = chance.randrange(size.vehicles)
        if chance.random() < UNKNOWN:
            yield desk_passage("NL", AT, made_dutch.plate(number + size.vehicles))
        elif number < ours:
            yield desk_passage("NL", AT, made_dutch.plate(number))
        else:
            yield desk_passage("BE", AT, made_belgian.plate(number - ours))


@click.command()
@click.option(
    "--vehicles",
    type=click.IntRange(min=1_000),
    default=15_000_000,
    show_default=True,
    help="Vehicles in all; one in 30 is Belgian.",
)
@click.option(
    "--exemptions",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    help="Exemption records.",
)
@click.option("--calls", type=click.IntRange(min=1), default=100_000, show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Where tables (2 GB for 15 million vehicles) and registry are kept.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(vehicles: int, exemptions: int, calls: int, folder: Path, as_json: bool) -> None:
    """Build a registry of a country's size from made-up tables, and measure it."""
    size = Size(vehicles, exemptions, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = figures(size, calls)
    except (BoxError, OSError, subprocess.CalledProcessError) as error:
        raise click.ClickException(f"The registry cannot be measured: {error}") from error
    if as_json:
        about = {"vehicles": vehicles, "exemptions": exemptions}
        click.echo(json.dumps({**about, "figures": [asdict(figure) for figure in taken]}, indent=2))
        return
    for table in tables(taken):
        Console().print(table)


if __name__ == "__main__":
    main()
