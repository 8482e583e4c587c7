from pathlib import Path

import pytest

from edge.errors import ReportError
from edge.replay.truth import Vehicle, Visit, read_truth, read_visits, same, score
from edge.types import Passage
from tests.edge.passage.test_passage import announced
from tests.fakes import detection, reading

HEADER = "file,plate_text,country,first_frame,last_frame\n"


def passages(*plates: str) -> list[Passage]:
    return [
        p
        for plate in plates
        for p in announced({i: [reading(plate, detection(x=9.0 * i))] for i in range(5, 12)}, 40)
    ]


def test_the_truth_of_one_clip_is_picked_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(HEADER + "clips/a.avi,27BXK4,NL,0,9\nclips/b.avi,27BXK5,NL,0,9\n")
    assert read_truth(path, Path("elsewhere/a.avi")) == [Vehicle("27BXK4", "NL")]


def test_a_truth_file_that_is_missing_or_of_another_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read_truth(tmp_path / "none.csv", Path("a.avi"))
    (tmp_path / "bad.csv").write_text("file,plate\n")
    with pytest.raises(ReportError, match="plate_text"):
        read_truth(tmp_path / "bad.csv", Path("a.avi"))


def test_zero_and_o_differ_only_where_the_form_tells_them_apart() -> None:
    assert same("0123BCD", Vehicle("O123BCD", "E"))
    assert not same("0BXK4", Vehicle("OBXK4", "NL"))


def test_right_missed_wrong_and_twice_are_counted_apart() -> None:
    truth = [Vehicle("27BXK4", "NL"), Vehicle("1KZE410", "BE")]
    result = score(passages("27BXK4", "27BXK4", "VDS41K"), truth)
    assert (result.vehicles, result.right, result.missed) == (2, 1, 1)
    assert (result.duplicated, result.wrong) == (1, 1)


def test_a_visit_without_frames_lasts_as_long_as_the_clip(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(HEADER + "a.avi,27BXK4,NL,3,9\na.avi,1KZE410,B,,\n")
    known, open_end = read_visits(path, Path("a.avi"))
    assert known == Visit(Vehicle("27BXK4", "NL"), 3, 9)
    assert (open_end.first_frame, open_end.last_frame > 10**6) == (0, True)


def test_frames_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(HEADER + "a.avi,27BXK4,NL,first,last\n")
    with pytest.raises(ReportError, match="whole numbers"):
        read_truth(path, Path("a.avi"))
