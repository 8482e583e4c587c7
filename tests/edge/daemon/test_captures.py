"""Triggers against passages, one to one: what stays over on either side is counted."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.captures import EARLY_NS, LATE_NS, PATIENCE_NS, Captures
from edge.housing.words import Trigger
from edge.types import Passage
from tests.cases import passage

T0 = datetime(2028, 6, 1, 8, tzinfo=UTC)
S = 1_000_000_000


def passed(first_s: float, last_s: float | None = None) -> Passage:
    last_s = first_s + 1 if last_s is None else last_s
    return replace(
        passage(), first_monotonic_ns=int(first_s * S), last_monotonic_ns=int(last_s * S)
    )


def counting() -> Captures:
    captures = Captures()
    captures.expect(True, T0)
    return captures


def counted(captures: Captures, now_ns: int = 10**15) -> tuple[int, int, int, int]:
    told = captures.counts(now_ns)
    assert told is not None
    assert told.since == T0
    return told.triggers, told.captured, told.missed, told.untriggered


def at(second: float, lost: int = 0, is_test: bool = False) -> Trigger:
    return Trigger(at_ns=int(second * S), lost=lost, is_test=is_test)


def test_a_trigger_and_its_passage_find_each_other_in_either_order() -> None:
    for first in (True, False):
        captures = counting()
        if first:
            captures.trigger(at(10))
        captures.go_by(passed(11))
        if not first:
            captures.trigger(at(10))
        assert counted(captures) == (1, 1, 0, 0)


def test_what_was_triggered_and_never_became_a_passage_is_missed_and_the_reverse() -> None:
    captures = counting()
    captures.trigger(at(10))
    captures.go_by(passed(100))
    assert counted(captures, int(20 * S)) == (1, 0, 0, 0)  # neither is judged yet
    assert counted(captures, int(101 * S) + PATIENCE_NS + 1) == (1, 0, 1, 1)


def test_one_passage_answers_one_trigger() -> None:
    captures = counting()
    for second in (10.0, 10.5):
        captures.trigger(at(second))
    captures.go_by(passed(11))
    assert counted(captures) == (2, 1, 1, 0)


def test_a_vehicle_that_stands_in_sight_for_long_still_answers_its_trigger() -> None:
    captures = counting()
    captures.trigger(at(10))
    captures.go_by(passed(11, 100))
    assert counted(captures) == (1, 1, 0, 0)


def test_only_what_was_near_enough_fits() -> None:
    captures = counting()
    captures.go_by(passed(100, 101))
    captures.trigger(Trigger(at_ns=100 * S - EARLY_NS - 1))
    captures.trigger(Trigger(at_ns=101 * S + LATE_NS + 1))
    assert counted(captures) == (2, 0, 2, 1)


def test_a_device_that_tries_itself_sees_no_vehicle_and_what_was_lost_is_told() -> None:
    captures = counting()
    captures.trigger(at(1, lost=3, is_test=True))
    told = captures.counts(2 * S)
    assert told is not None
    assert (told.triggers, told.lost) == (0, 3)


def test_without_a_device_that_triggers_no_passage_counts_against_it() -> None:
    captures = Captures()
    captures.go_by(passed(1))
    assert captures.counts(10**15) is None
    captures.expect(True, T0)
    captures.expect(False, T0)
    captures.go_by(passed(2))
    assert counted(captures) == (0, 0, 0, 0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 600)), max_size=60))
def test_everything_is_counted_once(seen: list[tuple[bool, int]]) -> None:
    captures, triggers, passages = counting(), 0, 0
    for is_trigger, second in sorted(seen, key=lambda one: one[1]):
        triggers += is_trigger
        passages += not is_trigger
        if is_trigger:
            captures.trigger(at(second))
        else:
            captures.go_by(passed(second))
    seen_n, captured, missed, untriggered = counted(captures)
    assert seen_n == triggers == captured + missed
    assert passages == captured + untriggered
