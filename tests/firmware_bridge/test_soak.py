"""Bad lines, noise and unplugging, many times; PROTOCOL.md, section 9 has the figures in full size.

`make soak-serial` asks for those, and prints what became of everything.
"""

import os
import random
import subprocess
import time
from collections.abc import Iterator

import pytest

from firmware_bridge.link import Link
from firmware_bridge.messages import to_packet
from firmware_bridge.packet import MAX_PAYLOAD, VERSION, Packet, PacketReader, encode
from firmware_bridge.reports import Connected, Disconnected
from firmware_bridge.settings import Settings
from firmware_bridge.simulator.bench import Bench
from firmware_bridge.vectors import MESSAGES
from tests.firmware_bridge.c_programs import c_reader, python_reads

FRAMES = int(os.environ.get("ANPR_EDGE_SERIAL_FRAMES", "20000"))  # `make soak-serial`: 10,000,000
NOISE = int(os.environ.get("ANPR_EDGE_SERIAL_NOISE", "4000000"))  # and 1,000,000,000 bytes
COMPARED = int(os.environ.get("ANPR_EDGE_SERIAL_COMPARED", "4000"))  # and 1,000,000
UNPLUGS = int(os.environ.get("ANPR_EDGE_SERIAL_UNPLUGS", "2"))  # and 200
SEED = int(os.environ.get("ANPR_EDGE_SERIAL_SEED", "1"))
FULL = "ANPR_EDGE_SERIAL_UNPLUGS" in os.environ
RECONNECTED_WITHIN_S = 2.0
DEADLINE_S = 20.0
CHUNK = 1 << 20
BATCH = 20
"""Frames that are compared at once; their bytes fit in two bytes of length."""


@pytest.mark.parametrize(
    ("kind", "amount"), [("damaged", FRAMES), ("noise", NOISE), ("framed", FRAMES)]
)
def test_c_takes_no_packet_that_nobody_sent(c_programs, kind, amount):
    command = [c_programs / "soak", kind, str(SEED), str(amount)]
    done = subprocess.run(command, capture_output=True, text=True)
    print(f"\nC, {kind}, {amount}: {done.stdout}", end="")
    assert (done.returncode, done.stderr) == (0, "")
    assert " wrong=0 " in done.stdout
    assert kind == "damaged" or " accepted=0 " in done.stdout


def lines_of(process: subprocess.Popen[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield each packet as it was sent, and as it came."""
    while head := process.stdout.read(2):
        sent = process.stdout.read(int.from_bytes(head, "little"))
        came = process.stdout.read(int.from_bytes(process.stdout.read(2), "little"))
        yield sent, came


def test_python_takes_no_packet_that_nobody_sent_from_damaged_ones(c_programs):
    reader, accepted, before = PacketReader(), 0, b""
    command = [c_programs / "soak", "pairs", str(SEED), str(FRAMES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=CHUNK) as process:
        for sent, came in lines_of(process):
            for packet in reader.feed(came):
                # one whose last delimiter was lost is ended by the first of the next
                assert encode(packet) in (sent, before)
                accepted += 1
            before = sent
    print(f"\nPython, damaged, {FRAMES}: accepted={accepted} {reader.noise}")
    assert process.returncode == 0
    assert 0 < accepted < FRAMES


def test_python_takes_no_packet_from_noise():
    reader, chance = PacketReader(), random.Random(SEED)
    for done in range(0, NOISE, CHUNK):
        assert list(reader.feed(chance.randbytes(min(CHUNK, NOISE - done)))) == []
    print(f"\nPython, noise, {NOISE}: {reader.noise}")
    assert reader.noise.bad_crc > 0


def random_frame(chance: random.Random) -> bytes:
    """Return a message, a packet of any content, or either with some bytes wrong or lost."""
    packet = to_packet(chance.choice(MESSAGES), chance.randrange(1, 0x10000))
    if chance.random() < 0.6:
        kind, version = chance.randrange(256), chance.choice((VERSION, chance.randrange(256)))
        payload = chance.randbytes(chance.randrange(MAX_PAYLOAD + 1))
        packet = Packet(kind, chance.randrange(0x10000), payload, version)
    wire = bytearray(encode(packet))
    for _ in range(chance.choice((0, 0, 1, 2, 5))):
        at = chance.randrange(len(wire))
        wire[at : at + chance.choice((1, 1, 2))] = chance.randbytes(chance.randrange(3))
    return bytes(wire)


def test_c_and_python_agree_on_random_frames(c_programs):
    chance, accepted = random.Random(SEED), 0
    with c_reader(c_programs) as read:
        for _ in range(0, COMPARED, BATCH):
            stream = b"".join(random_frame(chance) for _ in range(BATCH))
            lines = read(stream)
            assert lines == python_reads(stream)
            accepted += len(lines) - 1
    print(f"\nC and Python, {COMPARED}: accepted={accepted}")
    assert 0 < accepted < COMPARED


def reconnect_s(bench: Bench, link: Link, away_s: float) -> float:
    """Unplug the device; return how long it took from plugging in to an open session."""
    bench.unplug()
    hear(link, Disconnected)
    time.sleep(away_s)
    plugged_s = time.monotonic()
    bench.plug()
    hear(link, Connected)
    return time.monotonic() - plugged_s


def hear(link: Link, kind: type) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not isinstance(link.receive(DEADLINE_S), kind):
        assert time.monotonic() < deadline_s, f"no {kind.__name__} came"


def test_an_unplugged_device_is_back_soon_however_long_it_was_away(tmp_path):
    chance, took_s = random.Random(SEED), []
    with Bench(tmp_path / "device") as bench, Link(str(bench.path)) as link:
        for _ in range(UNPLUGS):
            took_s.append(reconnect_s(bench, link, chance.choice((0, 0.3, 1, 3))))
    print(
        f"\n{UNPLUGS} unplugs: the longest {max(took_s):.3f} s, mean {sum(took_s) / UNPLUGS:.3f} s"
    )
    assert Settings().retry_most_s + Settings().answer_s < RECONNECTED_WITHIN_S
    assert not FULL or max(took_s) < RECONNECTED_WITHIN_S
