"""Alarms are signed once for each change, and are no storm where changes have no end."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.daemon.alarms import AT_ONCE, PER_HOUR, Alarms, Watched
from edge.feed.storefile import NoRoomError
from edge.record.envelope import decode_part, split
from edge.record.message import decode
from tests.site import Site


class Camera:
    """Something that comes and goes: what is wrong now, and since when that is."""

    def __init__(self) -> None:
        self.since: int | None = None

    def fault(self) -> str | None:
        return None if self.since is None else f"It is away since {self.since}."


class Watch:
    def __init__(self, folder: Path) -> None:
        self.site, self.camera, self.now_s = Site(folder), Camera(), 0.0
        line = self.site.pipeline
        self.alarms = Alarms(
            {"camera": Watched(self.camera.fault, "Look.", lambda: "It is back.", urgent=True)},
            *(line.clock, line.testimony, line.signer, line.outbox, line.casebook),
            monotonic=lambda: self.now_s,
        )

    def flap(self, n: int) -> None:
        """Let it go and come back so often, a second apart."""
        for at in range(n):
            for since in (at, None):
                self.camera.since = since
                self.alarms.look_at_urgent()
                self.now_s += 0.5

    def causes(self) -> list[str]:
        told = [decode(decode_part(split(one.jws)[1])).data for one in self.site.chain()]
        return [one.cause for one in told]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    made = Watch(tmp_path)
    yield made
    made.site.stop()


def test_what_comes_and_goes_a_few_times_is_told_each_time(watch: Watch) -> None:
    watch.flap(2)
    assert watch.causes() == [
        *("It is away since 0.", "It is back."),
        *("It is away since 1.", "It is back."),
    ]


def test_what_comes_and_goes_all_day_is_no_storm_and_none_of_it_is_hidden(watch: Watch) -> None:
    watch.flap(3600)
    assert AT_ONCE + PER_HOUR - 2 <= len(watch.causes()) <= AT_ONCE + PER_HOUR
    watch.now_s += 60
    watch.alarms.look_at_urgent()
    assert watch.causes()[-1].startswith("It is back.")
    assert watch.alarms.told == {"camera": None}
    gathered = re.findall(r"changed (\d+) times", " ".join(watch.causes()))
    assert len(watch.causes()) + sum(int(n) for n in gathered) == 2 * 3600


def test_what_was_over_before_it_could_be_told_is_told_all_the_same(watch: Watch) -> None:
    watch.flap(AT_ONCE)
    before = len(watch.causes())
    watch.now_s += 3600
    watch.alarms.look_at_urgent()
    assert len(watch.causes()) == before + 1
    watch.now_s += 3600
    assert watch.alarms.look_at_urgent() == []


def test_a_full_disk_spends_nothing_of_what_may_be_told(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NoRoomError("It is full.", "Make room.")

    watch.camera.since = 0
    with monkeypatch.context() as patched:
        patched.setattr(type(watch.site.casebook), "enter", full)
        for _ in range(2 * AT_ONCE):
            with pytest.raises(NoRoomError):
                watch.alarms.look_at_urgent()
    assert len(watch.alarms.look_at_urgent()) == 1
    assert watch.causes() == ["It is away since 0."]
