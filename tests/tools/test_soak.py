"""What a soak says of a process, and of what was lost."""

import os
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from pathlib import Path

import msgspec
import pytest

from edge.record.envelope import decode_part, split
from tests.conftest import REPOSITORY
from tools.soak.__main__ import keep
from tools.soak.growth import Growth, Sample, Watched, growth
from tools.soak.outcome import MOST_MB_H, Soaked, longest

FROZEN = REPOSITORY / "tests/edge/record/frozen"
MB, MINUTE_S, WARM_S = 1_000_000, 60.0, 1_200.0


def watched(mb_h: float, files: tuple[int, ...] = (9,)) -> Watched:
    """A process that is looked at every minute of two hours; the first 20 it is warming up."""
    samples = [
        Sample(
            n * MINUTE_S,
            int((50 + 30 * min(n, 20) / 20 + mb_h * n / 60) * MB),
            files[n * len(files) // 120],
        )
        for n in range(120)
    ]
    return Watched("box", 1, samples)


@pytest.mark.parametrize(("mb_h", "steady"), [(0.0, True), (0.9, True), (1.1, False), (-5.0, True)])
def test_a_process_that_grows_by_a_megabyte_an_hour_is_told(mb_h: float, steady: bool) -> None:
    found = growth(watched(mb_h), WARM_S)
    assert found.slope_mb_h == pytest.approx(mb_h, abs=0.01)
    assert found.is_steady(MOST_MB_H) is steady


@pytest.mark.parametrize(
    ("files", "steady"),
    [((9, 9, 9, 9), True), ((9, 11, 9, 9), True), ((9, 9, 10, 11), False), ((9, 8), True)],
)
def test_a_process_that_keeps_files_open_is_told(files: tuple[int, ...], steady: bool) -> None:
    assert growth(watched(0, files), WARM_S).is_steady(MOST_MB_H) is steady


def test_a_process_is_looked_at_as_it_is(tmp_path: Path) -> None:
    process = Watched("this one", os.getpid())
    process.look(0)
    # From the kernel itself: what the allocator had before, it would use again.
    with mmap(-1, 20 * MB, MAP_PRIVATE | MAP_ANONYMOUS) as held, (tmp_path / "open").open("w"):
        held.write(bytes(20 * MB))
        process.look(1)
    before, after = process.samples
    assert after.memory - before.memory > 0.9 * 20 * MB
    assert after.files == before.files + 1


STEADY = Growth("box", 50.0, 0.1, (9, 9))


@pytest.mark.parametrize(
    ("lost", "twice", "grown", "sound"),
    [
        (0, 0, STEADY, True),
        (1, 0, STEADY, False),
        (0, 1, STEADY, False),
        (0, 0, Growth("box", 50.0, 1.0, (9, 9)), False),
        (0, 0, Growth("box", 50.0, 0.0, (9, 10)), False),
    ],
)
def test_a_soak_is_sound_when_nothing_was_lost_and_nothing_grows(
    lost: int, twice: int, grown: Growth, sound: bool
) -> None:
    assert Soaked(2.0, 9, lost, twice, 3, {}, (STEADY, grown)).is_sound is sound


def test_what_waited_longest_is_what_the_box_itself_told() -> None:
    told = (FROZEN / "health.v1.jws").read_bytes().strip()
    said = msgspec.json.decode(decode_part(split(told)[1]))
    assert longest([told]) == said["data"]["waiting"] > 0
    assert longest([]) == 0


def test_what_is_seen_is_kept_as_it_goes(tmp_path: Path) -> None:
    process = Watched("box", os.getpid())
    for at_s in (0.0, 10.0):
        process.look(at_s)
        keep([process], tmp_path / "samples.csv")
    rows = (tmp_path / "samples.csv").read_text().splitlines()
    last = process.samples[-1]
    assert [row.split(",")[0] for row in rows] == ["0", "10"]
    assert rows[-1] == f"10,box,{last.memory},{last.files}"
