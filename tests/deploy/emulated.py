"""Programs of a Raspberry Pi 4 on this machine: qemu-user, told to be a Cortex-A72."""

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.debian import Debian

CPU = "cortex-a72"
FORMATS = Path("/proc/sys/fs/binfmt_misc")
ENTRY = FORMATS / "qemu-aarch64"
DEBIANS = Path("/usr/lib/binfmt.d/qemu-aarch64.conf")
TAKE_AWAY = "-1"
AARCH64 = 183
"""What an ELF file says that it is for."""

COME_IN = """\
mount -t proc proc /proc && mount --bind /root/cpuinfo /proc/cpuinfo && mount -t sysfs sys /sys &&
exec "$@"
"""
CORE = """\
processor\t: {}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""
"""What the kernel of a Raspberry Pi 4 says of each core; that of this machine says what this is."""

NOP = 0xD503201F
DOTPROD = 0x4E829420  # sdot v0.4s, v1.16b, v2.16b
FP16 = 0x4E421420  # fadd v0.8h, v1.8h, v2.8h
ATOMICS = 0xB82003E1  # ldadd w0, w1, [sp]
EXIT = (0xD2800BA8, 0xD2800000, 0xD4000001)  # mov x8, #93; mov x0, #0; svc #0


@contextmanager
def emulation() -> Iterator[None]:
    """Let this kernel run programs for arm64, unless it does; as it was before in the end."""
    if ENTRY.exists():
        yield
        return
    mounts = not (FORMATS / "register").exists()
    if mounts:
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(FORMATS)], check=True)
    (FORMATS / "register").write_bytes(DEBIANS.read_bytes())
    try:
        yield
    finally:
        ENTRY.write_text(TAKE_AWAY)
        if mounts:
            subprocess.run(["umount", str(FORMATS)], check=True)


def entered(folder: Path, cpu: str = CPU) -> Debian:
    """Return a root whose programs run on such a processor, and see that of a Pi."""
    (folder / "root" / "cpuinfo").write_text("".join(map(CORE.format, range(os.cpu_count() or 1))))
    apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", str(folder))
    return Debian(folder, (*apart, "env", f"QEMU_CPU={cpu}", "sh", "-c", COME_IN, "sh"))


def program(instruction: int) -> bytes:
    """Return a program for arm64 that does one instruction and ends well."""
    code = struct.pack("<4I", instruction, *EXIT)
    at, header, table = 0x400000, 64, 56
    start = header + table
    elf = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\x02\x01\x01", 2, AARCH64, 1, at + start, header, 0, 0),
        *(header, table, 1, 0, 0, 0),
    )
    whole = start + len(code)
    return elf + struct.pack("<IIQQQQQQ", 1, 5, 0, at, at, whole, whole, 0x1000) + code


def machine_of(path: Path) -> int | None:
    """Return what machine a compiled file is for; None where it is no such file."""
    with path.open("rb") as file:
        head = file.read(20)
    return struct.unpack_from("<H", head, 18)[0] if head.startswith(b"\x7fELF") else None
