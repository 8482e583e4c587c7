"""`check`: one line for each thing in force, and a remedy for each that is not."""

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from edge.cli import check as module
from edge.config import MODELS_FOLDER
from edge.passage.calibration import SUFFIX
from edge.record.evidence import EvidenceRoom
from edge.types import ClockReading
from edge.vision.golden import FILE, Goldens
from tests.conftest import REPOSITORY
from tests.edge.cli.test_main import anpr_edge
from tests.fakes import START
from tests.pictured import AUTHORITY
from tests.rot import rot
from tests.site import OTHER, Site
from tests.street import StreetBox, street_box


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StreetBox:
    return street_box(tmp_path_factory.mktemp("check") / "box")


@pytest.fixture
def box(whole: StreetBox, tmp_path: Path) -> StreetBox:
    """A copy of the demonstration's box, to be broken."""

    return StreetBox(Path(shutil.copytree(whole.folder, tmp_path / "box")))


class StoppedClock:
    """The day of the demonstration, or some hours from it."""

    shift_h = 0.0

    def read(self) -> ClockReading:
        now = START + timedelta(hours=self.shift_h)
        return ClockReading(now, 0, 0, "boot", "test", True, 0.0)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> type[StoppedClock]:
    clock = type("Clock", (StoppedClock,), {})
    monkeypatch.setattr(module, "SystemClock", clock)
    return clock


def run(box: StreetBox, *more: str) -> Result:
    return CliRunner().invoke(module.check, ["--config", str(box.config), *more])


def items(box: StreetBox) -> dict[str, dict[str, Any]]:
    told = json.loads(run(box, "--json").stdout)
    assert told["ok"] == all(item["ok"] for item in told["items"])
    return {item["item"]: item for item in told["items"]}


def faults(box: StreetBox) -> dict[str, str]:
    return {name: item["remedy"] for name, item in items(box).items() if not item["ok"]}


def configured(box: StreetBox, section: str, line: str) -> None:
    text = box.config.read_text()
    head = f"[{section}]\n"
    box.config.write_text(
        text.replace(head, head + line + "\n") if head in text else f"{text}\n{head}{line}\n"
    )


ELSEWHERE = 'source = "rtsp://10.0.0.9/live"'
"""A camera at an address: nothing is asked of it."""


def test_a_sound_box_is_ok_line_by_line(box: StreetBox) -> None:
    configured(box, "camera", ELSEWHERE)
    result = run(box)
    assert result.exit_code == 0, result.output
    assert all(line.startswith("ok ") for line in result.output.splitlines())
    words = ("config", "detector", "reader", "law voorbeeldgem", "registry", "signing key")
    for word in words:
        assert f"{word}: " in result.output


def test_the_models_say_what_is_in_force_and_how_fast(box: StreetBox) -> None:
    configured(box, "models", "threads = 3")
    found = items(box)
    for role in ("detector", "reader"):
        model = found[role]
        assert model["providers"] == ["cpu"]
        assert model["precision"] == "int8"
        assert model["threads"] == 3
        assert model["nodes"]["cpu"] > 10
        assert model["warm_up_ms"] > 0
        assert model["median_ms"] > 0
        assert len(model["sha256"]) == 64


def test_a_provider_that_is_not_here_is_a_fault_of_both_models_and_of_nothing_else(
    box: StreetBox,
) -> None:
    configured(box, "models", 'providers = ["cuda", "cpu"]')
    assert run(box).exit_code == 1
    assert set(faults(box)) == {"detector", "reader"}
    assert "onnxruntime-gpu" in faults(box)["detector"]


@pytest.fixture
def own_models(box: StreetBox, tmp_path: Path) -> Path:
    """The models of the software in a folder of the box's own."""
    models = Path(shutil.copytree(MODELS_FOLDER, tmp_path / "models"))
    configured(box, "models", f'manifest = "{models / "manifest.toml"}"')
    return models


def test_the_models_in_force_prove_that_they_read(box: StreetBox) -> None:
    found = items(box)["reading"]
    assert found["ok"]
    goldens = msgspec.json.decode((MODELS_FOLDER / FILE).read_bytes(), type=Goldens)
    drawn = sum(len(picture.plates) for picture in goldens.pictures)
    assert (found["pictures"], found["plates"]) == (len(goldens.pictures), drawn)


