"""The gate before a model, a pack or a registry is published."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tools.compare_runs.__main__ import main

JPEG = b"\xff\xd8\xff made up"


def entry(plate: str, number: int = 1, **other: Any) -> dict[str, Any]:
    told = {
        "file": "/somewhere/run",
        "plate": plate,
        "country": "NL",
        "confidence": 0.99,
        "settled": True,
        "first_frame": 20 * number,
        "last_frame": 20 * number + 15,
        "zone": "z",
        "outcome": "free_access",
        "consequence": "none",
        "rule": "R1",
        "reason": "It is clean.",
        "pictures": {"plate": f"pictures/{number}-plate.jpg", "still": f"pictures/{number}.jpg"},
    }
    return told | other


def vehicle(plate: str, verdict: str = "right", **other: Any) -> dict[str, Any]:
    told = {"plate": plate, "country": "NL", "first_frame": 0, "verdict": verdict, "read": plate}
    return told | {"agrees": verdict != "missed"} | other


def scored(*each: dict[str, Any], strays: int = 0) -> dict[str, Any]:
    counts = {
        name: sum(one["verdict"] == name for one in each)
        for name in ("right", "late", "duplicated", "wrong", "missed")
    }
    rest = {"vehicles": len(each), "strays": strays, "accused_wrongly": 0, "mistimed": 0}
    rest |= {"each": list(each)}
    return counts | rest


Made = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(name: str, *passages: dict[str, Any], **clip: Any) -> Path:
        folder = tmp_path / name
        (folder / "pictures").mkdir(parents=True)
        for one in passages:
            for picture in one["pictures"].values():
                if picture.startswith("pictures/"):
                    (folder / picture).write_bytes(JPEG)
        told = {"file": "/somewhere/run", "fault": None, "score": None} | clip
        summary = {"passages": list(passages), "clips": [told]}
        (folder / "summary.json").write_text(json.dumps(summary))
        return folder

    return make


def compared(*args: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, args)))


def bounds(folder: Path, text: str) -> tuple[str, str]:
    path = folder / "bounds.toml"
    path.write_text("format = 1\n" + text)
    return "--thresholds", str(path)


def told(before: Path, after: Path) -> dict[str, Any]:
    done = compared(before, after, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


def test_two_replays_alike_may_be_published(made: Made, tmp_path: Path) -> None:
    one, other = made("a", entry("27BXK4")), made("b", entry("27BXK4", first_frame=22))
    done = compared(one, other, *bounds(tmp_path, "[at_most]\nchanged = 0\n"))
    assert done.exit_code == 0, done.output
    assert "0 of 1 vehicles changed" in done.output
    assert "May be published." in done.output


CHANGES = {
    "plate": entry("27BXK5"),
    "country": entry("27BXK4", country="BE"),
    "outcome": entry("27BXK4", outcome="no_access"),
    "rule": entry("27BXK4", rule="R2"),
    "settled": entry("27BXK4", settled=False),
    "newly accused": entry("27BXK4", consequence="hold48"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_way_in_which_a_vehicle_may_be_other_than_before_is_told(
    made: Made, change: str
) -> None:
    before, after = made("a", entry("27BXK4")), made("b", CHANGES[change])
    found = told(before, after)
    assert [name for name, n in found["changes"].items() if n] == [change]
    (one,) = found["each"]
    assert one["before"]["plate"] == "27BXK4"
    if change == "newly accused":
        back = told(after, before)
        assert [name for name, n in back["changes"].items() if n] == ["no longer accused"]


def test_a_vehicle_that_is_gone_and_one_that_is_new_are_two_changes(made: Made) -> None:
    before, after = made("a", entry("27BXK4")), made("b", entry("ZZ99ZZ", 9))
    found = told(before, after)["changes"]
    assert (found["gone"], found["new"], found["plate"]) == (1, 1, 0)


def test_the_same_plate_much_later_is_another_visit(made: Made) -> None:
    before = made("a", entry("27BXK4"), entry("27BXK4", 50))
    after = made("b", entry("27BXK4", 50))
    found = told(before, after)
    assert (found["vehicles"], found["changes"]["gone"], found["changed"]) == (2, 1, 1)
    assert found["each"][0]["before"]["first_frame"] == 20


def test_what_is_decided_in_several_zones_is_of_one_vehicle(made: Made) -> None:
    before = made("a", entry("27BXK4"), entry("27BXK4", zone="y"))
    after = made("b", entry("27BXK4"), entry("27BXK4", zone="y", outcome="exempt"))
    found = told(before, after)
    assert (found["vehicles"], found["changes"]["outcome"]) == (1, 1)


def test_a_threshold_that_is_not_kept_ends_with_1(made: Made, tmp_path: Path) -> None:
    one, other = made("a", entry("27BXK4")), made("b", entry("27BXK4", consequence="hold_day"))
    done = compared(one, other, *bounds(tmp_path, "[at_most]\nnewly_accused = 0\nnew = 3\n"))
    assert done.exit_code == 1
    assert "NOT KEPT: newly_accused 1, at most 0" in done.output
    assert "kept: new 0, at most 3" in done.output
    assert "Must not be published." in done.output


def test_rates_and_verdicts_are_those_of_the_truth(made: Made, tmp_path: Path) -> None:
    was = scored(vehicle("27BXK4"), vehicle("VDS41K"), vehicle("1KZE41", "wrong"))
    now = scored(
        vehicle("27BXK4"), vehicle("VDS41K", "missed"), vehicle("1KZE41", "wrong", agrees=False)
    )
    before, after = made("a", entry("27BXK4"), score=was), made("b", entry("27BXK4"), score=now)
    text = "[at_least]\ncapture_rate = 0.6\nread_rate = 0.6\ndecision_agreement = 0.3\n"
    text += "[at_most]\nnewly_missed = 1\nnewly_wrong = 0\nnewly_disagreeing = 2\nmissed = 1\n"
    done = compared(before, after, *bounds(tmp_path, text))
    assert "kept: capture_rate 0.666667, at least 0.6" in done.output
    assert "NOT KEPT: read_rate 0.5, at least 0.6" in done.output
    assert done.output.count("NOT KEPT") == 1
    assert "VDS41K: right before, missed now" in done.output


def test_the_page_shows_both_sides_and_needs_no_network(made: Made, tmp_path: Path) -> None:
    before, after = made("a", entry("27BXK4")), made("b", entry("27BXK5", outcome="review"))
    out = tmp_path / "out"
    assert compared(before, after, "--out", out).exit_code == 0
    page = (out / "compare.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4
    assert "27BXK<mark>4</mark>" in page
    assert "27BXK<mark>5</mark>" in page
    assert "http" not in page
    assert json.loads((out / "compare.json").read_text())["passes"] is None


def test_a_picture_outside_the_results_is_not_shown(made: Made, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(JPEG)
    stolen = {"plate": "../secret.jpg", "still": str(tmp_path / "secret.jpg")}
    before = made("a", entry("27BXK4"))
    after = made("b", entry("27BXK4", rule="R2", pictures=stolen))
    compared(before, after, "--out", tmp_path / "out")
    assert (tmp_path / "out/compare.html").read_text().count("data:image") == 2


MISUSES = {
    "typo": ("[at_most]\nnewly_acused = 0\n", "[at_most] has no newly_acused (did you mean"),
    "table": ("[at_mots]\nnew = 0\n", "has no at_mots (did you mean at_most?)"),
    "nothing": ("[at_most]\n", "it asks for nothing"),
    "range": ("[at_least]\nread_rate = 99\n", "[at_least].read_rate"),
    "no truth": ("[at_least]\nread_rate = 0.9\n", "Replay both with --truth."),
    "no truth for counts": ("[at_most]\nwrong = 0\n", "Replay both with --truth."),
}


@pytest.mark.parametrize("name", MISUSES)
def test_thresholds_that_cannot_be_used_let_nothing_pass(
    made: Made, tmp_path: Path, name: str
) -> None:
    text, says = MISUSES[name]
    before, after = made("a", entry("27BXK4")), made("b", entry("27BXK4"))
    done = compared(before, after, *bounds(tmp_path, text))
    assert done.exit_code == 2
    assert says in done.output
    assert done.output.count("\n") == 1


def test_results_that_cannot_be_compared_are_named(made: Made, tmp_path: Path) -> None:
    good = made("a", entry("27BXK4"))
    cases = {
        "holds no results": tmp_path / "none",
        "is not whole": made("b", fault="It was cut off."),
        "of other pictures": made("c", file="/else/where"),
    }
    (tmp_path / "old").mkdir()
    (tmp_path / "old/summary.json").write_text('{"passages": [{}], "clips": []}')
    cases["not a summary that can be compared"] = tmp_path / "old"
    for says, folder in cases.items():
        done = compared(good, folder)
        assert (done.exit_code, done.output.count("\n")) == (2, 1), done.output
        assert says in done.output


def test_other_truths_are_not_compared(made: Made) -> None:
    before = made("a", entry("27BXK4"), score=scored(vehicle("27BXK4")))
    after = made("b", entry("27BXK4"), score=scored(vehicle("27BXK5")))
    done = compared(before, after)
    assert done.exit_code == 2
    assert "other truths" in done.output
