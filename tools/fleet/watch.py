"""What processes spend and hold, by what they are for."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

TICKS_S = os.sysconf("SC_CLK_TCK")
USER, SYSTEM = 11, 12
"""Places in /proc/PID/stat behind the name: ticks in the program, and in the kernel for it."""
MEMORY_EVERY = 10


@dataclass(frozen=True, slots=True)
class Look:
    """What was spent by a moment, in seconds of a core for each role, and held (bytes)."""

    at: float
    spent_s: Mapping[str, float]
    held: Mapping[str, int]


@dataclass(slots=True)
class Watch:
    """Looks at the processes of each role again and again; who has died stays counted."""

    roles: Mapping[str, Callable[[], list[int]]]
    looks: list[Look] = field(default_factory=list)
    _spent: dict[str, dict[int, float]] = field(default_factory=dict)

    def look(self, at: float) -> Look:
        """Look once."""
        alive = {role: pids() for role, pids in self.roles.items()}
        for role, found in alive.items():
            known = self._spent.setdefault(role, {})
            known.update({pid: used for pid in found if (used := spent_s(pid)) is not None})
        held = self.looks[-1].held if self.looks else {}
        if len(self.looks) % MEMORY_EVERY == 0:
            held = {role: sum(map(held_bytes, found)) for role, found in alive.items()}
        total = {role: sum(known.values()) for role, known in self._spent.items()}
        self.looks.append(Look(at, total, held))
        return self.looks[-1]


def spent_s(pid: int) -> float | None:
    """Return the seconds of a core that a process took so far; None when it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return (int(fields[USER]) + int(fields[SYSTEM])) / TICKS_S


def held_bytes(pid: int) -> int:
    """Return the memory of a process, what it shares with others by its part of it; 0: ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
