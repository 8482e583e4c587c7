"""The link to the device: greeted, acknowledged, timed, and back by itself after a fault.

One thread reads. The host's moment must be stamped when bytes come, and the kernel keeps only 4 KB
of them (a third of a second at 115200 baud), so reading cannot wait until a caller has time; more
threads would gain nothing, for the line is one. The same thread greets, asks for the device's
clock and reconnects. Commands are written by whoever sends them, one at a time.
"""

import random
import threading
import time
from collections import deque
from types import TracebackType
from typing import Self

from firmware_bridge.errors import LinkError, NoAnswerError, PortError, RestartError
from firmware_bridge.greeting import greet
from firmware_bridge.inbox import Inbox
from firmware_bridge.messages import Ack, Command, Hello, Log, Nack, Status
from firmware_bridge.packet import LAST_SEQUENCE
from firmware_bridge.port import Port
from firmware_bridge.refusals import refused
from firmware_bridge.reports import Connected, Disconnected, Report
from firmware_bridge.session import Heard, SeenTrigger, Session
from firmware_bridge.settings import Settings


class Link:
    """A device on a port; any thread may send and receive."""

    def __init__(self, name: str, settings: Settings | None = None) -> None:
        """Name the port; `open` opens it."""
        self.name = name
        self.session = Session(random.randrange(LAST_SEQUENCE))
        self.inbox: Inbox[Report] = Inbox((settings or Settings()).room, (Log, Status))
        self._settings = settings or Settings()
        self._port: Port | None = None
        self._down: LinkError | None = PortError(f"The link to {name} is not open.", "Open it.")
        self._falls = 0
        self._early: deque[Report] = deque(maxlen=self._settings.room)
        self._awaited = 0
        self._answer: Ack | Nack | None = None
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._closing = threading.Event()
        self._clock_s = self._next_clock_s = 0.0
        self.turns = 0
        """How often the reader came round, with a device or without; stands still if it hangs."""
        self._last_heard_s = 0.0
        self._reader = threading.Thread(target=self._run, name="firmware-link", daemon=True)

    def open(self) -> Hello:
        """Open the port and greet the device. Raises LinkError."""
        try:
            hello = self._connect()
        except LinkError:
            self.close()
            raise
        self._reader.start()
        return hello

    def start(self) -> None:
        """Begin without waiting for the device: the first report tells whether it is there."""
        self._reader.start()

    def close(self) -> None:
        """End the thread and give the port back."""
        self._closing.set()
        self._fall(PortError(f"The link to {self.name} was closed.", "Open another."))
        if self._reader.is_alive():
            self._reader.join()
        if self._port is not None:
            self._port.close()
        self.inbox.close()

    def __enter__(self) -> Self:
        """Open it."""
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def receive(self, timeout_s: float | None = None) -> Report | None:
        """Return the next report of the device, None when none came in time."""
        return self.inbox.take(timeout_s)

    def send(self, command: Command) -> None:
        """Have a command carried out, and return when the device says that it was.

        Raises RefusedError where it says no, NoAnswerError where it does not say, and why the link
        is down where it is.
        """
        with self._sending:  # a device remembers the last command only
            with self._changed:
                if self._down is not None:
                    raise type(self._down)(self._down.cause, self._down.remedy)
                self._awaited, wire = self.session.say(command)
                self._answer = None
                port, falls = self._port, self._falls
            assert port is not None
            answer = self._answer_to(wire, port, falls)
        if isinstance(answer, Nack):
            raise refused(self.name, command, answer.reason)

    def _answer_to(self, wire: bytes, port: Port, falls: int) -> Ack | Nack:
        """Say a command until it is answered: under one number, so that it is done once."""
        for _ in range(self._settings.tries):
            with self._changed:
                if self._falls == falls:
                    port.write(wire)  # under the lock: never into the session after this one
                self._changed.wait_for(
                    lambda: self._answer is not None or self._falls != falls,
                    self._settings.answer_s,
                )
                if self._answer is not None:
                    return self._answer
                if self._falls != falls:
                    raise self._unanswered("The device went away or started anew meanwhile.")
        raise self._unanswered(f"It was said {self._settings.tries} times.")

    def _unanswered(self, why: str) -> NoAnswerError:
        return NoAnswerError(
            f"The device on {self.name} did not answer a command, and may have carried it out. "
            f"{why}",
            "Send it again once the device is connected.",
        )

    # What follows runs on the reader's thread, or before it was started.

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                if self._port is None:
                    self._connect()
                self._converse()
            except LinkError as e:
                self._reconnect(e)

    def _converse(self) -> None:
        """Read once, and say what is due. Raises LinkError once the device is lost."""
        self._listen()
        now_s = time.monotonic()
        if not self.session.open:
            raise RestartError(f"The device on {self.name} started anew.", "Send its settings.")
        if now_s - self._last_heard_s > self._settings.silence_s:
            raise PortError(
                f"The device on {self.name} has been silent for {self._settings.silence_s:g} s.",
                "Check its power and its firmware; the link comes back by itself.",
            )
        if now_s >= self._next_clock_s:
            self._ask_clock(now_s)

    def _listen(self) -> list[Heard]:
        """Read what came and deliver it. Raises PortError."""
        self.turns += 1
        if self._port is None or self._closing.is_set():
            raise PortError(f"The link to {self.name} was closed.", "Open another.")
        chunk = self._port.read()
        now_ns = time.monotonic_ns()
        with self._changed:
            before = self.session.counts.packets
            heard = list(self.session.take(chunk, now_ns))
            if self.session.counts.packets > before:
                self._last_heard_s = now_ns / 1e9
            for message in heard:
                self._deliver(message)
        return heard

    def _deliver(self, message: Heard) -> None:
        if isinstance(message, Ack | Nack):
            if message.answers == self._awaited:
                self._answer = message
                self._changed.notify_all()
        elif isinstance(message, Status | SeenTrigger | Log):
            if self._down is None:
                self.inbox.put(message)
            else:
                self._early.append(message)  # it came with the hello: first tell of that

    def _ask_clock(self, now_s: float) -> None:
        assert self._port is not None
        self._clock_s = min(self._clock_s * 2, self._settings.clock_s)
        self._next_clock_s = now_s + self._clock_s
        with self._changed:
            wire = self.session.ask_clock(time.monotonic_ns())
        self._port.write(wire)

    def _reconnect(self, error: LinkError) -> None:
        """Tell why the device is lost, and try until it is back."""
        pause_s, told = self._settings.retry_s, ""
        while not self._closing.is_set():
            self.turns += 1
            self._fall(error)
            if error.cause != told:
                told = error.cause
                self.inbox.put(Disconnected(error.cause, error.remedy))
            try:
                if not isinstance(error, RestartError):
                    self._drop_port()
                self._connect()
                return
            except LinkError as e:
                error = e
            self._closing.wait(pause_s)
            pause_s = min(pause_s * 2, self._settings.retry_most_s)

    def _fall(self, error: LinkError) -> None:
        with self._changed:
            self._down = error
            self._falls += 1
            self._changed.notify_all()

    def _drop_port(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def _connect(self) -> Hello:
        """Open the port where it is not, greet the device, learn its clock. Raises LinkError."""
        if self._port is None:
            self._port = Port(self.name, self._settings.baud, self._settings.read_s)
        before = self.session.hello
        hello = greet(self._port, self.session, self._settings, self._listen)
        self._rise(hello, restarted=before is None or before.boot_count != hello.boot_count)
        self._clock_s = self._settings.first_clock_s
        self._ask_clock(time.monotonic())
        return hello

    def _rise(self, hello: Hello, *, restarted: bool) -> None:
        with self._changed:
            self._down = None
            self._last_heard_s = time.monotonic()
            for report in (Connected(hello, restarted), *self._early):
                self.inbox.put(report)
            self._early.clear()
