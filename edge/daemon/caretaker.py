"""The firmware service: serves the microcontroller, and tells the daemon how the housing stands.

The microcontroller is served while the daemon restarts. One thread hears it and tells at once, so
that a contact waits for no command; another says what is due. Nothing is kept on the disk.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.config import Firmware
from edge.daemon.budget import Budget
from edge.daemon.notify import Lifeline
from edge.daemon.reported import Changes, conditions, trigger
from edge.daemon.steering import Steering
from edge.errors import FirmwareError
from edge.housing.listener import Listener
from edge.housing.words import (
    TEXT_MOST,
    VERSION,
    Greeting,
    Plates,
    Shine,
    Standing,
    Taken,
    Word,
)
from firmware_bridge.errors import LinkError, RefusedError
from firmware_bridge.link import Link
from firmware_bridge.messages import Capability, Command, Log, LogLevel, Status, word
from firmware_bridge.plainly import printable
from firmware_bridge.reports import Connected, Disconnected, Report
from firmware_bridge.session import SeenTrigger

log = logging.getLogger(__name__)
HEAR_S, STEER_S = 0.2, 0.5
HUNG_S = 120.0
"""A daemon that is connected and says nothing for so long hangs, and systemd could not end it:
then only the power of the box is left."""
LOGS_AT_ONCE, LOGS_PER_HOUR = 20, 120


class Caretaker:
    """Stands between one device and the daemon."""

    def __init__(self, link: Link, firmware: Firmware) -> None:
        """Take the link, which is not begun yet. Raises ConfigError or ListenError."""
        self._link = link
        self._steering, self._changes = Steering(firmware), Changes()
        self._start = secrets.token_hex(8)
        self._standing = Standing(connected=False, cause="The device was not heard yet.")
        self._conditions: tuple[Word, ...] = ()
        self._was_met = False
        self._logged = Budget(LOGS_AT_ONCE, LOGS_PER_HOUR)
        self._deciding = threading.Lock()
        self._ending = threading.Event()
        self._listener = Listener(firmware.socket, self._welcome, self._take)

    def run(self, stopped: Callable[[], bool], lifeline: Lifeline) -> None:
        """Serve until told to stop, then leave the device to itself.

        Raises FirmwareError where a part ended by a fault.
        """
        with self._listener, self._linked():
            steering = threading.Thread(target=self._steer, name="steering", daemon=True)
            steering.start()
            turns = self._link.turns
            try:
                while not stopped():
                    self._hear()
                    if not (steering.is_alive() and self._listener.is_serving):
                        raise _broken()
                    if self._link.turns != turns:
                        turns = self._link.turns
                        lifeline.progress(self.status)
            finally:
                self._ending.set()
                steering.join()
                self._say(self._steering.farewell())

    def status(self) -> str:
        """Say in one line how the device stands."""
        stands = self._standing
        return "the device is there" if stands.connected else stands.cause

    @contextmanager
    def _linked(self) -> Iterator[None]:
        self._link.start()
        try:
            yield
        finally:
            self._link.close()

    # The thread that hears the device.

    def _hear(self) -> None:
        report = self._link.receive(HEAR_S)
        if report is not None:
            with self._listener.speaking:
                self._listener.tell(*self._told(report, time.monotonic_ns()))

    def _told(self, report: Report, heard_ns: int) -> list[Word]:
        """Return what the daemon is told of a report; remember it for one that comes later."""
        match report:
            case Connected():
                return self._connected(report)
            case Disconnected():
                return self._disconnected(report)
            case Status():
                return self._measured(report, heard_ns)
            case SeenTrigger():
                return [trigger(report, heard_ns)]
            case Log():
                self._write(report)
                return []

    def _connected(self, report: Connected) -> list[Word]:
        with self._deciding:
            self._steering.meet(report.hello)
        restarted = report.restarted and self._was_met
        restarts, self._was_met = self._standing.restarts + restarted, True
        log.info("the device is there%s", ", started anew" if restarted else "")
        triggers = bool(report.hello.capabilities & Capability.TRIGGER)
        self._standing = Standing(connected=True, restarts=restarts, triggers=triggers)
        return [self._standing]

    def _disconnected(self, report: Disconnected) -> list[Word]:
        log.warning("%s %s", report.cause, report.remedy)
        self._changes.lose()
        self._conditions = ()
        self._standing = Standing(
            connected=False,
            cause=report.cause[:TEXT_MOST],
            remedy=report.remedy[:TEXT_MOST],
            restarts=self._standing.restarts,
        )
        return [self._standing]

    def _measured(self, status: Status, heard_ns: int) -> list[Word]:
        stands = conditions(status, heard_ns)
        with self._deciding:
            self._steering.measure(stands)
        self._conditions = (stands,)
        return [*self._changes.see(stands), stands]

    def _write(self, line: Log) -> None:
        if line.level >= LogLevel.WARNING and self._logged.spend():
            log.warning("device: %s: %s", word(LogLevel, line.level), printable(line.text))

    # The thread of the callers.

    def _welcome(self) -> list[Word]:
        greeting = Greeting(version=VERSION, start=self._start)
        return [greeting, self._standing, *self._changes.untaken, *self._conditions]

    def _take(self, said: Word) -> None:
        match said:
            case Taken():
                self._changes.take(said)
            case Plates():
                with self._deciding:
                    self._steering.see(said)
            case Shine():
                with self._deciding:
                    self._steering.shine(said, time.monotonic())

    # The thread that says what is due.

    def _steer(self) -> None:
        while not self._ending.wait(STEER_S):
            if self._standing.connected:
                makes_progress = self._listener.silent_s() < HUNG_S
                with self._deciding:
                    due = self._steering.due(time.monotonic(), makes_progress=makes_progress)
                self._say(due)

    def _say(self, commands: list[Command]) -> None:
        for command in commands:
            try:
                self._link.send(command)
            except RefusedError as e:
                log.warning("%s %s", e.cause, e.remedy)  # it is said again in a minute
            except LinkError:
                return  # the link tells of it, and what is due is due again
            with self._deciding:
                self._steering.said(command, time.monotonic())


def _broken() -> FirmwareError:
    return FirmwareError(
        "A thread of the firmware service ended by a fault.",
        "The log says which; systemd starts the service again.",
    )
