"""A run that a box recorded: sealed on the disk, and played again as it was."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrage import x25519

from edge.errors import CaptureError, RunError
from edge.housing.words import Change, Conditions, Greeting, Standing, Trigger
from edge.record.age import Identity, Recipients
from edge.replay.footage import pictures_of
from edge.replay.happenings import KINDS, ClockSet, Device
from edge.replay.recording import Recording, happening_of, recipients_of, table_of_happening
from edge.replay.runfile import NAME, read_run
from edge.types import ClockReading
from tests.edge.capture.test_clip import video
from tests.fakes import START, frame
from tests.pictured import JPEG
from tests.street import street_box, verb

SECOND_NS = 1_000_000_000
SECRET = x25519.Identity.generate()


class Ticking:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.now = ClockReading(START, 0, 0, "boot", "kernel", True, 1.0)

    def read(self) -> ClockReading:
        return self.now

    def put(self, seconds: float, ahead_s: float = 0.0, trusted: bool = True) -> None:
        self.now = dataclasses.replace(
            self.now,
            now=START + timedelta(seconds=seconds + ahead_s),
            monotonic_ns=round(seconds * SECOND_NS),
            trusted=trusted,
        )


def recorded(folder: Path) -> None:
    clock = Ticking()
    with Recording(folder, Recipients([str(SECRET.to_public())]), clock) as recording:
        recording.hear(Greeting(version=1))
        recording.hear(Standing(connected=True, triggers=True))
        for number in range(3):
            clock.put(number / 10)
            seen = frame(number)
            at_ns = clock.now.monotonic_ns
            recording.take(dataclasses.replace(seen, monotonic_ns=at_ns))
        recording.hear(Trigger(at_ns=clock.now.monotonic_ns - SECOND_NS // 10))
        recording.hear(Conditions(at_ns=0, temperature_c=21.5))
        recording.hear(Change(number=1, contact="door", reports=True, at_ns=0))
        clock.put(0.4, ahead_s=30, trusted=False)
        at_ns = clock.now.monotonic_ns
        recording.take(dataclasses.replace(frame(3), monotonic_ns=at_ns))
    recording.hear(Trigger(at_ns=0))  # what comes after the end is of no run


def test_a_recorded_run_plays_what_the_box_saw_and_heard(tmp_path: Path) -> None:
    recorded(tmp_path / "run")
    run = read_run(tmp_path / "run" / NAME)
    identity = Identity.read(str(SECRET))
    frames = list(pictures_of(run, identity).frames())
    assert [f.monotonic_ns // 1000 for f in frames] == [0, 100_000, 200_000, 400_000]
    assert frames[0].image.shape == frame(0).image.shape
    assert np.abs(frames[1].image.astype(int) - frame(1).image).mean() < 3
    said = [one.says for one in run.happenings]
    wanted = ["device heard", "trigger", "conditions", "door opens", "clock +30 s not trusted"]
    assert said == wanted
    assert msgspec.structs.asdict(run.happenings[1])["age_s"] == pytest.approx(0.1)


def test_no_picture_of_a_recorded_run_is_in_clear(tmp_path: Path) -> None:
    recorded(tmp_path / "run")
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert len(files) == 6
    for path in files:
        assert JPEG not in path.read_bytes()


def test_without_its_key_or_with_another_a_frame_stays_shut(tmp_path: Path) -> None:
    recorded(tmp_path / "run")
    run = read_run(tmp_path / "run" / NAME)
    with pytest.raises(CaptureError, match="--identity"):
        next(pictures_of(run).frames())
    other = Identity.read(str(x25519.Identity.generate()))
    with pytest.raises(CaptureError, match="not encrypted to this key"):
        next(pictures_of(run, other).frames())


def test_a_recording_that_was_cut_off_can_be_played(tmp_path: Path) -> None:
    clock = Ticking()
    recording = Recording(tmp_path / "run", Recipients([str(SECRET.to_public())]), clock)
    recording.take(frame(0))
    with (tmp_path / "run/frames.csv").open("a") as listed:
        listed.write("0.2,frames/0000")  # torn, as by a cut of the power
    run = read_run(tmp_path / "run" / NAME)
    assert len(list(pictures_of(run, Identity.read(str(SECRET))).frames())) == 1
    recording.close()


def test_nothing_is_recorded_over_another_run_nor_without_a_key(tmp_path: Path) -> None:
    recorded(tmp_path / "run")
    with pytest.raises(RunError, match="cannot be written"):
        recorded(tmp_path / "run")
    with pytest.raises(RunError, match="no key"):
        recipients_of((), ())
    assert recipients_of(("a",), ("b", "c")) == ("a",)


def test_a_greeting_is_nothing_that_happens() -> None:
    assert happening_of(Greeting(version=1), 0.0, Ticking().read()) is None


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=50),
    st.floats(0, 1e6).map(lambda at: round(at, 6)),
)
def test_whatever_a_device_says_can_be_read_again(cause: str, at_s: float) -> None:
    import tomllib

    told = Device(at_s=at_s, connected=False, cause=cause)
    (table,) = tomllib.loads(table_of_happening(told))["happenings"]
    assert msgspec.convert({k: v for k, v in table.items() if k != "what"}, Device) == told
    assert KINDS[table["what"]] is Device


def test_a_jump_that_is_slewed_is_none() -> None:
    told = table_of_happening(ClockSet(at_s=1, jump_s=0.7))
    assert "jump_s = 0.7" in told
    assert "trusted" not in told


def test_a_box_records_a_run_with_one_command(tmp_path: Path) -> None:
    box = street_box(tmp_path / "box")
    source = video(tmp_path / "a.avi", 6)
    config = box.config.read_text().replace("[camera]", f'[camera]\nsource = "{source}"')
    box.config.write_text(config)
    out, key = tmp_path / "run", str(SECRET.to_public())
    command = ("record-run", "--config", str(box.config), "--out", str(out), "--seconds", "1.5")
    done = verb(*command, "--to", key)
    assert done.returncode == 0, done.stderr
    run = read_run(out / NAME)
    assert len(list(pictures_of(run, Identity.read(str(SECRET))).frames())) >= 1
    again = verb(*command, "--to", key)
    assert again.returncode == 1
    assert "cannot be written" in again.stderr
    without = verb(*command[:-4], "--out", str(tmp_path / "other"))
    assert without.returncode == 1
    assert "--to" in without.stderr
