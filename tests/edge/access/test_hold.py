"""The life of a candidate: every condition of the release rule, failing alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access.decide import decide, stepped
from edge.access.desk import desk_clock, desk_passage
from edge.access.hold import (
    End,
    Held,
    Redecide,
    State,
    Wait,
    aged,
    daily_limit,
    held,
    is_candidate,
    let_go,
    next_step,
    settle,
    window_end,
)
from edge.access.rules import Law, Parameter
from edge.record.message import CandidateRef
from edge.types import ClockReading, Consequence, Decision, Facts, Outcome, Snapshot
from tests.edge.access.world import DIRTY_VAN, facts, flanders, record, utrecht

T0 = datetime(2026, 6, 10, 8, tzinfo=UTC)
END = datetime(2026, 6, 11, 5, tzinfo=UTC)  # 06:00 in Utrecht, and an hour of margin
NOW = END + timedelta(hours=2)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def enforced_flanders() -> Law:
    law = flanders()
    return replace(law, pack=replace(law.pack, draft=False, enforced=True))


def with_number(law: Law, name: str, value: float) -> Law:
    parameters = {
        **law.pack.parameters,
        name: Parameter(value, "[D]", "test", "test", date(2026, 11, 25)),
    }
    return replace(law, pack=replace(law.pack, parameters=parameters))


def clock(now: datetime, trusted: bool = True) -> ClockReading:
    return replace(desk_clock(now), trusted=trusted)


def snapshot(exemptions: datetime, vehicles: datetime | None = None) -> Snapshot:
    return Snapshot("s2", "2" * 64, vehicles or exemptions, exemptions)


def accused(at: datetime = T0, law: Law | None = None) -> Decision:
    law = law or utrecht()
    passage = desk_passage(min(law.pack.countries), at, "1ZZZ999")
    return decide(passage, facts(DIRTY_VAN, at=at), law, desk_clock(at))


def candidate(at: datetime = T0, law: Law | None = None) -> Held:
    law = law or utrecht()
    place = CandidateRef(1, 7, "7" * 64)
    return held(accused(at, law), at, law, place, ("s1",))


def step(
    now: ClockReading | None = None, seen: Snapshot | None = None, law: Law | None = None
) -> object:
    return next_step(candidate(), now or clock(NOW), seen or snapshot(END + HOUR), law or utrecht())


def test_an_accusation_under_an_enforced_pack_is_a_candidate() -> None:
    assert accused().outcome is Outcome.NO_ACCESS
    assert is_candidate(accused(), utrecht())
    assert is_candidate(accused(datetime(2028, 6, 1, tzinfo=UTC), flanders()), enforced_flanders())


def test_a_warning_is_a_candidate_too() -> None:
    law = utrecht()
    warning = replace(law, zone=replace(law.zone, warn_until=T0.date()))
    assert accused(law=warning).consequence is Consequence.WARN
    assert is_candidate(accused(law=warning), warning)


def test_a_pack_that_is_not_enforced_holds_nothing() -> None:
    law = utrecht()
    off = replace(law, pack=replace(law.pack, enforced=False))
    assert not is_candidate(accused(), off)
    assert not is_candidate(accused(datetime(2028, 6, 1, tzinfo=UTC), flanders()), flanders())


@pytest.mark.parametrize("outcome", sorted(set(Outcome)))
@pytest.mark.parametrize("consequence", sorted(set(Consequence)))
def test_only_an_accusation_that_is_to_be_held_is_a_candidate(
    outcome: Outcome, consequence: Consequence
) -> None:
    decision = replace(accused(), outcome=outcome, consequence=consequence)
    accuses = outcome in {Outcome.NO_ACCESS, Outcome.PERMIT_POSSIBLE}
    holds = consequence in {Consequence.WARN, Consequence.HOLD48, Consequence.HOLD_DAY}
    assert is_candidate(decision, utrecht()) is (accuses and holds)


def test_a_second_passage_of_the_day_keeps_its_outcome_and_nothing_follows() -> None:
    second = let_go(accused())
    assert second.outcome is Outcome.NO_ACCESS
    assert second.consequence is Consequence.NONE
    assert "already_held" in second.marks


def test_the_law_says_how_many_candidates_a_day_has() -> None:
    assert daily_limit(utrecht()) == 1
    assert daily_limit(with_number(utrecht(), "kandidaten_per_dag", 0)) is None


@pytest.mark.parametrize(
    ("t0", "end"),
    [
        # summer: the night is eight hours from midnight to six, local time
        ("2026-06-10T08:00:00+00:00", "2026-06-11T05:00:00+00:00"),
        # winter
        ("2026-12-10T08:00:00+00:00", "2026-12-11T06:00:00+00:00"),
        # the night the clocks go forward, 29 March 2026: six o'clock comes an hour sooner
        ("2026-03-28T12:00:00+00:00", "2026-03-29T05:00:00+00:00"),
        # the night they go back, 25 October 2026
        ("2026-10-24T12:00:00+00:00", "2026-10-25T06:00:00+00:00"),
        # the day of a passage is the local one: half past midnight in Utrecht is the 11th
        ("2026-06-10T22:30:00+00:00", "2026-06-12T05:00:00+00:00"),
        ("2026-06-10T21:59:59+00:00", "2026-06-11T05:00:00+00:00"),
    ],
)
def test_the_dutch_window_ends_on_the_next_morning_local_time(t0: str, end: str) -> None:
    assert window_end(datetime.fromisoformat(t0), utrecht()) == datetime.fromisoformat(end)


@pytest.mark.parametrize(
    ("hour", "day", "end"),
    [
        (2, date(2026, 3, 28), "2026-03-29T02:00:00+00:00"),  # 02:00 is not there: 03:00 is meant
        (2, date(2026, 10, 24), "2026-10-25T02:00:00+00:00"),  # 02:00 is there twice: the second
    ],
)
def test_an_hour_that_the_clock_skips_or_repeats_ends_the_window_at_its_later_reading(
    hour: int, day: date, end: str
) -> None:
    law = with_number(utrecht(), "vasthouden_tot_uur", hour)
    t0 = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert window_end(t0, law) == datetime.fromisoformat(end)


@pytest.mark.parametrize("t0", [T0, datetime(2026, 3, 28, 12, tzinfo=UTC)])
def test_the_flemish_window_counts_hours_whatever_the_clocks_do(t0: datetime) -> None:
    assert window_end(t0, enforced_flanders()) == t0 + timedelta(hours=48)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1)))
def test_no_window_is_shorter_than_the_night_that_follows(moment: datetime) -> None:
    t0 = moment.replace(tzinfo=UTC)
    length = window_end(t0, utrecht()) - t0
    assert timedelta(hours=6) <= length <= timedelta(hours=33)


def test_with_a_closed_window_and_a_later_whole_registry_it_is_decided_again() -> None:
    assert isinstance(step(), Redecide)


@pytest.mark.parametrize(
    ("as_of", "released"), [(END, True), (END - INSTANT, False), (END + HOUR, True)]
)
def test_the_registry_must_be_dated_at_or_after_the_end_of_the_window(
    as_of: datetime, released: bool
) -> None:
    assert isinstance(step(seen=snapshot(as_of)), Redecide) is released


@pytest.mark.parametrize(("now", "closed"), [(END, True), (END - INSTANT, False)])
def test_the_window_closes_at_its_very_end(now: datetime, closed: bool) -> None:
    found = next_step(candidate(), clock(now), snapshot(END), utrecht())
    assert isinstance(found, Redecide) is closed


LATE = NOW + timedelta(days=3)
WAITS: dict[str, tuple[ClockReading, Snapshot | None, str]] = {
    "clock not trusted": (clock(NOW, trusted=False), snapshot(END + HOUR), "clock"),
    "window open": (clock(END - HOUR), snapshot(END + HOUR), "window is open"),
    "no registry": (clock(NOW), None, "no registry"),
    "registry before the end": (clock(NOW), snapshot(END - HOUR), "older than the end"),
    "registry of the future": (clock(NOW), snapshot(NOW + HOUR), "future"),
    "registry a day old": (clock(LATE), snapshot(LATE - 25 * HOUR), "too old to release"),
    "vehicles of the future": (clock(NOW), snapshot(END, NOW + HOUR), "future"),
    "vehicles too old": (clock(NOW), snapshot(END, NOW - timedelta(days=36)), "older than 840"),
}


@pytest.mark.parametrize("why", WAITS)
def test_each_condition_of_the_release_rule_alone_keeps_it_waiting(why: str) -> None:
    now, seen, word = WAITS[why]
    found = next_step(candidate(), now, seen, utrecht())
    assert isinstance(found, Wait)
    assert word in found.reason


@pytest.mark.parametrize(("age", "released"), [(24 * HOUR, True), (24 * HOUR + INSTANT, False)])
def test_a_registry_may_be_a_day_old_and_no_older(age: timedelta, released: bool) -> None:
    found = next_step(candidate(), clock(LATE), snapshot(LATE - age), utrecht())
    assert isinstance(found, Redecide) is released


def test_a_clock_that_jumped_ahead_releases_nothing() -> None:
    jumped = T0 + timedelta(days=2)  # in truth it is an hour after the passage
    found = next_step(candidate(), clock(jumped), snapshot(T0 - HOUR), utrecht())
    assert isinstance(found, Wait)


def test_an_untrusted_clock_changes_nothing_even_after_the_longest_time() -> None:
    late = clock(T0 + timedelta(days=400), trusted=False)
    assert isinstance(next_step(candidate(), late, snapshot(END), utrecht()), Wait)
    assert isinstance(next_step(candidate(), late, snapshot(END), None), Wait)


@pytest.mark.parametrize(("before", "expires"), [(timedelta(0), True), (INSTANT, False)])
def test_after_the_longest_time_it_expires_whatever_the_registry_says(
    before: timedelta, expires: bool
) -> None:
    now = T0 + timedelta(days=14) - before
    found = next_step(candidate(), clock(now), snapshot(now), utrecht())
    assert (found == End(State.EXPIRED, found.reason)) if expires else isinstance(found, Redecide)


def test_what_was_seen_in_a_replay_is_never_released_by_a_box_at_work() -> None:
    played = replace(candidate(), replayed=True)
    found = next_step(played, clock(NOW), snapshot(END), utrecht())
    assert isinstance(found, End)
    assert found.state is State.WITHDRAWN
    again = replace(clock(NOW), source="replay")
    assert isinstance(next_step(played, again, snapshot(END), utrecht()), Redecide)


MOMENTS = st.integers(-3 * 24 * 60, 16 * 24 * 60).map(lambda n: END + timedelta(minutes=n))


@given(now=MOMENTS, exemptions=MOMENTS, vehicles=MOMENTS, trusted=st.booleans())
def test_it_is_decided_again_under_all_conditions_together_or_not_at_all(
    now: datetime, exemptions: datetime, vehicles: datetime, trusted: bool
) -> None:
    found = next_step(candidate(), clock(now, trusted), snapshot(exemptions, vehicles), utrecht())
    fresh = END <= exemptions <= now <= exemptions + 24 * HOUR and vehicles <= now
    may = trusted and fresh and now < T0 + timedelta(days=14)
    assert isinstance(found, Redecide) is may


def test_a_zone_that_is_no_longer_guarded_withdraws() -> None:
    found = next_step(candidate(), clock(T0 + HOUR), snapshot(END), None)
    assert isinstance(found, End)
    assert found.state is State.WITHDRAWN


def test_a_pack_that_is_no_longer_enforced_withdraws() -> None:
    law = utrecht()
    found = step(law=replace(law, pack=replace(law.pack, enforced=False)))
    assert isinstance(found, End)
    assert found.state is State.WITHDRAWN


@pytest.mark.parametrize("days", [0, 1])
def test_a_pack_that_expired_since_releases_nothing(days: int) -> None:
    law = utrecht()
    expires = NOW.date() + timedelta(days=days)
    found = step(law=replace(law, pack=replace(law.pack, expires=expires)))
    assert isinstance(found, Redecide if days else Wait)


def test_a_longer_window_of_a_newer_pack_holds_longer() -> None:
    law = with_number(utrecht(), "vasthouden_marge_uur", 12)
    assert isinstance(step(law=law), Wait)


def test_a_shorter_window_of_a_newer_pack_does_not_release_sooner() -> None:
    law = with_number(utrecht(), "vasthouden_tot_uur", 0)
    found = next_step(candidate(), clock(END - HOUR), snapshot(END - HOUR), law)
    assert isinstance(found, Wait)


def decided_again(known: Facts, now: datetime = NOW, law: Law | None = None) -> Decision:
    passage = aged(desk_passage("NL", T0, "1ZZZ999"), clock(now))
    return decide(passage, known, law or utrecht(), clock(now))


def test_still_no_access_is_released() -> None:
    found = settle(decided_again(facts(DIRTY_VAN, at=END)))
    assert isinstance(found, End)
    assert found.state is State.RELEASED


def test_a_permit_that_came_later_withdraws() -> None:
    day = record("NL-ON-DAG", valid_from=T0 - HOUR, valid_to=T0 + HOUR, requested_at=T0 + HOUR)
    found = settle(decided_again(facts(DIRTY_VAN, day, at=END)))
    assert isinstance(found, End)
    assert found.state is State.WITHDRAWN


def test_a_vehicle_that_is_no_longer_known_withdraws() -> None:
    found = settle(decided_again(facts(None, at=END)))
    assert isinstance(found, End)
    assert found.state is State.WITHDRAWN


def test_data_that_became_ambiguous_withdraws() -> None:
    decision = decided_again(facts(replace(DIRTY_VAN, euro=None, first_registration=None), at=END))
    assert decision.outcome is Outcome.REVIEW
    found = settle(decision)
    assert isinstance(found, End)
    assert found.state is State.WITHDRAWN


def test_a_registry_that_cannot_be_read_waits() -> None:
    assert isinstance(settle(decided_again(Facts(None, (), None, "it is damaged"))), Wait)


def test_a_law_that_changed_since_is_the_one_that_decides() -> None:
    law = utrecht()
    later = replace(law, zone=replace(law.zone, start=date(2027, 1, 1)))
    found = settle(decided_again(facts(DIRTY_VAN, at=END), law=later))
    assert isinstance(found, End)
    assert found.state is State.WITHDRAWN


@pytest.mark.parametrize("outcome", sorted(set(Outcome)))
@pytest.mark.parametrize("consequence", sorted(set(Consequence)))
def test_nothing_but_a_held_accusation_is_ever_released(
    outcome: Outcome, consequence: Consequence
) -> None:
    decision = replace(accused(), outcome=outcome, consequence=consequence)
    found = settle(decision)
    released = isinstance(found, End) and found.state is State.RELEASED
    assert released is is_candidate(decision, utrecht())


@given(st.integers(-(10**18), 10**18), st.integers(0, 14 * 86_400))
def test_a_passage_of_another_boot_is_not_taken_for_a_clock_that_was_set(
    monotonic_ns: int, later_s: int
) -> None:
    now = replace(clock(T0 + timedelta(seconds=later_s)), monotonic_ns=monotonic_ns)
    assert not stepped(aged(desk_passage("NL", T0), now), now)
