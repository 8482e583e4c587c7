"""The folder of results: it is one replay's at a time, and takes nobody's files away."""

import errno
import fcntl
from contextlib import suppress
from pathlib import Path

import pytest

from edge.errors import ReportError
from edge.replay.results import LISTED, WORK, deliver, work_folder


def replayed(out: Path, given: Path = Path("clip.mp4"), film: str = "annotated.mp4") -> None:
    """What a replay leaves: a report, a film and pictures."""
    with work_folder(out, [given]) as work:
        (work / "report.html").write_text("a report")
        (work / film).write_text("a film")
        (work / "pictures").mkdir()
        (work / "pictures" / "1.jpg").write_text("a picture")
        (work / "box").mkdir()  # a folder of the box that was played stays behind
        deliver(work, out)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_results_of_an_earlier_replay_give_way_and_all_else_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    replayed(tmp_path, film="annotated-01-a.mp4")
    replayed(tmp_path)
    assert names(tmp_path) == {"notes.txt", "report.html", "annotated.mp4", "pictures", LISTED}


@pytest.mark.parametrize("name", ["pictures", "report.html", "annotated-mine.mp4"])
def test_what_no_replay_wrote_is_left_alone_and_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "holiday.jpg").write_text("mine")
    with pytest.raises(ReportError, match=rf"{name} is not in \.replayed"):
        replayed(tmp_path)
    assert (tmp_path / name / "holiday.jpg").read_text() == "mine"
    assert names(tmp_path) == {name}


@pytest.mark.parametrize("given", ["annotated.mp4", "pictures", "pictures/1.jpg"])
def test_a_result_that_is_to_be_played_is_not_replaced(tmp_path: Path, given: str) -> None:
    replayed(tmp_path)
    with pytest.raises(ReportError, match="is to be played"):
        replayed(tmp_path, given=tmp_path / given)
    assert (tmp_path / "annotated.mp4").read_text() == "a film"
    assert (tmp_path / "pictures" / "1.jpg").exists()


def test_a_folder_is_one_replays_at_a_time(tmp_path: Path) -> None:
    with work_folder(tmp_path, []) as work:
        (work / "half").write_text("written")
        with (
            pytest.raises(ReportError, match="Another replay writes to"),
            work_folder(tmp_path, []),
        ):
            pass
        assert (work / "half").exists()
    replayed(tmp_path)


def test_what_came_while_a_replay_ran_is_left_alone_too(tmp_path: Path) -> None:
    with work_folder(tmp_path, []) as work:
        (work / "report.html").write_text("a report")
        (tmp_path / "report.html").write_text("mine")
        with pytest.raises(ReportError, match=r"report\.html is not in \.replayed"):
            deliver(work, tmp_path)
    assert (tmp_path / "report.html").read_text() == "mine"


@pytest.mark.parametrize("moves", range(1, 9))
def test_stopped_at_any_move_every_result_is_whole_and_the_next_replay_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    replayed(tmp_path, film="annotated-01-a.mp4")
    before, left, move = names(tmp_path), [moves], Path.replace

    def replace(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return move(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with suppress(KeyboardInterrupt):
        replayed(tmp_path)
    monkeypatch.undo()
    assert (tmp_path / "report.html").read_text() == "a report"
    assert names(tmp_path) <= before | {"annotated.mp4"}
    replayed(tmp_path)
    assert names(tmp_path) == {"report.html", "annotated.mp4", "pictures", LISTED}


def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unlocked)
    with pytest.raises(ReportError, match="No locks available"):
        replayed(tmp_path)


def test_what_a_killed_replay_left_goes_with_the_next_one(tmp_path: Path) -> None:
    (tmp_path / f"{WORK}killed").mkdir()
    replayed(tmp_path)
    assert not any(name.startswith(WORK) for name in names(tmp_path))


def test_a_list_that_cannot_be_read_lists_nothing(tmp_path: Path) -> None:
    replayed(tmp_path)
    (tmp_path / LISTED).write_bytes(b"\xff\xfe")
    with pytest.raises(ReportError, match=r"is not in \.replayed"):
        replayed(tmp_path)
