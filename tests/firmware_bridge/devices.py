"""Devices on a pty that tests talk to: the simulated one, and the C example as a process."""

import os
import pty
import select
import signal
import subprocess
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.messages import Hello, HelloRequest, Message, from_packet, to_packet
from firmware_bridge.packet import Packet, PacketReader, encode
from firmware_bridge.port import BAUD, Port
from firmware_bridge.simulator.bench import Bench
from firmware_bridge.simulator.device import Device

DEADLINE_S = 10.0


@contextmanager
def simulated(path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield a port, and what makes the device see a vehicle."""
    with Bench(path) as bench:
        yield str(bench.path), lambda: bench.say(Device.trigger)


@contextmanager
def c_example(program: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the same of the C example, which runs under the sanitizers."""
    controller, port = pty.openpty()
    tty.setraw(port)
    os.set_blocking(controller, False)
    process = subprocess.Popen(
        [program, "1"], stdin=controller, stdout=controller, stderr=subprocess.PIPE, text=True
    )
    try:
        select.select([port], [], [], DEADLINE_S)  # its hello: it takes signals now
        yield os.ttyname(port), lambda: process.send_signal(signal.SIGUSR1)
    finally:
        os.close(port)  # the program reads that nobody is there, and ends
        os.close(controller)
        _, said = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said.replace("host power cycled\n", "")) == (0, "")


class Wire:
    """The host's end by hand: no session, no retry, no thread."""

    def __init__(self, path: str) -> None:
        self.port = Port(path, BAUD, read_timeout_s=0.02)
        self._reader = PacketReader()
        self._heard: list[Packet] = []

    def say(self, message: Message, sequence: int) -> None:
        self.say_packet(to_packet(message, sequence))

    def say_packet(self, packet: Packet) -> None:
        self.port.write(encode(packet))

    def greet(self, sequence: int) -> Hello:
        """Say a greeting, and return the answer to it."""
        self.say(HelloRequest(0), sequence)
        while (hello := self.hear(Hello)[1]).answers != sequence:
            pass
        return hello

    def hear(self, kind: type[Message]) -> tuple[Packet, Message]:
        """Return the next message of a type; what came before it is forgotten."""
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            while self._heard:
                packet = self._heard.pop(0)
                if packet.type == kind.TYPE:
                    message = from_packet(packet)
                    assert message is not None
                    return packet, message
            self._heard += self._reader.feed(self.port.read())
        raise AssertionError(f"no {kind.__name__} came")

    def hear_any(self) -> Packet:
        """Return the next packet of whatever type."""
        deadline_s = time.monotonic() + DEADLINE_S
        while not self._heard:
            assert time.monotonic() < deadline_s, "nothing came"
            self._heard += self._reader.feed(self.port.read())
        return self._heard.pop(0)
