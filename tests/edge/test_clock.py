from edge.clock import ReplayClock, SystemClock, kernel_quality
from tests.fakes import START, frame


def test_the_box_clock_trusts_only_a_synchronised_kernel() -> None:
    synchronised, error_ms = kernel_quality()
    reading = SystemClock().read()
    assert reading.trusted == (synchronised and error_ms <= 1000)
    assert reading.error_ms is not None
    assert reading.now.utcoffset() is not None
    assert reading.since_boot_ns >= 0


def test_the_replay_clock_stands_at_the_frame_shown_last() -> None:
    clock = ReplayClock(START)
    assert clock.read().now == START
    clock.show(frame(30))
    assert clock.read().now == frame(30).captured_at
    assert clock.read().monotonic_ns == frame(30).monotonic_ns
