"""What the kernel tells of the box as hardware: heat, a slowed processor, waiting work, wear.

Every figure may be absent: then it is None, and nothing follows from it. Sources, of the kernel's
documentation: sysfs-class-thermal, accounting/psi, block/stat, and mmc-dev-attrs for what
JESD84-B50 (eMMC 5.0) calls life time and pre-EOL; `get_throttled` is that of the
Raspberry Pi's own kernel.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

THROTTLED_BITS = 0b1110
"""Of `get_throttled`: frequency capped, throttled, soft limit of temperature; now, not ever."""
PLAUSIBLE_C = (-60.0, 150.0)  # a sensor that is broken says 0 K, or more than it survives
FIXED_ZONES = {"pmic-die"}
"""A zone of the older Jetsons, whose kernel says one figure of it for ever: mostly 100 degrees."""
SECTOR_BYTES = 512  # whatever the disk's own sectors are
SECTORS_WRITTEN = 6  # the seventh figure of `stat`
TENTHS = 10  # percent
SPARE = {1: "normal", 2: "warning", 3: "urgent"}


@dataclass(frozen=True, slots=True)
class Life:
    """What an eMMC says of its own wear: how much of its life is used at most, and its spares."""

    used_percent: int | None
    spare: str | None


def temperature_c(root: Path) -> float | None:
    """Return the hottest of all thermal zones that measure."""
    folders = _folders(root, "sys/class/thermal/thermal_zone*")
    zones = (_number(zone / "temp") for zone in folders if _measures(zone))
    low, high = PLAUSIBLE_C
    told = [milli / 1000 for milli in zones if milli is not None and low <= milli / 1000 <= high]
    return max(told, default=None)


def is_throttled(root: Path) -> bool:
    """True while the kernel, or the firmware of a Raspberry Pi, slows the processor down."""
    told = _text(root / "sys/devices/platform/soc/soc:firmware/get_throttled")
    if told is not None and _whole(told, 16) & THROTTLED_BITS:
        return True
    cooling = _folders(root, "sys/class/thermal/cooling_device*")
    return any((_number(c / "cur_state") or 0) > 0 for c in cooling if _slows(c))


def pressure(root: Path) -> float | None:
    """Return the share of the last ten seconds in which some work waited for the processor."""
    words = (_text(root / "proc/pressure/cpu") or "").split()
    told = [word.removeprefix("avg10=") for word in words if word.startswith("avg10=")]
    try:
        return float(told[0]) / 100 if told else None
    except ValueError:
        return None


def disk_of(root: Path, folder: Path) -> Path | None:
    """Return what the kernel tells of the partition or disk on which a folder lies."""
    try:
        device = folder.stat().st_dev
    except OSError:
        return None
    found = root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}"
    return found.resolve() if found.exists() else None


def written_bytes(disk: Path | None) -> int | None:
    """Return how many bytes were written to a disk since the system began."""
    words = (_text(disk / "stat") or "").split() if disk is not None else []
    if len(words) <= SECTORS_WRITTEN or not words[SECTORS_WRITTEN].isdecimal():
        return None
    return int(words[SECTORS_WRITTEN]) * SECTOR_BYTES


def life(disk: Path | None) -> Life:
    """Return what a disk says of its wear; an SD card says nothing."""
    places = () if disk is None else (disk / "device", disk.parent / "device")
    device = next((place for place in places if (place / "life_time").exists()), None)
    if device is None:
        return Life(None, None)
    steps = [_whole(word, 16) for word in (_text(device / "life_time") or "").split()]
    spare = _whole(_text(device / "pre_eol_info") or "", 16)
    return Life(max(steps) * TENTHS if any(steps) else None, SPARE.get(spare))


def _folders(root: Path, pattern: str) -> Iterator[Path]:
    yield from sorted(root.glob(pattern))


def _measures(zone: Path) -> bool:
    return (_text(zone / "type") or "").lower() not in FIXED_ZONES


def _slows(cooling: Path) -> bool:
    kind = (_text(cooling / "type") or "").lower()
    return "cpufreq" in kind or "processor" in kind


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def _number(path: Path) -> float | None:
    try:
        return float(_text(path) or "")
    except ValueError:
        return None


def _whole(text: str, radix: int) -> int:
    try:
        return int(text, radix)
    except ValueError:
        return 0
