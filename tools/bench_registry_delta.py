"""What a delta costs at the size of a country: bytes, seconds, and the gap in look-ups it makes.

The registry is that of tools.large_registry; of the changes most are vehicles whose data change,
the rest are vehicles gone, new ones, and records withdrawn. The swap is what a running box does:
the new file comes to its place while a thread asks one plate after the other.
"""

import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Self

import click
from rich.console import Console

from edge.errors import BoxError, RegistryError
from edge.registry.content import kinds_of, written
from edge.registry.delta import apply_delta, row_digest
from edge.registry.deltafile import KEYS
from edge.registry.fresh import FreshRegistry
from edge.registry.seal import copy_proven, seal_of, settle
from edge.types import Passage, Snapshot
from tools.bench.process import resident_bytes
from tools.bench_access import asked
from tools.large_registry import EVERY, FOLDER, KEY, large_registry
from tools.make_delta import make_delta, packed_bytes

CHANGES = 50_000
MB = 1_000_000
QUIET_S = 2.0
"""How long look-ups are timed without a swap, to tell its gap from the machine's own."""
LONGEST_S = 120.0
MEND = "Mend edge.registry.fresh."
SORTS = {"changed": 7, "gone": 1, "new": 1, "withdrawn": 1}
"""What the changes are, and how often each."""
VEHICLE_TABLES = ("vehicles", "plain")
PLACES = {"vehicles": 4, "plain": 2, "exemptions": 4}
"""Where the cell stands that changes: the first registration, the status."""
TOKEN_BITS = 63
ASKED = 20_000


@dataclass(frozen=True, slots=True)
class DeltaFigures:
    """What one delta cost; `quiet_gap_ms` is the longest gap without a swap, the machine's own.

    `own_gap_ms` leaves out what the asking thread waited for a processor that other work had.
    Seconds of the processor stand beside those of the clock: other work may have run meanwhile.
    """

    changes: int
    make_s: float
    packed_mb: float
    apply_s: float
    apply_cpu_s: float
    base_mb: float
    made_mb: float
    open_s: float
    quiet_gap_ms: float
    gap_ms: float
    own_gap_ms: float
    growth_mb: float
    lookups: int


def figures(
    base: Path, passages: Sequence[Passage], folder: Path, changes: int = CHANGES
) -> DeltaFigures:
    """Measure the way from a registry (made with KEY) to one that differs by so many changes."""
    new = newer_registry(base, changes, folder / f"newer-{changes}-{base.name}")
    delta, made = folder / "bench.delta", folder / "made" / "registry.sqlite"
    made.parent.mkdir(exist_ok=True)
    make_s, _ = seconds(lambda: make_delta(base, new, delta))
    apply_s, apply_cpu_s = seconds(lambda: apply_delta(base, delta, made))
    swap = swapped(base, made, passages, folder / "active" / "registry.sqlite")
    return DeltaFigures(
        changes=changes,
        make_s=round(make_s, 1),
        packed_mb=round(packed_bytes(delta) / MB, 2),
        apply_s=round(apply_s, 2),
        apply_cpu_s=round(apply_cpu_s, 2),
        base_mb=round(base.stat().st_size / MB, 1),
        made_mb=round(made.stat().st_size / MB, 1),
        open_s=round(swap.open_s, 2),
        quiet_gap_ms=round(swap.quiet_gap_s * 1000, 1),
        gap_ms=round(swap.gap_s * 1000, 1),
        own_gap_ms=round(swap.own_gap_s * 1000, 1),
        growth_mb=round(swap.growth_mb, 1),
        lookups=swap.lookups,
    )


def newer_registry(base: Path, changes: int, out: Path) -> Path:
    """Return a registry that differs from another by so many changes, made once."""
    if out.exists():
        return out
    draft = out.with_suffix(".draft")
    copy_proven(base, draft)
    with closing(sqlite3.connect(draft)) as connection, connection:
        alter(connection, changes)
    settle(draft, out)
    return out


