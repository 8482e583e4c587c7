"""A box whose clock runs ten minutes late, though it says that it is synchronised, is found.

By the box itself, with a real broker and the true receiver; by the platform's view of its boxes;
and by whoever scores a run.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.access.hold import SET_SINCE, WRONG_THEN, misdated
from edge.clock import SystemClock
from edge.daemon.alarms import Alarms, Watched
from edge.daemon.hearing import Hearing
from edge.daemon.uplink import Pace, Uplink
from edge.feed.cluster import BrokerAddress, Cluster
from edge.feed.mqtt import MqttPublisher
from edge.feed.receipts import receipt_reader
from edge.record.envelope import decode_part, split
from edge.record.keys import create_signer, load_public, load_trusted
from edge.record.message import AlarmRecord, decode
from edge.types import ClockReading, Consequence, Outcome
from edge.witness import AHEAD, BEHIND, REMEDY, WitnessedClock, WitnessFile, fault, over
from tests.cases import PLATE, passage
from tests.edge.replay.test_laboratory import DROVE_BY, RUN, played, shorten
from tests.mosquitto import Mosquitto
from tests.mosquitto import broker as broker
from tests.site import HOUR, Site, snapshot
from tests.street import street_box
from tools.compare_runs.__main__ import main as compare_runs
from tools.receive.listen import Listener, Until, listening
from tools.receive.store import Store

LATE = timedelta(minutes=10)


class ShiftedClock:
    """The clock of this machine, off by some time, that says it is synchronised."""

    def __init__(self, off: timedelta) -> None:
        self.off = off

    def read(self) -> ClockReading:
        reading = SystemClock().read()
        return replace(reading, now=reading.now + self.off, trusted=True)


class ClockedSite(Site):
    """A box with such a clock, its uplink, and a platform behind a real broker."""

    def __init__(self, folder: Path, broker: Mosquitto, off: timedelta) -> None:
        super().__init__(folder)
        self.broker, self.shifted = broker, ShiftedClock(off)
        self.watched = WitnessedClock(self.shifted, folder)
        self.pipeline = replace(self.pipeline, clock=self.watched)
        self.registry.snapshot = snapshot("s1", datetime.now(UTC) - HOUR)
        self.platform = create_signer(folder / "platform.pem", "platform")
        read = receipt_reader("b1", load_public(folder / "platform.jwk"))
        hearing = Hearing(self.outbox, self.shifted, WitnessFile(folder), read)
        connect = partial(MqttPublisher.connect, "b1", broker)
        self.uplink = Uplink(self.outbox, connect, hearing, Pace(retry_s=0.05))
        line = self.pipeline
        self.alarms = Alarms(
            {"clock": Watched(lambda: fault(self.watched), REMEDY, over)},
            *(self.watched, line.testimony, line.signer, self.outbox, self.casebook),
        )

    def sees(self) -> tuple[Outcome, Consequence, str]:
        now = self.watched.read()
        seen = replace(
            passage(PLATE, now.now),
            seen_last=now.now,
            first_monotonic_ns=now.monotonic_ns,
            last_monotonic_ns=now.monotonic_ns,
        )
        (made,) = self.pipeline.conclude(seen)
        return made.decision.outcome, made.decision.consequence, made.decision.reason

    def delivers(self) -> None:
        """Bring all that waits to the true receiver, and its receipts back."""
        trusted = load_trusted(self.folder / "box.jwk")
        with Store.open(self.folder / "received.sqlite", lambda: trusted) as store:

            def done() -> bool:
                self.uplink.step(0.02)
                return not self.outbox.backlog().records

            role = listening("receiver")
            cluster = Cluster([BrokerAddress(self.broker.host, self.broker.port)])
            Listener(store, self.platform, cluster, role).run(Until(idle_s=20.0), done)
        assert not self.outbox.backlog().records

    def alarm(self) -> str | None:
        """Return what the box raises an alarm of, None where it raises none."""
        found = [decode(decode_part(split(one.jws)[1])).data for one in self.alarms.look()]
        return next((one.cause for one in found if isinstance(one, AlarmRecord)), None)


@pytest.fixture
def site(
    tmp_path: Path, broker: Mosquitto, request: pytest.FixtureRequest
) -> Iterator[ClockedSite]:
    made = ClockedSite(tmp_path, broker, request.param)
    yield made
    made.uplink.close()
    made.stop()


def off(by: timedelta) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("site", [by], indirect=True, ids=[f"{by.total_seconds():+g}s"])


@off(-LATE)
def test_the_first_receipt_takes_the_trust_from_a_late_clock(site: ClockedSite) -> None:
    assert site.sees()[0] == Outcome.NO_ACCESS  # nothing but the platform can know it
    site.delivers()
    outcome, consequence, reason = site.sees()
    assert (outcome, consequence) == (Outcome.REVIEW, Consequence.NONE)
    assert reason == f"The clock is not trusted: {BEHIND}."
    assert site.alarm() == f"The clock cannot be trusted: {BEHIND}."
    assert site.alarm() is None  # once


@off(-LATE)
def test_a_clock_that_is_set_right_is_trusted_again_and_the_alarm_ends(site: ClockedSite) -> None:
    site.sees()
    site.delivers()
    assert site.alarm() is not None
    site.shifted.off = timedelta()
    assert site.sees()[0] == Outcome.NO_ACCESS
    assert site.alarm() == over()
    site.delivers()
    assert site.sees()[0] == Outcome.NO_ACCESS


@off(-LATE)
def test_whoever_was_held_before_the_first_receipt_is_not_accused_either(site: ClockedSite) -> None:
    site.sees()
    (held,) = site.casebook.held()
    site.delivers()
    site.shifted.off = timedelta()
    now = site.watched.read()
    assert now.trusted
    assert misdated(held, now) == SET_SINCE
    assert misdated(held, replace(now, boot_id="the next")) == WRONG_THEN


@off(LATE)
def test_a_clock_that_runs_ahead_is_proven_by_the_record_that_came_too_early(
    site: ClockedSite,
) -> None:
    site.sees()
    site.delivers()
    assert site.sees()[2] == f"The clock is not trusted: {AHEAD}."


@off(timedelta())
def test_the_control_a_clock_that_is_right_is_never_doubted(site: ClockedSite) -> None:
    for _ in range(3):
        assert site.sees()[0] == Outcome.NO_ACCESS
        site.delivers()
        assert site.alarm() is None


@off(-LATE)
def test_the_doubt_outlives_a_restart_of_the_daemon(site: ClockedSite) -> None:
    site.sees()
    site.delivers()
    again = WitnessedClock(site.shifted, site.folder)
    assert again.read().doubt == BEHIND
    assert not again.read().trusted


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which two vehicles drive by soon after the clock fell behind."""
    folder = tmp_path_factory.mktemp("run")
    street_box(folder / "box")
    shorten(folder / "short.avi")
    late = 'at_s = 10\n\n[[happenings]]\nat_s = 5\nwhat = "clock"\njump_s = -600\n'
    (folder / "run.toml").write_text(RUN + late)
    (folder / "truth.csv").write_text(DROVE_BY)
    return played(folder, folder / "out", 1, "--no-video", "--truth", str(folder / "truth.csv")).out


