"""Both ends of the seam on a real socket: any order of starts, any caller, nothing said twice."""

import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.errors import ConfigError, ListenError
from edge.housing.caller import Caller
from edge.housing.line import KIND
from edge.housing.listener import CALLERS, Listener
from edge.housing.words import (
    LARGEST,
    VERSION,
    Greeting,
    Plates,
    Progress,
    Standing,
    Taken,
    Word,
    packed,
    read,
)

PATIENCE_S = 20.0
HELLO = Greeting(version=VERSION, start="one")
STANDS = Standing(connected=True)


def wait(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="seam-") as folder:  # a socket's name is short
        yield Path(folder) / "s"


class Service:
    """The service's end, and what it was told."""

    def __init__(self, path: Path, *welcome: Word) -> None:
        self.heard: list[Word] = []
        self.listener = Listener(path, lambda: welcome or (HELLO, STANDS), self.heard.append)


class Daemon:
    """The daemon's end, what it was told, and why it was not."""

    def __init__(self, path: Path) -> None:
        self.heard: list[Word] = []
        self.lost: list[str] = []
        self.caller = Caller(path, self.heard.append, self.lost.append, again_s=0.01)


def stranger(path: Path) -> socket.socket:
    end = socket.socket(socket.AF_UNIX, KIND)
    end.connect(str(path))
    end.settimeout(5)
    return end


def hangs_up(end: socket.socket) -> bool:
    """True once the other side has closed; what it said before is passed over."""
    try:
        while end.recv(LARGEST):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_both_hear_each_other_whoever_comes_first(path: Path) -> None:
    daemon = Daemon(path)
    wait(lambda: daemon.lost)
    assert "nobody answers" in daemon.lost[0]
    assert not daemon.caller.say(Progress())
    service = Service(path)
    wait(lambda: daemon.heard == [HELLO, STANDS])
    wait(lambda: daemon.caller.say(Progress()))
    service.listener.tell(STANDS)
    wait(lambda: daemon.heard == [HELLO, STANDS, STANDS])
    wait(lambda: service.heard == [Progress()])
    service.listener.close()
    wait(lambda: any("hung up" in why for why in daemon.lost))
    again = Service(path, Greeting(version=VERSION, start="two"))
    wait(lambda: Greeting(version=VERSION, start="two") in daemon.heard)
    daemon.caller.close()
    again.listener.close()
    assert not path.exists()


def test_only_the_service_and_its_group_may_open_the_socket(path: Path) -> None:
    with Service(path).listener:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_socket_that_a_killed_service_left_is_replaced_and_one_in_use_is_not(path: Path) -> None:
    left = socket.socket(socket.AF_UNIX, KIND)
    left.bind(str(path))
    left.close()
    service = Service(path)
    with pytest.raises(ListenError, match="cannot be had"):
        Service(path)
    with stranger(path) as other:
        assert read(other.recv(LARGEST)) == HELLO
    service.listener.close()


def test_a_name_that_is_no_place_for_a_socket_is_a_fault_of_the_configuration(
    path: Path,
) -> None:
    for bad in (path / "below" / "s", path.with_name("x" * 200)):
        with pytest.raises(ConfigError, match=r"firmware\.socket"):
            Service(bad)
    path.write_text("not a socket")
    with pytest.raises(ConfigError):
        Service(path)
    assert path.read_text() == "not a socket"


@pytest.mark.parametrize(
    "packet",
    [
        packed(Greeting(version=VERSION + 1)),
        b"no word",
        b'"' + b"x" * (2 * LARGEST) + b'"',
        b'{"type":"taken","number":-1}',
    ],
)
def test_who_says_what_is_no_word_is_hung_up_on_and_nobody_else(path: Path, packet: bytes) -> None:
    service, daemon = Service(path), Daemon(path)
    wait(lambda: daemon.heard)
    with stranger(path) as bad:
        bad.send(packet)
        assert hangs_up(bad)
    wait(lambda: daemon.caller.say(Taken(number=7)))
    wait(lambda: service.heard == [Taken(number=7)])
    daemon.caller.close()
    service.listener.close()


def test_another_version_of_the_service_is_told(path: Path) -> None:
    service, daemon = Service(path, Greeting(version=VERSION + 1)), Daemon(path)
    wait(lambda: any(f"speaks version {VERSION + 1}" in why for why in daemon.lost))
    assert daemon.heard == []
    daemon.caller.close()
    service.listener.close()


def test_a_caller_that_does_not_listen_holds_nobody_up(path: Path) -> None:
    service, daemon = Service(path), Daemon(path)
    wait(lambda: daemon.heard)
    with stranger(path) as deaf:
        said = 0
        while len(service.listener._heard_s) == 2:  # until it is hung up on
            service.listener.tell(Standing(connected=True, restarts=said))
            said += 1
            assert said < 100_000
        deaf.close()
    service.listener.tell(Standing(connected=True, restarts=1_000_000))
    wait(lambda: Standing(connected=True, restarts=1_000_000) in daemon.heard)
    daemon.caller.close()
    service.listener.close()


def test_more_callers_than_there_is_room_for_are_turned_away(path: Path) -> None:
    service = Service(path)
    let_in = [stranger(path) for _ in range(CALLERS)]
    for end in let_in:
        assert read(end.recv(LARGEST)) == HELLO
    with stranger(path) as late:
        assert hangs_up(late)
    let_in.pop().close()
    wait(lambda: len(service.listener._heard_s) < CALLERS)
    with stranger(path) as welcome:
        assert read(welcome.recv(LARGEST)) == HELLO
    for end in let_in:
        end.close()
    service.listener.close()


def test_the_silence_of_a_caller_is_known(path: Path) -> None:
    service = Service(path)
    assert service.listener.silent_s() == 0
    with stranger(path) as quiet:
        quiet.recv(LARGEST)
        time.sleep(0.05)
        assert service.listener.silent_s() >= 0.05
        before = service.listener.silent_s()
        quiet.send(packed(Plates(right=1)))
        wait(lambda: service.listener.silent_s() < before)
    wait(lambda: service.listener.silent_s() == 0)
    service.listener.close()


def test_many_threads_may_speak_at_once(path: Path) -> None:
    service, daemon = Service(path), Daemon(path)
    wait(lambda: daemon.heard)

    def speak() -> None:
        for n in range(50):
            service.listener.tell(Standing(connected=True, restarts=n))

    speakers = [threading.Thread(target=speak) for _ in range(4)]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()
    wait(lambda: len(daemon.heard) == 2 + 200)
    daemon.caller.close()
    service.listener.close()
    assert threading.active_count() < 50
    assert list(path.parent.iterdir()) == []
