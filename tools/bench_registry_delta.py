"""What a delta costs at the size of a country: bytes, seconds, and the gap in look-ups it makes.

The registry is that of tools.large_registry; of the changes most are vehicles whose data change,
the rest are vehicles gone, new ones, and records withdrawn. The swap is what a running box does:
the new file comes to its place while a thread asks one plate after the other.
"""

import json
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import click
from rich.console import Console

from edge.access.desk import desk_passage
from edge.errors import BoxError, RegistryError
from edge.registry.content import exemption_digest, kinds_of, vehicle_digest, written
from edge.registry.delta import apply_delta
from edge.registry.fresh import FreshRegistry
from edge.registry.seal import copy_proven, seal_of, settle
from edge.registry.token import token
from edge.types import Snapshot
from tools.large_registry import AT, EVERY, FOLDER, KEY, large_registry, plate
from tools.make_delta import make_delta, packed_bytes

CHANGES = 50_000
MB = 1 << 20
QUIET_S = 2.0
"""How long look-ups are timed without a swap, to tell its gap from the machine's own."""
LONGEST_S = 120.0
MEND = "Mend edge.registry.fresh."
MASS, REFERENCE = 5, 8
"""Places in a row of vehicles."""
GONE = "DELETE FROM vehicles WHERE token = ?"
PUT = f"INSERT INTO vehicles VALUES ({', '.join('?' * 9)})"


@dataclass(frozen=True, slots=True)
class DeltaFigures:
    """What one delta cost; `quiet_gap_ms` is the longest gap without a swap."""

    vehicles: int
    changes: int
    make_s: float
    delta_mb: float
    packed_mb: float
    apply_s: float
    base_mb: float
    made_mb: float
    open_s: float
    quiet_gap_ms: float
    gap_ms: float
    growth_mb: float
    lookups: int


def figures(vehicles: int, folder: Path = FOLDER, changes: int = CHANGES) -> DeltaFigures:
    """Make a registry and a newer one, and measure the way from one to the other."""
    base = large_registry(vehicles, folder)
    new = newer_registry(base, vehicles, changes, folder / f"newer-{vehicles}-{changes}.sqlite")
    delta, made = folder / "bench.delta", folder / "made" / "registry.sqlite"
    made.parent.mkdir(exist_ok=True)
    make_s = seconds(lambda: make_delta(base, new, delta))
    apply_s = seconds(lambda: apply_delta(base, delta, made))
    sizes = (made.stat().st_size / MB, delta.stat().st_size / MB, packed_bytes(delta) / MB)
    swap = swapped(base, made, vehicles, folder / "active" / "registry.sqlite")
    return DeltaFigures(
        vehicles=vehicles,
        changes=changes,
        make_s=round(make_s, 1),
        delta_mb=round(sizes[1], 2),
        packed_mb=round(sizes[2], 2),
        apply_s=round(apply_s, 2),
        base_mb=round(base.stat().st_size / MB, 1),
        made_mb=round(sizes[0], 1),
        open_s=round(swap.open_s, 2),
        quiet_gap_ms=round(swap.quiet_gap_s * 1000, 1),
        gap_ms=round(swap.gap_s * 1000, 1),
        growth_mb=round(swap.growth_mb, 1),
        lookups=swap.lookups,
    )


def newer_registry(base: Path, vehicles: int, changes: int, out: Path) -> Path:
    """Return a registry that differs from another by so many changes, made once."""
    if seal_of(out).exists() and out.exists():
        return out
    draft = out.with_suffix(".draft")
    copy_proven(base, draft)
    with closing(sqlite3.connect(draft)) as connection, connection:
        alter(connection, vehicles, changes)
    settle(draft, out)
    return out


