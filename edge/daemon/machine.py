"""What a box takes from its machine, besides the clock: time that passes, chance, heat, the disk.

A tester's run puts its own in their place: then nothing in a record depends on the machine.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.daemon.health import disk_free
from edge.record.age import Recipients
from edge.record.provenance import Draw


class Sealer(Protocol):
    """Seals pictures for the authority."""

    def seal(self, plain: bytes) -> bytes:
        """Return what only the authority can open."""
        ...


@dataclass(frozen=True, slots=True)
class Machine:
    """The real one; `now_s` counts from 1970, at `root` the kernel tells of the hardware."""

    monotonic: Callable[[], float] = time.monotonic
    now_s: Callable[[], float] = time.time
    draw: Draw = os.urandom
    root: Path = Path("/")
    free: Callable[[Path], int | None] = disk_free
    sealer: Callable[[Sequence[str]], Sealer] = Recipients


THIS = Machine()
"""The machine on which this runs."""
