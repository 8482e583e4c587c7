"""Packs or models with which a box does not start are left for those before, and stay away."""

import fcntl
import hashlib
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from edge.access.pack import SHIPPED
from edge.config import MODELS_FOLDER, Config, load
from edge.daemon import run, wiring_law, wiring_sync
from edge.daemon.inforce import models_in_force, packs_in_force, pinned
from edge.daemon.late import fault_at
from edge.daemon.stepback import StepBack
from edge.errors import ModelError, UpdateError
from edge.feed.outbox import Outbox
from edge.record.envelope import decode_part, split
from edge.record.keys import create_signer
from edge.types import Frame
from edge.update.releases import Family, File, Release
from edge.update.report import FamilyReport, Report, read_report, write_report
from edge.update.shelf import Shelved, activate, active, leave, previous, settle, stage
from edge.update.unfit import MOST, Unfit, forget, go_back, outdated, refuse_unfit, remember, unfit
from tests.chains import STORAGE_KEY
from tests.edge.access.world import DIRTY_VAN, asked
from tests.fakes import frame
from tests.site import Clock
from tests.tools.registry_orders import KEY

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)


def put(state: Path, number: int, family: Family = "models", **files: bytes) -> Path:
    """Put a version in force."""
    staged = stage(state, family, number)
    described = []
    for name, content in (files or {"a": b"%d" % number}).items():
        (staged / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        described.append(File(name, f"{family}/{number}-{name}", len(content), digest))
    release = Release(number, f"{family}-{number}", 100, "", tuple(described), NOW)
    place = settle(staged, Shelved(release, NOW))
    activate(place)
    return place


class Starts:
    """What a box starts with: folders by their name, None for the software's own."""

    def __init__(self, *names: str | None) -> None:
        self.names = names

    def __call__(self, folder: Path | None) -> None:
        if (folder and folder.name) not in self.names:
            raise ModelError("It is broken.", "Mend it.")


def stepback(state: Path, *names: str | None, family: Family = "models") -> StepBack:
    clock = Clock()
    clock.now = NOW
    return StepBack(state, {family: Starts(*names)}, clock)


def told(state: Path, family: Family = "models") -> FamilyReport:
    report = read_report(state / "updates" / "report.json")
    assert report is not None
    (found,) = (one for one in report.families if one.family == family)
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A box with release 6 before release 7 of the models."""
    put(tmp_path, 6)
    put(tmp_path, 7)
    return tmp_path


def number_in_force(state: Path, family: Family = "models") -> int | None:
    place = active(state, family)
    return None if place is None else int(place.name)


def test_a_version_that_does_not_start_makes_room_for_the_one_before(state) -> None:
    assert stepback(state, "000006", None)()
    assert number_in_force(state) == 6
    assert unfit(state / "models") == (Unfit(7, "models-7", "It is broken.", NOW),)


def test_check_and_the_alarm_say_which_version_and_why(state) -> None:
    families = (FamilyReport("packs", "current"), FamilyReport("models", "activated"))
    write_report(state / "updates" / "report.json", Report(NOW, (), families, (), NOW))
    stepback(state, "000006")()
    assert told(state, "packs") == families[0]
    one = told(state)
    assert one.active is not None
    assert (one.outcome, one.offered, one.active.number) == ("refused", 7, 6)
    cause = fault_at(state / "updates" / "report.json", NOW)
    assert cause is not None
    assert "models: Release 7 (models-7) did not start on this box: It is broken." in cause


@pytest.mark.parametrize("report", [None, b"", b"{"])
def test_it_is_told_where_no_report_can_be_read(state, report) -> None:
    (state / "updates").mkdir()
    if report is not None:
        (state / "updates" / "report.json").write_bytes(report)
    assert stepback(state, "000006")()
    assert told(state).outcome == "refused"


def test_a_version_that_starts_stays_whatever_else_failed(state) -> None:
    assert not stepback(state, "000007", "000006", None)()
    assert number_in_force(state) == 7
    assert unfit(state / "models") == ()


def test_where_nothing_else_starts_either_the_version_keeps_its_place(state) -> None:
    assert not stepback(state)()
    assert number_in_force(state) == 7
    assert unfit(state / "models") == ()
    assert not (state / "updates" / "report.json").exists()


def test_without_a_version_before_the_box_starts_with_what_came_with_the_software(
    tmp_path,
) -> None:
    put(tmp_path, 1)
    assert stepback(tmp_path, None)()
    assert number_in_force(tmp_path) is None
    assert told(tmp_path).active is None


def test_a_version_before_that_does_not_start_is_passed_over(state) -> None:
    assert stepback(state, None)()
    assert number_in_force(state) is None


def test_a_version_before_that_was_altered_is_passed_over(state) -> None:
    (state / "models" / "000006" / "a").write_bytes(b"other")
    assert stepback(state, "000006", None)()
    assert number_in_force(state) is None


def test_a_box_never_goes_back_to_a_version_it_went_back_from(state) -> None:
    assert stepback(state, "000006", None)()
    assert previous(state, "models") is None
    assert stepback(state, "000007", None)()
    assert number_in_force(state) is None
    assert [one.number for one in unfit(state / "models")] == [7, 6]


def test_a_version_whose_own_name_is_lost_is_left_too(state) -> None:
    (state / "models" / "000007" / "release.json").unlink()
    assert stepback(state, "000006")()
    assert number_in_force(state) == 6
    assert unfit(state / "models")[0].number == 7


def test_one_family_goes_back_and_another_one_stays(state) -> None:
    put(state, 2, "packs")
    put(state, 3, "packs")
    back = stepback(state, "000006")
    both = replace(back, starts={"packs": Starts("000003"), **back.starts})
    assert both()
    assert (number_in_force(state, "packs"), number_in_force(state)) == (3, 6)


def test_while_a_sync_is_at_work_nothing_changes(state) -> None:
    (state / "updates").mkdir()
    with (state / "updates" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UpdateError, match="sync is at work"):
            stepback(state, "000006")()
    assert number_in_force(state) == 7


def test_a_version_that_did_not_start_is_refused_until_a_newer_one_comes(tmp_path) -> None:
    remember(tmp_path, Unfit(7, "seven", "It is broken.", NOW))
    with pytest.raises(UpdateError, match=r"Release 7 \(seven\) did not start") as error:
        refuse_unfit(tmp_path, 7)
    assert "unfit.json" in error.value.remedy
    refuse_unfit(tmp_path, 6)
    refuse_unfit(tmp_path, 8)


def test_what_is_remembered_does_not_grow_for_ever(tmp_path) -> None:
    for number in range(1, MOST + 5):
        remember(tmp_path, Unfit(number, "n", "c", NOW))
        remember(tmp_path, Unfit(number, "n", "c", NOW))
    assert [one.number for one in unfit(tmp_path)] == list(range(5, MOST + 5))


def test_a_sync_does_not_take_it_again_and_takes_the_next(box, publisher, registries) -> None:
    box.registry()
    publisher.offer_registry(registries["two"])
    publisher.publish()
    remember(box.state / "registry", Unfit(2, "two", "It is broken.", NOW))
    again = box.registry()
    assert again.outcome == "refused"
    assert again.refused is not None
    assert "Release 2 (two) did not start on this box" in again.refused.cause
    assert box.in_force() == "one"
    publisher.offer_registry(registries["three"])
    publisher.publish()
    assert box.registry().outcome == "activated"
    assert box.in_force() == "three"


def test_a_withdrawn_version_is_forgotten(box, publisher, registries) -> None:
    box.registry()
    publisher.withdraw("registry", publisher.offer_registry(registries["two"]))
    publisher.publish()
    family = box.state / "registry"
    remember(family, Unfit(2, "two", "It is broken.", NOW))
    assert outdated(family, active(box.state, "registry"))
    assert box.registry().outcome == "current"
    assert not outdated(family, active(box.state, "registry"))


CONFIG = """\
[box]
id = "b1"
state = "state"
[camera]
source = "nowhere/video9"
[access]
token_key = "token.key"
[keys]
signing = "box.pem"
platform = "box.jwk"
storage = "storage.key"
[[zones]]
id = "utrecht"
pack = "nl-ze"
[updates]
root = "root.json"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    create_signer(tmp_path / "box.pem", "b1")
    (tmp_path / "token.key").write_text(KEY.hex())
    (tmp_path / "storage.key").write_text(STORAGE_KEY.hex())
    (tmp_path / "box.toml").write_text(CONFIG)
    return load(tmp_path / "box.toml")


@pytest.fixture
def signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, known in kept.items():
        signal.signal(number, known)


class OneFrame:
    """A camera that gives a frame and ends."""

    def __init__(self, source: str, clock: object) -> None:
        pass

    def frames(self) -> Iterator[Frame]:
        yield frame()


def release_files() -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in MODELS_FOLDER.iterdir() if path.suffix != ".md"
    }


