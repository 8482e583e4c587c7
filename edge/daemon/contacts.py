"""The contacts of the housing as alarms: every opening is told once, however short it was. Pure."""

from collections import deque
from datetime import datetime
from typing import NamedTuple

from edge.daemon.budget import Budget
from edge.housing.words import ContactName

PER_HOUR, AT_ONCE = 30, 10
"""Of a contact that rattles so many openings are told one by one, the others gathered: alarms are
never dropped, and must not fill the disk."""
KEPT = 200


class Wording(NamedTuple):
    """What is said of a contact, and what to do about it."""

    opened: str
    stands: str
    closed: str
    remedy: str


WORDINGS: dict[ContactName, Wording] = {
    "tamper": Wording(
        "Somebody tampered with the housing",
        "The contact against tampering stands open",
        "The contact against tampering is closed again",
        "Send somebody to look at the box, and keep what its camera saw.",
    ),
    "door": Wording(
        "The door of the box was opened",
        "The door of the box stands open",
        "The door of the box is closed again",
        "If nobody of yours is at the box, send somebody.",
    ),
    "tilt": Wording(
        "The box was moved",
        "The box stands otherwise than it was set up",
        "The box stands as it was set up again",
        "Look where its camera points, aim it anew, and set the device up again.",
    ),
}


class Opening(NamedTuple):
    """A contact that began to report; `number` is the service's, None where it has none.

    It stands for `n`, all but the last of which were not kept one by one.
    """

    number: int | None
    at: datetime
    found: bool
    n: int = 1


class Contact:
    """One contact: what is not told yet, and how it stands."""

    def __init__(self, wording: Wording, budget: Budget) -> None:
        """Know nothing."""
        self._wording, self._budget = wording, budget
        self._untold: deque[Opening] = deque()
        self._offered: tuple[str, int] | None = None
        self._stands: str | None = None
        self._held_back = False
        self._closed_at: datetime | None = None
        self._reports: bool | None = None

    def change(self, reports: bool, opening: Opening) -> None:
        """Take note that it began or ceased to report."""
        if not reports:
            self._closed_at = opening.at
        elif not (opening.found and self._reports):
            self._note(opening)
        self._reports = reports

    def see(self, reports: bool | None, at: datetime) -> None:
        """Take note of how it stands, of which all that was told is known by now.

        Another daemon may have taken the change, and ended; or there were more than were kept.
        """
        if reports is not None and reports != bool(self._reports):
            self.change(reports, Opening(None, at, found=True))

    def fault(self) -> str | None:
        """Return the next opening that is not told; then how it stands, None when it is closed."""
        if self._offered is None and self._untold:
            self._offer()
        if self._offered is not None:
            return self._offered[0]
        return self._stands if self._reports or self._untold else None

    def over(self) -> str:
        """Return that it is closed."""
        return f"{self._wording.closed}{_since(self._closed_at)}."

    def settle(self, told: str | None) -> None:
        """Forget what is in a durable record."""
        if self._offered is not None and told == self._offered[0]:
            self._stands, n = self._offered
            self._offered = None
            for _ in range(n):
                self._untold.popleft()

    @property
    def first_untold(self) -> int | None:
        """The lowest number of what is not told; None where all is."""
        return next((one.number for one in self._untold if one.number is not None), None)

    def _note(self, opening: Opening) -> None:
        """Keep an opening; of so many the last stands for others."""
        offered = 0 if self._offered is None else self._offered[1]
        if len(self._untold) >= KEPT and len(self._untold) > offered:
            opening = opening._replace(n=self._untold.pop().n + 1)
        self._untold.append(opening)

    def _offer(self) -> None:
        if not self._budget.spend():
            self._held_back = True
            return
        told = list(self._untold) if self._held_back else [self._untold[0]]
        self._held_back = False
        self._offered = self._words(told), len(told)

    def _words(self, told: list[Opening]) -> str:
        first, n = told[0], sum(one.n for one in told)
        if n > 1:
            says = f"{self._wording.opened} {n} times, first at {_moment(first.at)} and last at"
            return f"{says} {_moment(told[-1].at)}."
        if first.found:
            return f"{self._wording.stands}, as was seen at {_moment(first.at)}."
        return f"{self._wording.opened} at {_moment(first.at)}."


def _since(at: datetime | None) -> str:
    return "" if at is None else f", since {_moment(at)}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
