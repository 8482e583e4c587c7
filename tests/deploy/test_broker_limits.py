"""The broker's unit leaves it room for as many boxes as its configuration lets in."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.mosquitto import find_mosquitto, free_port, wait_for

FEW = 40
CONNECT = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03"


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[int]:
    """A broker that may have few files open, at a port."""
    tmp_path.chmod(0o755)
    port, config = free_port(), tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    command = ["prlimit", f"--nofile={FEW}", find_mosquitto(), "-c", str(config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: listens(port), "the broker")
        yield port
        process.terminate()


def listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def is_let_in(stack: ExitStack, port: int, number: int) -> bool:
    line = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
    line.sendall(CONNECT + f"{number:03d}".encode())
    try:
        return line.recv(4)[:1] == b"\x20"
    except ConnectionError:
        return False


def test_a_broker_lets_in_no_more_boxes_than_it_may_have_files(crowded: int) -> None:
    """Why the shipped limit is needed: Mosquitto does not raise its own."""
    with ExitStack() as stack:
        let_in = [is_let_in(stack, crowded, number) for number in range(FEW)]
    assert let_in[0]
    assert not let_in[-1]


def test_the_shipped_limit_has_room_for_every_connection_that_the_configuration_lets_in() -> None:
    conf = (REPOSITORY / "deploy/mosquitto.conf").read_text()
    unit = (REPOSITORY / "deploy/mosquitto.service.conf").read_text()
    connections = sum(int(n) for n in re.findall(r"^max_connections (\d+)$", conf, re.M))
    (limit,) = re.findall(r"^LimitNOFILE=(\d+)$", unit, re.M)
    assert int(limit) > connections + 1_024
