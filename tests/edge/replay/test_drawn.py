"""What a report draws stands where it belongs, and nothing hides another."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.capture.clip import Clip
from edge.replay.drawn import LABEL_PX, WIDTH, clock_of, drawn_reliability, timeline
from edge.replay.reliability import Claim
from edge.replay.session import Happened, Played
from edge.replay.shots import Shots, shots_of, spread
from tests.edge.capture.test_clip import video
from tests.edge.replay.test_score import concluded, passage
from tests.fakes import START

TINY = 1e-6  # of a pixel: what floats lose


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip(video(tmp_path_factory.mktemp("clip") / "a.avi", 30), START)


def test_words_of_what_happened_never_lie_on_each_other(clip: Clip) -> None:
    @settings(deadline=None, max_examples=50)
    @given(st.lists(st.floats(0, 500), min_size=1, max_size=12).map(sorted))
    def check(times: list[float]) -> None:
        happened = tuple(Happened(at_s, "clock +2 s trusted") for at_s in times)
        drawn = timeline(Played(clip, 30, 1.0, (), None, (), happened))
        assert drawn is not None
        assert all(
            0 <= mark.x <= WIDTH - LABEL_PX + TINY and mark.y < drawn.height for mark in drawn.marks
        )
        for one, other in combinations(drawn.marks, 2):
            assert one.y != other.y or abs(one.x - other.x) >= LABEL_PX - TINY

    check()


def test_a_vehicle_judged_in_two_zones_has_one_bar_and_one_set_of_pictures(clip: Clip) -> None:
    drawn = concluded(passage("27BXK4"), at_s=2.0)
    conclusions, notes = tuple(c for c, _ in drawn), tuple(n for _, n in drawn)
    played = Played(clip, 30, 1.0, conclusions, None, notes)
    line = timeline(played)
    assert line is not None
    (bar,) = line.bars
    assert bar.x < bar.x + bar.width <= bar.concluded_x
    first, second = shots_of(played)
    assert first is second
    assert first.plate.startswith(b"\xff\xd8")
    assert first.still.startswith(b"\xff\xd8")


def test_pictures_that_cannot_be_had_again_leave_the_report_without_them(tmp_path: Path) -> None:
    path = video(tmp_path / "gone.avi", 10)
    gone = Clip(path, START)
    drawn = concluded(passage("27BXK4"))
    path.unlink()
    conclusions, notes = tuple(c for c, _ in drawn), tuple(n for _, n in drawn)
    assert shots_of(Played(gone, 10, 1.0, conclusions, None, notes)) == [Shots(), Shots()]


def test_nothing_to_draw_is_nothing(clip: Clip) -> None:
    assert timeline(Played(clip, 30, 1.0, ())) is None
    assert drawn_reliability(()) is None


def test_a_reliability_plot_says_how_many_were_right() -> None:
    claims = [Claim(0.95, True)] * 9 + [Claim(0.95, False), Claim(0.25, False)]
    plot = drawn_reliability(claims)
    assert plot is not None
    low, high = plot.points
    assert (low.n, low.y, high.n, high.y) == (1, 0.0, 10, 0.9)
    assert high.low < 0.9 < high.high
    assert plot.most == 10


def test_a_strip_keeps_the_first_and_the_last() -> None:
    numbers = list(range(31))
    assert spread(numbers, 6) == [0, 6, 12, 18, 24, 30]  # type: ignore[arg-type, comparison-overlap]
    assert spread(numbers[:4], 6) == [0, 1, 2, 3]  # type: ignore[arg-type, comparison-overlap]


def test_times_are_written_as_people_read_them() -> None:
    assert [clock_of(s) for s in (0, 65.9, 3600)] == ["0:00", "1:05", "1:00:00"]
