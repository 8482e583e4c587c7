"""The device of a tester's run: its words come at their times, from the run."""

from edge.daemon.housing import Housing
from edge.housing.words import VERSION, Change, Greeting, Standing, Word
from edge.housing.words import Conditions as ConditionsWord
from edge.housing.words import Trigger as TriggerWord
from edge.replay.clock import RunClock
from edge.replay.happenings import Conditions, Contact, Device, Happening, Trigger

NS = 1_000_000_000
MEASURED = tuple(name for name in ConditionsWord.__struct_fields__ if name != "at_ns")


class PlayedDevice:
    """Tells the housing what the run says that the device says."""

    def __init__(self, clock: RunClock) -> None:
        """Know nothing yet."""
        self._clock, self._housing = clock, None
        self._standing: Standing | None = None
        self._starts = self._changes = 0

    _housing: Housing | None

    @staticmethod
    def tells(one: Happening) -> bool:
        """True for what a device tells."""
        return isinstance(one, Trigger | Conditions | Contact | Device)

    def meet(self, housing: Housing | None) -> None:
        """Meet the housing of a daemon that has just begun, and say how the device stands."""
        self._housing, self._changes = housing, 0
        self._starts += 1
        self._say(Greeting(version=VERSION, start=f"replay-{self._starts}"))
        if self._standing is not None:
            self._say(self._standing)

    def tell(self, one: Happening) -> None:
        """Say what happens as the firmware service would."""
        match one:
            case Device():
                self._standing = Standing(
                    connected=one.connected, triggers=one.triggers, cause=one.cause
                )
                self._say(self._standing)
            case Trigger():
                at_ns = max(0, self._now_ns() - round(one.age_s * NS))
                self._say(
                    TriggerWord(
                        at_ns=at_ns, error_us=one.error_us, lost=one.lost, is_test=one.is_test
                    )
                )
            case Conditions():
                measured = {name: getattr(one, name) for name in MEASURED}
                self._say(ConditionsWord(at_ns=self._now_ns(), **measured))
            case Contact():
                self._changes += 1
                self._say(
                    Change(
                        number=self._changes,
                        contact=one.contact,
                        reports=one.reports,
                        at_ns=self._now_ns(),
                        found=one.found,
                    )
                )

    def _say(self, word: Word) -> None:
        if self._housing is not None:
            self._housing.take(word)

    def _now_ns(self) -> int:
        return self._clock.read().monotonic_ns
