"""The link on a real pty, against the simulated device with faults to order, and the C example."""

import os
import pty
import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from firmware_bridge.errors import (
    LinkError,
    NoAnswerError,
    PortError,
    RefusedError,
    VersionError,
)
from firmware_bridge.link import Link
from firmware_bridge.messages import (
    Climate,
    Illuminator,
    Log,
    Reboot,
    RebootTarget,
    Refusal,
    ResetCause,
    Status,
    Watchdog,
)
from firmware_bridge.reports import Connected, Disconnected
from firmware_bridge.session import SeenTrigger
from firmware_bridge.settings import Settings
from firmware_bridge.simulator.bench import Bench, Crystal
from firmware_bridge.simulator.device import Device, Make
from firmware_bridge.simulator.faults import Faults
from tests.firmware_bridge.devices import c_example

QUICK = Settings(
    answer_s=0.1,
    greeting_s=2,
    silence_s=5,
    clock_s=0.05,
    retry_s=0.005,
    retry_most_s=0.02,
    read_s=0.01,
)
HASTY = replace(QUICK, answer_s=0.02)
BRIEF = replace(HASTY, greeting_s=0.1)
DEADLINE_S = 10.0
LIGHT = Illuminator(500, 1, 150, 20)


@pytest.fixture
def stage(tmp_path):
    """Return what sets a device up and a link to it, both ended after the test."""
    with ExitStack() as stack:

        def up(settings=QUICK, **bench) -> tuple[Bench, Link]:
            there = stack.enter_context(Bench(tmp_path / "device", **bench))
            return there, stack.enter_context(Link(str(there.path), settings))

        yield up


def hear(link: Link, kind, passed=()):
    """Return the next report of a type; those before it may only be of the types `passed`."""
    deadline_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline_s:
        report = link.receive(0.1)
        if isinstance(report, kind):
            return report
        assert report is None or not passed or isinstance(report, passed), report
    raise AssertionError(f"no {kind} came")


def wait_for(condition) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.002)


def test_the_device_is_greeted_and_tells_who_it_is_before_all_else(stage):
    make = Make(device_id=b"0123456789abcdef", firmware="box 2.1")
    _, link = stage(make=make)
    report = link.receive(DEADLINE_S)
    assert isinstance(report, Connected)
    assert (report.hello.device_id, report.hello.firmware) == (make.device_id, "box 2.1")
    assert (report.hello.boot_count, report.restarted) == (1, True)
    assert isinstance(link.receive(DEADLINE_S), Status)


def test_a_command_returns_when_it_was_carried_out(stage):
    bench, link = stage()
    commands = [LIGHT, Climate(300, 1000), Watchdog(60_000), Watchdog(0)]
    for number, command in enumerate(commands, start=1):
        link.send(command)
        assert bench.device.carried_out == commands[:number]


def test_a_refusal_tells_its_reason_and_what_to_do(stage):
    _, link = stage(make=Make(capabilities=0))
    with pytest.raises(RefusedError, match="unavailable") as told:
        link.send(LIGHT)
    assert told.value.reason == Refusal.UNAVAILABLE
    assert "capabilities" in told.value.remedy


@pytest.mark.parametrize(
    "faults",
    [
        Faults(lost=0.006),
        Faults(flipped=0.006),
        Faults(doubled=0.5),
        Faults(delay_s=(0.0, 0.03)),
        Faults(lost=0.003, flipped=0.003, doubled=0.3, delay_s=(0.0, 0.005)),
    ],
    ids=["lost bytes", "flipped bits", "doubled packets", "delays", "all of it"],
)
def test_on_a_bad_line_each_command_is_carried_out_once_and_in_order(stage, faults):
    patient = replace(HASTY, tries=100, greeting_s=10)
    bench, link = stage(settings=patient, faults=faults)
    commands = [Illuminator(level, 0, 0, 0) for level in range(40)]
    for command in commands:
        link.send(command)
    assert bench.device.carried_out == commands
    assert bench.device.boots == 1


def test_a_device_that_falls_silent_is_not_waited_for_for_ever(stage):
    bench, link = stage(settings=HASTY)
    bench.spoil(Faults(lost=1.0))
    with pytest.raises(NoAnswerError, match="may have carried it out"):
        link.send(LIGHT)


def test_an_answer_that_was_lost_is_told_as_not_known_though_it_was_done(stage):
    bench, link = stage(settings=HASTY)
    bench.spoil(Faults(), up=Faults(lost=1.0))
    with pytest.raises(NoAnswerError):
        link.send(LIGHT)
    assert bench.device.carried_out == [LIGHT]


def test_the_late_answer_to_one_command_is_none_to_the_next(stage):
    bench, link = stage(settings=HASTY)
    bench.spoil(Faults(), up=Faults(delay_s=(0.12, 0.12)))
    with pytest.raises(NoAnswerError):
        link.send(LIGHT)
    heard = link.session.counts.packets
    bench.spoil(Faults(lost=1.0), up=Faults())
    with pytest.raises(NoAnswerError):
        link.send(Climate(0, 0))
    wait_for(lambda: link.session.counts.packets > heard)
    assert bench.device.carried_out == [LIGHT]


