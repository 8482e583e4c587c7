"""What a box remembers of the scene before its camera, over a restart.

No plate can be read in it: it holds edges of a picture 320 pixels wide, twice blurred, in which a
character of a plate that fills an eighth of the width is 5 pixels wide. It is sealed all the same.
"""

import io
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from edge.storefile import fsync_folder
from edge.vault import Vault
from edge.vision.look import SIZE, TILES
from edge.vision.scene import KEPT, Reference

SCENE, USE = "scene.sealed", "scene"
EVERY_S = 600.0
"""So often it is written at most, and only when there is a reference more."""
LARGEST = 4_000_000
FULL = 255 / 8
"""Grey levels for each unit of an edge, which is eight times those around it at most."""


class Memory:
    """The references of a scene, in one sealed file; without it they are learnt anew."""

    def __init__(self, state: Path, vault: Vault) -> None:
        """Keep them in a folder."""
        self._path, self._vault = state / SCENE, vault
        self._due_s, self._lies = 0.0, False
        self._kept: tuple[Reference, ...] = ()

    def read(self) -> tuple[Reference, ...]:
        """Return what was kept; nothing where the file is missing, damaged or another box's."""
        try:
            if self._path.stat().st_size > LARGEST:
                return ()
            plain = self._vault.open(self._path.read_bytes(), SCENE.encode())
        except OSError:
            return ()
        found = () if plain is None else _unpacked(plain)
        self._lies, self._kept = bool(found), found
        return found

    def is_forgotten(self) -> bool:
        """True, once, when the file that lay here was taken away: learn anew."""
        if not self._lies or self._path.exists():
            return False
        self._lies, self._kept, self._due_s = False, (), 0.0
        return True

    def keep(self, references: Sequence[Reference], at_s: float) -> None:
        """Write them, if there are others than were written, and it is not too soon.

        What finds no room is written later.
        """
        if _same(references, self._kept) or at_s < self._due_s:
            return
        self._due_s = at_s + EVERY_S
        with suppress(OSError):  # a full disk has an alarm of its own
            self._write(self._vault.seal(_packed(references), SCENE.encode()))
            self._lies, self._kept = True, tuple(references)

    def _write(self, sealed: bytes) -> None:
        draft = self._path.with_name(f".{SCENE}.new")
        with draft.open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        fsync_folder(self._path.parent)


def forget(state: Path) -> None:
    """Let the box learn its scene anew. Raises OSError."""
    (state / SCENE).unlink(missing_ok=True)


def _same(some: Sequence[Reference], others: Sequence[Reference]) -> bool:
    """True for the same pictures in any order, however their sharpness was refined."""
    return {id(one.edges) for one in some} == {id(one.edges) for one in others}


def _packed(references: Sequence[Reference]) -> bytes:
    edges = np.stack([np.clip(one.edges * FULL, 0, 255).astype(np.uint8) for one in references])
    packed = io.BytesIO()
    sharpness = np.stack([one.sharpness for one in references])
    np.savez_compressed(packed, edges=edges, sharpness=sharpness.astype(np.float32))
    return packed.getvalue()


def _unpacked(plain: bytes) -> tuple[Reference, ...]:
    """Return the references; none where a newer or older version packed them otherwise."""
    try:
        with np.load(io.BytesIO(plain), allow_pickle=False) as found:
            edges, sharpness = found["edges"], found["sharpness"]
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
        return ()
    count = len(edges)
    if not (0 < count <= KEPT and edges.shape == (count, *SIZE[::-1])):
        return ()
    if sharpness.shape != (count, *TILES):
        return ()
    rows = zip(edges, sharpness, strict=True)
    return tuple(
        Reference((edge / FULL).astype(np.float32), sharp.astype(np.float32))
        for edge, sharp in rows
    )
