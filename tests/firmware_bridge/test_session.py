"""A session without a port: a device on the other end, and a clock that the test moves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.alignment import WRAP_US
from firmware_bridge.messages import (
    Ack,
    Hello,
    Log,
    Nack,
    Refusal,
    Status,
    Watchdog,
    to_packet,
)
from firmware_bridge.packet import Packet, encode
from firmware_bridge.session import OtherVersion, SeenTrigger, Session
from firmware_bridge.simulator.device import Device, Make
from firmware_bridge.simulator.faults import BadLine, Faults
from firmware_bridge.vectors import HELLO, STATUS
from tests.firmware_bridge.strategies import STREAMS

WAY_NS = 300_000
SECOND_NS = 1_000_000_000


class Scene:
    """A session and a device, joined by a line of 0.3 ms."""

    def __init__(self, make: Make | None = None, drift_ppm: float = 0, start_us: int = 0) -> None:
        self.now_ns = SECOND_NS
        self._rate, self._start_us = 1 + drift_ppm * 1e-6, start_us
        self.device = Device(self.now_us, make)
        self.session = Session(65_533)
        self.up = BadLine(Faults(), seed=1)
        self.heard: list = []
        self.device.boot()

    def now_us(self) -> int:
        return self._start_us + int(self.now_ns * self._rate / 1000)

    def host_says(self, wire: bytes) -> list:
        self.now_ns += WAY_NS
        return self.device_says(self.device.take(wire))

    def device_says(self, wire: bytes) -> list:
        self.now_ns += WAY_NS
        heard = list(self.session.take(self.up.carry(wire), self.now_ns))
        self.heard += heard  # on a bad line a packet may end with the next one
        return heard

    def greet(self) -> list:
        return self.host_says(self.session.greet())

    def ask_clock(self) -> None:
        self.host_says(self.session.ask_clock(self.now_ns))

    def wait(self, seconds: float) -> None:
        self.now_ns += int(seconds * SECOND_NS)


@pytest.fixture
def scene():
    scene = Scene()
    scene.greet()
    return scene


def test_the_answer_to_a_greeting_opens_the_session():
    scene = Scene()
    assert not scene.session.open
    [hello] = scene.greet()
    assert isinstance(hello, Hello)
    assert scene.session.open
    assert scene.session.hello == hello


def test_a_hello_that_answers_an_older_host_opens_nothing():
    session = Session(5)
    session.greet()
    list(session.take(encode(to_packet(HELLO, 1)), 0))
    assert not session.open


def test_numbers_go_around_without_zero():
    session = Session(65_533)
    assert [session.say(Watchdog(0))[0] for _ in range(3)] == [65_534, 65_535, 1]


def test_a_report_that_came_twice_is_told_once(scene):
    wire = scene.device.log("once")
    assert [type(m) for m in scene.device_says(wire + wire)] == [Log]
    assert scene.session.counts.duplicates == 1


def test_what_is_lost_on_the_line_is_counted(scene):
    for number in range(5):
        wire = scene.device.log(f"{number}")
        if number in (0, 4):
            scene.device_says(wire)
    assert scene.session.counts.lost == 3


def test_a_trigger_tells_how_many_were_lost_before_it(scene):
    scene.device_says(scene.device.trigger())
    scene.device.trigger()
    scene.device.trigger()
    [seen] = scene.device_says(scene.device.trigger())
    assert (seen.trigger.count, seen.missed) == (4, 2)
    assert scene.session.counts.triggers_missed == 2


def test_triggers_lost_while_the_line_was_down_are_counted_when_the_device_ran_on(scene):
    scene.device_says(scene.device.trigger())
    scene.device.trigger()
    scene.greet()
    [seen] = scene.device_says(scene.device.trigger())
    assert seen.missed == 1


def test_a_trigger_before_the_first_exchange_has_no_moment(scene):
    [seen] = scene.device_says(scene.device.trigger())
    assert seen.aligned is None


@settings(deadline=None)
@given(
    st.integers(0, WRAP_US) | st.integers(WRAP_US - 10_000_000, WRAP_US),
    st.floats(-500, 500),
    st.floats(0, 30),
)
def test_a_trigger_is_as_far_off_as_it_says_whatever_the_crystal(start_us, drift_ppm, wait_s):
    scene = Scene(drift_ppm=drift_ppm, start_us=start_us)
    scene.greet()
    for _ in range(3):
        scene.ask_clock()
        scene.wait(1)
    scene.wait(wait_s)
    happened_ns = scene.now_ns
    [seen] = scene.device_says(scene.device.trigger())
    assert abs(seen.aligned.host_ns - happened_ns) <= seen.aligned.error_us * 1000


def test_a_hello_unasked_ends_the_session_even_with_the_same_boot_count(scene):
    scene.ask_clock()
    scene.device.boots -= 1  # a board without flash that has bad luck
    scene.device_says(scene.device.boot())
    assert not scene.session.open
    scene.greet()
    assert scene.session.open
    [seen] = scene.device_says(scene.device.trigger())
    assert seen.aligned is None  # what was known of the clock is forgotten


@pytest.mark.parametrize("told_by", ["status", "trigger", "clock", "refusal", "hello"])
def test_a_restart_whose_hello_was_lost_is_seen_by_whatever_comes_next(scene, told_by):
    scene.ask_clock()
    scene.device.boot()
    match told_by:
        case "clock":
            scene.ask_clock()
        case "refusal":
            scene.host_says(scene.session.say(Watchdog(0))[1])
        case _:
            scene.device.take(Session(1).greet())  # another host's, so that it speaks
            says = {
                "status": scene.device.report_status,
                "trigger": scene.device.trigger,
                "hello": lambda: scene.device.take(Session(1).greet()),
            }
            told = scene.device_says(says[told_by]())
            assert all(m.aligned is None for m in told if isinstance(m, SeenTrigger))
    assert not scene.session.open


def test_another_major_version_is_told_from_its_hello_and_else_dropped():
    scene = Scene(Make(version=2))
    assert [(m.version, m.hello.boot_count) for m in scene.greet()] == [(2, 1)]
    assert scene.device_says(scene.device.trigger()) == []
    assert scene.session.counts.other_version == 2
    assert not scene.session.open


def test_answers_and_refusals_are_passed_on(scene):
    sequence, wire = scene.session.say(Watchdog(5000))
    assert scene.host_says(wire) == [Ack(sequence)]
    sequence, wire = scene.session.say(Watchdog(5))
    assert scene.host_says(wire) == [Nack(sequence, Watchdog.TYPE, Refusal.OUT_OF_RANGE)]


def test_unknown_and_malformed_packets_are_counted_and_harmless(scene):
    unknown, malformed = Packet(0x1F, 100, b"later"), Packet(Status.TYPE, 101, b"short")
    hosts_own = to_packet(Watchdog(1), 102)
    wire = b"".join(map(encode, (unknown, malformed, hosts_own, to_packet(STATUS, 103))))
    assert [type(m) for m in scene.device_says(wire)] == [Status]
    counts = scene.session.counts
    assert (counts.unknown, counts.malformed) == (2, 1)


@settings(deadline=None)
@given(st.lists(STREAMS))
def test_any_bytes_at_all_leave_a_session_that_can_be_opened(chunks):
    scene = Scene()
    scene.greet()
    for chunk in chunks:
        for heard in scene.session.take(chunk, scene.now_ns):
            assert isinstance(heard, Hello | OtherVersion | Ack | Nack | Status | SeenTrigger | Log)
    scene.greet()
    assert scene.session.open


@settings(deadline=None)
@given(st.lists(st.sampled_from("tttclwr"), max_size=60), st.integers(0, 9), st.floats(0, 0.02))
def test_on_a_bad_line_no_trigger_is_told_twice_or_wrongly_and_every_lost_one_is_counted(
    story, seed, lost
):
    scene = Scene(drift_ppm=-80, start_us=WRAP_US - 20_000_000)
    scene.greet()
    scene.up = BadLine(Faults(lost=lost, flipped=lost / 4, doubled=0.2), seed)
    happened: dict[tuple[int, int], int] = {}
    for step in story:
        match step:
            case "t":
                happened[scene.device.boots, scene.device._triggers + 1] = scene.now_ns
                scene.device_says(scene.device.trigger())
            case "c":
                scene.ask_clock()
            case "l":
                scene.device_says(scene.device.log("a line"))
            case "w":
                scene.wait(0.7)
            case "r":
                scene.device_says(scene.device.boot())
        while not scene.session.open:
            scene.greet()
    seen = [m for m in scene.heard if isinstance(m, SeenTrigger)]
    told = [(s.trigger.boot_count, s.trigger.count) for s in seen]
    assert len(told) == len(set(told))
    for one in seen:
        if one.aligned is not None:
            truth_ns = happened[one.trigger.boot_count, one.trigger.count]
            assert abs(one.aligned.host_ns - truth_ns) <= one.aligned.error_us * 1000
    for boot in {boot for boot, _ in told}:
        counts = [count for other, count in told if other == boot]
        between = counts[-1] - counts[0] + 1 - len(counts)
        assert sum(s.missed for s in seen if s.trigger.boot_count == boot) == between
