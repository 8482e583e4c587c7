"""Drawn settings: tried before they are in force, whole or not at all, and nothing besides."""

import hashlib
import os
import signal
import tomllib
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import load, site_file
from edge.errors import ConfigError
from edge.panel.trail import Person, Trail
from edge.settings import KEPT, Drawing, DrawnLane, Settings, drawing_of, text_of, write
from tests.booth import box

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)
SQUARE = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
BOW = ((0.2, 0.2), (0.6, 0.6), (0.6, 0.2), (0.2, 0.6))
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return box(tmp_path)


def drawn(*names: str) -> Drawing:
    lanes = tuple(DrawnLane(name=name, polygon=SQUARE, direction="leaving") for name in names)
    return Drawing(region=SQUARE, lanes=lanes)


def apply(settings: Settings, drawing: Drawing) -> str:
    return settings.apply(settings.propose(drawing).text, NOW, "password")


def test_a_drawing_is_tried_without_a_change_and_shown_as_a_difference(settings: Settings) -> None:
    before = settings.config()
    proposal = settings.propose(drawn("south"))
    assert [(c.lane, c.before is None, c.after is None) for c in proposal.changes] == [
        (None, False, False),
        ("north", False, True),
        ("south", True, False),
    ]
    assert settings.config() == before
    assert not site_file(before).exists()


def test_what_is_applied_is_in_force_under_a_hash_of_both_files(settings: Settings) -> None:
    before = settings.config().sha256
    after = apply(settings, drawn("south"))
    config = settings.config()
    assert drawing_of(config.camera) == drawn("south")
    both = settings.path.read_bytes() + site_file(config).read_bytes()
    assert after == config.sha256 == hashlib.sha256(both).hexdigest() != before


def test_an_earlier_version_comes_back_and_so_does_none(settings: Settings) -> None:
    first, plain = settings.config(), settings.config().camera
    apply(settings, drawn("south"))
    apply(settings, drawn("east", "west"))
    settings.take_back(1, NOW, "token:j")
    assert drawing_of(settings.config().camera) == drawn("south")
    settings.take_back(0, NOW, "token:j")
    assert (settings.config().camera, first.camera) == (plain, plain)
    assert [version.number for version in settings.versions()] == [4, 3, 2, 1]
    assert settings.versions()[0].said == "4: 2028-06-01T08:00:00Z, token:j"


@pytest.mark.parametrize(
    "drawing",
    [
        Drawing(region=BOW),
        Drawing(region=((0.1, 0.1), (0.2, 0.2), (0.3, 0.3))),
        drawn("twice", "twice"),
    ],
)
def test_a_drawing_that_cannot_be_used_is_refused_and_changes_nothing(
    settings: Settings, drawing: Drawing
) -> None:
    apply(settings, drawn("south"))
    before = settings.config()
    with pytest.raises(ConfigError):
        settings.propose(drawing)
    with pytest.raises(ConfigError):
        settings.apply(text_of(drawing), NOW, "password")
    assert settings.config() == before


@pytest.mark.parametrize(
    "text",
    [
        '[box]\nid = "other"',
        '[camera]\nsource = "rtsp://evil.example"',
        '[camera]\nsign = "none"',
        '[keys]\nsigning = "/tmp/mine.pem"',
        'camera = "x"',
        "[camera",
        '[camera]\nregion = "all"',
        "[camera]\nlanes = 3",
    ],
)
def test_nothing_but_region_and_lanes_can_be_set_there(settings: Settings, text: str) -> None:
    place = site_file(settings.config())
    place.parent.mkdir()
    place.write_text(text)
    with pytest.raises(ConfigError):
        settings.config()
    assert settings.propose(drawn("south")).text  # and it can be drawn anew


def test_a_link_in_the_place_of_the_settings_is_not_followed(
    settings: Settings, tmp_path: Path
) -> None:
    place = site_file(settings.config())
    place.parent.mkdir()
    (tmp_path / "elsewhere").write_text(text_of(drawn("south")))
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="cannot be read"):
        settings.config()