def test_a_score_flags_who_was_recorded_at_another_time(scored: Path) -> None:
    told = json.loads((scored / "summary.json").read_text())
    (clip,) = told["clips"]
    assert clip["score"]["mistimed"] == 2
    assert [round(one["off_s"]) for one in clip["score"]["each"]] == [-600, -600]
    page = (scored / "report.html").read_text()
    assert "2 mistimed" in page
    assert page.count(">mistimed -600 s<") == 2


def test_the_box_of_the_run_saw_it_too_and_accused_nobody(scored: Path) -> None:
    told = json.loads((scored / "summary.json").read_text())
    rules = [one["rule"] for one in told["passages"]]
    assert set(rules) == {"CLOCK"}
    messages = [json.loads(line) for line in (scored / "messages.jsonl").read_text().splitlines()]
    causes = [m["data"]["cause"] for m in messages if m["type"] == "anpr-edge.alarm.v1"]
    assert f"The clock cannot be trusted: {BEHIND}." in causes


def test_a_threshold_keeps_such_a_run_from_being_published(scored: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "thresholds.toml"
    wanted.write_text("format = 1\n[at_most]\nmistimed = 0\n")
    said = CliRunner().invoke(compare_runs, [str(scored), str(scored), "--thresholds", str(wanted)])
    assert said.exit_code == 1
    assert "NOT KEPT: mistimed 2, at most 0" in said.output
