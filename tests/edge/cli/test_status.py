"""`status`: one screen, beside the daemon or without it, and what needs a look is said."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from edge.cli import status as module
from edge.config import load
from edge.daemon import wiring
from edge.daemon.bulletin import (
    Bulletin,
    HousingTold,
    LastPassage,
    Reads,
    TuningTold,
    write_bulletin,
)
from edge.feed.opening import is_taken
from edge.record.active import Burden, Fitness, Seeing
from edge.record.housing import TriggerCounts
from edge.types import ClockReading
from tests.fakes import START
from tests.street import StreetBox, street_box

BURDEN = Burden(waiting=0, waiting_s=None, held=0, disk_free=None)
TOLD = Bulletin(
    began_at=START - timedelta(hours=3),
    told_at=START - timedelta(seconds=20),
    frames=1000,
    frames_per_s=14.9,
    frames_dropped=2,
    messages_refused=0,
    missed=0,
    reads=Reads(START.date(), 100, 97),
    last=LastPassage(START - timedelta(minutes=4), "free_access"),
    burden=BURDEN,
    vehicles_as_of=START - timedelta(hours=5),
    exemptions_as_of=START - timedelta(hours=5),
    clock_trusted=True,
    clock_error_ms=3.0,
    pictures_held=0,
    pictures_released=0,
    alarms={},
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StreetBox:
    return street_box(tmp_path_factory.mktemp("status") / "box")


@pytest.fixture
def box(whole: StreetBox, tmp_path: Path) -> StreetBox:
    """A box that has run before, and may be broken."""
    made = StreetBox(Path(shutil.copytree(whole.folder, tmp_path / "box")))
    config = load(made.config)
    with wiring.outbox(config) as outbox, wiring.casebook(config, outbox):
        pass
    write_bulletin(config.box.state, TOLD)
    return made


class StoppedClock:
    """The moment of the test, by a clock that is trusted or not."""

    trusted = True
    shift = timedelta()

    def read(self) -> ClockReading:
        return ClockReading(START + self.shift, 0, 0, "boot", "test", self.trusted, 3.0)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> type[StoppedClock]:
    clock = type("Clock", (StoppedClock,), {})
    monkeypatch.setattr(module, "SystemClock", clock)
    return clock


@contextmanager
def at_work(box: StreetBox) -> Iterator[None]:
    """Hold what the daemon holds."""
    handle = os.open(box.outbox.with_name("outbox.sqlite.lock"), os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield
    os.close(handle)


def run(box: StreetBox, *more: str) -> Result:
    return CliRunner().invoke(module.status, ["--config", str(box.config), *more])


def items(box: StreetBox) -> dict[str, dict[str, Any]]:
    result = run(box, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == (0 if told["ok"] else 1)
    return {item["item"]: item for item in told["items"]}


def faults(box: StreetBox) -> set[str]:
    return {name for name, item in items(box).items() if not item["ok"]}


def tell(box: StreetBox, **changes: Any) -> None:
    write_bulletin(box.folder / "state", msgspec.structs.replace(TOLD, **changes))


def test_a_box_at_work_is_fine_and_fits_a_screen(box: StreetBox) -> None:
    with at_work(box):
        result = run(box)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) == 13
    unknown = [line for line in lines if not line.startswith("ok ")]
    assert [line[:13] for line in unknown] == ["?      eyesig", "?      body: "]  # not told here
    for words in (
        "for 3 hours",
        "14.9 a second",
        "free_access, ",
        "97 of 100 plates settled",
        "every record is at the platform",
        "vehicles 5 h old",
        "none is open",
    ):
        assert words in result.output


def test_a_daemon_that_is_not_running_is_told_with_its_last_word(box: StreetBox) -> None:
    found = items(box)
    assert found["daemon"]["says"].startswith("The daemon is not running.")
    assert found["last passage"]["outcome"] == "free_access"
    assert faults(box) == {"daemon"}


def test_to_look_takes_no_lock_and_makes_no_file(box: StreetBox) -> None:
    assert not is_taken(box.outbox)
    with at_work(box):
        assert is_taken(box.outbox)
    with wiring.outbox(load(box.config)):
        assert is_taken(box.outbox)
    assert not is_taken(box.folder / "elsewhere.sqlite")
    assert not (box.folder / "elsewhere.sqlite.lock").exists()


def test_a_daemon_that_hangs_shows_in_the_age_of_its_word(box: StreetBox) -> None:
    tell(box, told_at=START - timedelta(minutes=9))
    with at_work(box):
        assert faults(box) == {"daemon"}
        assert "told nothing for 9 minutes" in items(box)["daemon"]["says"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"frames_per_s": 0.0}, "camera"),
        ({"alarms": {"storage": "The disk is full."}}, "alarms"),
        ({"vehicles_as_of": None, "exemptions_as_of": None}, "registry"),
        ({"vehicles_as_of": START - timedelta(days=400)}, "registry"),
    ],
)
def test_what_needs_a_look_is_a_fault(box: StreetBox, changes: dict[str, Any], fault: str) -> None:
    tell(box, **changes)
    with at_work(box):
        assert faults(box) == {fault}


def test_each_open_alarm_comes_with_what_to_do_about_it(box: StreetBox) -> None:
    tell(box, alarms={"wear": "Much was written."}, remedies={"wear": "Write less."})
    with at_work(box):
        assert items(box)["alarms"]["remedy"] == "Write less."
    both = {"wear": "Much was written.", "storage": "The disk is full."}
    tell(box, alarms=both, remedies={"wear": "Write less."})
    with at_work(box):
        assert "wear: Write less. storage: Free some disk" in items(box)["alarms"]["remedy"]


def test_yesterday_s_reads_are_not_today_s(box: StreetBox) -> None:
    tell(box, reads=Reads(date(2020, 1, 1), 100, 1))
    with at_work(box):
        assert items(box)["reading"]["says"] == "no vehicle yet today (UTC)"


def test_a_clock_that_nobody_trusts_needs_a_look(box: StreetBox, clock: type[StoppedClock]) -> None:
    clock.trusted = False
    with at_work(box):
        assert faults(box) == {"clock"}


def test_a_box_that_never_ran_says_so_and_nothing_is_made(whole: StreetBox) -> None:
    before = sorted(whole.folder.rglob("*"))
    result = run(whole)
    assert result.exit_code == 1
    assert "The daemon is not running." in result.output
    assert sorted(whole.folder.rglob("*")) == before


def test_records_that_wait_too_long_need_a_look(
    box: StreetBox, clock: type[StoppedClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert box.replay("--no-video").returncode == 0
    monkeypatch.setattr(module, "WAITS", {"spool": timedelta(0)})
    clock.shift = timedelta(days=3650)  # what waits is of today, the test is of another year
    assert "backlog" in faults(box)
    assert items(box)["backlog"]["records"] > 0


def test_a_box_with_a_device_tells_how_the_housing_stands_and_what_triggers_say(
    box: StreetBox,
) -> None:
    assert not {"housing", "triggers"} & set(items(box))
    told = box.config.read_text()
    box.config.write_text(f'{told}\n[firmware]\nport = "/dev/ttyACM0"\n')
    assert "housing" in faults(box)  # the daemon told of none
    counts = TriggerCounts(since=START, triggers=9, captured=6, missed=2, untriggered=1, lost=0)
    stands = HousingTold(
        temperature_c=31.46, supply_v=12.1, contacts={"door": False}, triggers=counts
    )
    tell(box, housing=stands)
    with at_work(box):
        found = items(box)
    assert found["housing"]["says"] == "nothing is open or moved; 31.5 °C, 12.1 V"
    assert "75% became a passage; 2 never did" in found["triggers"]["says"]
    assert (found["triggers"]["captured"], found["triggers"]["untriggered"]) == (6, 1)
    tell(box, housing=msgspec.structs.replace(stands, contacts={"door": True, "tilt": False}))
    assert items(box)["housing"]["says"].startswith("door reports; ")
    assert "housing" in faults(box)
    tell(box, housing=HousingTold(fault="There is no port."))
    assert items(box)["housing"]["says"] == "The device is not heard. There is no port."
    assert items(box)["triggers"]["says"] == "nothing triggers this box"


def test_a_camera_that_the_box_tunes_tells_how_it_is_set_and_what_it_refused(
    box: StreetBox,
) -> None:
    tuning = TuningTold(profile="night", shutter_us=700, gain=0.5, filter_in=False)
    tell(box, tuning=tuning)
    with at_work(box):
        assert "night: shutter 700 us, gain 50%, infrared filter out" in items(box)["light"]["says"]
    refused = {"gain": "Permission denied"}
    tell(box, tuning=msgspec.structs.replace(tuning, refused=refused))
    with at_work(box):
        assert "takes no gain: Permission denied" in run(box).output


@pytest.mark.parametrize(
    ("seeing", "ok", "says"),
    [
        (Seeing(faults=(), in_place=True), True, "looks where it always looked"),
        (Seeing(faults=(), in_place=None), True, "cannot tell whether it was moved"),
        (Seeing(faults=("covered",), in_place=None), False, "The camera is covered"),
    ],
)
def test_how_the_camera_sees_is_told(box: StreetBox, seeing: Seeing, ok: bool, says: str) -> None:
    fitness = Fitness(seeing=seeing)
    tell(box, burden=msgspec.structs.replace(BURDEN, fitness=fitness))
    item = items(box)["eyesight"]
    assert item["ok"] is ok
    assert says in item["says"]
