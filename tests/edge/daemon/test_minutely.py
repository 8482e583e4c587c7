from edge.daemon.minutely import Minutely
from edge.daemon.release import AT_ONCE


class Chores:
    """Rounds, hours, alarms and health that only note that they were asked."""

    def __init__(self, waiting: int) -> None:
        self.waiting, self.rounds, self.closed, self.looked, self.urgent = waiting, 0, 0, 0, 0
        self.worked: list[tuple[float, int]] = []

    def round(self) -> list[int]:
        self.rounds += 1
        ended = min(self.waiting, AT_ONCE)
        self.waiting -= ended
        return [0] * ended

    def look(self) -> None:
        self.looked += 1

    def look_at_urgent(self) -> None:
        self.urgent += 1

    def close(self) -> None:
        self.closed += 1

    def work(self, seconds: float, frames: int) -> None:
        self.worked.append((seconds, frames))


def test_chores_are_done_at_the_start_and_at_once_again_while_more_waits() -> None:
    chores = Chores(waiting=AT_ONCE + 1)
    minutely = Minutely(*[chores] * 5, every_s=3600)  # type: ignore[arg-type]
    for _ in range(5):
        minutely.step(1)
    assert (chores.rounds, chores.closed, chores.looked) == (2, 2, 6)
    assert chores.urgent == 5


def test_every_frame_and_every_second_is_counted_once() -> None:
    chores = Chores(waiting=0)
    minutely = Minutely(*[chores] * 5, every_s=3600)  # type: ignore[arg-type]
    minutely.step(0)
    for _ in range(7):
        minutely.step(1)
    minutely.finish()
    assert [frames for _, frames in chores.worked] == [0, 7]
    assert all(seconds >= 0 for seconds, _ in chores.worked)


def test_time_without_a_picture_is_no_time_at_work() -> None:
    chores, away_s = Chores(waiting=0), 0.0
    five = [chores] * 5
    minutely = Minutely(*five, every_s=3600, away_s=lambda: away_s)  # type: ignore[arg-type]
    minutely.step(0)
    away_s = 3600.0
    minutely.finish()
    minutely.finish()
    assert chores.worked[1] == (0.0, 0)
    assert chores.worked[2][0] > 0