def alter(connection: sqlite3.Connection, changes: int) -> None:
    """Change rows of vehicles and records, and state what the registry holds then."""
    drawn = random.Random(3)
    meta = dict(connection.execute("SELECT name, value FROM meta"))
    content, kinds = int(meta["content"], 16), kinds_of(connection)
    held = [int(meta[table]) for table in VEHICLE_TABLES]
    for sort in drawn.choices(tuple(SORTS), tuple(SORTS.values()), k=changes):
        withdrawn = sort == "withdrawn"
        table = "exemptions" if withdrawn else drawn.choices(VEHICLE_TABLES, held)[0]
        row = list(near(connection, table, drawn.getrandbits(TOKEN_BITS)))
        if sort != "new":
            where = " AND ".join(f"{column} = ?" for column in KEYS[table])
            key = row[: len(KEYS[table])]
            connection.execute(f"DELETE FROM {table} WHERE {where}", key)
            content -= row_digest(table, row, kinds)
        if sort != "gone":
            row[0] = drawn.getrandbits(TOKEN_BITS) if sort == "new" else row[0]
            place = PLACES[table]
            row[place] = "ingetrokken" if withdrawn else drawn.randrange(15_000, 20_000)
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
            content += row_digest(table, row, kinds)
    facts = {"id": f"{meta['id']}-newer", "content": written(content)}
    for table in VEHICLE_TABLES:
        facts[table] = str(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    connection.executemany(
        "UPDATE meta SET value = ? WHERE name = ?", [(value, name) for name, value in facts.items()]
    )


def near(connection: sqlite3.Connection, table: str, token: int) -> tuple[object, ...]:
    """Return the row whose token follows, or the first: tokens lie evenly."""
    after = f"SELECT * FROM {table} WHERE token >= ? ORDER BY token LIMIT 1"
    found: tuple[object, ...] | None = connection.execute(after, (token,)).fetchone()
    return found or near(connection, table, 0)


@dataclass(frozen=True, slots=True)
class Swap:
    """What look-ups met while another registry took over."""

    open_s: float
    quiet_gap_s: float
    gap_s: float
    own_gap_s: float
    growth_mb: float
    lookups: int


class Asker:
    """Asks plates on a thread of its own, and keeps the longest gap between two answers.

    No other thread may use the registry meanwhile: as in a box, one asks.
    """

    def __init__(self, registry: FreshRegistry, passages: Sequence[Passage]) -> None:
        self.registry, self.passages = registry, passages
        self.answered: Snapshot | None = None
        self.gap_s, self.own_gap_s, self.lookups, self.faults = 0.0, 0.0, 0, 0
        self._thread = threading.Thread(target=self._ask)
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        last, waited = time.perf_counter(), waited_s()
        for passage in cycle(self.passages):
            if self._ended.is_set():
                break
            facts = self.registry.facts(passage)
            self.answered = facts.snapshot
            self.faults += facts.fault is not None
            now, wait = time.perf_counter(), waited_s()
            self.gap_s = max(self.gap_s, now - last)
            self.own_gap_s = max(self.own_gap_s, now - last - (wait - waited))
            last, waited = now, wait
            self.lookups += 1


def swapped(base: Path, new: Path, passages: Sequence[Passage], active: Path) -> Swap:
    """Let a registry take over from another while plates are asked."""
    put(base, active)
    with FreshRegistry(active, KEY) as registry:
        with Asker(registry, passages) as quiet:
            time.sleep(QUIET_S)
        resident = most = resident_mb()
        with Asker(registry, passages) as asker:
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
    return Swap(open_s, quiet.gap_s, asker.gap_s, asker.own_gap_s, most - resident, asker.lookups)


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


def waited_s() -> float:
    """Return how long this thread has waited for a processor; 0 where Linux keeps no count."""
    try:
        kept = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text("ascii")
    except OSError:
        return 0.0
    return int(kept.split()[1]) / 1e9


def resident_mb() -> float:
    """Return how much memory this process holds now."""
    return resident_bytes(os.getpid()) / 2**20


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long a piece of work took by the clock, and of this process's processor."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


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
            base = large_registry(vehicles, folder)
            found = figures(base, asked(vehicles, ASKED), folder, changes)
    except BoxError as error:
        raise click.ClickException(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"{folder} cannot be used ({error}); check it.") from error
    click.echo(json.dumps(asdict(found), indent=2))


if __name__ == "__main__":
    main()
