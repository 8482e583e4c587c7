"""What the device is told, and when: climate, light, and that the box makes progress. No I/O."""

from typing import NamedTuple

from edge.config import Firmware
from edge.daemon import climate
from edge.daemon.lighting import Lighting
from edge.housing.words import Conditions, Plates, Shine
from firmware_bridge.messages import (
    AUTOMATIC,
    Capability,
    Climate,
    Command,
    Hello,
    Illuminator,
    Strobe,
    Watchdog,
)

AGAIN_S = 60.0
"""So often what has not changed is said again: the device may have refused it meanwhile."""
FEEDS_PER_WATCH = 4
MOST_TRIED_S = 60.0
"""So long at most the light shines as a person tries it, whoever is there to end that."""
FULL = 1000
STROBES = {
    "continuous": Strobe.CONTINUOUS,
    "exposure": Strobe.EXPOSURE,
    "trigger": Strobe.TRIGGER,
}


class Trial(NamedTuple):
    """The light as a person tries it (0 to 1), and until when."""

    level: float
    until_s: float


class Steering:
    """Remembers what the device was told; asked again and again, it says what is due."""

    def __init__(self, firmware: Firmware) -> None:
        """Know nothing of the device yet."""
        self._firmware = firmware
        self._climate, self._lighting = climate.Climate(), Lighting()
        self._conditions: Conditions | None = None
        self._trial: Trial | None = None
        self._capabilities = 0
        self._said: dict[type[Command], tuple[Command, float]] = {}

    def meet(self, hello: Hello) -> None:
        """Take note of a device that has forgotten what it was told."""
        self._capabilities, self._conditions = hello.capabilities, None
        self._said.clear()

    def measure(self, conditions: Conditions) -> None:
        """Take note of how the housing stands."""
        self._conditions = conditions

    def see(self, plates: Plates) -> None:
        """Take note of how plates came out; what a person tries teaches nothing."""
        if self._trial is None:
            self._lighting = self._lighting.see(plates)

    def shine(self, wanted: Shine, now_s: float) -> None:
        """Let a person try the light for a while, or end that."""
        until_s = now_s + min(wanted.for_s, MOST_TRIED_S)
        self._trial = None if wanted.level is None else Trial(wanted.level, until_s)

    def due(self, now_s: float, *, makes_progress: bool) -> list[Command]:
        """Return what is to be said now; the watchdog is fed only while the box makes progress."""
        if self._trial is not None and now_s >= self._trial.until_s:
            self._trial = None
        wanted = [*self._wanted(), *([self._feed()] if makes_progress else [])]
        return [command for command in wanted if command and self._is_due(command, now_s)]

    def said(self, command: Command, now_s: float) -> None:
        """Take note of what was said, and carried out or refused."""
        self._said[type(command)] = command, now_s

    def farewell(self) -> list[Command]:
        """Return what to say before an orderly end: the device is left to itself."""
        parting: list[Command] = [Climate(AUTOMATIC, AUTOMATIC)] if self._has_climate() else []
        tried, self._trial = self._trial, None
        light = None if tried is None else self._shine()
        parting += [] if light is None else [light]
        return [*parting, Watchdog(0)] if self._feed() else parting

    def _wanted(self) -> list[Command | None]:
        known = self._conditions
        if known is None:
            return []
        self._climate = climate.climate(known.temperature_c, self._climate)
        self._lighting = self._lighting.under(known.illuminance_lx)
        return [self._blow(), self._shine()]

    def _blow(self) -> Climate | None:
        if not self._has_climate():
            return None
        heater, fan = self._climate
        return Climate(
            _permille(heater) if self._capabilities & Capability.HEATER else AUTOMATIC,
            _permille(fan) if self._capabilities & Capability.FAN else AUTOMATIC,
        )

    def _has_climate(self) -> bool:
        return bool(self._capabilities & (Capability.HEATER | Capability.FAN))

    def _shine(self) -> Illuminator | None:
        if not self._capabilities & Capability.ILLUMINATOR:
            return None
        strobe = STROBES[self._firmware.strobe]
        level = _permille(self._lighting.level if self._trial is None else self._trial.level)
        return Illuminator(level, strobe, self._firmware.pulse_us, 0)

    def _feed(self) -> Watchdog | None:
        wanted = self._firmware.watchdog_s and self._capabilities & Capability.HOST_WATCHDOG
        return Watchdog(self._firmware.watchdog_s * 1000) if wanted else None

    def _is_due(self, command: Command, now_s: float) -> bool:
        before = self._said.get(type(command))
        if before is None or before[0] != command:
            return True
        every_s = AGAIN_S
        if isinstance(command, Watchdog):
            every_s = command.timeout_ms / 1000 / FEEDS_PER_WATCH
        return now_s - before[1] >= every_s


def _permille(share: float | None) -> int:
    return AUTOMATIC if share is None else round(share * FULL)
