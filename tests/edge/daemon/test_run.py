"""The daemon goes over to what the updates put in force, in the same process."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.access.desk import desk_passage
from edge.access.pack import SHIPPED
from edge.clock import SystemClock
from edge.config import Config
from edge.daemon import run, wiring
from edge.daemon.alarms import LONGEST, shortened
from edge.daemon.body import Body
from edge.daemon.figures import Figures
from edge.daemon.inforce import pinned
from edge.daemon.machine import Machine
from edge.daemon.pipeline import Pipeline
from edge.feed.outbox import Outbox
from edge.feed.storefile import NoRoomError
from edge.record.chain import START, check, examine
from edge.record.envelope import decode_part, split
from edge.record.keys import create_signer, load_signer, load_trusted
from edge.record.message import decode
from edge.record.rotation import followed
from edge.types import Frame
from tests.follower import Follower, family
from tests.repository import Publisher


def offered(publisher: Publisher, number: int) -> None:
    """Release packs that differ in their version."""
    packs = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    for name in ("fl-zes.toml", "nl-ze.toml"):
        packs[name] = packs[name].replace(b'versie = "2026.', b'versie = "%d.' % (2026 + number))
    publisher.offer("packs", f"packs-{number}", packs)
    publisher.publish()


@pytest.fixture
def box(tmp_path: Path, publisher: Publisher) -> Iterator[Follower]:
    """A box with keys that follows registry and packs, and the models of the software."""
    offered(publisher, 1)
    made = Follower(tmp_path / "daemon", publisher.root, publisher.folder, alone=False)
    create_signer(made.folder / "box.pem", "b1")
    assert made.sync().families[1].outcome == "activated"
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield made
    for number, handler in kept.items():
        signal.signal(number, handler)


def other_packs(publisher: Publisher) -> None:
    offered(publisher, 2)


def withdraw(publisher: Publisher) -> None:
    publisher.withdraw("registry", publisher.releases["registry"][0])
    publisher.publish()


class StreetCamera:
    """A camera that never ends; while it runs for the first time, an update changes something."""

    opened = 0
    box: Follower
    publisher: Publisher
    change = staticmethod(other_packs)

    def __init__(self, *_: object) -> None:
        kind = type(self)
        kind.opened += 1
        self.number = kind.opened

    def frames(self) -> Iterator[Frame]:
        image = np.zeros((64, 64, 3), np.uint8)
        for index in range(10_000):
            yield Frame(image, index, SystemClock().read().now, time.monotonic_ns())
            if index == 3 and self.number == 1:
                self.change(self.publisher)
                self.box.sync()
            if index == 3 and self.number == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.005)


def test_other_packs_in_force_start_the_daemon_anew_in_the_same_process(
    box: Follower,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = type("Camera", (StreetCamera,), {"box": box, "publisher": publisher})
    monkeypatch.setattr(run, "Camera", camera)
    used: list[set[str]] = []
    pipeline = wiring.pipeline

    def spied(*parts: object) -> object:
        made = pipeline(*parts)  # type: ignore[arg-type]
        used.append({law.pack.sha256 for law in made.laws})
        return made

    monkeypatch.setattr(wiring, "pipeline", spied)
    with caplog.at_level(logging.INFO):
        run.run_box(box.config)
    assert camera.opened == 2
    assert len(used) == 2
    assert used[0].isdisjoint(used[1])
    assert "what is in force has changed" in caplog.text


def test_a_hot_box_says_so_in_its_health(
    box: Follower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopping(StreetCamera):
        opened = 1  # it stops the daemon at once

    zone = tmp_path / "kernel/sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("91000")
    kernel = Machine(root=tmp_path / "kernel")
    lines: list[Pipeline] = []
    alarms, watched, timed = wiring.alarms, list[str](), run.measured

    def measured(line: Pipeline, figures: Figures) -> Pipeline:
        lines.append(line)
        return timed(line, figures)

    def raised(*parts: object) -> object:
        made = alarms(*parts)  # type: ignore[arg-type]
        watched.extend(made.watched)
        return made

    def embodied(config: Config, enclosure_c: Callable[[], float | None], *more: Any) -> Body:
        asked.append(enclosure_c())
        return body(config, enclosure_c, *more)

    asked: list[float | None] = []
    body = run.wiring_body.body
    monkeypatch.setattr(run.wiring_body, "body", embodied)
    monkeypatch.setattr(run, "measured", measured)
    monkeypatch.setattr(wiring, "alarms", raised)
    monkeypatch.setattr(run.wiring_firmware, "enclosure_c", lambda _: lambda: 64.5)
    monkeypatch.setattr(run, "Camera", type("Camera", (Stopping,), {"box": box}))
    monkeypatch.setattr(run, "Seams", partial(run.Seams, machine=kernel))
    run.run_box(box.config)
    with wiring.attached_outbox(box.config) as outbox:
        chain = outbox.pending(None, 1000)
    told = [decode(decode_part(split(e.jws)[1])).data for e in chain if e.kind == "health"]
    assert told[0].fitness.temperature_c == 91.0
    assert asked == [64.5]
    assert {"pace", "wear"} <= set(watched)
    assert isinstance(getattr(lines[0].testimony.slowed, "__self__", None), Body)


def test_a_next_key_starts_the_daemon_anew_with_it_and_every_stop_leaves_a_checkpoint(
    box: Follower, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ordered(StreetCamera):
        @staticmethod
        def change(_publisher: Publisher) -> None:
            wiring.key_place(box.config).create_next()

    monkeypatch.setattr(run, "Camera", type("Camera", (Ordered,), {"box": box, "publisher": None}))
    first = load_trusted(box.folder / "box.jwk")
    run.run_box(box.config)
    with wiring.attached_outbox(box.config) as outbox:
        chain, head = outbox.pending(None, 1000), outbox.head()
    known = followed([(e.jws, None) for e in chain], first)
    entries = [check(str(n), e.jws, known) for n, e in enumerate(chain)]
    assert examine("b1", entries, START, head) == []
    first_epoch = [e.kind for e in chain if e.epoch == 1]
    assert first_epoch[-2:] == ["checkpoint", "rotation"]
    assert first_epoch.count("checkpoint") == 1
    assert [e.kind for e in chain if e.epoch == 2][-1] == "checkpoint"
    assert load_signer(box.folder / "box.pem").key_id not in first


def test_a_disk_that_is_full_at_the_start_ends_nothing_and_takes_no_packs_back(
    box: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopping(StreetCamera):
        opened = 1  # it stops the daemon at once

    monkeypatch.setattr(run, "Camera", type("Camera", (Stopping,), {"box": box}))
    monkeypatch.setattr(run, "AGAIN_S", 0.0)
    monkeypatch.setattr(run, "step_back", lambda *_: pytest.fail("the packs are not at fault"))
    casebook, tries = wiring.casebook, list[int]()

    def full(*parts: object) -> object:
        tries.append(1)
        if len(tries) < 3:
            raise NoRoomError("The disk is full.", "Make room.")
        return casebook(*parts)  # type: ignore[arg-type]

    monkeypatch.setattr(wiring, "casebook", full)
    run.run_box(box.config)
    assert len(tries) == 3


def test_a_daemon_whose_disk_fills_up_goes_on_seeing_and_then_recording(
    box: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health and checkpoints wait for room as passages do; no write ends the daemon."""

    class Filling(StreetCamera):
        opened = 1

        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                if frame.index == 1:
                    monkeypatch.setattr(Outbox, "_store", refuse)
                if frame.index == 2:
                    monkeypatch.undo()
                yield frame

    def refuse(*_: object) -> None:
        raise NoRoomError("The disk is full.", "Make room.")

    camera = type("Camera", (Filling,), {"box": box})
    run.Camera, kept = camera, run.Camera  # type: ignore[misc]
    try:
        run.run_box(box.config)
    finally:
        run.Camera = kept  # type: ignore[misc]
    with wiring.attached_outbox(box.config) as outbox:
        chain = outbox.pending(None, 99)
    assert [e.kind for e in chain][-1] == "checkpoint"
    entries = [
        check(str(n), e.jws, load_trusted(box.folder / "box.jwk")) for n, e in enumerate(chain)
    ]
    assert examine("b1", entries, START) == []


