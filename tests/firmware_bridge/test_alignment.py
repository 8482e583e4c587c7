"""The bound is held against a true clock that hypothesis chooses: drift, jitter, wrap, silence."""

from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware_bridge.alignment import REMEMBERED, WRAP_US, Alignment, Exchange

SECOND_NS = 1_000_000_000
TICKS_US = st.sampled_from([1, 4])
DELAYS_NS = st.just(0) | st.integers(0, 200_000) | st.integers(0, 20_000_000)
"""One way: a UART at once, an FTDI chip after its 16 ms; none is the hardest test of a bound."""
STAYS_NS = st.integers(0, 100_000) | st.integers(0, SECOND_NS)
UNEVEN = [1e-6 * n for n in (-3, -3, -3, -3, 3, 3, 3, 3)]
AT_ONCE = (SECOND_NS, 0, 0, 0)


@dataclass
class Crystal:
    """A device's clock that drifts, wanders within what PROTOCOL.md allows, and steps."""

    start_us: int
    drift: float
    tick_us: int = 1
    wander: list[float] = field(default_factory=lambda: [0.0])
    began_ns: int = 5_000_000_000

    def device_us(self, host_ns: int) -> int:
        """Return the 32-bit counter at a moment of the host."""
        seconds, rest = divmod(host_ns - self.began_ns, SECOND_NS)
        turns = len(self.wander)
        whole = seconds // turns * sum(self.wander) + sum(self.wander[: seconds % turns])
        ran_s = (seconds + rest / SECOND_NS) * (1 + self.drift) + whole
        ran_s += rest / SECOND_NS * self.wander[seconds % turns]
        exact_us = self.start_us + int(ran_s * 1e6)
        return exact_us // self.tick_us * self.tick_us % WRAP_US


def exchange(
    crystal: Crystal, asked_ns: int, there_ns: int, stayed_ns: int, back_ns: int
) -> Exchange:
    arrived_ns = asked_ns + there_ns
    left_ns = arrived_ns + stayed_ns
    return Exchange(
        asked_ns, crystal.device_us(arrived_ns), crystal.device_us(left_ns), left_ns + back_ns
    )


crystals = st.builds(
    Crystal,
    start_us=st.integers(0, WRAP_US - 1) | st.integers(WRAP_US - 30_000_000, WRAP_US - 1),
    drift=st.floats(-5e-4, 5e-4),
    tick_us=TICKS_US,
    wander=st.lists(st.floats(-3e-6, 3e-6), min_size=1, max_size=5),
)
rounds = st.lists(
    st.tuples(st.integers(10_000_000, 3 * SECOND_NS), DELAYS_NS, STAYS_NS, DELAYS_NS),
    min_size=1,
    max_size=40,
)


def taught(crystal: Crystal, turns) -> tuple[Alignment, int]:
    """Return an alignment after these exchanges, and the host's moment after them."""
    alignment, now_ns = Alignment(), crystal.began_ns
    for pause_ns, there_ns, stayed_ns, back_ns in turns:
        now_ns += pause_ns
        told = exchange(crystal, now_ns, there_ns, stayed_ns, back_ns)
        assert alignment.add(told)
        now_ns = told.answered_ns
    return alignment, now_ns


@settings(max_examples=300, deadline=None)
@given(crystals, rounds, st.integers(-SECOND_NS, 20 * SECOND_NS), DELAYS_NS)
@example(Crystal(WRAP_US - 1, 5e-4), [AT_ONCE] * 30, 0, 0)
@example(Crystal(0, 0.0, 4), [AT_ONCE], 3_999, 0)
@example(Crystal(0, 0.0, 4), [(SECOND_NS + 3_999, 0, 0, 0)], 1, 0)
@example(Crystal(0, 0.0, wander=UNEVEN), [AT_ONCE] * 9, 3 * SECOND_NS, 20_000_000)
@example(Crystal(0, 0.0, wander=UNEVEN), [AT_ONCE] * 13, 4 * SECOND_NS, 20_000_000)
@example(Crystal(0, 5e-4), [(SECOND_NS, 0, SECOND_NS, 0)], 0, 20_000_000)
@example(Crystal(0, -5e-4), [(SECOND_NS, 0, SECOND_NS, 0)], 0, 20_000_000)
def test_a_trigger_is_never_further_off_than_it_says(crystal, turns, after_ns, delay_ns):
    alignment, now_ns = taught(crystal, turns)
    happened_ns = now_ns + after_ns
    aligned = alignment.align(crystal.device_us(happened_ns), max(happened_ns, now_ns) + delay_ns)
    assert alignment.restarts == 0
    assert aligned is not None
    assert abs(aligned.host_ns - happened_ns) <= aligned.error_us * 1000


