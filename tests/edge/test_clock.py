from types import SimpleNamespace

import pytest

from edge import clock
from edge.clock import ReplayClock, SystemClock, kernel_quality
from tests.fakes import START, frame


def test_the_box_clock_trusts_only_a_synchronised_kernel() -> None:
    synchronised, error_ms = kernel_quality()
    reading = SystemClock().read()
    assert reading.trusted == (synchronised and error_ms <= 1000)
    assert reading.error_ms is not None
    assert reading.now.utcoffset() is not None
    assert reading.since_boot_ns >= 0


def test_a_kernel_that_may_not_be_asked_is_not_synchronised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusing = SimpleNamespace(adjtimex=lambda timex: -1)
    monkeypatch.setattr(clock.ctypes, "CDLL", lambda name: refusing)
    assert kernel_quality() == (False, 16_000.0)
    assert not SystemClock().read().trusted


def test_no_time_before_the_software_was_built_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "kernel_quality", lambda: (True, 1.0))
    assert SystemClock().read().trusted
    monkeypatch.setattr(clock, "BUILT", SystemClock().read().now.replace(year=9000))
    assert not SystemClock().read().trusted


def test_the_replay_clock_stands_at_the_frame_shown_last() -> None:
    clock = ReplayClock(START)
    assert clock.read().now == START
    clock.show(frame(30))
    assert clock.read().now == frame(30).captured_at
    assert clock.read().monotonic_ns == frame(30).monotonic_ns
