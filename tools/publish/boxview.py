"""The repository as a box sees it that was given a root and has seen nothing yet."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from edge import BUILT
from edge.clock import SystemClock
from edge.errors import UpdateError
from edge.update.client import Client, is_root
from edge.update.fetch import Source
from edge.update.floors import Floors
from edge.update.releases import FAMILIES, Family, Releases
from edge.update.unpack import unpack

REMEDY = "`show` tells what is published; `refresh`, `renew` or publish again what is wrong."

CORRECT = "Name the root.json of a box with --root, or none for the first one."


def examined(folder: Path, root: Path) -> Iterator[str]:
    """Prove all that a box would fetch; yield what is right. Raises UpdateError."""
    try:
        given = root.read_bytes()
    except OSError as e:
        raise UpdateError(f"The root {root} cannot be read ({e.strerror}).", CORRECT) from e
    if not is_root(given):
        raise UpdateError(f"{root} is no root.json.", CORRECT)
    try:
        with tempfile.TemporaryDirectory(prefix="anpr-check-") as work:
            yield from proven(Source(str(folder.absolute())), given, Path(work))
    except UpdateError as e:
        raise UpdateError(f"A box would refuse {folder}: {e.cause}", REMEDY) from e


def proven(source: Source, root: bytes, work: Path) -> Iterator[str]:
    """Fetch and unpack all there is; yield what is right. Raises UpdateError."""
    client = Client(source, work / "cache", root, SystemClock().read())
    floors = client.refresh(Floors(BUILT))
    for family in FAMILIES:
        index, floors = client.index(family, floors)
        for path, size, sha256 in stated(index):
            refuse_other(client, family, path, size, sha256, work)
        yield summary(index)


def stated(index: Releases) -> Iterator[tuple[str, int, str | None]]:
    """Yield every target of an index with the size and SHA-256 of what it holds."""
    for release in index.releases:
        yield from ((file.path, file.size, file.sha256) for file in release.files)
        yield from ((delta.path, delta.size, None) for delta in release.deltas)


def refuse_other(
    client: Client, family: Family, path: str, size: int, sha256: str | None, work: Path
) -> None:
    """Raise UpdateError for a target that is not, once unpacked, what the index says."""
    packed, whole = work / "packed", work / "whole"
    client.fetch(family, path, packed)
    if sha256 not in (unpack(packed, path, whole, size), None):
        raise UpdateError(f"{path} does not hold what the index says.", REMEDY)


def summary(index: Releases) -> str:
    """Return in a line what is published of a family."""
    newest = index.releases[-1] if index.releases else None
    says = f", the newest is {newest.number}, {newest.id}" if newest else ""
    count = len(index.releases)
    return f"{index.family}: {count} release{'s' * (count != 1)}{says}"
