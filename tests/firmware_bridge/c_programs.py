"""The C programs of the firmware, built under the sanitizers, and its reader beside Python's."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import firmware_bridge
from firmware_bridge import vectors
from firmware_bridge.packet import PacketReader

FIRMWARE = Path(firmware_bridge.__file__).parent / "firmware"


def build(folder: Path) -> Path:
    """Build all programs into a folder; skip the test where there is no compiler."""
    for tool in ("gcc", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} here: apt install gcc libc6-dev make")
    command = ["make", "--silent", "CC=gcc", f"BUILD={folder}", "all"]
    done = subprocess.run(command, cwd=FIRMWARE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def c_reader(programs: Path) -> Iterator[Callable[[bytes], list[str]]]:
    """Yield what gives a stream to a new reader in C, and returns what came out line by line."""
    with subprocess.Popen(
        [programs / "fuzz"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:

        def read(stream: bytes) -> list[str]:
            process.stdin.write(len(stream).to_bytes(2, "little") + stream)
            process.stdin.flush()
            lines = []
            while not lines or not lines[-1].startswith("end "):
                line = process.stdout.readline()
                assert line, "the C program ended: a sanitizer found something"
                lines.append(line.decode().rstrip("\n"))
            return lines

        yield read
    assert process.returncode == 0


def python_reads(stream: bytes) -> list[str]:
    """Return the same lines of a new reader in Python."""
    reader = PacketReader()
    lines = [vectors.describe(packet) for packet in reader.feed(stream)]
    noise = reader.noise
    counts = (noise.too_long, noise.bad_cobs, noise.too_short, noise.bad_crc)
    return [*lines, f"end {' '.join(map(str, counts))}"]
