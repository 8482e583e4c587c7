"""A small fleet against the real platform: it holds, and each seeded fault is found."""

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.errors import ReportError
from edge.feed.mqtt import MqttPublisher
from edge.types import Envelope
from tests.mosquitto import find_mosquitto
from tests.postgres import find_postgres
from tools.fleet.__main__ import fleet
from tools.fleet.box import Box
from tools.fleet.figures import Figures, figures
from tools.fleet.findings import findings
from tools.fleet.plan import Away, Chaos, Limits, Plan
from tools.fleet.postgres import Postgres
from tools.fleet.scenario import Ran, run
from tools.fleet.site import own_database

PATIENT = Limits(p99_s=60.0, home_s=120.0)
"""A busy machine is no fault."""
HASTY = Limits(p99_s=60.0, home_s=1.0)
"""With a fault in it, a run may never come home."""
ALONE = """
from tools.receive import listen, postgres, rows
from tools.receive.growth import Growth, Verdict
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may enter, too."""
    find_mosquitto()
    with tempfile.TemporaryDirectory(prefix="anpr-fleet-test-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    """One server for the runs in which it is not killed."""
    find_postgres()
    with tempfile.TemporaryDirectory(prefix="anpr-fleet-test-") as made:
        Path(made).chmod(0o755)
        with own_database(Path(made)) as server:
            yield server


def plan(folder: Path, boxes: int, *chaos: Chaos, limits: Limits = HASTY) -> Plan:
    return Plan(
        boxes=boxes,
        workers=1,
        receivers=1,
        quiet_s=1.5,
        rate_s=60.0,
        disk=folder,
        files=folder / "files",
        chaos=chaos,
        limits=limits,
        away=Away(0.5, 3.0, 5),
    )


def judged(ran: Ran) -> tuple[Figures, list[str]]:
    found = figures(ran)
    return found, findings(found, ran.plan.limits)


def faulty(mutation: str) -> tuple[str, ...]:
    """Return the command of a receiver that is changed before it begins."""
    begin = "import tools.receive.__main__ as main\nmain.main()"
    return (sys.executable, "-c", f"{ALONE}{mutation}\n{begin}")


def test_a_receiver_that_loses_some_of_what_it_answers_for_is_found(
    folder: Path, database: Postgres
) -> None:
    lossy = """
write, seen = rows.Rows.write, []
def some(self, grown, received):
    for growth in grown.values():
        growth.stored = [one for one in growth.stored if seen.append(one) or len(seen) % 20]
    write(self, grown, received)
rows.Rows.write = some
"""
    _, faults = judged(run(replace(plan(folder, 10), receive=faulty(lossy)), database))
    assert any("records are lost" in fault for fault in faults)


def test_a_receiver_that_answers_before_it_commits_is_found_when_it_dies(
    folder: Path, database: Postgres
) -> None:
    early = """
from datetime import UTC, datetime
from edge.feed.receipts import sign_receipt
from edge.record.envelope import peek
from edge.record.message import Receipt
take, kept = listen.take_burst, []
def later(store, records):
    kept.extend(records)
    if len(kept) > 30:
        take(store, kept)
        kept.clear()
    return {peek(jws).envelope for _, jws in records}
def promised(store, signer, envelopes):
    now = datetime.now(UTC)
    for e in envelopes:
        place = {"box": e.box, "epoch": e.epoch, "seq": e.seq, "sha256": e.sha256}
        yield e.box, sign_receipt(Receipt(**place, stored_at=now), signer)
listen.take_burst, listen.receipts = later, promised
"""
    ran = run(replace(plan(folder, 10, Chaos.RECEIVER), receive=faulty(early)), database)
    _, faults = judged(ran)
    assert any("records are lost" in fault for fault in faults)


def test_a_platform_whose_receipts_are_lost_is_found(folder: Path, database: Postgres) -> None:
    mute = faulty("listen.receipts = lambda store, signer, boxes: []")
    ran = run(replace(plan(folder, 6), receive=mute), database)
    found, faults = judged(ran)
    assert found.lost == 0  # they wait
    assert any("were not home" in fault for fault in faults)


def test_a_receiver_that_knows_no_duplicates_is_found(
    folder: Path, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = """
once = ",\\n        PRIMARY KEY (box, epoch, seq))"
postgres.TABLES = [table.replace(once, ")") for table in postgres.TABLES]
Growth._compare = lambda self, arrival: self.stored.append(arrival) or Verdict.STORED
"""
    publish = MqttPublisher.publish

    def twice(publisher: MqttPublisher, envelope: Envelope) -> None:
        publish(publisher, envelope)
        publish(publisher, envelope)

    monkeypatch.setattr(MqttPublisher, "publish", twice)  # the boxes' processes inherit it
    _, faults = judged(run(replace(plan(folder, 6), receive=faulty(greedy)), database))
    assert any("are stored twice" in fault for fault in faults)


def test_what_comes_twice_is_known_by_its_place(
    folder: Path, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = MqttPublisher.publish

    def twice(publisher: MqttPublisher, envelope: Envelope) -> None:
        publish(publisher, envelope)
        publish(publisher, envelope)

    monkeypatch.setattr(MqttPublisher, "publish", twice)
    found, faults = judged(run(plan(folder, 6, limits=PATIENT), database))
    assert faults == []
    assert found.again >= found.records


def test_a_box_that_forgets_its_backlog_is_found(
    folder: Path, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Box.advance

    def forgetful(box: Box, calls: Executor) -> None:
        last = box.outbox.head()
        if box.is_away and last is not None:
            box.outbox.forget_through(last)
        advance(box, calls)

    monkeypatch.setattr(Box, "advance", forgetful)
    _, faults = judged(run(plan(folder, 6, Chaos.AWAY), database))
    assert any("records are lost" in fault for fault in faults)


def test_contradicting_orders_are_misuse() -> None:
    found = CliRunner().invoke(fleet, ["--no-chaos", "--chaos", "storm"])
    assert found.exit_code == 2
    assert "contradict" in found.output


def test_a_report_that_cannot_be_written_is_told_before_anything_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.fleet.__main__.run", lambda _: pytest.fail("it ran"))
    (folder / "taken").touch()
    result = CliRunner().invoke(fleet, ["--out", str(folder / "taken" / "x")])
    assert isinstance(result.exception, ReportError)
    assert result.exception.remedy == "Name another folder with --out."