def test_silence_is_noticed_and_the_link_comes_back(stage):
    bench, link = stage(settings=replace(BRIEF, silence_s=0.4, greeting_s=1))
    hear(link, Connected)
    bench.spoil(Faults(lost=1.0))
    assert "silent" in hear(link, Disconnected, passed=(Status,)).cause
    bench.spoil(Faults())
    back = hear(link, Connected)
    assert not back.restarted
    link.send(LIGHT)


def test_a_reset_in_the_middle_is_told_and_settings_are_to_be_sent_again(stage):
    bench, link = stage()
    hear(link, Connected)
    link.send(LIGHT)
    port = link._port
    bench.reset()
    assert "started anew" in hear(link, Disconnected, passed=(Status,)).cause
    back = hear(link, Connected, passed=(Status,))
    assert (back.restarted, back.hello.boot_count) == (True, 2)
    assert back.hello.reset_cause == ResetCause.WATCHDOG
    assert link._port is port  # opening it again could reset the board again
    assert hear(link, Status).illuminator_permille == 0
    link.send(LIGHT)


def test_a_reset_whose_hello_was_lost_is_seen_by_the_next_look_at_the_clock(stage):
    bench, link = stage()
    hear(link, Connected)
    bench.reset(silently=True)
    assert "started anew" in hear(link, Disconnected, passed=(Status,)).cause
    assert hear(link, Connected, passed=(Status,)).hello.boot_count == 2


def test_a_command_that_a_reset_overtook_is_not_carried_out_by_the_next_start(stage):
    bench, link = stage(settings=replace(QUICK, answer_s=0.2))
    bench.spoil(Faults(lost=1.0), up=Faults())
    told: list[LinkError] = []

    def send():
        try:
            link.send(LIGHT)
        except LinkError as e:
            told.append(e)

    sender = threading.Thread(target=send)
    sender.start()
    wait_for(lambda: link._awaited)
    bench.spoil(Faults())
    bench.reset()
    sender.join()
    hear(link, Connected)
    assert isinstance(told[0], NoAnswerError | RefusedError)
    assert bench.device.carried_out == []


def test_a_device_that_reboots_on_command_answers_first(stage):
    bench, link = stage()
    hear(link, Connected)
    link.send(Reboot(RebootTarget.DEVICE, 50))
    assert hear(link, Connected, passed=(Status, Disconnected)).hello.boot_count == 2
    assert bench.device.boots == 2


def test_an_unplugged_device_is_told_and_is_back_when_it_is_plugged_in(stage):
    bench, link = stage()
    hear(link, Connected)
    for start in (2, 3, 4):
        bench.unplug()
        assert "went away" in hear(link, Disconnected, passed=(Status,)).cause
        with pytest.raises(PortError) as told:
            link.send(LIGHT)
        assert told.value.remedy
        bench.plug()
        assert hear(link, Connected, passed=(Disconnected, Status)).hello.boot_count == start
        link.send(LIGHT)


def test_an_absent_device_is_told_once_and_not_at_every_try(stage):
    bench, link = stage()
    bench.unplug()
    gone = [hear(link, Disconnected) for _ in range(2)]
    assert "went away" in gone[0].cause
    assert "There is no port" in gone[1].cause
    assert link.receive(0.1) is None


def test_another_version_of_the_protocol_is_told_with_its_remedy(tmp_path):
    make = Make(version=2, firmware="from the future")
    with Bench(tmp_path / "device", make) as bench, pytest.raises(VersionError) as told:
        Link(str(bench.path), QUICK).open()
    assert "version 2" in told.value.cause
    assert "from the future" in told.value.cause
    assert "Install" in told.value.remedy


def test_a_device_that_comes_back_with_another_version_is_told(stage):
    bench, link = stage(settings=HASTY)
    bench.unplug()
    bench.device.make = Make(version=2)
    bench.plug()
    causes = [hear(link, Disconnected).cause]
    while "version 2" not in causes[-1]:
        causes.append(hear(link, Disconnected).cause)
    with pytest.raises(LinkError):
        link.send(LIGHT)


@pytest.mark.parametrize(
    ("says", "words"),
    [(b"", "Nobody answers"), (b"boot>\0", "no hello"), (b"$GPGGA,1\r\n" * 40, "no hello")],
)
def test_what_is_no_device_is_told_by_what_it_does(says, words):
    controller, port = pty.openpty()
    link = Link(os.ttyname(port), BRIEF)

    def answer():
        os.read(controller, 100)
        os.write(controller, says)

    speaker = threading.Thread(target=answer)
    speaker.start()
    with pytest.raises(NoAnswerError, match=words):
        link.open()
    speaker.join()
    os.close(controller)
    os.close(port)


