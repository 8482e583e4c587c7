"""Here the microcontroller meets the box: its service, and the daemon's view of the housing."""

from dataclasses import replace

from edge.config import Config
from edge.daemon.caretaker import Caretaker
from edge.errors import ConfigError
from firmware_bridge.link import Link
from firmware_bridge.settings import Settings

LINKED = replace(Settings(), retry_most_s=0.5)
"""Plugged in again, the device is back in less than two seconds."""


def caretaker(config: Config) -> Caretaker:
    """Put the firmware service together. Raises ConfigError."""
    firmware = config.firmware
    if firmware is None:
        raise ConfigError(
            "This box has no [firmware]: there is no device to serve.",
            "Name its serial port as README, 'Configure a box', shows, or disable the service.",
        )
    return Caretaker(Link(str(firmware.port), LINKED), firmware)
