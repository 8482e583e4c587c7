"""What systemd hears of a daemon, over a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.daemon.notify import EVERY_S, Lifeline

TEN_SECONDS = "10000000"


class Steady:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify")
    if request.param == "abstract":
        name = f"@anpr-edge-test-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("\0" + name[1:] if name.startswith("@") else name)
        heard.setblocking(False)
        yield heard, name


def words(heard: socket.socket) -> list[list[str]]:
    found = []
    while True:
        try:
            found.append(heard.recv(4096).decode().split("\n"))
        except BlockingIOError:
            return found


def status() -> str:
    return "watching"


def test_the_first_work_makes_ready_and_later_work_feeds_the_watchdog(
    manager: tuple[socket.socket, str],
) -> None:
    heard, name = manager
    clock = Steady()
    lifeline = Lifeline({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": TEN_SECONDS}, clock)
    assert words(heard) == []
    lifeline.progress(status)
    lifeline.progress(status)  # a word every 2.5 s is enough
    assert words(heard) == [["READY=1", "WATCHDOG=1", "STATUS=watching"]]
    clock.now += 2.5
    lifeline.progress(status)
    lifeline.stopping()
    assert words(heard) == [["WATCHDOG=1", "STATUS=watching"], ["STOPPING=1"]]


def test_a_daemon_that_waits_asks_for_patience_and_is_not_ready(
    manager: tuple[socket.socket, str],
) -> None:
    heard, name = manager
    lifeline = Lifeline({"NOTIFY_SOCKET": name}, Steady())
    lifeline.waits("The disk is full.")
    ((extend, fed, told),) = words(heard)
    assert extend.startswith("EXTEND_TIMEOUT_USEC=")
    assert (fed, told) == ("WATCHDOG=1", "STATUS=The disk is full.")


@pytest.mark.parametrize("watch", ["", "0", "-1", "soon"])
def test_without_a_watchdog_the_status_is_told_all_the_same(
    manager: tuple[socket.socket, str], watch: str
) -> None:
    heard, name = manager
    lifeline = Lifeline({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": watch}, Steady())
    lifeline.progress(status)
    lifeline.progress(status)
    assert len(words(heard)) == 1


def test_without_a_manager_nothing_is_due_and_no_status_is_asked_for() -> None:
    lifeline = Lifeline({}, Steady())
    lifeline.progress(lambda: pytest.fail("nobody listens"))
    lifeline.stopping()


def test_a_manager_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    lifeline = Lifeline({"NOTIFY_SOCKET": str(tmp_path / "gone")}, Steady())
    lifeline.progress(status)
    lifeline.waits("later")
    lifeline.stopping()


@pytest.mark.parametrize("watch_us", ["", "0", "-1", "20s", "nan", "9" * 400, "9" * 5000])
def test_a_watchdog_time_that_is_none_leaves_a_word_a_minute(watch_us: str) -> None:
    seconds = [0.0]
    environment = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": watch_us}
    lifeline = Lifeline(environment, lambda: seconds[0])
    lifeline.progress(lambda: "at work")
    assert not lifeline.is_due
    seconds[0] = EVERY_S
    assert lifeline.is_due
