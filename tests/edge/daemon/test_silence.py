"""A silence is dated by the clock as it is when it is told: it may have been set meanwhile."""

from datetime import timedelta

import pytest

from edge.daemon.silence import Silence
from edge.types import ClockReading, Frame
from tests.fakes import START, frame

SECOND_NS = 1_000_000_000


class Watch:
    """A clock that is set by hand."""

    now_ns, ahead = 0, timedelta(0)

    def read(self) -> ClockReading:
        at = START + self.ahead + timedelta(microseconds=self.now_ns / 1000)
        return ClockReading(at, self.now_ns, 0, "boot", "test", True, 1.0)

    def frame(self) -> Frame:
        now = self.read()
        return Frame(frame().image, 0, now.now, now.monotonic_ns)


@pytest.mark.parametrize("days", [900, -900])
@pytest.mark.parametrize("is_set_first", [True, False])
def test_a_clock_that_is_set_meanwhile_makes_no_silence_of_years(
    days: int, is_set_first: bool
) -> None:
    watch = Watch()
    silence = Silence(watch)
    silence.hear(watch.frame())
    if is_set_first:
        watch.ahead = timedelta(days=days)
    watch.now_ns = 20 * SECOND_NS
    assert silence.falls()
    watch.ahead, watch.now_ns = timedelta(days=days), 60 * SECOND_NS
    silence.hear(watch.frame())
    since, until = START + watch.ahead, START + watch.ahead + timedelta(minutes=1)
    assert f"from {since:%Y-%m-%dT%H:%M:%SZ} to {until:%Y-%m-%dT%H:%M:%SZ}" in silence.ended()
    assert silence.away_s == 60


def test_a_silence_begins_with_the_last_picture() -> None:
    watch = Watch()
    silence = Silence(watch)
    watch.now_ns = 5 * SECOND_NS
    silence.hear(watch.frame())
    watch.now_ns = 20 * SECOND_NS
    assert silence.falls()
    began = START + timedelta(seconds=5)
    assert silence.fault() == f"The camera has given no picture since {began:%Y-%m-%dT%H:%M:%SZ}."
