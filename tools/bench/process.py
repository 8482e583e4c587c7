"""What Linux tells of a process: memory, processor time; and of the machine that it runs on."""

import os
import platform
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE, TICKS = resource.getpagesize(), os.sysconf("SC_CLK_TCK")
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """The memory of a process, in bytes: all that is resident, and what of it is its own.

    The rest are pages of program files, which others that run the same program share.
    """

    resident: int
    anonymous: int


def held(process: int) -> Held:
    """Look once. Raises OSError when it has ended."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    sizes = {name: int(rest.split()[0]) for name, _, rest in (s.partition(":") for s in lines[1:])}
    return Held(1024 * sizes["Rss"], 1024 * (sizes["Anonymous"] + sizes["Swap"]))


def resident_bytes(process: int) -> int:
    """Return the memory that a process holds, 0 when it has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


def processor_s(process: int) -> float:
    """Return what a process has used of the processors, in seconds. Raises OSError."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def children_s() -> float:
    """Return what all finished children used of the processors, in seconds."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def family(process: int) -> Iterator[int]:
    """Yield a process and all that it started, as far as they still run."""
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


@dataclass(frozen=True, slots=True)
class Machine:
    """Where something was measured; `load` is how many processes wanted to run before it began."""

    processor: str
    cores: int
    load: float
    disk: str

    def is_like(self, other: "Machine") -> bool:
        """Tell whether milliseconds of the two may be compared."""
        return (self.processor, self.cores) == (other.processor, other.cores)

    def __str__(self) -> str:
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        return f"{cores} of {self.processor}, {self.disk}, load {self.load}"


def machine(folder: Path) -> Machine:
    """Return this machine, with the disk that a folder lies on."""
    load = round(os.getloadavg()[0], 2)
    return Machine(processor(), os.cpu_count() or 1, load, disk_of(folder))


def processor() -> str:
    """Return the name of the processor, or of the board where that says more."""
    board = Path("/proc/device-tree/model")
    if board.exists():
        return board.read_text("utf-8", errors="replace").strip("\0\n ")
    lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def disk_of(folder: Path) -> str:
    """Return which file system on which device a folder lies on, as Linux tells."""
    here = folder.resolve()
    mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    device, _, system = max(
        (mount for mount in mounts if here.is_relative_to(mount[1])), key=lambda one: len(one[1])
    )
    return f"{system} on {device}"
