"""A dying card: the kernel makes the file system read-only while the box is at work on it."""

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.errors import OutboxError
from edge.feed.outbox import Outbox
from tests.chains import STORAGE_KEY
from tests.faults.full import Box

DEATHS = int(os.environ.get("ANPR_EDGE_READ_ONLY", "2"))  # `make soak` asks for 20
MOST_RECORDS, BYTES = 20, 16 * 1024 * 1024


def ran(*command: str, fine: tuple[int, ...] = (0,)) -> str | None:
    """Return what a command says, None when it is not here or not allowed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode in fine else None


class Card:
    """An ext4 file system in a file, mounted as on a box: read-only after its first error."""

    def __init__(self, image: Path, folder: Path) -> None:
        self._folder = folder
        with image.open("wb") as file:
            file.truncate(BYTES)
        made = ran("mkfs.ext4", "-q", str(image)) is not None
        found = ran("losetup", "--find", "--show", str(image)) if made else None
        if found is None:
            pytest.skip("no right to attach a loop device here, or no mkfs.ext4")
        self._device = found.strip()

    def mount(self) -> None:
        options = ("-o", "errors=remount-ro", self._device, str(self._folder))
        if ran("mount", *options) is None:
            pytest.skip("no right to mount a file system here")

    def die(self) -> None:
        """Let the kernel find an error."""
        error = Path("/sys/fs/ext4") / Path(self._device).name / "trigger_fs_error"
        try:
            error.write_text("a fault made by a test")
        except OSError:
            pytest.skip("no right to make an error in a file system here")

    def mend(self) -> None:
        """Do what the next boot does."""
        self.unmount()
        assert ran("e2fsck", "-p", self._device, fine=(0, 1)) is not None
        self.mount()

    def unmount(self) -> None:
        ran("umount", str(self._folder))

    def detach(self) -> None:
        ran("losetup", "--detach", self._device)


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    (tmp_path / "card").mkdir()
    with ExitStack() as stack:
        made = Card(tmp_path / "image", tmp_path / "card")
        stack.callback(made.detach)
        made.mount()
        stack.callback(made.unmount)
        yield made


def test_on_a_read_only_disk_nothing_is_acknowledged_and_nothing_is_lost(
    tmp_path: Path, card: Card
) -> None:
    folder, chance = tmp_path / "card", random.Random(20261125)
    box = Box(folder)
    for _ in range(DEATHS):
        site = box.start()
        for _ in range(chance.randrange(1, MOST_RECORDS)):
            box.hold(site)
        card.die()
        box.hold_until_refused(site)
        box.start_in_vain()
        with pytest.raises(OutboxError, match="cannot be written"):
            Outbox.attach(folder / "outbox.sqlite", STORAGE_KEY, 0)
        card.mend()
        assert box.faults() == []
    assert box.refused == DEATHS
    print(f"{DEATHS} times read-only: {box.acknowledged} records acknowledged, all there")
