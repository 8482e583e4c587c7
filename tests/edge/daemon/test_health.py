"""How a box stands is told at the start, at every change, and every so often; never of whom."""

import errno
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from edge.daemon import wiring
from edge.daemon.health import EVERY_S, Health, disk_free
from edge.record.active import ActiveRegistry, Family, Updates
from edge.record.envelope import decode_part, split
from edge.record.housing import HousingRecord, TriggerCounts
from edge.record.message import HealthRecord, decode
from edge.types import Envelope
from tests.edge.test_fail_safe import KEY, PLATE, T0, Box

SYNCED = Updates(
    synced_at=T0,
    reached_at=T0,
    fault=None,
    families=(
        Family(family="registry", outcome="current", release=7),
        Family(family="packs", outcome="refused", release=3, refused=4, reason="Case 12 differs."),
        Family(family="models", outcome="not_followed", release=None),
    ),
)


class Standing(Box):
    """A box whose health is looked at; time passes when a test says so."""

    def start(self) -> None:
        super().start()
        self.seconds = 0.0
        self.updates: Updates | None = None
        line = self.pipeline
        self.health = Health(
            registry=self.file,
            packs=wiring.active_packs(line.laws),
            updates=lambda: self.updates,
            state=self.folder,
            clock=line.clock,
            testimony=line.testimony,
            signer=line.signer,
            outbox=line.outbox,
            casebook=line.casebook,
            monotonic=lambda: self.seconds,
        )

    def told(self) -> HealthRecord:
        """Look, and return what had to be told."""
        envelope = self.health.look()
        assert envelope is not None
        assert envelope.kind == "health"
        return content(envelope)


def content(envelope: Envelope) -> HealthRecord:
    data = decode(decode_part(split(envelope.jws)[1])).data
    assert isinstance(data, HealthRecord)
    return data


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Standing]:
    made = Standing(tmp_path)
    yield made
    made.stop()


def test_at_the_start_it_tells_all_that_is_active(box: Standing) -> None:
    box.updates = SYNCED
    snapshot, (law,) = box.file.snapshot, box.pipeline.laws
    assert snapshot is not None
    record = box.told()
    assert record.registry == ActiveRegistry(
        id="first",
        sha256=snapshot.sha256,
        vehicles_as_of=snapshot.vehicles_as_of,
        exemptions_as_of=snapshot.exemptions_as_of,
        vehicles=box.file.rows("vehicles", "plain"),
        exemptions=box.file.rows("exemptions"),
    )
    (pack,) = record.packs
    assert (pack.zone, pack.id, pack.version) == ("utrecht", "nl-ze", law.pack.version)
    assert pack.sha256 == law.pack.sha256
    assert [model.name for model in record.models] == ["reader"]
    assert (record.software, record.config_sha256) == ("test", "c" * 64)
    assert record.updates == SYNCED
    assert record.clock.source == "test"
    assert record.disk_free is not None
    box.proven()


def test_it_is_told_again_only_after_ten_minutes(box: Standing) -> None:
    box.told()
    box.seconds = EVERY_S - 1
    assert box.health.look() is None
    box.seconds = EVERY_S
    box.told()
    assert box.health.look() is None
    box.proven()


def test_a_registry_that_takes_over_is_told_at_once(box: Standing) -> None:
    before = box.told().registry
    box.fetch(exemptions=120)
    after = box.told().registry
    assert before is not None
    assert after is not None
    assert after.id == "next"
    assert (after.vehicles, after.exemptions) == (before.vehicles, (before.exemptions or 0) + 20)
    assert before.vehicles  # its canaries included


def test_a_box_without_a_registry_says_so(box: Standing) -> None:
    box.stop()
    box.path.unlink()
    box.start()
    assert box.told().registry is None


def test_an_update_that_comes_or_is_refused_is_told_at_once_but_not_every_sync(
    box: Standing,
) -> None:
    assert box.told().updates is None
    box.updates = SYNCED
    box.told()
    box.updates = msgspec.structs.replace(SYNCED, synced_at=T0 + timedelta(hours=1))
    assert box.health.look() is None
    box.updates = msgspec.structs.replace(SYNCED, families=())
    assert box.told().updates == box.updates


def test_what_waits_is_told_by_number_and_age_and_never_by_plate(box: Standing) -> None:
    empty = box.told()
    assert (empty.waiting, empty.waiting_s, empty.held) == (0, None, 0)
    assert (empty.waiting_bytes, empty.dropped) == (0, 0)
    box.passes(PLATE, T0)
    box.seconds = EVERY_S
    record = box.told()
    assert (record.waiting, record.held, record.dropped) == (2, 1, 0)
    assert record.waiting_bytes is not None
    assert 2 * len(box.chain()[0].jws) < record.waiting_bytes < 200_000
    assert record.waiting_s is not None
    assert record.waiting_s >= 0
    secrets = (PLATE.encode(), KEY, KEY.hex().encode())
    health = [decode_part(split(e.jws)[1]) for e in box.chain() if e.kind == "health"]
    assert len(health) == 2
    assert not [secret for secret in secrets for message in health if secret in message]


def test_a_clock_that_is_not_trusted_is_told_as_such(box: Standing) -> None:
    box.clock.trusted = False
    assert not box.told().clock.trusted


def test_it_goes_into_the_chain_by_way_of_the_casebook_as_every_record_does(box: Standing) -> None:
    box.told()
    intent = box.casebook.intent()
    assert intent is not None
    assert intent.kind == "health"
    box.stop()
    box.start()
    box.passes(PLATE, T0)
    box.proven()


def test_a_disk_that_cannot_be_asked_is_told_as_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert disk_free(tmp_path)

    def stale(path: Path) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(shutil, "disk_usage", stale)
    assert disk_free(tmp_path) is None


def test_the_housing_and_its_triggers_are_told_where_there_are_any(box: Standing) -> None:
    told = box.told()
    assert (told.housing, told.triggers) == (None, None)
    counts = TriggerCounts(since=T0, triggers=9, captured=6, missed=2, untriggered=1, lost=4)
    housing = HousingRecord(door_open=True, temperature_c=41.5)
    line = box.pipeline
    health = Health(
        registry=box.file,
        packs=(),
        updates=lambda: None,
        state=box.folder,
        clock=line.clock,
        testimony=replace(line.testimony, housing=lambda: housing),
        signer=line.signer,
        outbox=line.outbox,
        casebook=line.casebook,
        triggers=lambda: counts,
    )
    envelope = health.look()
    assert envelope is not None
    assert (content(envelope).housing, content(envelope).triggers) == (housing, counts)
