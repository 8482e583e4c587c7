"""What PROTOCOL.md wants of a firmware, of the simulated device and of the C example alike."""

import time
from dataclasses import replace

import pytest

from firmware_bridge.messages import (
    AUTOMATIC,
    Ack,
    Climate,
    Clock,
    ClockRequest,
    Hello,
    HelloRequest,
    Illuminator,
    Nack,
    Reboot,
    RebootTarget,
    Refusal,
    Status,
    Trigger,
    Watchdog,
    to_packet,
)
from firmware_bridge.packet import Packet
from tests.firmware_bridge.devices import Wire, c_example, simulated

LIGHT = Illuminator(100, 0, 0, 0)


@pytest.fixture(params=["simulated", "c"])
def device(request, tmp_path):
    if request.param == "c":
        there = c_example(request.getfixturevalue("c_programs") / "example")
    else:
        there = simulated(tmp_path / "device")
    with there as (path, trigger):
        wire = Wire(path)
        yield wire, trigger
        wire.port.close()


@pytest.fixture
def greeted(device):
    wire, _ = device
    wire.greet(1)
    return wire


def test_it_answers_every_greeting_and_then_says_how_the_box_stands(device):
    wire, _ = device
    for sequence in (77, 78):
        hello = wire.greet(sequence)
        assert hello.minor == 0
        assert wire.hear(Status)[1].boot_count == hello.boot_count


def test_before_it_is_greeted_it_refuses_commands_and_tells_only_its_clock(device):
    wire, trigger = device
    trigger()
    wire.say(LIGHT, 5)
    wire.say(ClockRequest(), 6)
    types = [wire.hear_any().type for _ in range(2)]
    while types[0] == Hello.TYPE:
        types = [types[1], wire.hear_any().type]
    assert types == [Nack.TYPE, Clock.TYPE]


def test_the_refusal_before_a_greeting_says_so(device):
    wire, _ = device
    wire.say(LIGHT, 5)
    assert wire.hear(Nack)[1] == Nack(5, LIGHT.TYPE, Refusal.NO_SESSION)


def test_a_vehicle_that_nobody_heard_of_is_counted(device):
    wire, trigger = device
    trigger()
    for sequence in range(1, 6):  # it comes around and looks, again and again
        wire.say(ClockRequest(), sequence)
        wire.hear(Clock)
        time.sleep(0.01)
    wire.greet(9)
    trigger()
    assert wire.hear(Trigger)[1].count == 2


def test_a_command_said_twice_is_answered_twice_and_carried_out_once(greeted):
    greeted.say(LIGHT, 9)
    assert greeted.hear(Ack)[1] == Ack(9)
    greeted.say(replace(LIGHT, level_permille=900), 9)  # the same number: the same command
    assert greeted.hear(Ack)[1] == Ack(9)
    assert level(greeted) == 100


def level(wire: Wire) -> int:
    wire.greet(1000)
    return wire.hear(Status)[1].illuminator_permille


def test_a_refused_command_said_again_is_refused_again(greeted):
    for _ in range(2):
        greeted.say(Watchdog(1), 9)
        assert greeted.hear(Nack)[1] == Nack(9, Watchdog.TYPE, Refusal.OUT_OF_RANGE)


def test_a_greeting_lets_a_number_be_used_again(greeted):
    greeted.say(LIGHT, 9)
    greeted.hear(Ack)
    assert level(greeted) == 100
    greeted.say(replace(LIGHT, level_permille=300), 9)
    greeted.hear(Ack)
    assert level(greeted) == 300


@pytest.mark.parametrize(
    "command",
    [
        Illuminator(1000, 2, 10_000, 65_535),
        Illuminator(0, 0, 0, 0),
        Climate(1000, AUTOMATIC),
        Watchdog(3_600_000),
        Watchdog(0),
        Reboot(RebootTarget.HOST, 60_000),
    ],
)
def test_what_is_in_range_is_carried_out(greeted, command):
    greeted.say(command, 3)
    assert greeted.hear(Ack)[1] == Ack(3)


@pytest.mark.parametrize(
    "command",
    [
        Illuminator(1001, 0, 0, 0),
        Illuminator(1, 3, 100, 0),
        Illuminator(1, 1, 0, 0),
        Illuminator(1, 1, 10_001, 0),
        Climate(1001, 0),
        Climate(0, AUTOMATIC - 1),
        Watchdog(999),
        Watchdog(3_600_001),
        Reboot(2, 100),
        Reboot(0, 49),
        Reboot(0, 60_001),
    ],
)
def test_what_is_out_of_range_is_refused(greeted, command):
    greeted.say(command, 3)
    assert greeted.hear(Nack)[1] == Nack(3, command.TYPE, Refusal.OUT_OF_RANGE)


def test_an_unknown_command_and_a_short_one_are_refused_by_their_reasons(greeted):
    greeted.say_packet(Packet(0x3F, 3, b"of a later version"))
    assert greeted.hear(Nack)[1] == Nack(3, 0x3F, Refusal.UNKNOWN_TYPE)
    greeted.say_packet(Packet(LIGHT.TYPE, 4, LIGHT.pack()[:-1]))
    assert greeted.hear(Nack)[1] == Nack(4, LIGHT.TYPE, Refusal.MALFORMED)


def test_a_longer_command_of_a_newer_host_is_carried_out(greeted):
    greeted.say_packet(Packet(LIGHT.TYPE, 3, LIGHT.pack() + b"more"))
    assert greeted.hear(Ack)[1] == Ack(3)


def test_an_unknown_type_and_another_version_are_ignored(greeted):
    greeted.say_packet(Packet(0x70, 3, b""))
    greeted.say_packet(replace(to_packet(replace(LIGHT, level_permille=7), 4), version=2))
    greeted.say(LIGHT, 5)
    assert greeted.hear(Ack)[1] == Ack(5)


def test_a_greeting_in_another_version_is_answered_in_its_own(device):
    wire, _ = device
    wire.say_packet(replace(to_packet(HelloRequest(0), 8), version=7))
    packet, hello = wire.hear(Hello)
    while hello.answers != 8:
        packet, hello = wire.hear(Hello)
    assert packet.version == 1


def test_garbage_costs_nothing_but_itself(greeted):
    for garbage in (b"\x00\x00\x00", b"x" * 700, b"\x05\x01", bytes(range(1, 256))):
        greeted.port.write(garbage)
        greeted.say(LIGHT, len(garbage))
        assert greeted.hear(Ack)[1] == Ack(len(garbage))


def test_after_a_restart_it_says_hello_unasked_and_has_forgotten_its_settings(greeted):
    greeted.say(LIGHT, 2)
    greeted.hear(Ack)
    before = greeted.greet(3)
    greeted.say(Reboot(RebootTarget.DEVICE, 50), 4)
    greeted.hear(Ack)
    after = greeted.hear(Hello)[1]
    assert (after.answers, after.boot_count) == (0, before.boot_count + 1)
    greeted.say(LIGHT, 5)
    assert greeted.hear(Nack)[1].reason == Refusal.NO_SESSION
    assert level(greeted) == 0


def test_its_clock_stands_still_for_no_answer_and_its_numbers_rise_by_one(greeted):
    packets = []
    for sequence in range(10, 20):
        greeted.say(ClockRequest(), sequence)
        packet, clock = greeted.hear(Clock)
        assert clock.answers == sequence
        assert (clock.sent_us - clock.received_us) % 2**32 < 1_000_000
        packets.append(packet.sequence)
    assert packets == sorted(set(packets))
