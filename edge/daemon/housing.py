"""How the housing of the box stands, as the daemon knows it from the firmware service.

What the service says comes on the thread of the seam; whoever asks may do so on any.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from edge.daemon.alarms import Watched
from edge.daemon.budget import Budget
from edge.daemon.bulletin import HousingTold
from edge.daemon.captures import Captures
from edge.daemon.contacts import AT_ONCE, PER_HOUR, WORDINGS, Contact, Opening
from edge.daemon.outage import REMEDY, Outage
from edge.housing.words import (
    CONTACTS,
    Change,
    Conditions,
    ContactName,
    Greeting,
    Progress,
    Standing,
    Taken,
    Trigger,
    Word,
)
from edge.ports import Clock
from edge.record.housing import HousingRecord, TriggerCounts

FRESH_NS = 5_000_000_000
"""What was measured longer ago is not known any more: the device tells once a second."""
PROGRESS_NS = 1_000_000_000
FIRMWARE = "firmware"
UNHEARD = "The firmware service was not heard yet."
MUTE = "It answers, and does not say how the housing stands."


def nobody(word: Word) -> bool:
    """Stand where nobody hears."""
    return False


class Housing:
    """The contacts, the climate and the light of the box, and what is to be told of them."""

    def __init__(
        self,
        clock: Clock,
        captures: Captures,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Know nothing; `say` is to be set to what reaches the service, `wake` to what hurries.

        `fired` is told of each trigger.
        """
        self.say: Callable[[Word], bool] = nobody
        self.wake: Callable[[], None] = lambda: None
        self.fired: Callable[[int], None] = lambda at_ns: None
        self.captures = captures
        self._clock, self._lock = clock, threading.RLock()
        self._contacts = {
            name: Contact(WORDINGS[name], Budget(AT_ONCE, PER_HOUR, monotonic)) for name in CONTACTS
        }
        self._outage = Outage(self._now_ns(), UNHEARD)
        self._standing: Standing | None = None
        self._conditions: Conditions | None = None
        self._start, self._number, self._acknowledged = "", 0, 0
        self._progress_ns = 0

    def take(self, word: Word) -> None:
        """Take in what the service says."""
        with self._lock:
            match word:
                case Greeting():
                    self._greet(word)
                case Standing():
                    self._stand(word)
                case Conditions():
                    self._measure(word)
                case Change():
                    self._change(word)
                case Trigger():
                    self.captures.trigger(word)
                    if not word.is_test:
                        self.fired(word.at_ns)
        if isinstance(word, Change):
            self.wake()

    def lost(self, why: str) -> None:
        """Take note that the service is not there."""
        with self._lock:
            self._conditions = self._standing = None
            self._lose(f"The firmware service is away: {why}.")

    def watched(self) -> dict[str, Watched]:
        """Return what alarms watch of it, all of it urgent."""
        watched: dict[str, Watched] = {name: self._watched(name) for name in CONTACTS}
        watched[FIRMWARE] = Watched(self._fault, REMEDY, self._outage.over, urgent=True)
        return watched

    def settle(self, told: Mapping[str, str | None]) -> None:
        """Tell the service that a step was done, and which changes are in a durable record."""
        with self._lock:
            for name, contact in self._contacts.items():
                contact.settle(told.get(name))
            untold = [c.first_untold for c in self._contacts.values()]
            open_numbers = [number for number in untold if number is not None]
            through = min(open_numbers) - 1 if open_numbers else self._number
            if through > self._acknowledged and self.say(Taken(number=through)):
                self._acknowledged = through
        self._progress()

    def temperature_c(self) -> float | None:
        """The temperature in the housing, None where it is not known now."""
        known = self._fresh()
        return None if known is None else known.temperature_c

    def illuminance_lx(self) -> float | None:
        """The light outside, None where it is not known now."""
        known = self._fresh()
        return None if known is None else known.illuminance_lx

    def illuminator(self) -> float | None:
        """How bright the illuminator shines, 0 to 1; None where it is not known now."""
        known = self._fresh()
        return None if known is None else known.illuminator

    def counts(self) -> TriggerCounts | None:
        """Return what triggers say of the passages; None where nothing triggers."""
        return self.captures.counts(self._now_ns())

    def record(self) -> HousingRecord | None:
        """Return what a record tells of the housing; None where nothing is known now."""
        known = self._fresh()
        if known is None:
            return None
        return HousingRecord(
            tamper=known.tamper,
            door_open=known.door,
            tilted=known.tilt,
            temperature_c=known.temperature_c,
            illuminator=known.illuminator,
        )

    def told(self) -> HousingTold:
        """Return what the bulletin tells of it."""
        with self._lock:
            known, stands = self._fresh() or Conditions(at_ns=0), self._standing
            return HousingTold(
                fault=self._outage.why,
                restarts=0 if stands is None else stands.restarts,
                temperature_c=known.temperature_c,
                humidity=known.humidity,
                supply_v=known.supply_v,
                illuminance_lx=known.illuminance_lx,
                illuminator=known.illuminator,
                contacts={
                    name: reports
                    for name in CONTACTS
                    if (reports := getattr(known, name)) is not None
                },
                triggers=self.counts(),
            )

    def _greet(self, greeting: Greeting) -> None:
        if greeting.start != self._start:
            self._start, self._number, self._acknowledged = greeting.start, 0, 0
        else:
            self._acknowledged = 0  # what it says again was not heard to be taken

    def _stand(self, standing: Standing) -> None:
        self._standing, now = standing, self._clock.read()
        self.captures.expect(standing.connected and standing.triggers, now.now)
        if not standing.connected:
            self._conditions = None
            self._lose(standing.cause)

    def _lose(self, why: str) -> None:
        now = self._clock.read()
        self.captures.expect(False, now.now)
        self._outage.lose(why, now.monotonic_ns)

    def _measure(self, conditions: Conditions) -> None:
        self._conditions, now = conditions, self._clock.read()
        self._outage.hear(now.monotonic_ns, now.now)
        at = self._moment(conditions.at_ns)
        for name, contact in self._contacts.items():
            contact.see(getattr(conditions, name), at)

    def _change(self, change: Change) -> None:
        if change.number <= self._number:
            return  # it is said again, as it was not taken yet
        self._number = change.number
        opening = Opening(change.number, self._moment(change.at_ns), change.found)
        self._contacts[change.contact].change(change.reports, opening)

    def _watched(self, name: ContactName) -> Watched:
        contact = self._contacts[name]

        def fault() -> str | None:
            with self._lock:
                return contact.fault()

        return Watched(fault, WORDINGS[name].remedy, contact.over, urgent=True)

    def _fault(self) -> str | None:
        """Return what is wrong with the device: what it measures makes it heard, no greeting."""
        with self._lock:
            now_ns, stands = self._now_ns(), self._standing
            if stands is not None and stands.connected and self._fresh() is None:
                self._outage.lose(MUTE, now_ns)
            return self._outage.fault(now_ns)

    def _progress(self) -> None:
        now_ns = self._now_ns()
        if now_ns - self._progress_ns >= PROGRESS_NS and self.say(Progress()):
            self._progress_ns = now_ns

    def _fresh(self) -> Conditions | None:
        known = self._conditions
        is_fresh = known is not None and self._now_ns() - known.at_ns < FRESH_NS
        return known if is_fresh else None

    def _now_ns(self) -> int:
        return self._clock.read().monotonic_ns

    def _moment(self, at_ns: int) -> datetime:
        """Return the date of a moment of the monotonic clock, by the clock of now."""
        now = self._clock.read()
        return now.now - timedelta(microseconds=(now.monotonic_ns - at_ns) / 1000)
