import errno
import os
import pty
import threading
import time

import pytest
import serial

from firmware_bridge import port as module
from firmware_bridge.errors import PortError
from firmware_bridge.port import BAUD, Port


def opened(path: str) -> Port:
    return Port(path, BAUD, read_timeout_s=0.02)


@pytest.fixture
def ends():
    controller, slave = pty.openpty()
    yield controller, os.ttyname(slave)
    for end in (controller, slave):
        os.close(end)


def test_no_such_port_names_it_and_where_to_look(tmp_path):
    with pytest.raises(PortError) as told:
        opened(str(tmp_path / "ttyACM7"))
    assert "ttyACM7" in told.value.cause
    assert "/dev/serial/by-id/" in told.value.remedy


def test_a_port_of_others_names_the_group(monkeypatch):
    def refuse(*args, **kwargs):
        raise serial.SerialException(errno.EACCES, "could not open port")

    monkeypatch.setattr(module.serial, "Serial", refuse)
    with pytest.raises(PortError) as told:
        opened("/dev/ttyACM0")
    assert "/dev/ttyACM0" in told.value.cause
    assert "dialout" in told.value.remedy


def test_a_port_that_another_program_holds_is_told_as_such(ends):
    first = opened(ends[1])
    with pytest.raises(PortError, match="Another program holds"):
        opened(ends[1])
    first.close()
    opened(ends[1]).close()


def test_a_file_is_no_serial_port(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(PortError, match="cannot be used as a serial port"):
        opened(str(path))


def test_a_speed_that_is_none_is_refused(ends):
    with pytest.raises(PortError, match="-1 baud"):
        Port(ends[1], -1, read_timeout_s=0.02)


def test_any_byte_passes_both_ways_untouched(ends):
    controller, path = ends
    port, every = opened(path), bytes(range(256))
    port.write(every)
    assert os.read(controller, 1000) == every
    os.write(controller, every)
    got = b""
    while len(got) < 256:
        got += port.read()
    assert got == every
    assert port.read() == b""
    port.close()


def test_an_unplugged_port_says_so_on_reading_and_on_writing():
    controller, slave = pty.openpty()
    port = opened(os.ttyname(slave))
    os.close(slave)
    os.close(controller)
    with pytest.raises(PortError, match="went away"):
        port.read()
    with pytest.raises(PortError, match="went away"):
        port.write(b"x")
    port.close()
    with pytest.raises(PortError):
        port.read()


def test_a_line_that_takes_nothing_is_told_and_does_not_block_for_ever(ends, monkeypatch):
    monkeypatch.setattr(module, "WRITE_TIMEOUT_S", 0.05)
    port = opened(ends[1])
    with pytest.raises(PortError, match="went away"):
        port.write(b"x" * 1_000_000)
    port.close()


def test_packets_of_two_threads_do_not_mix(ends):
    controller, path = ends
    port = opened(path)
    size, times = 8000, 10  # more than the line takes at once
    pieces = [bytes([letter]) * size for letter in b"ab"]
    writers = [
        threading.Thread(target=lambda p=piece: [port.write(p) for _ in range(times)])
        for piece in pieces
    ]
    for writer in writers:
        writer.start()
    got = b""
    while len(got) < 2 * size * times:
        time.sleep(0.001)
        got += os.read(controller, 1000)
    for writer in writers:
        writer.join()
    assert {got[i : i + size] for i in range(0, len(got), size)} == set(pieces)
    port.close()
