"""The order of a run, its clock, and what a cut of the power takes away."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.daemon.body import Body
from edge.daemon.silence import Silence
from edge.errors import FeedError
from edge.replay.clock import NS, RunClock
from edge.replay.course import Course
from edge.replay.footage import Pictures
from edge.replay.happenings import ClockSet, Reboot
from edge.replay.made import Seed
from edge.replay.platform import Platform
from edge.replay.playedwatch import NotedWatch, Now, PlayedCamera
from edge.replay.runfile import Run
from edge.replay.session import Notebook
from edge.types import Frame
from tests.fakes import START, FixedClock, frame

TIMES = st.lists(st.floats(0, 200).map(lambda at: round(at, 2)), max_size=8).map(sorted)


def course(frames: list[float], happenings: list[float], ends_s: float | None) -> Course:
    told = tuple(Reboot(at_s=at_s) for at_s in happenings)
    run = Run(Path("run.toml"), START, "s", ends_s, None, None, (), told)
    dated = [Frame(frame(n).image, n, START, round(at_s * NS)) for n, at_s in enumerate(frames)]
    return Course(run, cast(Pictures, SimpleNamespace(frames=lambda: iter(dated))))


@settings(deadline=None)  # a busy machine is no fault
@given(TIMES, TIMES, st.none() | st.floats(0, 300))
def test_the_moments_of_a_run_come_in_order_each_once(
    frames: list[float], happenings: list[float], ends_s: float | None
) -> None:
    found = list(course(frames, happenings, ends_s))
    times = [at_ns for at_ns, _ in found]
    assert times == sorted(times)
    end = float("inf") if ends_s is None else round(ends_s * NS)
    known = [moment for _, moment in found if moment is not None]
    wanted = [at for at in (*frames, *happenings) if round(at * NS) <= end]
    assert len(known) == len(wanted)
    assert all(at_ns <= end for at_ns in times)
    assert all(after - before <= 60 * NS for before, after in pairwise(times))


def test_what_happens_at_the_moment_of_a_frame_happens_before_it() -> None:
    (_, first), (_, second) = course([0.0], [0.0], None)
    assert isinstance(first, Reboot)
    assert isinstance(second, Frame)


def test_a_quiet_road_is_looked_at_each_second_and_later_each_minute() -> None:
    times = [at_ns / NS for at_ns, _ in course([0.0], [], 200.0)]
    assert times[:4] == [0, 1, 2, 3]
    assert times[-2:] == [90.0, 150.0]


def test_a_clock_that_is_set_back_still_rises_since_its_boot() -> None:
    clock = RunClock(START)
    clock.show(5 * NS)
    clock.set(ClockSet(at_s=5, jump_s=-60, trusted=False, error_ms=900))
    read = clock.read()
    assert read.now == START + timedelta(seconds=-55)
    assert (read.monotonic_ns, read.trusted, read.error_ms) == (5 * NS, False, 900)
    assert clock.now_s() == read.now.timestamp()
    clock.show(4 * NS)
    assert clock.at_s == 5
    clock.reboot()
    clock.show(6 * NS)
    assert (clock.read().since_boot_ns, clock.read().boot_id) == (NS, "replay-2")
    assert clock.monotonic_s() == 1


def test_one_seed_draws_the_same_and_never_twice_alike() -> None:
    one, other = Seed("a"), Seed("a")
    drawn = [one.draw(16) for _ in range(50)]
    assert drawn == [other.draw(16) for _ in range(50)]
    assert len(set(drawn)) == 50
    assert Seed("b").draw(16) not in drawn
    assert Seed("a").of("token") != Seed("a").of("storage")


def test_a_platform_that_is_down_is_not_reached() -> None:
    platform = Platform(cast("object", None), FixedClock(datetime(2028, 1, 1, tzinfo=UTC)))  # type: ignore[arg-type]
    assert platform.connect() is platform
    platform.is_up = False
    for try_it in (platform.connect, lambda: platform.exchange(0)):
        with pytest.raises(FeedError):
            try_it()


@pytest.mark.parametrize("is_cut", [False, True])
def test_after_a_cut_of_the_power_nobody_in_sight_is_concluded(is_cut: bool) -> None:
    rested: list[object] = []
    line = SimpleNamespace(finish=lambda: ["somebody"])
    book = SimpleNamespace(line=line, rest=lambda found, at_s: rested.append(found))
    watch = NotedWatch(
        PlayedCamera(lambda: iter(())),
        cast(Notebook, book),
        cast(Silence, None),
        cast(Body, None),
        Now(RunClock(START), is_cut=is_cut),
    )
    assert list(watch.finish()) == ([] if is_cut else ["somebody"])
    assert bool(rested) is not is_cut
