"""Here the microcontroller meets the box: its service, and the daemon's view of the housing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from edge.config import Config
from edge.daemon.captures import Captures
from edge.daemon.caretaker import Caretaker
from edge.daemon.exposures import ExposedReader
from edge.daemon.housing import Housing, nobody
from edge.daemon.machine import THIS, Machine
from edge.daemon.pipeline import Pipeline
from edge.errors import ConfigError
from edge.housing.caller import Caller
from edge.ports import Clock
from firmware_bridge.link import Link


def caretaker(config: Config) -> Caretaker:
    """Put the firmware service together. Raises ConfigError."""
    firmware = config.firmware
    if firmware is None:
        raise ConfigError(
            "This box has no [firmware]: there is no device to serve.",
            "Name its serial port as README, 'Configure a box', shows, or disable the service.",
        )
    return Caretaker(Link(str(firmware.port)), firmware)


def housing(
    config: Config, clock: Clock, captures: Captures, machine: Machine = THIS
) -> Housing | None:
    """Return what is known of the housing: nothing yet; None where the box has no device."""
    return None if config.firmware is None else Housing(clock, captures, machine.monotonic)


def enclosure_c(of: Housing | None) -> Callable[[], float | None]:
    """Return what tells the temperature inside the housing, where a device measures it."""
    return lambda: None if of is None else of.temperature_c()


def lit(line: Pipeline, of: Housing | None) -> Pipeline:
    """Return the same pipeline, whose plates tell the device how they are lit."""
    if of is None:
        return line
    return replace(line, reader=ExposedReader(line.reader, lambda word: of.say(word)))


@contextmanager
def heard(config: Config, of: Housing | None, wake: Callable[[], None]) -> Iterator[None]:
    """Hear the firmware service meanwhile; `wake` hurries a step when a contact changed."""
    if config.firmware is None or of is None:
        yield
        return
    of.wake = wake
    with Caller(config.firmware.socket, of.take, of.lost) as caller:
        of.say = caller.say
        try:
            yield
        finally:
            of.say = nobody
