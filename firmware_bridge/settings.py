"""How a link waits."""

from dataclasses import dataclass

from firmware_bridge.port import BAUD


@dataclass(frozen=True, slots=True)
class Settings:
    """How a link waits; the defaults suit a device at 115200 baud."""

    baud: int = BAUD
    answer_s: float = 0.25
    """How long a command waits for its answer before it is said again."""
    tries: int = 4
    greeting_s: float = 5.0
    """How long a device may take to start: some boards start anew when the port is opened."""
    silence_s: float = 5.0
    """After so long without a packet the port is closed and opened again."""
    clock_s: float = 1.0
    """How often the device is asked for its clock."""
    first_clock_s: float = 0.01
    """The pause after the first question; it doubles up to `clock_s`."""
    retry_s: float = 0.1
    """The first pause before the port is opened again; it doubles up to `retry_most_s`."""
    retry_most_s: float = 0.5
    """However long it was away, a device that is plugged in again is back in less than 2 s."""
    read_s: float = 0.05
    room: int = 256