@pytest.mark.parametrize("had_one", [True, False])
def test_a_withdrawn_registry_without_another_stops_answering_at_once(
    tmp_path: Path, publisher: Publisher, had_one: bool
) -> None:
    """Nor does one that came after the daemon started: no passage is decided on it any more."""
    box = Follower(tmp_path / "b", publisher.root, publisher.folder)
    if had_one:
        box.sync()
    with wiring.fresh_registry(box.config) as registry:
        box.sync()
        registry.look()
        registry.wait()
        assert registry.snapshot is not None
        withdraw(publisher)
        box.sync()
        facts = registry.facts(desk_passage("NL", box.clock.now, "1ZZZ999"))
        assert (facts.vehicle, facts.snapshot) == (None, None)
        assert facts.fault is not None
        assert "was withdrawn" in facts.fault
        registry.wait()
        assert registry.snapshot is None
        assert registry.refused is not None


def test_a_withdrawn_registry_answers_nothing_while_the_one_before_is_opened(
    tmp_path: Path, publisher: Publisher, registries: dict[str, Path]
) -> None:
    """To prove millions of vehicles takes its time."""
    box = Follower(tmp_path / "b", publisher.root, publisher.folder)
    box.sync()
    publisher.offer_registry(registries["two"])
    publisher.publish()
    box.sync()
    with wiring.fresh_registry(box.config) as registry:
        publisher.withdraw("registry", publisher.releases["registry"][-1])
        publisher.publish()
        assert registry.snapshot is not None
        assert family(box.sync(), "registry").outcome == "rolled_back"
        facts = registry.facts(desk_passage("NL", box.clock.now, "1ZZZ999"))  # never waits
        assert facts.snapshot is None
        registry.wait()
        assert registry.snapshot is not None
        assert registry.snapshot.id == "one"


