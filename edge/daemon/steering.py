"""What the device is told, and when: climate, light, and that the box makes progress. No I/O."""

from edge.config import Firmware
from edge.daemon import climate
from edge.daemon.lighting import Lighting
from edge.housing.words import Conditions, Plates
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
FULL = 1000
STROBES = {
    "continuous": Strobe.CONTINUOUS,
    "exposure": Strobe.EXPOSURE,
    "trigger": Strobe.TRIGGER,
}


class Steering:
    """Remembers what the device was told; asked again and again, it says what is due."""

    def __init__(self, firmware: Firmware) -> None:
        """Know nothing of the device yet."""
        self._firmware = firmware
        self._climate, self._lighting = climate.Climate(), Lighting()
        self._conditions: Conditions | None = None
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
        """Take note of how plates came out."""
        self._lighting = self._lighting.see(plates)

    def due(self, now_s: float, *, makes_progress: bool) -> list[Command]:
        """Return what is to be said now; the watchdog is fed only while the box makes progress."""
        wanted = [*self._wanted(), *([self._feed()] if makes_progress else [])]
        return [command for command in wanted if command and self._is_due(command, now_s)]

    def said(self, command: Command, now_s: float) -> None:
        """Take note of what was said, and carried out or refused."""
        self._said[type(command)] = command, now_s

    def farewell(self) -> list[Command]:
        """Return what to say before an orderly end: the device is left to itself."""
        parting: list[Command] = [Climate(AUTOMATIC, AUTOMATIC)] if self._has_climate() else []
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
        level = _permille(self._lighting.level)
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