def alter(connection: sqlite3.Connection, vehicles: int, changes: int) -> None:
    """Change rows, and state what the registry holds then."""
    drawn = random.Random(3)
    meta = dict(connection.execute("SELECT name, value FROM meta"))
    content, kinds = int(meta["content"], 16), kinds_of(connection)
    sorts = drawn.choices(("changed", "gone", "new", "withdrawn"), (7, 1, 1, 1), k=changes)
    numbers = drawn.sample(range(vehicles), changes)
    for place, (sort, number) in enumerate(zip(sorts, numbers, strict=True)):
        key = token(KEY, *plate(number))
        if sort == "withdrawn":
            content += withdrawn(connection, token(KEY, *plate(number // EVERY * EVERY)))
            continue
        row = connection.execute("SELECT * FROM vehicles WHERE token = ?", (key,)).fetchone()
        if sort in ("changed", "gone"):
            connection.execute(GONE, (key,))
            content -= vehicle_digest(row, kinds)
        if sort in ("changed", "new"):
            like = list(row)
            like[0] = key if sort == "changed" else token(KEY, *plate(vehicles + place))
            like[MASS], like[REFERENCE] = drawn.randrange(1500, 12_000), drawn.getrandbits(62)
            connection.execute(PUT, like)
            content += vehicle_digest(like, kinds)
    facts = {"id": f"{meta['id']}-newer", "content": written(content)}
    (facts["vehicles"],) = map(str, connection.execute("SELECT count(*) FROM vehicles").fetchone())
    connection.executemany(
        "UPDATE meta SET value = ? WHERE name = ?", [(value, name) for name, value in facts.items()]
    )


def withdrawn(connection: sqlite3.Connection, key: int) -> int:
    """Withdraw the records of a vehicle, and return by how much the content changes."""
    found = "SELECT * FROM exemptions WHERE token = ?"
    before = sum(map(exemption_digest, connection.execute(found, (key,))))
    connection.execute("UPDATE exemptions SET status = 'ingetrokken' WHERE token = ?", (key,))
    return sum(map(exemption_digest, connection.execute(found, (key,)))) - before


@dataclass(frozen=True, slots=True)
class Swap:
    """What look-ups met while another registry took over."""

    open_s: float
    quiet_gap_s: float
    gap_s: float
    growth_mb: float
    lookups: int


class Asker:
    """Asks plates on a thread of its own, and keeps the longest gap between two answers.

    No other thread may use the registry meanwhile: as in a box, one asks.
    """

    def __init__(self, registry: FreshRegistry, vehicles: int) -> None:
        self.registry, self.vehicles = registry, vehicles
        self.answered: Snapshot | None = None
        self.gap_s, self.lookups, self.faults = 0.0, 0, 0
        self._thread = threading.Thread(target=self._ask)
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        drawn = random.Random(4)
        last = time.perf_counter()
        while not self._ended.is_set():
            country, text = plate(drawn.randrange(self.vehicles))
            facts = self.registry.facts(desk_passage(country, AT, text))
            self.answered = facts.snapshot
            self.faults += facts.fault is not None
            now = time.perf_counter()
            self.gap_s, last = max(self.gap_s, now - last), now
            self.lookups += 1


def swapped(base: Path, new: Path, vehicles: int, active: Path) -> Swap:
    """Let a registry take over from another while plates are asked."""
    put(base, active)
    with FreshRegistry(active, KEY) as registry:
        with Asker(registry, vehicles) as quiet:
            time.sleep(QUIET_S)
        resident = most = resident_mb()
        with Asker(registry, vehicles) as asker:
            put(new, active)
            began = time.perf_counter()
            while asker.answered in (None, quiet.answered):
                most = max(most, resident_mb())
                time.sleep(0.01)
                if time.perf_counter() - began > LONGEST_S:
                    raise RegistryError("The new registry did not take over.", MEND)
            open_s = time.perf_counter() - began
            time.sleep(QUIET_S / 4)
            most = max(most, resident_mb())
    if quiet.faults or asker.faults:
        raise RegistryError("A look-up failed during the swap.", MEND)
    return Swap(open_s, quiet.gap_s, asker.gap_s, most - resident, asker.lookups)


def put(registry: Path, place: Path) -> None:
    """Bring a registry and its seal to a place as an update does: by renaming."""
    place.parent.mkdir(exist_ok=True)
    came = place.with_name(f".{registry.name}")
    for source, link, to in (
        (seal_of(registry), seal_of(came), seal_of(place)),
        (registry, came, place),
    ):
        link.unlink(missing_ok=True)
        link.hardlink_to(source)
        link.rename(to)


def resident_mb() -> float:
    """Return how much memory this process holds now."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@click.command()
@click.option("--vehicles", type=click.IntRange(min=EVERY), default=3_000_000, show_default=True)
@click.option("--changes", type=click.IntRange(min=1), default=CHANGES, show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Where the registries are kept once they are made.",
)
def main(vehicles: int, changes: int, folder: Path) -> None:
    """Measure a delta against a large registry, and print the figures as JSON."""
    try:
        with Console(stderr=True).status("Making the registries (once) and measuring"):
            found = figures(vehicles, folder, min(changes, vehicles))
    except BoxError as error:
        raise click.ClickException(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"{folder} cannot be used ({error}); check it.") from error
    click.echo(json.dumps(asdict(found), indent=2))


if __name__ == "__main__":
    main()
