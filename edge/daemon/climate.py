"""Fan and heater by the temperature in the housing. Pure."""

from typing import NamedTuple

HEATER_ON_C, HEATER_OFF_C = 3.0, 7.0
FAN_OFF_C, FAN_ON_C, FAN_FULL_C = 36.0, 40.0, 60.0
FAN_LEAST = 0.3
"""Slower, a fan may not start to turn."""
STEP = 0.1


class Climate(NamedTuple):
    """What heater and fan are to do, in shares 0 to 1; None: the device decides."""

    heater: float | None = None
    fan: float | None = None


def climate(temperature_c: float | None, before: Climate) -> Climate:
    """Return what to do at a temperature, from what was done before: neither flutters."""
    if temperature_c is None:
        return Climate()
    return Climate(_heater(temperature_c, before.heater), _fan(temperature_c, before.fan))


def _heater(temperature_c: float, before: float | None) -> float:
    limit_c = HEATER_OFF_C if before else HEATER_ON_C
    return 1.0 if temperature_c < limit_c else 0.0


def _fan(temperature_c: float, before: float | None) -> float:
    if temperature_c < (FAN_OFF_C if before else FAN_ON_C):
        return 0.0
    share = (temperature_c - FAN_ON_C) / (FAN_FULL_C - FAN_ON_C)
    wanted = round(min(1.0, max(FAN_LEAST, share)) / STEP) * STEP
    near = before and abs(wanted - before) < 1.5 * STEP and wanted < 1.0
    return before if before and near else round(wanted, 1)
