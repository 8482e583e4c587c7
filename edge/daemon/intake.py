"""One family of a box: from what a source offers to what is in force."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

from edge.errors import BoxError, SourceError, UpdateError
from edge.update.choice import Step, chosen, steps, withdrawal, worth
from edge.update.client import Client
from edge.update.releases import REGISTRY, Family, File, Release, Releases, Withdrawn
from edge.update.report import Fetched, Outcome
from edge.update.shelf import (
    Shelved,
    activate,
    active,
    leave,
    left,
    renew,
    settle,
    shelved,
    stage,
    version,
)
from edge.update.unfit import forget, refuse_unfit
from edge.update.unpack import unpack

MARGIN_BYTES = 64 << 20
"""Left free for the records of the box."""
MB = 1_000_000
AGAIN = "The publisher must publish it again; what is active stays."


@dataclass(frozen=True, slots=True)
class Stated:
    """What a version says of itself: the digest of its content, and the ages of its sources."""

    content: str = ""
    as_of: Mapping[str, datetime] = field(default_factory=dict)


Gate: TypeAlias = Callable[[Path, Path | None, bool], Stated | None]
"""Called with the folder of a version, the one it replaces, and whether it is a way back from a
withdrawn one; raises BoxError with the reason for which it must not be put in force."""
ApplyDelta: TypeAlias = Callable[[Path, Path, Path], None]
"""Writes the registry (and its seal) that a delta makes of another; raises RegistryError."""


class TurnedAwayError(UpdateError):
    """A release that was fetched did not pass its gate."""

    def __init__(self, cause: str, remedy: str, number: int) -> None:
        """Keep which release it was."""
        super().__init__(cause, remedy)
        self.number = number


class Taken(NamedTuple):
    """What came of it."""

    outcome: Outcome
    fetched: Fetched | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes the releases of one family; each step may be killed, and the old or new one stands.

    `spared` is the number of a release that its gate refused lately: it is not fetched again.
    """

    state: Path
    family: Family
    gate: Gate
    cohort: int
    now: datetime
    apply_delta: ApplyDelta | None = None
    spared: int | None = None

    def take(self, client: Client, index: Releases) -> Taken:
        """Put the release in force that this box should have.

        Raises BoxError with the reason why what is in force stays; SourceError when another
        source may do better. A withdrawn release stays in no case: a box never accuses on doubt.
        """
        forget(self.state / self.family, {gone.number for gone in index.withdrawn})
        place = active(self.state, self.family)
        known = place or left(self.state, self.family)
        have = None if known is None else shelved(known).release
        gone = None if have is None else withdrawal(index, have.number)
        wanted = chosen(index, self.cohort, None if have is None or place is None else have.number)
        try:
            if wanted is not None:
                refuse_unfit(self.state / self.family, wanted.number)
                taken = self._replace(client, index, wanted, known, gone is not None)
                told = () if gone is None else (f"{_gone(gone)}.",)
                return taken._replace(remarks=(*told, *taken.remarks))
            if gone is not None:
                raise UpdateError(
                    f"{_gone(gone)}. No other stands for this box.", withdrawn(gone.id)
                )
        except BoxError:
            if gone is not None and place is not None:
                leave(place)
            raise
        return Taken("current")

    def _replace(
        self, client: Client, index: Releases, wanted: Release, known: Path | None, rollback: bool
    ) -> Taken:
        """Fetch a release if it is not here, send it through its gate, put it in force."""
        outcome: Outcome = "rolled_back" if rollback else "activated"
        here = self._on_shelf(wanted)
        if here is not None:
            self._prove(client, wanted, here, known, rollback)
            renew(here, self.now)
            activate(here, keep_before=not rollback)
            return Taken(outcome)
        if wanted.number == self.spared:
            raise TurnedAwayError("It was refused already.", AGAIN, wanted.number)
        staged = stage(self.state, self.family, wanted.number)
        fetched, remarks = self._fill(client, index, wanted, known, staged)
        try:
            stated = self._prove(client, wanted, staged, known, rollback)
        except BoxError as e:
            raise TurnedAwayError(e.cause, e.remedy, wanted.number) from e
        place = settle(staged, Shelved(wanted, self.now, dict(stated.as_of)))
        activate(place, keep_before=not rollback)
        return Taken(outcome, fetched, remarks)

    def _on_shelf(self, wanted: Release) -> Path | None:
        """Return where a release lies already; what lies there is proven by its gate."""
        place = version(self.state, self.family, wanted.number)
        try:
            found = shelved(place).release
        except UpdateError:
            return None
        same = (found.id, found.content, found.files) == (wanted.id, wanted.content, wanted.files)
        return place if same else None

    def _prove(
        self, client: Client, wanted: Release, folder: Path, replaces: Path | None, rollback: bool
    ) -> Stated:
        """Send a version through its gate. Raises BoxError."""
        for file in wanted.files:
            if not (folder / file.name).is_file():
                raise UpdateError(f"Release {wanted.number} lacks its file {file.name}.", AGAIN)
        stated = self.gate(folder, replaces, rollback) or Stated()
        if stated.content != wanted.content:
            raise UpdateError(f"Release {wanted.number} is not the content it states.", AGAIN)
        ahead = [name for name, at in stated.as_of.items() if at > client.expires()]
        if ahead:
            raise UpdateError(f"The {ahead[0]} of {wanted.id} are of a day to come.", AGAIN)
        return stated

    def _fill(
        self, client: Client, index: Releases, to: Release, known: Path | None, staged: Path
    ) -> tuple[Fetched, tuple[str, ...]]:
        """Fetch a release into a folder, by deltas where that is less."""
        way: tuple[Step, ...] = ()
        if known is not None and self.apply_delta is not None:
            way = steps(index, to, shelved(known).release)
        if not worth(way, to, lambda path: client.length(self.family, path)):
            return self._fetch_whole(client, to, staged), ()
        try:
            return self._walk(client, way, staged), ()
        except SourceError:
            raise
        except BoxError as e:
            return self._fetch_whole(client, to, staged), (f"The deltas did not help: {e.cause}",)

    def _fetch_whole(self, client: Client, to: Release, staged: Path) -> Fetched:
        lengths = [client.length(self.family, file.path) for file in to.files]
        self._refuse_without_room(sum(lengths) + sum(file.size for file in to.files))
        for file in to.files:
            self._fetch_file(client, file, staged / file.name)
        return Fetched(to.number, 0, sum(lengths))

    def _fetch_file(self, client: Client, file: File, to: Path) -> None:
        part = self._incoming / "part"
        client.fetch(self.family, file.path, part)
        if unpack(part, file.path, to, file.size) != file.sha256:
            raise UpdateError(f"{file.path} does not hold the file it states.", AGAIN)
        part.unlink()

    def _walk(self, client: Client, way: tuple[Step, ...], staged: Path) -> Fetched:
        """Apply deltas one after another. Raises BoxError."""
        lengths = [client.length(self.family, step.delta.path) for step in way]
        whole = max(file.size for step in way for file in step.to.files)
        self._refuse_without_room(sum(lengths) + sum(s.delta.size for s in way) + 2 * whole)
        base = version(self.state, self.family, way[0].delta.base) / REGISTRY
        for step in way:
            last = step is way[-1]
            out = (staged if last else self._incoming / f"{step.to.number:06}") / REGISTRY
            out.parent.mkdir(exist_ok=True)
            self._apply(client, step, base, out)
            base = out
        return Fetched(way[-1].to.number, len(way), sum(lengths))

    def _apply(self, client: Client, step: Step, base: Path, out: Path) -> None:
        part, delta = self._incoming / "part", self._incoming / "delta"
        client.fetch(self.family, step.delta.path, part)
        unpack(part, step.delta.path, delta, step.delta.size)
        part.unlink()
        if self.apply_delta is not None:
            self.apply_delta(base, delta, out)
        delta.unlink()
        if base.parent.parent == self._incoming:
            shutil.rmtree(base.parent)

    def _refuse_without_room(self, needed: int) -> None:
        free = shutil.disk_usage(self.state).free
        if free < needed + MARGIN_BYTES:
            asked = f"{(needed + MARGIN_BYTES) / MB:.0f} MB, and {free / MB:.0f} MB are free"
            raise UpdateError(
                f"The update needs {asked}.", "Free some disk space, then sync again."
            )

    @property
    def _incoming(self) -> Path:
        return self.state / "updates" / "incoming"


def _gone(one: Withdrawn) -> str:
    return f"Release {one.number} ({one.id}) was withdrawn: {one.reason}"


def withdrawn(name: str) -> str:
    """Return what a person does about a withdrawn release without another."""
    return (
        "Nothing of that family is in force until the publisher releases another; `anpr-edge "
        f"held withdraw --rests-on {name}` withdraws what rests on it."
    )
