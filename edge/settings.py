"""Region and lanes as a person draws them: tried, shown as a difference, put in force, taken back.

They lie in `settings/site.toml` of `box.state`, which `edge.config` reads after the configuration.
Each version is kept beside it; taking one back makes a new version. Nothing is ever half written.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from edge.config import SITE, Camera, Config, Lane, Polygon, load, site_file
from edge.errors import BoxError, ConfigError
from edge.passage.lanes import covered
from edge.storefile import fsync_folder

KEPT = 20
MODE = 0o640
NUMBER = "{:06d}.toml"
DIGITS = 4
SPACE = "Make room on the disk of the box, and give this user the right to write there."


class DrawnLane(Lane, frozen=True, kw_only=True):
    """A lane as it is drawn: its name is shown to people, and has no control character."""

    name: Annotated[str, msgspec.Meta(pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]{1,40}\Z")]
    polygon: Annotated[Polygon, msgspec.Meta(max_length=32)]


class Drawing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was drawn on the picture; no region is the whole picture."""

    region: Annotated[Polygon, msgspec.Meta(max_length=32)] | None = None
    lanes: Annotated[tuple[DrawnLane, ...], msgspec.Meta(max_length=8)] = ()


class Shape(NamedTuple):
    """A region or lane as a difference shows it: corners, share of the picture, direction."""

    corners: int
    share: float
    direction: str | None


class Change(NamedTuple):
    """One thing that becomes another; `lane` None is the region, a shape None is not there."""

    lane: str | None
    before: Shape | None
    after: Shape | None


class Version(NamedTuple):
    """A version that was drawn: its number, the first line of its file, and whether it rules now.

    Where a cut or a person's hand came between, the newest is not the one in force.
    """

    number: int
    said: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A drawing that was tried: the text that would be in force, and what would change."""

    text: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """The drawn settings of one box, beside its configuration file."""

    path: Path

    def config(self) -> Config:
        """Return the configuration with what was drawn. Raises ConfigError."""
        return load(self.path)

    def without_drawing(self) -> Config:
        """Return the configuration as it is without what was drawn. Raises ConfigError."""
        return load(self.path, "")

    def sha256(self) -> str | None:
        """Return the hash of the settings in force; None when they cannot be used."""
        try:
            return self.config().sha256
        except BoxError:
            return None

    def propose(self, drawing: Drawing) -> Proposal:
        """Try a drawing. Raises ConfigError with every fault; nothing has changed then."""
        return self._tried(text_of(drawing))

    def earlier(self, number: int) -> Proposal:
        """Try an earlier version, 0 for none. Raises ConfigError when it is not there or no use."""
        return self._tried("" if number == 0 else self._text(number))

    def apply(self, text: str, now: datetime, by: str) -> str:
        """Put a text in force, whole or not at all, and keep it; return the new hash.

        Raises ConfigError when it cannot be used or written: what is in force stays.
        """
        number = max((version.number for version in self.versions()), default=0) + 1
        said = f"# {number}: {now:%Y-%m-%dT%H:%M:%SZ}, {by}\n{text}"
        after = load(self.path, said)
        place = site_file(after)
        kept = place.with_name(NUMBER.format(number))
        try:
            place.parent.mkdir(exist_ok=True)
            write(kept, said)
            write(place, said)
            self._tidy(place.parent)
        except OSError as e:
            if _content(place) != said.encode():  # what never ruled is no version
                with suppress(OSError):
                    kept.unlink()
            raise ConfigError(f"{place} cannot be written ({e.strerror}).", SPACE) from e
        return after.sha256

    def take_back(self, number: int, now: datetime, by: str) -> str:
        """Put an earlier version in force again, 0 for none; return the new hash.

        Raises ConfigError when it is not there, or can no longer be used.
        """
        return self.apply(self.earlier(number).text, now, by)

    def versions(self) -> list[Version]:
        """Return what was drawn, newest first."""
        folder = self._folder()
        found = sorted(folder.glob("[0-9]*.toml"), reverse=True)
        now = _content(folder / SITE)
        return [
            Version(int(path.stem), _first_line(path), now is not None and _content(path) == now)
            for path in found
            if path.stem.isdecimal()
        ]

    def _tried(self, text: str) -> Proposal:
        after = load(self.path, text)
        return Proposal(text, changes(self._before().camera, after.camera))

    def _text(self, number: int) -> str:
        try:
            said = (self._folder() / NUMBER.format(number)).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            cause = f"Version {number} of the settings is not there."
            raise ConfigError(cause, "Take another one.") from e
        return said.partition("\n")[2]

    def _folder(self) -> Path:
        return site_file(self.without_drawing()).parent

    def _before(self) -> Config:
        """Return what is in force; where what was drawn cannot be used, what stands without it."""
        try:
            return load(self.path)
        except ConfigError:
            return self.without_drawing()

    def _tidy(self, folder: Path) -> None:
        for path in sorted(folder.glob("[0-9]*.toml"))[:-KEPT]:
            path.unlink()


def text_of(drawing: Drawing) -> str:
    """Return a drawing as TOML; a string of JSON is one of TOML too."""
    lines = ["[camera]", f"region = {_corners(drawing.region or ())}"]
    if not drawing.lanes:
        lines.append("lanes = []")
    for lane in drawing.lanes:
        lines += ["", "[[camera.lanes]]", f"name = {json.dumps(lane.name, ensure_ascii=False)}"]
        lines.append(f"polygon = {_corners(lane.polygon)}")
        if lane.direction is not None:
            lines.append(f'direction = "{lane.direction}"')
    return "\n".join(lines) + "\n"


def changes(before: Camera, after: Camera) -> tuple[Change, ...]:
    """Return what differs between two ways to see a picture, the region first."""
    pairs: list[tuple[str | None, Shape | None, Shape | None, bool]] = [
        (
            None,
            _shape(before.region, None),
            _shape(after.region, None),
            before.region != after.region,
        )
    ]
    then, now = _by_name(before.lanes), _by_name(after.lanes)
    for name in dict.fromkeys((*then, *now)):
        old, new = then.get(name), now.get(name)
        pairs.append((name, _lane_shape(old), _lane_shape(new), old != new))
    return tuple(Change(name, old, new) for name, old, new, differs in pairs if differs)


def drawing_of(camera: Camera) -> Drawing:
    """Return what is in force as a drawing."""
    lanes = (
        DrawnLane(name=lane.name, polygon=lane.polygon, direction=lane.direction)
        for lane in camera.lanes
    )
    return Drawing(region=camera.region, lanes=tuple(lanes))


def _by_name(lanes: Sequence[Lane]) -> dict[str, Lane]:
    return {
        lane.name: Lane(name=lane.name, polygon=lane.polygon, direction=lane.direction)
        for lane in lanes
    }


def _lane_shape(lane: Lane | None) -> Shape | None:
    return None if lane is None else _shape(lane.polygon, lane.direction)


def _shape(polygon: Polygon | None, direction: str | None) -> Shape | None:
    if not polygon:
        return None
    return Shape(len(polygon), covered(polygon), direction)


def _corners(polygon: Polygon) -> str:
    rounded: Iterator[list[float]] = ([round(x, DIGITS), round(y, DIGITS)] for x, y in polygon)
    return json.dumps(list(rounded))


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline(300).lstrip("# ").rstrip()
    except OSError:
        return ""


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def write(path: Path, text: str) -> None:
    """Write a file so that after a power cut it is there whole, or as it was. Raises OSError."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(handle)
    draft.replace(path)
    fsync_folder(path.parent)