def test_a_flood_of_logs_costs_no_trigger_and_no_command(stage):
    bench, link = stage(settings=replace(QUICK, room=32))
    hear(link, Connected)
    for number in range(1000):
        bench.say(lambda device: device.log("one of a flood of lines"))
        if number % 100 == 0:
            bench.say(Device.trigger)
            link.send(LIGHT)
    wait_for(lambda: bench.device.reports_dropped or link.inbox.dropped.get("Log", 0) >= 900)
    triggers = [hear(link, SeenTrigger).trigger.count for _ in range(10)]
    assert triggers == list(range(1, 11))
    assert set(link.inbox.dropped) <= {"Log", "Status"}


def test_a_trigger_is_on_the_hosts_clock_within_its_error_through_the_wrap(stage):
    crystal = Crystal(drift_ppm=120, start_us=2**32 - 200_000)
    bench, link = stage(crystal=crystal)
    hear(link, Connected)
    wait_for(lambda: link.session.alignment.drift is not None)
    moments = []
    while not moments or moments[-1] < 2**32 + 100_000:
        moments.append(crystal.now_us())
        bench.say(Device.trigger)
        seen = hear(link, SeenTrigger)
        truth_ns = crystal.host_ns(moments[-1] + (seen.trigger.device_us - moments[-1]) % 2**32)
        assert abs(seen.aligned.host_ns - truth_ns) <= seen.aligned.error_us * 1000 + 1000
        assert seen.missed == 0
        time.sleep(0.02)
    assert moments[0] < 2**32
    assert link.session.alignment.restarts == 0


def test_several_threads_may_send_at_once_and_each_has_its_own_answer(stage):
    bench, link = stage(faults=Faults(delay_s=(0.001, 0.003)))
    refused = []

    def send(level):
        try:
            link.send(Illuminator(level, 0, 0, 0))
        except RefusedError:
            refused.append(level)

    levels = (0, 1, 2, 5000)  # the last is out of range
    threads = [threading.Thread(target=lambda n=n: [send(n) for _ in range(20)]) for n in levels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [command.level_permille for command in bench.device.carried_out]
    assert sorted(done) == sorted(levels[:3] * 20)
    assert refused == [5000] * 20


def test_a_closed_link_gives_the_port_back_and_lets_whoever_waits_go(stage):
    bench, link = stage()
    hear(link, Connected)
    while link.receive(0) is not None:
        pass
    heard = []
    reader = threading.Thread(target=lambda: heard.append(link.receive(DEADLINE_S)))
    reader.start()
    link.close()
    reader.join(DEADLINE_S)
    assert not reader.is_alive()
    with pytest.raises(PortError, match="closed"):
        link.send(LIGHT)
    with Link(str(bench.path), QUICK) as another:
        another.send(LIGHT)


def test_a_link_that_was_not_opened_says_so():
    with pytest.raises(PortError, match="not open"):
        Link("/dev/none").send(LIGHT)


def test_a_second_program_is_refused_and_the_first_goes_on(stage):
    bench, link = stage()
    with pytest.raises(PortError, match="Another program"):
        Link(str(bench.path), QUICK).open()
    link.send(LIGHT)


def test_the_c_example_is_a_device_to_the_link(c_programs):
    with c_example(c_programs / "example") as (path, trigger), Link(path, QUICK) as link:
        hello = hear(link, Connected).hello
        assert (hello.firmware, hello.device_id) == ("example 1.0.0", b"example-device-1")
        status = hear(link, Status)
        assert (status.temperature_cdegc, status.humidity_permille) == (-1250, None)
        for command in (LIGHT, Climate(0xFFFF, 500), Watchdog(60_000), Watchdog(0)):
            link.send(command)
        with pytest.raises(RefusedError, match="out_of_range"):
            link.send(Watchdog(1))
        before_ns = time.monotonic_ns()
        trigger()
        seen = hear(link, SeenTrigger)
        after_ns, error_ns = time.monotonic_ns(), seen.aligned.error_us * 1000
        assert before_ns - error_ns <= seen.aligned.host_ns <= after_ns + error_ns
        link.send(Reboot(RebootTarget.DEVICE, 50))
        assert hear(link, Connected).hello.boot_count == 2
        link.send(LIGHT)


def test_the_host_watchdog_bites_when_it_is_not_fed_and_not_when_it_is(stage):
    bench, link = stage()
    link.send(Watchdog(1000))
    with bench._lock:
        bench.crystal._start_us += 900_000
    link.send(Watchdog(1000))
    with bench._lock:
        bench.crystal._start_us += 900_000
    assert bench.device.host_power_cycles == 0
    wait_for(lambda: bench.device.host_power_cycles == 1)


def test_logs_keep_their_words(stage):
    bench, link = stage()
    hear(link, Connected)
    bench.say(lambda device: device.log("Spannung fällt"))
    assert hear(link, Log).text == "Spannung fällt"


def test_a_link_may_begin_before_its_device_is_there_and_turns_meanwhile(tmp_path) -> None:
    bench = Bench(tmp_path / "device")
    link = Link(str(bench.path), QUICK)
    link.start()
    try:
        assert "There is no port" in hear(link, Disconnected).cause
        before = link.turns
        wait_for(lambda: link.turns > before + 3)
        with bench:
            assert hear(link, Connected).restarted
            link.send(LIGHT)
            assert bench.device.carried_out == [LIGHT]
    finally:
        link.close()
