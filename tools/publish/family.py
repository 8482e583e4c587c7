"""A family's metadata: the index, and every target that it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from tuf.api.metadata import Metadata, TargetFile, Targets

from edge.errors import UpdateError
from edge.update.releases import (
    INDEX,
    PACKED,
    Delta,
    Family,
    File,
    Release,
    Releases,
    read_releases,
)
from tools.publish import index as indexes
from tools.publish.commit import Pen
from tools.publish.repository import Repository
from tools.publish.signing import lacks
from tools.publish.store import Source, opened, size_and_sha256, store, store_bytes

KEPT = 8


@dataclass(frozen=True, slots=True)
class Parcel:
    """What was checked and is to be released: files under their names on the shelf.

    `delta` leads from the release before; `packed` are the names worth compressing.
    """

    id: str
    files: Mapping[str, Path]
    content: str = ""
    delta: tuple[Release, Path] | None = None
    packed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """How a release goes out: to how many per cent of the boxes, and how many are kept."""

    share: int = 100
    keep: int = KEPT


def index_path(family: Family) -> str:
    """Return the target path of an index."""
    return f"{family}/{INDEX}"


def index_of(repository: Repository, family: Family, targets: Targets) -> Releases:
    """Return the index that a family's metadata names. Raises UpdateError."""
    target = targets.targets[index_path(family)]
    with opened(repository, target) as stream:
        return read_releases(stream.read(), family)


def encode(index: Releases) -> bytes:
    """Return an index as it is published."""
    return msgspec.json.format(msgspec.json.encode(index)) + b"\n"


def published_index(repository: Repository, family: Family) -> Releases:
    """Return the index that is published. Raises UpdateError."""
    return index_of(repository, family, repository.published(family).signed)


def first_version(repository: Repository, family: Family, pen: Pen) -> Metadata[Targets]:
    """Return the metadata of a family without releases; its index is stored."""
    target = store_bytes(repository, index_path(family), encode(Releases(family, ())))
    return Metadata(Targets(1, expires=pen.expires(family), targets={target.path: target}))


def next_version(
    repository: Repository, index: Releases, new: Mapping[str, TargetFile], pen: Pen
) -> Metadata[Targets]:
    """Return a family's next version: the index, what it names, and nothing else."""
    before: Targets = repository.published(index.family).signed
    known = {**before.targets, **new}
    target = store_bytes(repository, index_path(index.family), encode(index))
    named = {path: known[path] for path in indexes.paths(index)}
    return Metadata(
        Targets(
            before.version + 1,
            expires=pen.expires(index.family),
            targets={target.path: target, **named},
        )
    )


def released(
    repository: Repository, family: Family, parcel: Parcel, terms: Terms, pen: Pen
) -> tuple[Release, Metadata[Targets]]:
    """Store a parcel and return its release and the family's next version. Raises UpdateError."""
    index = published_index(repository, family)
    number = indexes.next_number(index)
    packer = _Packer(repository, family, number, {})
    files = tuple(packer.file(name, parcel) for name in sorted(parcel.files))
    release = Release(
        number=number,
        id=parcel.id,
        share=terms.share,
        content=parcel.content,
        files=files,
        released_at=pen.now.replace(microsecond=0),
        deltas=packer.deltas(parcel.delta),
    )
    grown = indexes.added(index, release, terms.keep)
    return release, next_version(repository, grown, packer.stored, pen)


@dataclass(frozen=True, slots=True)
class _Packer:
    repository: Repository
    family: Family
    number: int
    stored: dict[str, TargetFile]

    def file(self, name: str, parcel: Parcel) -> File:
        source = parcel.files[name]
        path = self.add(name, source, name in parcel.packed).path
        return File(name, path, *size_and_sha256(source))

    def deltas(self, delta: tuple[Release, Path] | None) -> tuple[Delta, ...]:
        """Return the delta, unless it is no smaller than what it saves."""
        if delta is None:
            return ()
        base, source = delta
        whole = max(target.length for target in self.stored.values())
        target = self.add(f"from-{base.number:06}.delta.sqlite", source, True)
        if target.length >= whole:
            del self.stored[target.path]
            return ()
        return (Delta(base.number, base.content, target.path, size_and_sha256(source)[0]),)

    def add(self, name: str, source: Path, packed: bool) -> TargetFile:
        path = f"{self.family}/{self.number:06}.{name}{PACKED if packed else ''}"
        target = store(self.repository, Source(path, source))
        self.stored[path] = target
        return target


def same_as_newest(index: Releases, parcel: Parcel) -> Release | None:
    """Return the newest release where it holds these very files."""
    newest = indexes.newest(index)
    if newest is None:
        return None
    files = {name: size_and_sha256(file)[1] for name, file in parcel.files.items()}
    return newest if {file.name: file.sha256 for file in newest.files} == files else None


def refuse_waiting(repository: Repository, family: str) -> None:
    """Raise UpdateError where a version of a role waits already: its signatures would be lost."""
    if (waiting := repository.staged(family)) is None:
        return
    missing = lacks(repository, repository.all_staged()).get(family)
    says = str(missing) if missing else f"{family} version {waiting.signed.version} waits"
    raise UpdateError(
        f"{says}; a new one would lose its signatures.",
        f"Sign it and `complete`, or drop it with `discard {family}`.",
    )