@settings(deadline=None)
@given(crystals, st.integers(0, 3 * 24 * 3600), DELAYS_NS)
def test_it_holds_after_days_of_silence_through_many_wraps(crystal, silence_s, delay_ns):
    alignment, now_ns = taught(crystal, [(SECOND_NS, 100_000, 0, 100_000)] * 5)
    happened_ns = now_ns + silence_s * SECOND_NS
    aligned = alignment.align(crystal.device_us(happened_ns), happened_ns + delay_ns)
    assert aligned is not None
    assert abs(aligned.host_ns - happened_ns) <= aligned.error_us * 1000


@settings(deadline=None)
@given(crystals, st.data())
def test_on_a_quick_line_a_trigger_is_good_to_a_quarter_of_a_millisecond(crystal, data):
    delays = st.integers(20_000, 200_000)
    turns = [(SECOND_NS, data.draw(delays), 0, data.draw(delays)) for _ in range(REMEMBERED)]
    alignment, now_ns = taught(crystal, turns)
    aligned = alignment.align(crystal.device_us(now_ns + SECOND_NS), now_ns + SECOND_NS + 100_000)
    assert aligned is not None
    assert aligned.error_us <= 250
    assert alignment.drift is not None
    assert abs(alignment.drift.ppm - crystal.drift * 1e6) <= alignment.drift.error_ppm + 3.01
    assert alignment.drift.error_ppm <= 25


@settings(deadline=None)
@given(st.integers(1, WRAP_US - 1))
def test_a_reset_that_nobody_noticed_is_noticed_by_the_clock(jump_us):
    crystal = Crystal(0, 0.0)
    alignment, now_ns = taught(crystal, [(SECOND_NS, 100_000, 0, 100_000)] * 5)
    crystal.start_us += jump_us
    alignment.add(exchange(crystal, now_ns + SECOND_NS, 50_000, 0, 50_000))
    happened_ns = now_ns + SECOND_NS * 3 // 2
    aligned = alignment.align(crystal.device_us(happened_ns), happened_ns + 50_000)
    small = 2000  # what fits within what was allowed anyway is no reset
    assert alignment.restarts == 1 or min(jump_us, WRAP_US - jump_us) < small
    if alignment.restarts:
        assert aligned is not None
        assert abs(aligned.host_ns - happened_ns) <= aligned.error_us * 1000


def test_nothing_is_aligned_before_the_first_exchange():
    alignment = Alignment()
    assert alignment.align(1, 1) is None
    assert alignment.drift is None


def test_a_moment_that_the_host_knew_before_it_happened_is_not_aligned():
    crystal = Crystal(0, 0.0)
    alignment, now_ns = taught(crystal, [(SECOND_NS, 100_000, 0, 100_000)] * 5)
    assert alignment.align(crystal.device_us(now_ns + SECOND_NS), now_ns) is None


@pytest.mark.parametrize(
    "told",
    [Exchange(100, 0, 0, 50), Exchange(0, 0, 1_000_000, 1000), Exchange(0, 10, 5, 1000)],
    ids=["answered before it was asked", "stayed longer than it was away", "sent before received"],
)
def test_an_exchange_that_contradicts_itself_teaches_nothing(told):
    alignment = Alignment()
    assert not alignment.add(told)
    assert alignment.align(0, 10**9) is None


def test_only_the_last_exchanges_are_remembered_so_that_drift_may_change_with_the_weather():
    warm, cold = Crystal(0, 1e-5), Crystal(0, 1e-5)
    alignment, now_ns = taught(warm, [(SECOND_NS, 50_000, 0, 50_000)] * 100)
    cold.drift = 2e-5
    cold.start_us = warm.device_us(now_ns) - cold.device_us(now_ns)
    for _ in range(70):
        now_ns += SECOND_NS
        alignment.add(exchange(cold, now_ns, 50_000, 0, 50_000))
    aligned = alignment.align(cold.device_us(now_ns), now_ns + 50_000)
    assert aligned is not None
    assert abs(aligned.host_ns - now_ns) <= aligned.error_us * 1000
    assert alignment.drift is not None
    assert abs(alignment.drift.ppm - 20) < alignment.drift.error_ppm + 0.01
