import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from edge.replay.shots import STRIP
from tests.edge.capture.test_clip import video
from tests.street import CLIP, OUTCOMES, TRUTH, StreetBox, street_box, verb


@dataclass(frozen=True)
class Run:
    box: StreetBox
    result: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    box = street_box(tmp_path_factory.mktemp("street") / "box")
    return Run(box, box.replay("--truth", str(TRUTH)))


def test_every_vehicle_of_the_street_gets_its_outcome_once(run: Run) -> None:
    assert run.result.returncode == 0, run.result.stderr
    found = [(p["plate"], p["outcome"]) for p in run.box.summary()["passages"]]
    assert sorted(found) == sorted(OUTCOMES.items())


def test_what_drove_by_is_scored(run: Run) -> None:
    (clip,) = run.box.summary()["clips"]
    n = len(OUTCOMES)
    score = clip["score"]
    counts = {name: score[name] for name in ("right", "late", "duplicated", "wrong", "missed")}
    assert counts == {"right": n, "late": 0, "duplicated": 0, "wrong": 0, "missed": 0}
    assert (score["vehicles"], score["strays"], score["accused_wrongly"]) == (n, 0, 0)
    assert score["capture_rate"] == score["read_rate"] == score["decision_agreement"] == 1
    assert f"{n} of {n} vehicles right" in run.result.stdout


def test_the_records_verify_in_the_outbox_and_in_the_results(run: Run) -> None:
    for path in (run.box.outbox, run.box.folder / "out" / "passages.jsonl"):
        result = run.box.verify(path)
        assert result.returncode == 0, result.stdout + result.stderr


def test_no_plate_of_the_street_is_in_the_signed_records(run: Run) -> None:
    outbox = b"".join(p.read_bytes() for p in run.box.outbox.parent.iterdir() if p.is_file())
    for plate in OUTCOMES:
        assert plate.encode() not in outbox


def test_the_report_shows_every_passage_and_needs_no_network(run: Run) -> None:
    page = (run.box.folder / "out" / "report.html").read_text()
    for plate in OUTCOMES:
        assert plate in page
    assert page.count("data:image/jpeg;base64,") == (2 + STRIP) * len(OUTCOMES)
    assert not re.search(r"(src|href)=[\"']?http", page)


def test_the_video_has_every_frame_of_the_clip(run: Run) -> None:
    lengths = []
    for path in (CLIP, run.box.folder / "out" / "annotated.mp4"):
        video, frames = cv2.VideoCapture(str(path)), 0
        while video.grab():
            frames += 1
        lengths.append(frames)
    assert lengths[1] == lengths[0] + 1  # the last one again, with what was concluded at the end


def test_nothing_half_written_is_left(run: Run) -> None:
    names = {p.name for p in (run.box.folder / "out").iterdir()}
    assert names == {
        *(".replayed", "annotated.mp4", "passages.jsonl", "pictures", "report.html"),
        "summary.json",
    }


def test_a_second_replay_continues_the_chain(run: Run, tmp_path: Path) -> None:
    box = street_box(tmp_path / "box")
    for _ in range(2):
        assert box.replay("--no-video").returncode == 0
    result = box.verify()
    assert result.returncode == 0
    assert str(2 * len(OUTCOMES)) in result.stdout


def test_without_a_box_nothing_is_decided_and_the_records_still_verify(tmp_path: Path) -> None:
    result = verb("replay", str(CLIP), "--out", str(tmp_path), "--no-video")
    assert result.returncode == 0, result.stderr
    assert "given no registry" in result.stdout
    proof = verb(
        *("records", "verify", str(tmp_path / "passages.jsonl")),
        *("--keys", str(tmp_path / "replay.jwk")),
    )
    assert proof.returncode == 0, proof.stdout


def test_a_cut_off_clip_keeps_what_was_seen_and_ends_in_one_sentence(tmp_path: Path) -> None:
    box = street_box(tmp_path / "box")
    cut = tmp_path / "cut.avi"
    make_cut_clip(cut)
    result = box.replay("--no-video", clip=cut)
    assert result.returncode == 1
    assert "cut off" in result.stderr
    assert result.stderr.count("\n") == 1
    assert box.verify().returncode == 0
    seen = {p["plate"] for p in box.summary()["passages"]}
    assert {"1XEM934", "1KZE410"} <= seen < set(OUTCOMES)
    assert "cut off" in (box.folder / "out" / "report.html").read_text()


def test_two_clips_of_one_name_keep_two_films_and_stale_results_go(tmp_path: Path) -> None:
    out = tmp_path / "out"
    clips = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        clips.append(tmp_path / folder / "[red]clip.avi")
        video(clips[-1], 5)
    assert verb("replay", str(clips[0]), "--out", str(out)).returncode == 0
    assert (out / "annotated.mp4").exists()
    result = verb("replay", *map(str, clips), "--out", str(out))
    assert result.returncode == 0, result.stderr
    assert {p.name for p in out.glob("*.mp4")} == {
        "annotated-01-[red]clip.mp4",
        "annotated-02-[red]clip.mp4",
    }


def make_cut_clip(path: Path) -> None:
    """Write the first six seconds of the street, then lose the rest as a pulled stick would."""
    whole = path.with_suffix(".whole.avi")
    video = cv2.VideoCapture(str(CLIP))
    writer = cv2.VideoWriter(str(whole), cv2.VideoWriter.fourcc(*"MJPG"), 15, (1280, 720))
    while True:
        more, image = video.read()
        if not more:
            break
        writer.write(image)
    writer.release()
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def broken_model(box: StreetBox) -> None:
    manifest = box.folder / "models.toml"
    manifest.write_text("[[model]]\nname = 'plate-detector'\n")
    box.config.write_text(box.config.read_text() + f'[models]\nmanifest = "{manifest}"\n')


def foreign_registry(box: StreetBox) -> None:
    (box.folder / "registry.sqlite").write_bytes(b"SQLite format 3\x00" + b"\x00" * 4000)


def missing_registry(box: StreetBox) -> None:
    (box.folder / "registry.sqlite").unlink()


def missing_key(box: StreetBox) -> None:
    (box.folder / "keys" / "box.pem").unlink()


def other_token_key(box: StreetBox) -> None:
    key = box.folder / "keys" / "token.key"
    key.write_text("ab" * 32)


def unknown_setting(box: StreetBox) -> None:
    box.config.write_text(box.config.read_text() + "[camera2]\n")


@pytest.mark.parametrize(
    ("harm", "word", "status"),
    [
        (broken_model, "manifest", 1),
        (foreign_registry, "registry", 1),
        (missing_registry, "registry", 1),
        (missing_key, "box.pem", 1),
        (other_token_key, "token key", 1),
        (unknown_setting, "camera2", 2),
    ],
)
def test_a_harmed_box_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, harm: object, word: str, status: int
) -> None:
    box = street_box(tmp_path / "box")
    assert callable(harm)
    harm(box)
    result = box.replay()
    assert result.returncode == status
    assert word in result.stderr.lower()
    assert result.stderr.count("\n") == 1
    assert not list((box.folder / "out").glob("*"))


def test_a_time_without_offset_is_misuse(tmp_path: Path) -> None:
    result = verb("replay", str(CLIP), "--out", str(tmp_path), "--at", "2028-06-01T10:00:00")
    assert result.returncode == 2
    assert "offset" in result.stderr
