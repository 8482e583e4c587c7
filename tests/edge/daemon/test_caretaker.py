"""The service on a real pty: what it tells, to whom, and what ends it."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import Firmware
from edge.daemon import caretaker as module
from edge.daemon.caretaker import Caretaker
from edge.daemon.notify import Lifeline
from edge.errors import FirmwareError
from edge.housing.caller import Caller
from edge.housing.words import (
    Change,
    Conditions,
    Greeting,
    Plates,
    Shine,
    Standing,
    Taken,
    Trigger,
    Word,
)
from firmware_bridge.link import Link
from firmware_bridge.messages import Capability, Contact, Illuminator, TriggerSource, Watchdog
from firmware_bridge.settings import Settings
from firmware_bridge.simulator.bench import Bench
from firmware_bridge.simulator.device import Device, Make

PATIENCE_S = 20.0


class Manager(Lifeline):
    """Counts what systemd is told."""

    def __init__(self) -> None:
        super().__init__({})
        self.words: list[str] = []

    def progress(self, status: Callable[[], str]) -> None:
        self.words.append(status())


class Post:
    """A service at work, a device, and a daemon's end of the seam."""

    def __init__(self, folder: Path, bench: Bench) -> None:
        self.bench, self.socket = bench, folder / "s"
        firmware = Firmware(port=bench.path, socket=self.socket)
        self.link = Link(str(bench.path), Settings(silence_s=1.0))
        self.caretaker = Caretaker(self.link, firmware)
        self.manager, self.ended = Manager(), threading.Event()
        self.error: FirmwareError | None = None
        self.heard: list[Word] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.caretaker.run(self.ended.is_set, self.manager)
        except FirmwareError as e:
            self.error = e

    def end(self) -> None:
        self.ended.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    @contextmanager
    def called(self) -> Iterator[Caller]:
        with Caller(self.socket, self.heard.append, lambda why: None, again_s=0.01) as caller:
            wait(lambda: self.found(Greeting))
            yield caller

    def found(self, kind: type[Word]) -> list[Word]:
        return [word for word in self.heard if isinstance(word, kind)]

    def set(self, contacts: int) -> None:
        device = self.bench.device
        device.status = replace(device.status, contacts=contacts)
        self.bench.say(Device.report_status)


