"""What came of a soak: what each process holds, and what was lost."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from edge.record.envelope import decode_part, split
from edge.record.message import decode
from tools.soak.growth import Growth, Watched, growth

MOST_MB_H, WARM_SHARE = 1.0, 3


@dataclass(frozen=True, slots=True)
class Soaked:
    """What came of it; `waited`: how many records the box ever told to wait for a receipt."""

    hours: float
    records: int
    lost: int
    twice: int
    waited: int
    kinds: dict[str, int]
    processes: tuple[Growth, ...]

    @property
    def is_sound(self) -> bool:
        """True when nothing was lost and nothing grows."""
        steady = all(process.is_steady(MOST_MB_H) for process in self.processes)
        return not self.lost and not self.twice and steady


def told(folder: Path, hours: float, watched: list[Watched]) -> Soaked:
    """Compare what the box appended with what the platform holds."""
    with closing(sqlite3.connect(folder / "outbox.sqlite")) as db:
        (appended,) = db.execute("SELECT seq FROM head").fetchone()
    with closing(sqlite3.connect(folder / "received.sqlite")) as db:
        held = dict(db.execute("SELECT kind, count(*) FROM records GROUP BY kind").fetchall())
        (places,) = db.execute("SELECT count(DISTINCT seq) FROM records").fetchone()
        told = db.execute("SELECT jws FROM records WHERE kind = 'health'").fetchall()
    warm_s = hours * 3600 / WARM_SHARE
    grown = tuple(growth(process, warm_s) for process in watched)
    lost, twice = appended - places, sum(held.values()) - places
    return Soaked(hours, appended, lost, twice, longest(jws for (jws,) in told), held, grown)


def longest(health: Iterable[bytes]) -> int:
    """Return how many records waited when most did, by the box's own word."""
    records = (decode(decode_part(split(jws)[1])).data for jws in health)
    return max((record.waiting for record in records), default=0)


def show(found: Soaked) -> None:
    """Print it for people."""
    table = Table("process", "memory MB", "MB an hour", "open files", box=SIMPLE, pad_edge=False)
    for process in found.processes:
        files = f"{process.files[0]} -> {process.files[1]}"
        cells = (process.name, f"{process.memory_mb:.1f}", f"{process.slope_mb_h:+.2f}", files)
        table.add_row(*cells)
    Console(stderr=True).print(table)