def test_a_daemon_keeps_to_the_versions_that_it_started_with(box: Follower, publisher) -> None:
    config = pinned(box.config)
    offered(publisher, 2)
    box.sync()
    assert config.access.packs == box.state / "packs" / "000001"
    assert pinned(box.config).access.packs == box.state / "packs" / "000002"


def test_a_refused_update_raises_one_signed_alarm(
    box: Follower, publisher: Publisher, registries: dict[str, Path]
) -> None:
    publisher.offer_registry(registries["two"], content="0" * 64)
    publisher.publish()
    box.sync()
    config = box.config
    with (
        wiring.outbox(config) as outbox,
        wiring.casebook(config, outbox) as casebook,
        wiring.fresh_registry(config) as registry,
    ):
        signer = load_signer(config.keys.signing)
        cabinet = wiring.Cabinet(config, box.clock, registry, signer, outbox, casebook)
        alarms = wiring.alarms(cabinet)
        (raised,) = alarms.look()
        assert alarms.look() == []
    told = decode(decode_part(split(raised.jws)[1])).data
    assert "Release 2 is not the content it states" in str(told)


def test_a_cause_without_end_is_told_as_long_as_a_record_can_carry() -> None:
    """What a registry says of itself may stand in the reason for which it was refused."""
    told = shortened("No. " + "0" * 1_000_000)
    assert told is not None
    assert told.startswith("No. 000")
    assert len(told) == LONGEST
    assert (shortened("No."), shortened(None)) == ("No.", None)


def test_without_a_registry_every_passage_is_a_review_and_that_is_told(
    tmp_path: Path, publisher: Publisher
) -> None:
    box = Follower(tmp_path / "bare", publisher.root, publisher.folder, alone=False)
    with wiring.fresh_registry(box.config) as registry:
        assert registry.snapshot is None
        box.sync()
        registry.look()
        registry.wait()
        assert registry.snapshot is not None