def test_models_that_start_and_read_wrongly_are_a_fault(box: StreetBox, own_models: Path) -> None:
    """The signs of the reader change places: it opens, and reads every 0 as a 3."""
    config, manifest = own_models / "plate-reader.yaml", own_models / "manifest.toml"
    before = hashlib.sha256(config.read_bytes()).hexdigest()
    config.write_text(config.read_text().replace('"0123', '"3210'))
    after = hashlib.sha256(config.read_bytes()).hexdigest()
    manifest.write_text(manifest.read_text().replace(before, after))
    assert set(faults(box)) == {"reading"}
    told = items(box)["reading"]
    assert "golden-0" in told["says"]
    assert "is not read as it was drawn" in told["says"]


def test_golden_pictures_that_cannot_be_used_are_a_fault_of_what_is_in_force(
    box: StreetBox, own_models: Path
) -> None:
    (own_models / FILE).write_text("{")
    assert "another provider" in faults(box)["reading"]


def test_without_golden_pictures_nothing_is_claimed(box: StreetBox, own_models: Path) -> None:
    (own_models / FILE).unlink()
    told = items(box)["reading"]
    assert told["ok"]
    assert told["says"] == "not tried"
    assert "not proven" in told["warnings"][0]


def test_more_threads_than_cores_are_a_warning(box: StreetBox) -> None:
    configured(box, "models", "threads = 64")
    for role in ("detector", "reader"):
        assert "models.threads is 64, and this box has" in items(box)[role]["warnings"][0]


def test_every_fault_is_told_and_none_hides_another(box: StreetBox) -> None:
    configured(box, "models", 'detector = "plate-detektor"')
    (box.folder / "registry.sqlite").write_bytes(b"no registry")
    (box.folder / "keys" / "box.pem").chmod(0o644)
    (box.folder / "keys" / "platform.jwk").unlink()
    assert set(faults(box)) == {"detector", "registry", "signing key", "platform key"}


def test_the_calibration_of_the_reader_is_looked_at(box: StreetBox, own_models: Path) -> None:
    assert items(box)["calibration"]["tracks"] >= 100
    for file in own_models.glob(f"*{SUFFIX}"):
        file.write_text("{}")
    assert set(faults(box)) == {"calibration"}
    assert "tools.calibrate_reads" in faults(box)["calibration"]


@pytest.mark.parametrize(
    ("shift_h", "word"), [(24 * 365, "new registry"), (-24 * 365, "Set the clock")]
)
def test_a_registry_too_old_or_from_the_future_is_a_fault(
    box: StreetBox, clock: type[StoppedClock], shift_h: float, word: str
) -> None:
    clock.shift_h = shift_h
    assert word in faults(box)["registry"]


def test_a_law_that_has_run_out_is_a_fault(box: StreetBox, clock: type[StoppedClock]) -> None:
    clock.shift_h = 24 * 365 * 20
    assert "law now in force" in faults(box)["law voorbeeldgem"]


def test_a_camera_that_is_not_there_yet_is_a_warning_and_no_fault(box: StreetBox) -> None:
    configured(box, "camera", 'source = "/dev/video-none"')
    result = run(box)
    assert result.exit_code == 0, result.output
    assert "/dev/video-none cannot be opened" in result.output


def test_a_date_that_a_lawyer_should_see_is_a_warning_and_no_fault(box: StreetBox) -> None:
    configured(box, "camera", ELSEWHERE)
    text = box.config.read_text()
    more = 'pack = "fl-zes"\nannounced = 2026-01-01\ndecree = "GR 2026/12"'
    box.config.write_text(text.replace('pack = "fl-zes"', more))
    result = run(box)
    assert result.exit_code == 0, result.output
    warned = [line for line in result.output.splitlines() if line.startswith("warn ")]
    assert len(warned) == 1
    assert "2027-07-01" in warned[0]
    law = items(box)["law voorbeeldgem"]
    assert law["ok"]
    assert "2027-07-01" in law["warnings"][0]
    assert law["decree"] == "GR 2026/12"


