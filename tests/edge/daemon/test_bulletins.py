"""How the daemon stands is told at once, soon after news, and every few seconds; never of whom."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from prometheus_client import generate_latest

from edge.daemon.alarms import Alarms, Watched
from edge.daemon.bulletin import BULLETIN, Bulletin, HousingTold, read_bulletin
from edge.daemon.bulletins import EVERY_S, SOON_S, WRITTEN_EVERY_S, Bulletins, Sights
from edge.daemon.figures import Figures
from edge.feed.storefile import NoRoomError
from edge.record.active import Fitness, Seeing
from edge.record.evidence import EvidenceRoom
from edge.record.housing import TriggerCounts
from edge.types import Passage
from tests.cases import passage
from tests.edge.daemon.test_body import Living
from tests.edge.test_fail_safe import PLATE, Box


class Watching:
    """A camera and a disk, as a test has them."""

    dropped, refused = 2, 3
    alarm: str | None = None
    missed = None


class Telling(Box):
    """A box that tells how it stands; time passes when a test says so."""

    def start(self) -> None:
        super().start()
        self.seconds, self.watching = 0.0, Watching()
        (self.folder / "kernel").mkdir(exist_ok=True)
        self.living = Living(self.folder / "kernel")
        self.begin()

    def begin(self) -> None:
        line = self.pipeline
        self.figures = Figures()
        sights = Sights(
            state=self.folder,
            clock=line.clock,
            registry=self.file,
            outbox=line.outbox,
            casebook=line.casebook,
            pictures=EvidenceRoom(self.folder / "evidence", "b1"),
            watch=self.watching,  # type: ignore[arg-type]
            room=self.watching,  # type: ignore[arg-type]
            alarms=self.alarms_told(),
            body=self.living.body,
        )
        self.bulletins = Bulletins(sights, self.figures, monotonic=lambda: self.seconds)

    def alarms_told(self) -> Alarms:
        line = self.pipeline
        parts = (line.clock, line.testimony, line.signer, line.outbox, line.casebook)
        watched = {
            name: Watched(lambda: None, f"Mend the {name}.") for name in ("registry", "keys")
        }
        return Alarms(watched, *parts, told={"registry": "It is gone.", "keys": None})

    def told(self) -> Bulletin:
        found = read_bulletin(self.folder)
        assert found is not None
        return found


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path)
    yield made
    made.stop()


def a_passage(box: Telling, doubt: str | None = None) -> Passage:
    return replace(passage(PLATE), doubt=doubt, seen_first=box.pipeline.clock.read().now)


def test_it_tells_what_waits_how_old_the_registry_is_and_which_alarms_are_open(
    box: Telling,
) -> None:
    box.watching.alarm = "The disk is full."
    box.bulletins.look()
    told = box.told()
    assert told.burden.waiting == box.pipeline.outbox.backlog().records
    assert (told.frames_dropped, told.messages_refused, told.missed) == (2, 3, 0)
    snapshot = box.file.snapshot
    assert snapshot is not None
    assert told.vehicles_as_of == snapshot.vehicles_as_of
    assert told.alarms == {"registry": "It is gone.", "storage": "The disk is full."}
    assert told.remedies == {"registry": "Mend the registry."}


def test_heat_and_a_lower_pace_are_told_and_on_the_page(box: Telling) -> None:
    box.living.heat(78)
    box.living.works(20)
    box.bulletins.look()
    fit = box.told().burden.fitness
    assert fit is not None
    assert fit.temperature_c == 78
    assert fit.slowed is not None
    page = generate_latest(box.figures.registry).decode()
    assert "anpr_temperature_celsius 78.0" in page
    assert "anpr_slowed 1.0" in page


def test_a_blind_camera_is_told_and_on_the_page(box: Telling) -> None:
    box.bulletins.look()
    assert "anpr_camera_sees" not in generate_latest(box.figures.registry).decode()
    told = box.figures.bulletin
    assert told is not None
    fitness = Fitness(seeing=Seeing(faults=("moved",), in_place=False))
    burden = msgspec.structs.replace(told.burden, fitness=fitness)
    box.figures.bulletin = msgspec.structs.replace(told, burden=burden)
    page = generate_latest(box.figures.registry).decode()
    assert "anpr_camera_sees 0.0" in page
    assert "anpr_camera_in_place 0.0" in page


def test_frames_at_rest_are_counted_and_told(box: Telling) -> None:
    for _ in range(3):
        box.figures.rest()
    box.bulletins.look()
    assert box.told().frames_rested == 3
    assert "anpr_frames_rested_total 3.0" in generate_latest(box.figures.registry).decode()


def test_it_is_due_every_few_seconds_and_soon_after_news(box: Telling) -> None:
    box.bulletins.look()
    first = box.figures.bulletin
    for seconds, news, is_new in ((SOON_S, False, False), (1, True, False), (SOON_S, True, True)):
        box.seconds = seconds
        box.bulletins.look(news)
        assert (box.figures.bulletin is not first) is is_new
    second = box.figures.bulletin
    box.seconds += EVERY_S
    box.bulletins.look()
    assert box.figures.bulletin is not second


def test_the_disk_is_written_once_a_minute_where_only_counts_moved(box: Telling) -> None:
    box.bulletins.look()
    box.figures.step(100, ())
    box.seconds = EVERY_S
    box.bulletins.look()
    assert box.figures.bulletin is not None
    assert (box.figures.bulletin.frames, box.told().frames) == (100, 0)
    assert box.figures.bulletin.frames_per_s == 100 / EVERY_S
    box.seconds = WRITTEN_EVERY_S
    box.bulletins.look()
    assert box.told().frames == 100


def test_a_device_that_is_heard_or_a_door_that_opens_is_written_at_once(box: Telling) -> None:
    stands = HousingTold(fault="It was not heard yet.")
    sights = replace(box.bulletins._sights, housing=SimpleNamespace(told=lambda: stands))
    box.bulletins._sights = sights
    box.bulletins.tell()
    for stands in (
        HousingTold(contacts={"door": False}),
        HousingTold(contacts={"door": True}),
    ):
        box.bulletins.tell()
        assert box.told().housing == stands
    before, stands = stands, HousingTold(contacts={"door": True}, temperature_c=20.0)
    box.bulletins.tell()
    assert box.told().housing == before


def test_the_reads_of_a_day_outlive_the_daemon_and_end_with_the_day(box: Telling) -> None:
    box.figures.announce(a_passage(box))
    box.figures.announce(a_passage(box, "ambiguous"))
    box.bulletins.close()
    box.begin()
    box.figures.announce(a_passage(box))
    assert box.figures.reads is not None
    assert (box.figures.reads.announced, box.figures.reads.settled) == (3, 2)
    tomorrow = replace(a_passage(box), seen_first=a_passage(box).seen_first + timedelta(days=1))
    box.figures.announce(tomorrow)
    assert box.figures.reads.announced == 1


def test_a_disk_that_cannot_be_read_or_written_ends_nothing_and_shows_in_its_age(
    box: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.bulletins.look()
    before = box.figures.bulletin

    def full(*_: object) -> object:
        raise NoRoomError("The disk is full.", "Make room.")

    monkeypatch.setattr(type(box.pipeline.outbox), "backlog", full)
    box.bulletins.close()
    assert box.figures.bulletin is before
    monkeypatch.undo()
    monkeypatch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError()))
    box.bulletins.close()
    assert box.figures.bulletin is not before


def test_the_housing_and_its_triggers_are_on_the_page_and_in_the_file(box: Telling) -> None:
    box.bulletins.look()
    told = box.figures.bulletin
    assert told is not None
    assert told.housing is None
    assert "anpr_device_heard" not in generate_latest(box.figures.registry).decode()
    counts = TriggerCounts(
        since=told.told_at, triggers=9, captured=6, missed=2, untriggered=1, lost=4
    )
    housing = HousingTold(
        temperature_c=41.5, contacts={"door": True, "tilt": False}, triggers=counts
    )
    box.figures.bulletin = msgspec.structs.replace(told, housing=housing)
    page = generate_latest(box.figures.registry).decode()
    for line in (
        "anpr_device_heard 1.0",
        "anpr_housing_celsius 41.5",
        'anpr_contact_reports{contact="door"} 1.0',
        'anpr_contact_reports{contact="tilt"} 0.0',
        "anpr_triggers_total 9.0",
        "anpr_triggers_captured_total 6.0",
        "anpr_triggers_missed_total 2.0",
        "anpr_triggers_lost_total 4.0",
        "anpr_passages_untriggered_total 1.0",
    ):
        assert line in page
    assert "anpr_supply_volts" not in page


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"began_at": 1}'])
def test_a_torn_bulletin_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / BULLETIN).write_bytes(content)
    assert read_bulletin(tmp_path) is None


def test_what_is_not_known_is_not_on_the_page(box: Telling) -> None:
    box.bulletins.look()
    told = box.figures.bulletin
    assert told is not None
    box.figures.bulletin = msgspec.structs.replace(
        told, clock_error_ms=None, vehicles_as_of=None, exemptions_as_of=None
    )
    page = generate_latest(box.figures.registry).decode()
    assert "anpr_clock_error_seconds" not in page
    assert "anpr_registry_age_seconds{" not in page
    assert "anpr_alarms_open 1.0" in page
    assert "anpr_frames_dropped_total 2.0" in page
    assert "anpr_foreign_messages_refused_total 3.0" in page
    assert PLATE not in page