@pytest.mark.parametrize("kind", ["empty", "pipe", "folder", "long"])
def test_what_is_no_drawing_is_refused_and_not_taken_for_none(
    settings: Settings, kind: str
) -> None:
    place = site_file(settings.config())
    place.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(place)  # nobody writes to it
    elif kind == "folder":
        place.mkdir()
    else:
        place.write_text("# nothing\n" * (10_000 if kind == "long" else 0))
    handles = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(ConfigError, match=r"cannot be read|is empty, or longer"):
        settings.config()
    assert len(list(Path("/proc/self/fd").iterdir())) == handles


SYNCS = 6
"""A file and its folder: the deed, the version, the settings."""


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_kill_at_any_sync_leaves_the_old_or_the_new_and_never_one_without_its_deed(
    settings: Settings, cut: int
) -> None:
    apply(settings, drawn("south"))
    before = settings.config()
    trail = Trail(before.box.state / "panel")
    child = os.fork()
    if child == 0:
        die_at_sync(cut)
        text = settings.propose(drawn("east")).text
        with trail.doing("settings_changed", Person("terminal:me")):
            settings.apply(text, NOW, "terminal:me")
        os._exit(0)
    died = os.waitpid(child, 0)[1] != 0
    assert died == (cut <= SYNCS)
    after = settings.config()
    assert [lane.name for lane in after.camera.lanes] in (["south"], ["east"])
    if after != before:
        assert trail.waiting() == 1
    assert sum(one.in_force for one in settings.versions()) == 1
    apply(settings, drawn("west"))
    assert [lane.name for lane in settings.config().camera.lanes] == ["west"]


def die_at_sync(cut: int) -> None:
    syncs = count(1)

    def sync(_: int) -> None:
        if next(syncs) == cut:
            os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = sync


def test_a_box_without_a_panel_reads_no_drawing(settings: Settings) -> None:
    apply(settings, drawn("south"))
    settings.path.write_text(settings.path.read_text().partition("[panel]")[0])
    assert [lane.name for lane in settings.config().camera.lanes] == ["north"]


def test_old_versions_go(settings: Settings) -> None:
    for number in range(KEPT + 3):
        apply(settings, drawn(f"lane {number}"))
    assert len(settings.versions()) == KEPT
    with pytest.raises(ConfigError, match="not there"):
        settings.take_back(1, NOW, "password")


def test_a_full_disk_leaves_what_is_in_force(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(settings, drawn("south"))
    before = settings.config()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.settings.os.fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        apply(settings, drawn("east"))
    assert settings.config() == before
    assert [one.number for one in settings.versions()] == [1]


def test_only_what_rules_is_called_in_force_after_a_cut_and_a_change_by_hand(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(settings, drawn("south"))
    done: list[None] = []

    def cut(path: Path, text: str) -> None:
        if done:
            raise KeyboardInterrupt  # the power, between the two files
        done.append(write(path, text))

    with monkeypatch.context() as patched:
        patched.setattr("edge.settings.write", cut)
        with pytest.raises(KeyboardInterrupt):
            apply(settings, drawn("east"))
    assert [one.in_force for one in settings.versions()] == [False, True]
    place = site_file(settings.config())
    place.write_text(place.read_text() + "# by hand\n")
    assert [one.in_force for one in settings.versions()] == [False, False]
    apply(settings, drawn("west"))
    assert settings.versions()[0][::2] == (3, True)


@given(NAMES)
def test_any_name_comes_back_as_it_was_drawn(name: str) -> None:
    if not name.strip():
        return
    drawing = Drawing(lanes=(DrawnLane(name=name, polygon=SQUARE),))
    table = tomllib.loads(text_of(drawing))["camera"]
    found = msgspec.convert({"region": table["region"] or None, "lanes": table["lanes"]}, Drawing)
    assert found == drawing


def test_the_lane_of_the_file_gives_way_to_drawn_lanes(settings: Settings) -> None:
    text = settings.path.read_text()
    head, _, rest = text.partition("[[camera.lanes]]")
    settings.path.write_text(head + 'lane = "only"\n' + "[access]" + rest.partition("[access]")[2])
    assert settings.config().camera.lane == "only"
    apply(settings, drawn("south"))
    assert settings.config().camera.lane is None
    assert load(settings.path, "").camera.lane == "only"