def test_a_damaged_candidate_is_a_fault_that_names_its_record(
    box: StreetBox, tmp_path: Path
) -> None:
    assert items(box)["casebook"]["says"].endswith("is made at the first start")
    site = Site(tmp_path)
    site.passes()
    site.passes(OTHER)
    site.stop()
    site.start()  # what was written down last is in the outbox, and leaves the casebook
    site.stop()
    state = box.folder / "state"
    state.mkdir(exist_ok=True)
    path = shutil.copy(tmp_path / "casebook.sqlite", state / "casebook.sqlite")
    assert (items(box)["casebook"]["held"], faults(box)) == (2, {})
    rot(Path(path), "held", "about", b"{")
    assert "Check the disk" in faults(box)["casebook"]
    told = items(box)["casebook"]
    assert (told["held"], told["damaged"]) == (1, 1)
    assert "1 held candidate is damaged and set aside: record 1/1." in told["says"]


def test_no_secret_is_shown(box: StreetBox) -> None:
    configured(box, "camera", 'source = "rtsp://user:hush@10.0.0.2/"')
    said = run(box).output + run(box, "--json").output
    pem = (box.folder / "keys" / "box.pem").read_text().splitlines()[1]
    assert "hush" not in said
    assert pem[16:40] not in said
    assert (box.folder / "keys" / "token.key").read_bytes().hex()[:16] not in said


def test_a_broken_configuration_is_one_fault(tmp_path: Path) -> None:
    config = tmp_path / "box.toml"
    config.write_text("[box]\nid = 'a'\n[modles]\n")
    result = anpr_edge("check", "--config", str(config), cwd=REPOSITORY)
    assert result.returncode == 1
    assert result.stdout.startswith("fault  config: ")
    assert "did you mean models" in result.stdout
    assert result.stdout.count("\n") == 1


def test_without_keys_of_the_authority_it_says_that_no_picture_is_kept(box: StreetBox) -> None:
    evidence = items(box)["evidence"]
    assert evidence["ok"]
    assert "no picture is kept" in evidence["says"]


def test_what_lies_in_the_evidence_room_is_told_and_when_it_is_full(box: StreetBox) -> None:
    keys = ", ".join(f'"{key.to_public()}"' for key in AUTHORITY)
    table = f"\n[evidence]\nrecipients = [{keys}]\nmax_mb = 1\n"
    box.config.write_text(box.config.read_text() + table)
    room = EvidenceRoom(box.folder / "state/evidence", "voorbeeldgem-01")
    (box.folder / "state").mkdir(exist_ok=True)
    room.keep({"overview": b"o" * 600_000, "crop": b"c"})
    evidence = items(box)["evidence"]
    assert evidence["ok"]
    assert (evidence["held"], evidence["released"]) == (2, 0)
    assert "2 keys" in evidence["says"]
    room.keep({"overview": b"p" * 600_000})
    evidence = items(box)["evidence"]
    assert not evidence["ok"]
    assert "max_mb" in evidence["says"]


def test_released_pictures_without_a_way_are_a_warning(box: StreetBox) -> None:
    keys = ", ".join(f'"{key.to_public()}"' for key in AUTHORITY)
    text = box.config.read_text().replace('"spool"', '"mqtt"').replace('spool = "stick"\n', "")
    box.config.write_text(f"{text}\n[evidence]\nrecipients = [{keys}]\n")
    assert "uplink.evidence" in items(box)["evidence"]["warnings"][0]


def test_a_camera_that_is_not_ours_is_shown_in_the_place_of_models(box: StreetBox) -> None:
    box.config.write_text(
        box.config.read_text()
        + '[external]\nproduct = "axis"\nlisten = "127.0.0.1:8090"\nallow = ["10.0.0.20"]\n'
    )
    found = items(box)
    assert "axis at 10.0.0.20 pushes to 127.0.0.1:8090" in found["external"]["says"]
    assert "every reading is a review" in found["external"]["warnings"][0]
    assert not {"detector", "reader", "calibration"} & set(found)


def test_pictures_beside_a_camera_that_gives_none_are_a_warning(box: StreetBox) -> None:
    keys = ", ".join(f'"{key.to_public()}"' for key in AUTHORITY)
    external = '[external]\nproduct = "axis"\nlisten = "127.0.0.1:8090"\nallow = ["10.0.0.20"]\n'
    text = f"{box.config.read_text()}\n{external}\n[evidence]\nrecipients = [{keys}]\n"
    box.config.write_text(text)
    assert "nobody is held" in items(box)["evidence"]["warnings"][0]
