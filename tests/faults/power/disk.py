"""A disk that may lose, reorder or garble whatever was not synced when the power was cut.

It is fed what a program asked of the real one (`syscalls.c`). Of a file, what was written since
its last sync is at the mercy of the cut, sector by sector; of a folder, the names that came and
went since the folder was synced.
"""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEAD = struct.Struct("=ciqI")
SECTOR, PAGE = 512, 4096
CHANCES = (0.0, 0.1, 0.5, 0.9, 1.0)
FOLDER = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that succeeded; `at` is an offset, a size, or for an open whether it emptied."""

    op: str
    fd: int
    at: int
    data: bytes

    def name_in(self, folder: Path) -> str:
        path = Path(self.data.decode())
        return FOLDER if path == folder else path.relative_to(folder).as_posix()


def read_calls(log: Path) -> list[Call]:
    return list(_calls(log.read_bytes()))


def _calls(log: bytes) -> Iterator[Call]:
    at = 0
    while at < len(log):
        op, fd, where, length = HEAD.unpack_from(log, at)
        at += HEAD.size
        yield Call(op.decode(), fd, where, log[at : at + length])
        at += length


@dataclass(frozen=True, slots=True)
class Mood:
    """How one cut treats what was not synced: chances by sector, and what one sector is."""

    kept: float
    garbled: float
    names_kept: float
    names_in_order: bool
    sector: int


def mood(chance: random.Random) -> Mood:
    return Mood(
        kept=chance.choice(CHANCES),
        garbled=chance.choice((0.0, 0.0, 0.2, 1.0)),
        names_kept=chance.choice(CHANCES),
        names_in_order=chance.random() < 0.5,
        sector=chance.choice((SECTOR, PAGE)),
    )


@dataclass(slots=True, eq=False)
class File:
    """What is surely on the disk, and what was done since: (offset, bytes), or a size alone."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for at, data in self.pending:
            _put(self.synced, at, data)
        self.pending.clear()

    def after_cut(self, mood: Mood, chance: random.Random) -> bytes:
        """Return what is found: a garbled sector takes its neighbours' bytes along."""
        found = bytearray(self.synced)
        for at, data in self.pending:
            if data is None:
                if chance.random() < mood.kept:
                    _put(found, at, None)
                continue
            for start, end in _sectors(at, len(data), mood.sector):
                if chance.random() < mood.kept:
                    _put(found, start, data[start - at : end - at])
                elif chance.random() < mood.garbled:
                    first = start - start % mood.sector
                    last = max(end, min(len(found), first + mood.sector))
                    _put(found, first, chance.randbytes(last - first))
        return bytes(found)


def _sectors(at: int, length: int, sector: int) -> Iterator[tuple[int, int]]:
    end = at + length
    while at < end:
        stop = min(end, at - at % sector + sector)
        yield at, stop
        at = stop


def _put(content: bytearray, at: int, data: bytes | None) -> None:
    """Write bytes, or without any set the size."""
    size = at if data is None else max(len(content), at + len(data))
    content.extend(bytes(max(0, size - len(content))))
    if data is None:
        del content[size:]
    else:
        content[at : at + len(data)] = data


Change = dict[str, File | None]
"""Names that come or go together: those of a rename do so both or not at all."""


class Disk:
    """One folder on such a disk, as it stands after the calls that were made so far."""

    def __init__(self, folder: Path) -> None:
        """Begin with what lies in a folder, all of it synced."""
        self._folder = folder
        self._synced = {p.name: File(bytearray(p.read_bytes())) for p in folder.iterdir()}
        self._names: dict[str, File | None] = dict(self._synced)
        self._changes: list[Change] = []
        self._open: dict[int, File | None] = {}
        self._renamed = ""

    def do(self, call: Call) -> None:
        """Take in one call."""
        if call.op == "O":
            self._open[call.fd] = self._opened(call.name_in(self._folder), bool(call.at))
        elif call.op == "C":
            self._open.pop(call.fd)
        elif call.op == "U":
            self._change({call.name_in(self._folder): None})
        elif call.op == "R":
            self._renamed = call.name_in(self._folder)
        elif call.op == "r":
            file = self._names[self._renamed]
            self._change({self._renamed: None, call.name_in(self._folder): file})
        elif call.op == "S":
            self._sync(self._open[call.fd])
        else:
            file = self._open[call.fd]
            assert file is not None
            file.pending.append((call.at, call.data if call.op == "W" else None))

    def after_cut(self, out: Path, chance: random.Random) -> None:
        """Lay out in an empty folder what a cut right now leaves."""
        how = mood(chance)
        names = dict(self._synced)
        for change in self._changes:
            if chance.random() < how.names_kept:
                names |= change  # type: ignore[arg-type]
            elif how.names_in_order:
                break
        for name, file in names.items():
            if file is not None:
                (out / name).write_bytes(file.after_cut(how, chance))
                (out / name).chmod(0o600)

    def _opened(self, name: str, emptied: bool) -> File | None:
        if name == FOLDER:
            return None
        file = self._names.get(name)
        if file is None:
            file = File()
            self._change({name: file})
        elif emptied:
            file.pending.append((0, None))
        return file

    def _change(self, change: Change) -> None:
        self._names |= change
        self._changes.append(change)

    def _sync(self, file: File | None) -> None:
        if file is not None:
            file.sync()
            return
        self._changes.clear()
        self._synced = {name: f for name, f in self._names.items() if f is not None}
