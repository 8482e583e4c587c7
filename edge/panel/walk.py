"""The walk of a commissioning: what each step found, kept so that a power cut loses none.

It lies in a folder of its own in the panel's, beside its photos and reports.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec

from edge.errors import ReportError
from edge.record.housing import TriggerCounts
from edge.settings import write
from edge.storefile import fsync_folder

FOLDER, FILE = "commissioning", "walk"
MODE = 0o640
KEPT = 8
"""So many papers stay: a stick or phone has the rest."""


class Step(StrEnum):
    """The steps, in their order."""

    IDENTITY = "identity"
    SIGN = "sign"
    CAMERA = "camera"
    ROAD = "road"
    LIGHT = "light"
    LAW = "law"
    UPLINK = "uplink"
    RUN = "run"


class Result(StrEnum):
    """How a step came out; `none`: this box has nothing of the kind."""

    PASSED = "passed"
    FAILED = "failed"
    NONE = "none"


class Shown(msgspec.Struct, frozen=True):
    """A figure as it was when a step was judged: its name, its value, its light."""

    figure: str
    value: str
    light: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: a word of `edge.panel.words` and its values, said in any language later."""

    result: Result
    word: str
    values: dict[str, str] = {}
    figures: tuple[Shown, ...] = ()


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A step's finding: when (UTC), by whom, and under which settings (hash)."""

    finding: Finding
    at: datetime
    by: str
    settings_sha256: str


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """The counts at the moment that a test run began; `daemon_at`: since when they are counted."""

    at: datetime
    daemon_at: datetime
    announced: int
    settled: int
    triggers: TriggerCounts | None


class Photo(msgspec.Struct, frozen=True):
    """A picture in which no plate can be read: its hash, and when it was taken (UTC)."""

    sha256: str
    at: datetime


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The end: who, where, when (UTC), whether fit, and the hashes of both forms of the report."""

    technician: str
    place: str
    at: datetime
    fit: bool
    html_sha256: str
    pdf_sha256: str


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """One commissioning from its beginning to its report."""

    id: str
    begun_at: datetime
    by: str
    steps: dict[Step, Judged] = {}
    photos: dict[Step, Photo] = {}
    run: Begin | None = None
    finished: Finished | None = None

    def of(self, step: Step, settings_sha256: str) -> Judged | None:
        """Return what a step found; None where it is open, or the settings changed since."""
        found = self.steps.get(step)
        return found if found is not None and found.settings_sha256 == settings_sha256 else None

    def open(self, settings_sha256: str) -> tuple[Step, ...]:
        """Return the steps that are still to be done."""
        return tuple(step for step in Step if self.of(step, settings_sha256) is None)


@dataclass(frozen=True, slots=True)
class Walks:
    """The folder of the walk that goes on, or was the last."""

    folder: Path

    def load(self) -> Walk | None:
        """Return the walk; None where there is none that can be read: another begins."""
        try:
            return msgspec.json.decode((self.folder / FILE).read_bytes(), type=Walk)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def save(self, walk: Walk) -> None:
        """Keep a walk, whole or as it was. Raises ReportError."""
        try:
            self.folder.mkdir(exist_ok=True)
            write(self.folder / FILE, msgspec.json.encode(walk).decode())
        except OSError as e:
            raise _unwritten(e) from e

    def keep(self, kind: str, paper: bytes) -> str:
        """Keep a photo or a report under its hash, durably; return the hash. Raises ReportError."""
        name = sha256(paper).hexdigest()
        try:
            self.folder.mkdir(exist_ok=True)
            draft = self.folder / f".{name}.new"
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
            with os.fdopen(handle, "wb") as file:
                file.write(paper)
                file.flush()
                os.fsync(handle)
            draft.replace(self.folder / f"{name}.{kind}")
            fsync_folder(self.folder)
            self._tidy(kind)
        except OSError as e:
            raise _unwritten(e) from e
        return name

    def paper(self, kind: str, name: str) -> bytes | None:
        """Return a photo or report; None where it is gone, or is not what its name says."""
        try:
            found = (self.folder / f"{name}.{kind}").read_bytes()
        except OSError:
            return None
        return found if sha256(found).hexdigest() == name else None

    def _tidy(self, kind: str) -> None:
        by_age = sorted(self.folder.glob(f"*.{kind}"), key=lambda path: path.stat().st_mtime_ns)
        for path in by_age[:-KEPT]:
            path.unlink(missing_ok=True)


def _unwritten(error: OSError) -> ReportError:
    return ReportError(
        f"The commissioning cannot be kept ({error.strerror}).", "Look at the disk of the box."
    )
