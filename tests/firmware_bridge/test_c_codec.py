"""The C reference codec: strict C99, the shared vectors, and any bytes as Python has them."""

import shutil
import subprocess

import pytest
from hypothesis import example, given, settings

from firmware_bridge import vectors
from tests.firmware_bridge.c_programs import FIRMWARE, c_reader, python_reads
from tests.firmware_bridge.strategies import STREAMS


def test_the_c_codec_agrees_with_every_vector(c_programs):
    done = subprocess.run([c_programs / "vectors", vectors.PATH], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(" 0 faults\n")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("crc 313233343536373839 cbf43927", "CRC-32"),
        ("cobs 1100 021102", "COBS encoded"),
        ("packet 00050103020101056aaaf59600 1 3 258 ack answers=1", "the fields"),
        ("refuse bad_cobs 0004010301070102df3f977200", "refused"),
    ],
)
def test_the_c_program_finds_a_wrong_vector(c_programs, tmp_path, line, word):
    path = tmp_path / "wrong.txt"
    path.write_text(line + "\n")
    done = subprocess.run([c_programs / "vectors", path], capture_output=True, text=True)
    assert done.returncode == 1
    assert word in done.stdout


@pytest.fixture(scope="module")
def c_reads(c_programs):
    with c_reader(c_programs) as read:
        yield read


@settings(max_examples=400, deadline=None)
@given(stream=STREAMS)
@example(stream=b"")
@example(stream=b"\0".join(bytes([n]) * n for n in range(256)))
def test_any_bytes_are_read_by_c_as_by_python(c_reads, stream):
    assert c_reads(stream) == python_reads(stream)


@pytest.mark.parametrize("source", ["anpr_link.c", "anpr_messages.c"])
def test_the_codec_is_also_taken_by_a_cpp_compiler(source):
    if shutil.which("g++") is None:
        pytest.skip("no g++ here: apt install g++")
    command = ["g++", "-x", "c++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    done = subprocess.run([*command, source], cwd=FIRMWARE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_codec_wants_nothing_but_the_c_library():
    for path in FIRMWARE.glob("*.[ch]"):
        included = {
            line.split()[1] for line in path.read_text().splitlines() if line.startswith("#include")
        }
        own = {'"anpr_link.h"', '"anpr_messages.h"'}
        assert included <= own | {"<stdbool.h>", "<stddef.h>", "<stdint.h>", "<string.h>"}, path
