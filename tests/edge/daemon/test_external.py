"""A camera that is not ours: from its HTTP push to a record, and what is answered to it."""

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.capture.external import listen
from edge.capture.external.listen import Address, ForeignCamera
from edge.daemon import external
from edge.daemon.external import ForeignWatch
from edge.errors import CaptureError
from edge.passage.foreign import ForeignPolicy
from edge.passage.lanes import Lane
from edge.record.envelope import decode_part, split
from edge.record.message import PassageRecord, decode
from edge.types import Direction
from tests.cases import T0
from tests.edge.access.world import DIRTY_VAN
from tests.edge.capture.external.messages import PLATE, axis, hikvision, rekor
from tests.site import Site

HERE = ("127.0.0.1",)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "WAIT_S", 0.02)


class Roadside(Site):
    """A box in Utrecht with a foreign camera in the place of its own."""

    def __init__(
        self, folder: Path, product: str, policy: ForeignPolicy, allow: tuple[str, ...] = HERE
    ) -> None:
        super().__init__(folder)
        self.registry.vehicles[PLATE] = DIRTY_VAN
        self.clock.now = T0
        self.camera = ForeignCamera(product, Address("127.0.0.1", 0, allow), {})
        lanes = (Lane("1", direction=Direction.LEAVING),)
        self.watch = ForeignWatch(self.camera, self.pipeline, policy, lanes, self.clock)
        self._steps = self.watch.conclusions()
        self._outside = ThreadPoolExecutor(1)

    def push(self, body: bytes, source: str = "127.0.0.1") -> int:
        """Let the camera push, while the box is at work; return what it is answered."""
        answer = self._outside.submit(self.unattended, body, source)
        while not answer.done():
            next(self._steps)
        return answer.result()

    def unattended(self, body: bytes, source: str = "127.0.0.1") -> int:
        """Let the camera push while nobody is at work."""
        door = ("127.0.0.1", self.camera.port)
        line = http.client.HTTPConnection(*door, timeout=30, source_address=(source, 0))
        with closing(line):
            line.request("POST", "/anything", body)
            return line.getresponse().status

    def call(self, source: str) -> socket.socket:
        """Open a connection and say nothing."""
        door = ("127.0.0.1", self.camera.port)
        return socket.create_connection(door, timeout=30, source_address=(source, 0))

    def passages(self) -> list[PassageRecord]:
        found = (decode(decode_part(split(e.jws)[1])).data for e in self.chain())
        return [record for record in found if isinstance(record, PassageRecord)]

    def stop(self) -> None:
        self.watch.close()
        self._outside.shutdown()
        super().stop()


@pytest.fixture
def roadside(tmp_path: Path) -> Iterator[Roadside]:
    made = Roadside(tmp_path, "rekor", ForeignPolicy(0.9))
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("product", "body"),
    [("axis", axis("lost", at=T0)), ("hikvision", hikvision(at=T0)), ("rekor", rekor(at=T0))],
)
def test_a_reading_becomes_a_held_record_that_names_who_read_it(
    tmp_path: Path, product: str, body: bytes
) -> None:
    site = Roadside(tmp_path, product, ForeignPolicy(0.9, timedelta(seconds=5)))
    assert site.push(body) == 200
    (record,) = site.passages()  # it was durable before the camera got its answer
    assert (record.outcome, record.site.foreign, record.models) == ("no_access", product, ())
    assert {"held", "foreign_reading"} <= set(record.marks)
    assert len(site.casebook.held()) == 1
    site.proven()
    site.stop()


def test_without_a_validated_confidence_nobody_is_accused(tmp_path: Path) -> None:
    site = Roadside(tmp_path, "rekor", ForeignPolicy(None, timedelta(seconds=5)))
    assert site.push(rekor(at=T0)) == 200
    (record,) = site.passages()
    assert (record.outcome, record.rule, record.vehicle) == ("review", "READ", None)
    assert site.casebook.held() == []
    site.stop()


def test_a_message_that_is_sent_again_makes_no_second_record(roadside: Roadside) -> None:
    body = rekor(at=T0)
    assert [roadside.push(body) for _ in range(3)] == [200] * 3
    assert len(roadside.passages()) == 1


def test_a_vehicle_that_axis_follows_is_one_record_once_it_is_lost(tmp_path: Path) -> None:
    site = Roadside(tmp_path, "axis", ForeignPolicy(0.9, timedelta(seconds=5)))
    assert site.push(axis("new", at=T0)) == site.push(axis("update", at=T0)) == 200
    assert site.passages() == []
    assert site.push(axis("lost", at=T0)) == 200
    (record,) = site.passages()
    assert (record.site.lane, record.site.wrong_way) == ("1", True)
    site.stop()


