"""Every opening is told once, however short; a contact that rattles fills no disk."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.budget import Budget
from edge.daemon.contacts import KEPT, WORDINGS, Contact, Opening

T0 = datetime(2028, 6, 1, 8, tzinfo=UTC)


class Alarms:
    """Raises alarms of one contact as the daemon's do; time passes when a test says so."""

    def __init__(self, at_once: int = 1000) -> None:
        self.seconds = 0.0
        budget = Budget(at_once, per_hour=60, monotonic=lambda: self.seconds)
        self.contact = Contact(WORDINGS["door"], budget)
        self.told: str | None = None
        self.said: list[str] = []
        self._number = 0

    def turn(self, reports: bool, found: bool = False, second: float = 0) -> None:
        self._number += 1
        at = T0 + timedelta(seconds=second)
        self.contact.change(reports, Opening(self._number, at, found))

    def look(self, is_full: bool = False) -> None:
        cause = self.contact.fault()
        if is_full:
            self.contact.settle(self.told)
            return  # the disk took nothing: what was told last stays so
        if cause is not None and cause != self.told:
            self.said.append(cause)
        elif cause is None and self.told is not None:
            self.said.append(self.contact.over())
        self.told = cause
        self.contact.settle(self.told)


def test_an_opening_is_told_with_its_moment_and_so_is_its_end() -> None:
    alarms = Alarms()
    alarms.turn(True, second=1.25)
    for _ in range(3):
        alarms.look()
    alarms.turn(False, second=9)
    for _ in range(3):
        alarms.look()
    assert alarms.said == [
        "The door of the box was opened at 2028-06-01T08:00:01.250Z.",
        "The door of the box is closed again, since 2028-06-01T08:00:09.000Z.",
    ]


def test_a_pulse_between_two_looks_is_told_and_so_is_each_of_many() -> None:
    alarms = Alarms()
    for second in range(3):
        alarms.turn(True, second=second)
        alarms.turn(False, second=second + 0.001)
    for _ in range(5):
        alarms.look()
    assert [cause for cause in alarms.said if "was opened" in cause] == [
        f"The door of the box was opened at 2028-06-01T08:00:0{n}.000Z." for n in range(3)
    ]


def test_what_no_disk_took_is_told_when_there_is_room() -> None:
    alarms = Alarms()
    alarms.turn(True)
    alarms.turn(False)
    for _ in range(4):
        alarms.look(is_full=True)
        assert alarms.contact.first_untold == 1
    alarms.look()
    assert "was opened" in alarms.said[0]
    assert alarms.contact.first_untold is None


def test_a_door_that_stands_open_is_found_so_and_found_again_says_nothing_new() -> None:
    alarms = Alarms()
    alarms.turn(True, found=True)
    alarms.look()
    alarms.turn(True, found=True)
    alarms.look()
    assert alarms.said == [
        "The door of the box stands open, as was seen at 2028-06-01T08:00:00.000Z."
    ]


def test_how_it_stands_is_believed_where_a_change_was_not_heard() -> None:
    alarms = Alarms()
    alarms.contact.see(True, T0)
    alarms.contact.see(True, T0)
    alarms.look()
    alarms.contact.see(None, T0)
    alarms.look()
    assert len(alarms.said) == 1
    alarms.contact.see(False, T0)
    alarms.look()
    assert "closed again" in alarms.said[1]


def test_a_contact_that_rattles_is_told_now_and_then_with_how_often() -> None:
    alarms = Alarms(at_once=10)
    for n in range(60 * 60):
        alarms.seconds = n
        for k in range(10):
            alarms.turn(True, second=n + k / 10)
            alarms.turn(False, second=n + k / 10 + 0.01)
        alarms.look()
    opened = [cause for cause in alarms.said if "was opened" in cause]
    assert len(alarms.said) < 10 + 2 * 61
    assert len(alarms.contact._untold) <= KEPT
    times = sum(int(cause.split("opened ")[1].split()[0]) for cause in opened if "times" in cause)
    untold = sum(one.n for one in alarms.contact._untold)
    assert times + sum("times" not in cause for cause in opened) + untold == 36_000


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 5))
def test_no_opening_is_lost_and_none_is_told_twice(turns: list[bool], looks: int) -> None:
    alarms, opened = Alarms(), 0
    for n, reports in enumerate(turns):
        opened += reports
        alarms.turn(reports, second=n)
        if n % looks == 0:
            alarms.look()
    for _ in range(len(turns) + 2):
        alarms.look()
    told = [cause for cause in alarms.said if "was opened" in cause]
    assert len(told) == len(set(told)) == opened
    assert (alarms.told is None) is (not turns or not turns[-1])
