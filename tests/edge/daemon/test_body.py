"""The body sets the pace by what it measures, and says what a person must know."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.daemon.body import HOUR_S, LOOK_S, MB, Body, Terms
from edge.daemon.vitals import disk_of
from edge.record.active import Fitness, Slowed
from edge.vision.pace import PRESSED_LOOKS, SETTLED_LOOKS, Bounds
from tests.edge.daemon.test_vitals import card, write

BOUNDS = Bounds(warm_c=75, hot_c=83, enclosure_c=60, least_per_s=6)
FPS = 15


class Living:
    """A body in a tree of its own, whose time passes frame by frame."""

    def __init__(self, root: Path, **terms: object) -> None:
        self.root, self.seconds, self.dropped = root, 0.0, 0
        write(root / "sys/class/thermal/thermal_zone0/temp", "45000")
        made = replace(Terms(BOUNDS, root, 100 * MB, root), **terms)  # type: ignore[arg-type]
        self.body = Body(made, lambda: self.seconds)

    def heat(self, celsius: float) -> None:
        write(self.root / "sys/class/thermal/thermal_zone0/temp", str(int(celsius * 1000)))

    def works(self, seconds: float, dropped_of_ten: int = 0) -> int:
        """Let frames come for so long; return how many were wanted."""
        wanted = 0
        for n in range(round(seconds * FPS)):
            self.seconds += 1 / FPS
            if n % 10 < dropped_of_ten:
                self.dropped += 1
            else:
                wanted += self.body.wants(self.dropped)
        return wanted


@pytest.fixture
def living(tmp_path: Path) -> Living:
    return Living(tmp_path)


def test_a_cool_box_looks_at_every_frame(living: Living) -> None:
    assert living.works(60) == 60 * FPS
    assert living.body.slowed() is None
    assert living.body.too_slow() is None
    assert living.body.fitness() == Fitness(temperature_c=45.0)


def test_a_warm_box_looks_at_fewer_and_says_of_how_many(living: Living) -> None:
    living.heat(78)
    living.works(LOOK_S * (PRESSED_LOOKS + 1))
    slowed = living.body.slowed()
    assert slowed is not None
    assert slowed.reasons == ("heat",)
    assert slowed.frames_per_s == pytest.approx(0.75 * FPS, abs=0.5)
    assert slowed.of_per_s == pytest.approx(FPS, abs=0.5)
    assert living.body.fitness().slowed == slowed


def test_what_stays_too_hot_is_told_and_still_gets_what_the_road_needs(living: Living) -> None:
    living.heat(90)
    living.works(LOOK_S * (SETTLED_LOOKS + 4))
    said = living.body.too_slow()
    assert said is not None
    assert "6.0 a second" in said
    assert "heat" in said
    assert living.works(60) == pytest.approx(6 * 60, abs=15)
    living.heat(45)
    living.works(600)
    assert living.body.too_slow() is None
    assert living.works(10) == 10 * FPS


def test_frames_that_nobody_has_time_for_lower_the_pace(living: Living) -> None:
    living.works(20, dropped_of_ten=4)
    slowed = living.body.slowed()
    assert slowed is not None
    assert slowed.reasons == ("load",)
    assert slowed.of_per_s == pytest.approx(FPS, abs=1)


def test_the_enclosure_is_asked_where_somebody_can_tell(tmp_path: Path) -> None:
    living = Living(tmp_path, enclosure_c=lambda: 66.0)
    living.works(20)
    fit = living.body.fitness()
    assert isinstance(fit.slowed, Slowed)
    assert fit.slowed.reasons == ("enclosure",)


def wrote(living: Living, total: int) -> None:
    disk = disk_of(living.root, living.root)
    assert disk is not None
    write(disk / "stat", f"1 0 8 4 2 0 {total // 512} 9 0 5 13")


def test_more_written_in_a_day_than_the_budget_is_told_until_it_is_less(tmp_path: Path) -> None:
    card(tmp_path, tmp_path, "0x01 0x01", sectors=10**6)
    living = Living(tmp_path)
    began = 512 * 10**6
    for hour in range(24):
        living.seconds = hour * HOUR_S + 1
        wrote(living, began + hour * 4 * MB)
        assert living.body.worn() is None
    wrote(living, began + 140 * MB)
    assert living.body.worn() == "More than 100 MB were written to the disk within a day."
    assert living.body.fitness().written_day == pytest.approx(140 * MB, abs=512)
    for hour in range(24, 50):
        living.seconds = hour * HOUR_S + 1
        living.body.worn()
    assert living.body.worn() is None


@pytest.mark.parametrize(
    ("life", "spare", "said"),
    [
        ("0x02 0x02", "0x01", None),
        ("0x08 0x02", "0x01", "80 %"),
        ("0x01 0x01", "0x02", "warning"),
        ("0x01 0x01", "0x03", "urgent"),
        (None, "", None),
    ],
)
def test_a_card_near_its_end_is_told(
    tmp_path: Path, life: str | None, spare: str, said: str | None
) -> None:
    card(tmp_path, tmp_path, life, spare)
    told = Living(tmp_path).body.worn()
    assert (told is None) if said is None else (told is not None and said in told)