def broken_models(state: Path) -> None:
    put(state, 1, **release_files())
    (state / "models" / "000001" / "plate-reader-int8.onnx").write_bytes(b"broken")


def test_a_box_starts_with_the_models_before_and_raises_an_alarm(
    config, signals, monkeypatch
) -> None:
    monkeypatch.setattr(run, "Camera", OneFrame)
    broken_models(config.box.state)
    run.run_box(config)
    assert models_in_force(config).manifest is None
    with Outbox.open(config.box.state / "outbox.sqlite", "b1", STORAGE_KEY) as outbox:
        alarms = [e for e in outbox.pending(None, 10) if e.kind == "alarm"]
    told = b" ".join(decode_part(split(alarm.jws)[1]) for alarm in alarms)
    assert b"Release 1 (models-1) did not start on this box" in told


def test_a_box_goes_back_from_packs_that_it_cannot_read(config, signals, monkeypatch) -> None:
    monkeypatch.setattr(run, "Camera", OneFrame)
    put(config.box.state, 1, "packs", **{"nl-ze.toml": b"versie = 1"})
    run.run_box(config)
    assert packs_in_force(config) is None
    assert "nl-ze.toml is not valid" in unfit(config.box.state / "packs")[0].cause


def test_after_going_back_from_packs_every_answer_is_a_review(config) -> None:
    files = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    older = put(config.box.state, 3, "packs", **files)
    (law,) = wiring_law.laws_in_force(config)
    assert asked(DIRTY_VAN, law=law).outcome == "no_access"
    remember(config.box.state / "packs", Unfit(4, "four", "It is broken.", NOW))
    for place in (older, None):
        go_back(config.box.state / "packs", place)
        (law,) = wiring_law.laws_in_force(pinned(config))
        answer = asked(DIRTY_VAN, law=law)
        assert (answer.outcome, answer.consequence) == ("review", "manual")
    put(config.box.state, 5, "packs", **files)
    (law,) = wiring_law.laws_in_force(pinned(config))
    assert asked(DIRTY_VAN, law=law).outcome == "no_access"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]"])
