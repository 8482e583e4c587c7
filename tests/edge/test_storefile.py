"""Files that must not be lost are known again after a cut garbled their first bytes."""

import shutil
from pathlib import Path

import pytest

from edge.errors import OutboxError
from edge.feed.outbox import Outbox
from tests.chains import STORAGE_KEY, Pen

FIRST_BYTES = 100


def cut_while_copied(folder: Path, with_log: bool) -> Path:
    """Return an outbox of five records whose first bytes are garbled, its log whole or gone."""
    path, left = folder / "outbox.sqlite", folder / "left"
    left.mkdir()
    with Outbox.open(path, "box-1", STORAGE_KEY, 0) as outbox:
        for envelope in Pen("box-1").chain(5):
            outbox.append(envelope)
        shutil.copy(path, left)
        if with_log:
            shutil.copy(f"{path}-wal", left)
    with (left / path.name).open("r+b") as file:
        file.write(b"\xa5" * FIRST_BYTES)
    return left / path.name


def test_first_bytes_garbled_by_a_cut_are_taken_from_the_log(tmp_path: Path) -> None:
    with Outbox.open(cut_while_copied(tmp_path, with_log=True), "box-1", STORAGE_KEY, 0) as outbox:
        assert [e.seq for e in outbox.pending(None, 9)] == [1, 2, 3, 4, 5]


def test_garbled_first_bytes_without_a_log_are_refused_and_left(tmp_path: Path) -> None:
    path = cut_while_copied(tmp_path, with_log=False)
    before = path.read_bytes()
    with pytest.raises(OutboxError, match="is not an outbox"):
        Outbox.open(path, "box-1", STORAGE_KEY, 0)
    assert path.read_bytes() == before


def test_a_strange_name_is_that_of_a_file_and_no_option(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#b%41.sqlite"
    with Outbox.open(path, "box-1", STORAGE_KEY, 0) as outbox:
        outbox.append(Pen("box-1").write())
    with Outbox.attach(path, STORAGE_KEY, 0) as outbox:
        assert outbox.backlog().records == 1