def test_who_is_in_sight_when_the_box_ends_is_concluded_on(tmp_path: Path) -> None:
    site = Roadside(tmp_path, "axis", ForeignPolicy(0.9, timedelta(seconds=5)))
    assert site.push(axis("new", at=T0)) == 200
    site.watch.stop()
    assert len(site.watch.finish()) == len(site.passages()) == 1
    site.stop()


def test_only_the_camera_is_heard(tmp_path: Path) -> None:
    site = Roadside(tmp_path, "rekor", ForeignPolicy(0.9), allow=("10.0.0.20",))
    assert site.push(rekor(at=T0)) == 403
    assert site.passages() == []
    site.stop()


def test_what_cannot_be_read_is_answered_and_counted_and_the_next_is_taken(
    roadside: Roadside,
) -> None:
    assert roadside.push(b"{") == roadside.push(b"\xff") == 400
    assert roadside.camera.refused == 2
    assert "cannot be read" in (roadside.watch.fault() or "")
    assert roadside.watch.fault() is None
    assert roadside.push(rekor(at=T0)) == 200


def test_what_is_too_large_is_not_read(roadside: Roadside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "LARGEST", 100)
    assert roadside.push(rekor(at=T0)) == 413
    assert roadside.camera.refused == 1


def test_a_box_that_does_not_come_for_it_makes_the_camera_send_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "PATIENCE_S", 0.05)
    site = Roadside(tmp_path, "rekor", ForeignPolicy(0.9, timedelta(seconds=5)))
    assert site.unattended(rekor(at=T0)) == 503
    monkeypatch.setattr(listen, "PATIENCE_S", 10.0)
    assert site.push(rekor(at=T0)) == 200
    assert len(site.passages()) == 1
    site.stop()


def test_a_flood_is_turned_away_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "PATIENCE_S", 0.0)
    site = Roadside(tmp_path, "rekor", ForeignPolicy(0.9))
    answers = [site.unattended(rekor(str(n), at=T0)) for n in range(listen.WAITING + 5)]
    assert set(answers) == {503}
    assert site.camera._messages.qsize() == listen.WAITING
    site.stop()


def test_an_untrusted_clock_makes_every_reading_a_review(roadside: Roadside) -> None:
    roadside.clock.trusted = False
    assert roadside.push(rekor(at=T0)) == 200
    (record,) = roadside.passages()
    assert (record.outcome, record.rule) == ("review", "CLOCK")


def test_a_camera_whose_clock_is_wrong_accuses_nobody(roadside: Roadside) -> None:
    late: datetime = T0 - timedelta(minutes=10)
    assert roadside.push(rekor(at=late)) == 200
    (record,) = roadside.passages()
    assert record.outcome == "review"
    assert "clock of the camera" in record.reason


@pytest.mark.parametrize("epoch", [0, 253_402_300_799_000])
def test_a_camera_that_lost_its_time_loses_no_vehicle_and_stops_no_box(
    roadside: Roadside, epoch: int
) -> None:
    assert roadside.push(rekor(at=T0, epoch_start=epoch, epoch_end=epoch)) == 200
    (record,) = roadside.passages()
    assert (record.outcome, record.seen_first) == ("review", T0)


def test_what_was_recorded_is_answered_even_if_the_box_takes_no_further_step(
    roadside: Roadside,
) -> None:
    answer = roadside._outside.submit(roadside.unattended, rekor(at=T0))
    while not roadside.passages():
        next(roadside._steps)
    assert answer.result() == 200  # else the camera would send it to a box that forgot it


def test_two_cameras_may_give_two_vehicles_one_name(tmp_path: Path) -> None:
    site = Roadside(tmp_path, "rekor", ForeignPolicy(0.9), ("127.0.0.1", "127.0.0.2"))
    assert site.push(rekor(at=T0)) == 200
    assert site.push(rekor(at=T0), source="127.0.0.2") == 200
    assert len(site.passages()) == 2
    site.stop()


def test_a_stranger_who_holds_the_line_keeps_no_camera_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "STRANGERS", 2)
    monkeypatch.setattr(listen._Door, "timeout", 600)
    site = Roadside(tmp_path, "rekor", ForeignPolicy(0.9))
    with ExitStack() as calls:
        held = [calls.enter_context(site.call("127.0.0.9")) for _ in range(5)]
        for call in held[2:]:
            assert call.recv(1) == b""  # hung up
        assert site.push(rekor(at=T0)) == 200
    site.stop()


def test_a_port_that_is_taken_is_named(roadside: Roadside) -> None:
    with pytest.raises(CaptureError, match="Nothing can listen"):
        ForeignCamera("axis", Address("127.0.0.1", roadside.camera.port, HERE), {})


def test_a_plate_in_doubt_reaches_no_log(
    roadside: Roadside, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    roadside.push(rekor(at=T0, best_confidence=10))
    roadside.push(b'{"best_plate_number": "%s"' % PLATE.encode())
    out, err = capfd.readouterr()
    assert PLATE not in caplog.text + out + err
