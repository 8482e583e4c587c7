"""`uplink` brings pictures home beside the records; what is still held it cannot touch."""

import threading
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from edge.cli import uplink as module
from edge.daemon import wiring
from edge.daemon.uplink import Pace
from edge.feed.spool import SpoolPublisher
from edge.record.evidence import EvidenceRoom
from tests.street import StreetBox, street_box
from tools.receive_evidence import receive_evidence

BOX = "voorbeeldgem-01"
AGE = b"age-encryption.org/v1\nmade-up"


@pytest.fixture
def box(tmp_path: Path) -> StreetBox:
    """A box with one released picture and one that is held; its records go to a stick."""
    made = street_box(tmp_path / "box")
    state = made.folder / "state"
    state.mkdir()
    wiring.outbox(module.load(made.config)).close()
    room = EvidenceRoom(state / "evidence", BOX)
    kept = room.keep({"overview": AGE})
    room.hand_over(kept.refs[0].sha256, kept.key)
    room.keep({"overview": AGE + b", held"})
    return made


def lying(box: StreetBox) -> list[str]:
    return sorted(path.suffix for path in (box.folder / "state/evidence").iterdir())


def run(box: StreetBox, *more: str) -> str:
    words = ["--config", str(box.config), "--once", "--deadline", "1", *more]
    result = CliRunner().invoke(module.uplink, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_stick_takes_what_was_released_and_the_box_forgets_it_on_its_receipt(
    box: StreetBox, tmp_path: Path
) -> None:
    assert "1 released pictures wait" in run(box)
    stick = box.folder / "stick"
    assert [path.read_bytes() for path in (stick / "evidence" / BOX).iterdir()] == [AGE]
    assert lying(box) == [".age", ".sealed"]
    desk = ["--folder", str(tmp_path / "stored"), "--ingest", str(stick)]
    words = [*desk, "--signing", str(box.folder / "keys/platform.pem")]
    assert CliRunner().invoke(receive_evidence, words).exit_code == 0
    assert "pictures" not in run(box)
    assert lying(box) == [".sealed"]


def test_a_running_uplink_delivers_in_the_background_and_ends_when_told(
    box: StreetBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = threading.Event()

    class Watched(module.Courier):
        def run(self, stopped: threading.Event) -> None:
            self.round()
            at_work.set()
            stopped.wait(30)

    monkeypatch.setattr(module, "Courier", Watched)
    monkeypatch.setattr(module, "_until_signalled", lambda: at_work.is_set)
    monkeypatch.setattr(SpoolPublisher, "exchange", lambda *_: at_work.wait(10))
    result = CliRunner().invoke(module.uplink, ["--config", str(box.config)])
    assert result.exit_code == 0, result.output
    assert len(list((box.folder / "stick/evidence" / BOX).iterdir())) == 1
    assert all(thread.name != "courier" for thread in threading.enumerate())


@pytest.mark.parametrize(("host", "servers"), [("one", 1), (("one", "two", "three"), 3)])
def test_an_uplink_knows_how_many_servers_its_broker_has(
    box: StreetBox, monkeypatch: pytest.MonkeyPatch, host: str | tuple[str, ...], servers: int
) -> None:
    """Of several it leaves one that is silent sooner: another may know more."""
    config = module.load(box.config)
    uplink = msgspec.structs.replace(config.uplink, publisher="mqtt", host=host)
    config = msgspec.structs.replace(config, uplink=uplink)
    paces: list[Pace] = []
    monkeypatch.setattr(module, "Uplink", lambda backlog, way, reader, pace: paces.append(pace))
    outbox = wiring.outbox(config)
    module._line(config, outbox)
    outbox.close()
    assert [pace.servers for pace in paces] == [servers]
