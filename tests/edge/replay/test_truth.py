from pathlib import Path

import pytest

from edge.errors import ReportError
from edge.replay.truth import Vehicle, Visit, read_truth, read_visits, same
from edge.types import Outcome

HEADER = "file,plate_text,country,first_frame,last_frame\n"


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


def test_what_a_vehicle_is_due_may_stand_in_the_truth(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(HEADER.strip() + ",outcome\na.avi,27BXK4,NL,3,9,no_access\n")
    assert read_visits(path, Path("a.avi"))[0].outcome is Outcome.NO_ACCESS
    path.write_text(HEADER.strip() + ",outcome\na.avi,27BXK4,NL,3,9,no_acces\n")
    with pytest.raises(ReportError, match="outcome no_acces that there is not"):
        read_visits(path, Path("a.avi"))


def test_a_row_without_a_plate_is_named(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(HEADER + "a.avi,,NL,3,9\n")
    with pytest.raises(ReportError, match="without plate"):
        read_visits(path, Path("a.avi"))
