"""What the device reports, in the words of the seam; and what of it nobody has taken yet. Pure."""

from collections import deque
from collections.abc import Iterator

from edge.housing.words import CONTACTS, Change, Conditions, ContactName, Taken, Trigger
from firmware_bridge.messages import Contact, Status, TriggerSource
from firmware_bridge.session import SeenTrigger

PARTS: dict[ContactName, Contact] = {
    "tamper": Contact.TAMPER,
    "door": Contact.DOOR_OPEN,
    "tilt": Contact.TILTED,
}
PLAUSIBLE_C = (-50.0, 100.0)
"""Air in a box that works: a sensor that is broken or torn off says 0 K, -127 or what it can."""
KEPT = 64
"""So many changes wait for a daemon that is away: of a contact that rattles the first are kept."""


def conditions(status: Status, heard_ns: int) -> Conditions:
    """Return how the housing stands, heard at a moment of the machine's monotonic clock.

    A figure that cannot be is not known.
    """
    return Conditions(
        at_ns=heard_ns,
        temperature_c=_plausible_c(_scaled(status.temperature_cdegc, 100)),
        humidity=_share(status.humidity_permille),
        supply_v=_scaled(status.supply_mv, 1000),
        illuminance_lx=_scaled(status.illuminance_mlx, 1000),
        illuminator=_share(status.illuminator_permille),
        heater=_share(status.heater_permille),
        fan=_share(status.fan_permille),
        **{name: status.contact(part) for name, part in PARTS.items()},
    )


def trigger(seen: SeenTrigger, heard_ns: int) -> Trigger:
    """Return a trigger; one whose moment is not known was heard just now."""
    aligned = seen.aligned
    return Trigger(
        at_ns=heard_ns if aligned is None else aligned.host_ns,
        error_us=None if aligned is None else aligned.error_us,
        lost=seen.missed,
        is_test=seen.trigger.source == TriggerSource.SELF_TEST,
    )


class Changes:
    """The changes of the contacts: each is kept until the daemon has it in a durable record."""

    def __init__(self) -> None:
        """Know nothing of any contact."""
        self.untaken: deque[Change] = deque()
        self._number = 0
        self._known: dict[ContactName, bool] = {}
        self._is_first = True

    def lose(self) -> None:
        """Take note that nobody listened to the device for a while."""
        self._is_first = True

    def see(self, stands: Conditions) -> list[Change]:
        """Return what changed, to be told at once.

        Where the device was not heard before, what is closed is no news.
        """
        found = list(self._changed(stands))
        self._is_first = False
        for change in found:
            if len(self.untaken) < KEPT:
                self.untaken.append(change)
        return found

    def take(self, taken: Taken) -> None:
        """Forget what is in a record."""
        while self.untaken and self.untaken[0].number <= taken.number:
            self.untaken.popleft()

    def _changed(self, stands: Conditions) -> Iterator[Change]:
        for name in CONTACTS:
            reports: bool | None = getattr(stands, name)
            before = self._known.get(name, False)
            if reports is None or reports == before:
                continue
            self._known[name] = reports
            self._number += 1
            yield Change(
                number=self._number,
                contact=name,
                reports=reports,
                at_ns=stands.at_ns,
                found=self._is_first,
            )


def _scaled(value: int | None, divisor: int) -> float | None:
    return None if value is None else value / divisor


def _share(permille: int | None) -> float | None:
    return _scaled(permille, 1000) if permille is not None and permille <= 1000 else None


def _plausible_c(told_c: float | None) -> float | None:
    low, high = PLAUSIBLE_C
    return told_c if told_c is not None and low <= told_c <= high else None