def wait(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def is_there(post: Post) -> bool:
    return any(isinstance(w, Standing) and w.connected for w in post.heard)


@pytest.fixture
def post() -> Iterator[Post]:
    with (
        tempfile.TemporaryDirectory(prefix="post-") as folder,
        Bench(Path(folder) / "device") as bench,
    ):
        made = Post(Path(folder), bench)
        yield made
        made.end()


def test_a_daemon_that_comes_late_hears_all_that_nobody_took(post: Post) -> None:
    wait(lambda: post.bench.device.carried_out)
    post.set(Contact.DOOR_OPEN)
    post.set(0)
    wait(lambda: len(post.caretaker._changes.untaken) == 2)
    with post.called() as caller:
        wait(lambda: post.found(Conditions))
        opened, closed = post.found(Change)
        assert (opened.contact, opened.reports, closed.reports) == ("door", True, False)  # type: ignore[attr-defined]
        kinds = [type(word) for word in post.heard[:4]]
        assert kinds == [Greeting, Standing, Change, Change]
        wait(lambda: caller.say(Taken(number=2)))
        wait(lambda: not post.caretaker._changes.untaken)
    post.heard.clear()
    with post.called():
        wait(lambda: post.found(Conditions))
        assert post.found(Change) == []


def test_a_trigger_is_told_with_its_moment_on_the_clock_of_the_machine(post: Post) -> None:
    with post.called():
        wait(lambda: is_there(post))
        time.sleep(0.2)
        before_ns = time.monotonic_ns()
        post.bench.say(Device.trigger)
        after_ns = time.monotonic_ns()
        post.bench.say(lambda device: device.trigger(TriggerSource.SELF_TEST))
        wait(lambda: len(post.found(Trigger)) == 2)
    seen, test = post.found(Trigger)
    assert isinstance(seen, Trigger)
    assert isinstance(test, Trigger)
    assert seen.error_us is not None
    error_ns = seen.error_us * 1000
    assert before_ns - error_ns <= seen.at_ns <= after_ns + error_ns
    assert (seen.is_test, test.is_test) == (False, True)


def test_a_device_that_is_reset_and_one_that_is_pulled_out_are_told_apart(post: Post) -> None:
    with post.called():
        wait(lambda: is_there(post))
        post.heard.clear()
        post.bench.reset()
        wait(lambda: is_there(post))
        assert post.found(Standing)[-1] == Standing(connected=True, restarts=1, triggers=True)
        post.heard.clear()
        post.bench.unplug()
        wait(lambda: post.found(Standing))
        lost = post.found(Standing)[0]
        assert isinstance(lost, Standing)
        assert (lost.connected, bool(lost.cause), bool(lost.remedy)) == (False, True, True)
        post.bench.plug()
        wait(lambda: is_there(post))


def test_the_light_follows_how_plates_come_out(post: Post) -> None:
    device = post.bench.device
    device.status = replace(device.status, illuminance_mlx=1000)
    with post.called() as caller:
        wait(lambda: Illuminator(600, 0, 500, 0) in device.carried_out)
        for _ in range(2):
            wait(lambda: caller.say(Plates(over=20)))
        wait(lambda: device.carried_out[-1] == Illuminator(450, 0, 500, 0))


def test_a_light_that_is_tried_goes_back_though_nobody_is_there_any_more(post: Post) -> None:
    device = post.bench.device
    device.status = replace(device.status, illuminance_mlx=1000)
    with post.called() as caller:
        wait(lambda: Illuminator(600, 0, 500, 0) in device.carried_out)
        wait(lambda: caller.say(Shine(level=1.0, for_s=1.5)))
        wait(lambda: device.status.illuminator_permille == 1000)
    wait(lambda: device.status.illuminator_permille == 600)


def test_a_service_that_ends_meanwhile_gives_the_light_back(post: Post) -> None:
    device = post.bench.device
    device.status = replace(device.status, illuminance_mlx=1000)
    with post.called() as caller:
        wait(lambda: Illuminator(600, 0, 500, 0) in device.carried_out)
        wait(lambda: caller.say(Shine(level=0.0, for_s=30)))
        wait(lambda: device.status.illuminator_permille == 0)
    post.end()
    assert device.status.illuminator_permille == 600


def test_a_daemon_that_hangs_is_not_covered_up_and_one_that_is_away_is(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    steering = post.caretaker._steering
    due = steering.due
    monkeypatch.setattr(
        steering,
        "due",
        lambda now_s, makes_progress: (
            made.append(makes_progress) or due(now_s, makes_progress=makes_progress)  # type: ignore[func-returns-value]
        ),
    )
    wait(lambda: True in made)
    monkeypatch.setattr(module, "HUNG_S", 0.2)
    with post.called():
        wait(lambda: False in made)
    made.clear()
    wait(lambda: True in made)


def test_the_watchdog_of_the_service_is_fed_with_a_device_and_without(post: Post) -> None:
    wait(lambda: "the device is there" in post.manager.words)
    post.bench.unplug()
    wait(lambda: post.manager.words[-1] != "the device is there")
    fed = len(post.manager.words)
    wait(lambda: len(post.manager.words) > fed + 3)
    before = post.link._listen, post.link._connect
    hung = threading.Event()
    post.link._listen = post.link._connect = lambda: hung.wait()  # type: ignore[assignment, method-assign]
    post.bench.plug()
    time.sleep(1.0)
    fed = len(post.manager.words)
    time.sleep(1.0)
    assert len(post.manager.words) == fed
    post.link._listen, post.link._connect = before  # type: ignore[method-assign]
    hung.set()


def test_a_thread_that_ends_by_a_fault_ends_the_service(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    wait(lambda: Watchdog(300_000) in post.bench.device.carried_out)
    monkeypatch.setattr(post.caretaker._listener, "silent_s", lambda: 1 / 0)
    wait(lambda: post.error is not None)
    assert "ended by a fault" in str(post.error)


def test_a_device_that_has_nothing_is_asked_for_nothing() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="post-") as folder,
        Bench(Path(folder) / "device", Make(capabilities=Capability(0))) as bench,
    ):
        post = Post(Path(folder), bench)
        with post.called():
            wait(lambda: is_there(post))
            wait(lambda: len(post.found(Conditions)) > 1)
            stands = post.found(Standing)[-1]
        post.end()
        assert bench.device.carried_out == []
        assert isinstance(stands, Standing)
        assert not stands.triggers
