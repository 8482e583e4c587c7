"""What a command needs and which values it may have: PROTOCOL.md, sections 4.10 to 4.13."""

from firmware_bridge.messages import (
    AUTOMATIC,
    Capability,
    Climate,
    Command,
    Illuminator,
    Reboot,
    RebootTarget,
    Strobe,
    Watchdog,
)

FULL = 1000
WATCHDOG_MS = range(1000, 3_600_001)
DELAY_MS = range(50, 60_001)
PULSE_US = range(1, 10_001)


def level(permille: int) -> int:
    """Return what an automatic level is here: off."""
    return 0 if permille == AUTOMATIC else permille


def demands(command: Command) -> tuple[int, bool]:
    """Return the capabilities that a command needs, and whether its values are in range."""
    match command:
        case Illuminator():
            strobed = command.strobe != Strobe.CONTINUOUS
            needs = Capability.ILLUMINATOR | (Capability.STROBE_SYNC if strobed else 0)
            fits = command.level_permille <= FULL and command.strobe in tuple(Strobe)
            return needs, fits and (not strobed or command.pulse_us in PULSE_US)
        case Climate():
            levels = (command.heater_permille, command.fan_permille)
            fits = all(each <= FULL or each == AUTOMATIC for each in levels)
            return Capability.HEATER | Capability.FAN, fits
        case Watchdog():
            fits = command.timeout_ms == 0 or command.timeout_ms in WATCHDOG_MS
            return Capability.HOST_WATCHDOG, fits
        case Reboot():
            power = Capability.HOST_POWER if command.target == RebootTarget.HOST else 0
            known = command.target in tuple(RebootTarget)
            return power, known and command.delay_ms in DELAY_MS
