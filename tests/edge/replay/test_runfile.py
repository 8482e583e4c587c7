from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import BoxError, RunError
from edge.replay.footage import pictures_of
from edge.replay.happenings import KINDS, Reboot
from edge.replay.runfile import NAME, read_run, run_file
from tests.edge.capture.test_clip import video

HEAD = "format = 1\nstarts_at = 2028-06-01T10:00:00+02:00\n"
CLIP = '[[clips]]\nfile = "a.avi"\n'


def written(folder: Path, text: str) -> Path:
    video(folder / "a.avi", 5)
    (folder / NAME).write_text(text)
    return folder / NAME


def happening(*lines: str) -> str:
    return "\n".join(("[[happenings]]", *lines, ""))


def test_a_run_says_what_happens_and_when(tmp_path: Path) -> None:
    text = HEAD + CLIP + happening("at_s = 1", 'what = "reboot"', 'how = "cut"')
    run = read_run(written(tmp_path, text))
    assert run.happenings == (Reboot(at_s=1.0, how="cut"),)
    assert run.starts_at.isoformat() == "2028-06-01T08:00:00+00:00"
    assert run_file(tmp_path) == tmp_path / NAME
    assert run_file(tmp_path / "a.avi") is None


FAULTS = {
    "newer": ("format = 2\n", "of format 2, newer than 1"),
    "unsaid": ("starts_at = 2028-06-01T10:00:00Z\n", "does not say its format"),
    "no toml": ("format = ", "is not TOML"),
    "no pictures": (HEAD, "either [[clips]] or a list of frames"),
    "both": (HEAD + 'frames = "f.csv"\n' + CLIP, "either [[clips]] or a list of frames"),
    "a key": (HEAD + 'sede = "x"\n' + CLIP, "the file has no sede (did you mean seed?)"),
    "no offset": ("format = 1\nstarts_at = 2028-06-01T10:00:00\n" + CLIP, "has no offset"),
    "a time": (HEAD.replace("2028", "0001") + CLIP, "outside the years"),
    "a clip": (HEAD + '[[clips]]\nfile = "b.avi"\n', "the file b.avi that it names is not there"),
    "a registry": (
        HEAD + CLIP + happening("at_s = 1", 'what = "registry"', 'file = "r.sqlite"'),
        "the file r.sqlite that it names is not there",
    ),
    "a kind": (
        HEAD + CLIP + happening("at_s = 1", 'what = "rebot"'),
        "[[happenings]] 1: nobody knows a rebot (did you mean reboot?)",
    ),
    "no kind": (HEAD + CLIP + happening("at_s = 1"), "[[happenings]] 1 does not say what happens"),
    "its key": (
        HEAD + CLIP + happening("at_s = 1", 'what = "reboot"', "of_s = 3"),
        "[[happenings]] 1 (reboot) has no of_s (did you mean off_s?)",
    ),
    "its value": (
        HEAD + CLIP + happening("at_s = 1", 'what = "reboot"', 'how = "slowly"'),
        "[[happenings]] 1 (reboot).how: Invalid enum value 'slowly'",
    ),
    "no number": (
        HEAD + CLIP + happening("at_s = nan", 'what = "reboot"'),
        "[[happenings]] 1 (reboot).at_s",
    ),
    "before": (
        HEAD + CLIP + happening("at_s = -1", 'what = "reboot"'),
        "[[happenings]] 1 (reboot).at_s",
    ),
    "backwards": (
        HEAD
        + CLIP
        + happening("at_s = 3", 'what = "reboot"')
        + happening("at_s = 2.5", 'what = "reboot"'),
        "[[happenings]] 2 goes back in time, from 3 to 2.5 s",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_with_a_run_is_one_clear_sentence(tmp_path: Path, name: str) -> None:
    text, says = FAULTS[name]
    with pytest.raises(RunError) as told:
        read_run(written(tmp_path, text))
    assert says in told.value.cause
    assert told.value.cause.endswith(".")
    assert "\n" not in str(told.value)


@settings(deadline=None)  # a busy machine is no fault
@given(st.dictionaries(st.sampled_from(["at_s", "what", "how", "file", "x"]), st.integers()))
def test_no_table_of_a_happening_is_taken_or_breaks(table: dict[str, int]) -> None:
    from edge.replay.runfile import _happening

    with pytest.raises(BoxError):
        _happening(table, 1, Path("run.toml"))


def test_every_kind_says_itself() -> None:
    least = {"connected": True, "gives": False, "is_up": True, "file": "r", "reports": True}
    least |= {"contact": "door"}
    for what, kind in KINDS.items():
        wanted = {name: least[name] for name in kind.__struct_fields__ if name in least}
        assert kind(at_s=0.0, **wanted).says, what


def test_clips_that_overlap_are_refused_where_they_do(tmp_path: Path) -> None:
    text = HEAD + CLIP + '[[clips]]\nfile = "a.avi"\nat_s = 0.1\n'
    pictures = pictures_of(read_run(written(tmp_path, text)))
    with pytest.raises(RunError, match=r"a\.avi begins at 0\.1 s, before the clip before it ends"):
        list(pictures.frames())


def test_clips_are_numbered_through_and_dated_from_the_beginning(tmp_path: Path) -> None:
    text = HEAD + CLIP + '[[clips]]\nfile = "a.avi"\nat_s = 9.5\n'
    frames = list(pictures_of(read_run(written(tmp_path, text))).frames())
    assert [frame.index for frame in frames] == list(range(10))
    assert frames[5].monotonic_ns == 9_500_000_000
    assert frames[5].captured_at.isoformat() == "2028-06-01T08:00:09.500000+00:00"


FRAMES = {
    "missing": ("at_s,file\n0,a.png\n1,b.png\n", "The frame b.png"),
    "backwards": ("at_s,file\n1,a.png\n0.5,a.png\n", "row 3: time goes back to 0.5 s"),
    "not a number": ("at_s,file\nnan,a.png\n", "before the run begins"),
    "head": ("at,file\n0,a.png\n", "it begins with `at_s,file`"),
    "empty": ("at_s,file\n", "it begins with `at_s,file`"),
    "columns": ("at_s,file\n0\n", "each row is `at_s,file`"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_what_is_wrong_with_a_list_of_frames_is_named(tmp_path: Path, name: str) -> None:
    listed, says = FRAMES[name]
    (tmp_path / "a.png").touch()
    (tmp_path / "frames.csv").write_text(listed)
    (tmp_path / NAME).write_text(HEAD + 'frames = "frames.csv"\n')
    with pytest.raises(RunError, match=says.replace("(", r"\(")):
        pictures_of(read_run(tmp_path / NAME))
