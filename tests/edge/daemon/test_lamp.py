"""A note of the panel about the light: followed once, soon, and never one of before."""

from pathlib import Path

import pytest

from edge.daemon.lamp import EVERY_S, HELD_S, Lamp
from edge.daemon.shown import LAMP
from edge.housing.words import Shine
from edge.settings import write


class Post:
    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, list[Shine]()
        self.now = 100.0
        self.lamp = Lamp(folder, self.say, lambda: self.now)

    def say(self, word: Shine) -> bool:
        self.said.append(word)
        return True

    def ask(self, text: str) -> list[Shine]:
        write(self.folder / LAMP, text)
        self.now += EVERY_S
        before = len(self.said)
        self.lamp.look()
        self.lamp.look()
        return self.said[before:]


@pytest.mark.parametrize(
    ("level", "share"), [("off", 0.0), ("dim", 0.2), ("full", 1.0), ("own", None)]
)
def test_each_level_is_passed_on_once_with_its_end(
    tmp_path: Path, level: str, share: float | None
) -> None:
    post = Post(tmp_path)
    for _ in range(2):
        assert post.ask(f'{{"level":"{level}"}}') == [Shine(level=share, for_s=HELD_S)]
    post.now += 100
    post.lamp.look()
    assert len(post.said) == 2


def test_what_was_asked_before_the_daemon_began_is_over(tmp_path: Path) -> None:
    write(tmp_path / LAMP, '{"level":"off"}')
    post = Post(tmp_path)
    post.now += 100
    post.lamp.look()
    assert post.said == []


@pytest.mark.parametrize("text", ["", "{", '{"level":"bright"}', '{"level":1}', "[" * 9000])
def test_what_is_no_note_switches_nothing(tmp_path: Path, text: str) -> None:
    assert Post(tmp_path).ask(text) == []


def test_no_link_is_followed_and_no_note_is_no_fault(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.lamp.look()
    (tmp_path / "elsewhere").write_text('{"level":"off"}')
    (tmp_path / LAMP).symlink_to(tmp_path / "elsewhere")
    post.now += EVERY_S
    post.lamp.look()
    assert post.said == []
