"""The repository as a box sees it: by tuf's own client, from a root that it was given once."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import TargetFile
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from edge.errors import UpdateError
from edge.update.releases import FAMILIES, INDEX, PACKED, Family, Releases, read_releases

CHUNK = 1 << 16
NO_SUCH = 404
REMEDY = "`show` tells what is published; `refresh`, `renew` or publish again what is wrong."


class FolderFetcher(FetcherInterface):
    """Fetches from a folder."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            return read_pieces(Path(url).open("rb"))
        except FileNotFoundError as e:
            raise DownloadHTTPError(f"there is no {url}", NO_SUCH) from e


def read_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file piece by piece, and close it."""
    with file:
        while piece := file.read(CHUNK):
            yield piece


def examined(folder: Path, root: Path) -> Iterator[str]:
    """Prove all that a box would fetch; yield what is right. Raises UpdateError."""
    with tempfile.TemporaryDirectory(prefix="anpr-check-") as cache:
        try:
            client = Updater(
                cache,
                str(folder / "metadata"),
                cache,
                str(folder / "targets"),
                FolderFetcher(),
                UpdaterConfig(),
                bootstrap=root.read_bytes(),
            )
            client.refresh()
            for family in FAMILIES:
                yield proven_family(client, family, Path(cache))
        except (RepositoryError, DownloadError) as e:
            raise UpdateError(f"A box would refuse {folder}: {e}.", REMEDY) from e
        except OSError as e:
            raise UpdateError(f"{e.filename} cannot be read ({e.strerror}).", REMEDY) from e


def proven_family(client: Updater, family: Family, cache: Path) -> str:
    """Fetch and unpack all that an index names. Raises UpdateError and what tuf raises."""
    path = fetched(client, f"{family}/{INDEX}")
    index: Releases = read_releases(path.read_bytes(), family)
    for release in index.releases:
        for file in release.files:
            refuse_other(client, file.path, file.size, file.sha256)
        for delta in release.deltas:
            refuse_other(client, delta.path, delta.size, None)
    newest = index.releases[-1] if index.releases else None
    says = f"newest is {newest.number}, {newest.id}" if newest else "none"
    return f"{family}: {len(index.releases)} releases, {says}"


def fetched(client: Updater, path: str) -> Path:
    """Fetch a target. Raises UpdateError where nobody vouches for it."""
    found: TargetFile | None = client.get_targetinfo(path)
    if found is None:
        raise UpdateError(f"No role vouches for {path}.", REMEDY)
    return Path(client.download_target(found))


def refuse_other(client: Updater, path: str, size: int, sha256: str | None) -> None:
    """Raise UpdateError for a target that is not, once unpacked, what the index says."""
    file = fetched(client, path)
    digest, length = hashlib.sha256(), 0
    for chunk in unpacked(file, path.endswith(PACKED)):
        digest.update(chunk)
        length += len(chunk)
    file.unlink()
    if length != size or sha256 not in (None, digest.hexdigest()):
        raise UpdateError(f"{path} does not hold what the index says.", REMEDY)


def unpacked(file: Path, packed: bool) -> Iterator[bytes]:
    """Yield the content of a fetched target. Raises UpdateError."""
    with file.open("rb") as stream:
        source = zstandard.ZstdDecompressor().stream_reader(stream) if packed else stream
        try:
            while chunk := source.read(CHUNK):
                yield chunk
        except zstandard.ZstdError as e:
            raise UpdateError(f"{file.name} cannot be unpacked ({e}).", REMEDY) from e
