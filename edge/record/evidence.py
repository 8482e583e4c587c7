"""The evidence room: the pictures of held candidates, each in a file that bears its hash.

`<sha256>.sealed` is the age file of a candidate that is held, under one more key: that key lies
in the candidate's row of the casebook alone, and dies with it. `<sha256>.age` is the age file of
one that was released; whoever delivers it needs no key. No name tells a plate.
"""

import hashlib
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edge.errors import EvidenceError
from edge.record.message import EvidenceRef
from edge.storefile import fsync_folder
from edge.vault import KEY_BYTES, Vault

FOLDER = "evidence"
USE = "evidence v1"
HELD, RELEASED, DRAFT = ".sealed", ".age", ".draft"
RESERVE = 64 * 2**20
"""So many bytes of the disk are left to records: they come before pictures."""
MEGABYTE = 1_000_000
MAKE_ROOM = "Let the uplink deliver what was released, or give the box a larger disk."
CHECK_DISK = "Check that box.state can be written, and that its disk is sound and not full."


class Exhibits(NamedTuple):
    """What is kept of a candidate: its files, and the key without which they are noise."""

    refs: tuple[EvidenceRef, ...] = ()
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may lie in the room, and how much of the disk it must leave."""

    most: int = 1000 * MEGABYTE
    reserve: int = RESERVE


class EvidenceRoom:
    """The files of one box; the daemon writes, the uplink takes away what was released."""

    def __init__(self, folder: Path, box: str, budget: Budget = Budget()) -> None:
        """Use a folder, which is made when something is kept."""
        self._folder, self._box, self._budget = folder, box, budget

    def keep(self, files: Mapping[str, bytes]) -> Exhibits:
        """Make age files durable, by what they show; return their hashes and a new key.

        Raises EvidenceError when there is no room for them; then none is there.
        """
        if (reason := self.fault(sum(map(len, files.values())))) is not None:
            raise EvidenceError(reason, MAKE_ROOM)
        exhibits = Exhibits(
            tuple(EvidenceRef(name, _digest(age), len(age)) for name, age in files.items()),
            os.urandom(KEY_BYTES),
        )
        vault = self._vault(exhibits.key)
        try:
            for ref, age in zip(exhibits.refs, files.values(), strict=True):
                self._write(ref.sha256 + HELD, vault.seal(age, ref.sha256.encode()))
        except EvidenceError:
            with suppress(EvidenceError):
                self.destroy({ref.sha256 for ref in exhibits.refs})
            raise
        return exhibits

    def fault(self, more: int = 0) -> str | None:
        """Say why so many bytes more cannot be kept; None when they can. Raises EvidenceError."""
        used, most = self.used() + more, self._budget.most
        if used > most:
            return (
                f"The {most // MEGABYTE} MB for pictures of candidates (evidence.max_mb) are full."
            )
        with suppress(OSError):
            if shutil.disk_usage(_existing(self._folder)).free < self._budget.reserve + more:
                return "The disk is nearly full: what is left of it is for records."
        return None

    def used(self) -> int:
        """Return how many bytes lie in the room. Raises EvidenceError."""
        sizes = []
        for path in self._files():
            with suppress(OSError):  # the uplink took it meanwhile
                sizes.append(path.stat().st_size)
        return sum(sizes)

    def opened(self, sha256: str, key: bytes) -> bytes | None:
        """Return the age file of a held candidate; None when it is gone, altered, or not its key's.

        Raises EvidenceError when the disk does not give it now.
        """
        try:
            sealed = (self._folder / f"{sha256}{HELD}").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise _unusable(e) from e
        return self._vault(key).open(sealed, sha256.encode())

    def hand_over(self, sha256: str, key: bytes) -> None:
        """Take the outer seal off a file whose candidate was released; done before, it is done.

        Raises EvidenceError when the disk does not let it.
        """
        age = self.opened(sha256, key)
        if age is not None:
            self._write(sha256 + RELEASED, age)
            self.destroy({sha256})

    def held(self) -> set[str]:
        """Return the hashes of the files under seal. Raises EvidenceError."""
        return {path.stem for path in self._files() if path.suffix == HELD}

    def destroy(self, hashes: Collection[str]) -> None:
        """Remove files under seal, and what a cut left half written. Raises EvidenceError."""
        self._remove({DRAFT, *(sha256 + HELD for sha256 in hashes)})

    def released(self) -> list[str]:
        """Return the hashes of the files that are to leave. Raises EvidenceError."""
        return [path.stem for path in self._files() if path.suffix == RELEASED]

    def read(self, sha256: str) -> bytes | None:
        """Return a released file; None when it no longer holds what its name says.

        Raises EvidenceError when the disk does not give it.
        """
        try:
            age = (self._folder / f"{sha256}{RELEASED}").read_bytes()
        except OSError as e:
            raise _unusable(e) from e
        return age if _digest(age) == sha256 else None

    def forget(self, sha256: str) -> None:
        """Remove a released file, of which the platform said that it has it.

        Raises EvidenceError.
        """
        self._remove({sha256 + RELEASED})

    def _vault(self, key: bytes) -> Vault:
        return Vault(key, USE, self._box)

    def _files(self) -> list[Path]:
        try:
            return sorted(self._folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as e:
            raise _unusable(e) from e

    def _write(self, name: str, content: bytes) -> None:
        """Write a file that is there whole, durably, or not at all."""
        draft = self._folder / DRAFT
        try:
            self._make_folder()
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._folder / name)
            fsync_folder(self._folder)
        except OSError as e:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise _unusable(e) from e

    def _make_folder(self) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir()
            fsync_folder(self._folder.parent)

    def _remove(self, names: Collection[str]) -> None:
        try:
            there = [path for path in self._files() if path.name in names]
            for path in there:
                path.unlink(missing_ok=True)
            if there:
                fsync_folder(self._folder)
        except OSError as e:
            raise _unusable(e) from e


def _existing(folder: Path) -> Path:
    return folder if folder.is_dir() else folder.parent


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unusable(error: OSError) -> EvidenceError:
    return EvidenceError(f"The pictures of candidates failed ({error.strerror}).", CHECK_DISK)