def test_after_going_back_what_cannot_be_read_clears_no_older_law(config, content) -> None:
    files = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    remember(config.box.state / "packs", Unfit(4, "four", "It is broken.", NOW))
    (config.box.state / "packs" / "unfit.json").write_bytes(content)
    (law,) = wiring_law.laws_in_force(pinned(config))
    assert asked(DIRTY_VAN, law=law).outcome == "review"
    put(config.box.state, 4, "packs", **files)
    (law,) = wiring_law.laws_in_force(pinned(config))
    assert asked(DIRTY_VAN, law=law).outcome == "no_access"


@pytest.mark.parametrize("withdrawn", [True, False])
def test_packs_that_are_lost_leave_reviews_behind(config, withdrawn) -> None:
    files = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    place = put(config.box.state, 3, "packs", **files)
    if withdrawn:
        leave(place)
    shutil.rmtree(place)
    assert packs_in_force(config) is None
    (law,) = wiring_law.laws_in_force(pinned(config))
    assert asked(DIRTY_VAN, law=law).outcome == "review"


def test_withdrawn_packs_without_successors_leave_reviews_behind(config) -> None:
    files = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    leave(put(config.box.state, 3, "packs", **files))
    assert packs_in_force(config) is None
    (law,) = wiring_law.laws_in_force(pinned(config))
    assert asked(DIRTY_VAN, law=law).outcome == "review"
    put(config.box.state, 5, "packs", **files)
    (law,) = wiring_law.laws_in_force(pinned(config))
    assert asked(DIRTY_VAN, law=law).outcome == "no_access"


def test_a_daemon_starts_anew_when_its_packs_are_no_longer_overtaken(
    config, signals, monkeypatch
) -> None:
    family = config.box.state / "packs"
    remember(family, Unfit(4, "four", "It is broken.", NOW))

    class Withdrawing(OneFrame):
        def frames(self) -> Iterator[Frame]:
            forget(family, [4])
            yield frame()
            yield frame(1)

    monkeypatch.setattr(run, "Camera", Withdrawing)
    stop = run.Stop()
    assert run.run_version(config, stop)
    assert not run.run_version(config, stop)


def test_packs_that_the_configuration_names_are_not_overtaken(config) -> None:
    remember(config.box.state / "packs", Unfit(4, "four", "It is broken.", NOW))
    access = msgspec.structs.replace(config.access, packs=SHIPPED)
    (law,) = wiring_law.laws_in_force(msgspec.structs.replace(config, access=access))
    assert asked(DIRTY_VAN, law=law).outcome == "no_access"


def test_a_box_without_a_camera_goes_back_from_nothing(config, signals, monkeypatch) -> None:
    class Away(OneFrame):
        def frames(self) -> Iterator[Frame | None]:
            yield None

    monkeypatch.setattr(run, "Camera", Away)
    place = put(config.box.state, 1, **release_files())
    run.run_box(config)
    assert active(config.box.state, "models") == place


def test_what_the_configuration_names_itself_is_gone_back_from_by_a_person(config) -> None:
    shutil.copytree(MODELS_FOLDER, config.box.state.parent / "own")
    text = CONFIG + '[models]\nmanifest = "own/manifest.toml"\n'
    (config.box.state.parent / "box.toml").write_text(text)
    own = load(config.box.state.parent / "box.toml")
    assert wiring_sync.step_back(own, Clock()).starts.keys() == {"packs"}
