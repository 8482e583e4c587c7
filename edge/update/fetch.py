"""How the files of a source come in: from a folder (a stick) or over HTTPS, within limits of time.

Nothing here is trusted: whatever comes is proven by signature and hash afterwards.
"""

import os
import ssl
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface
from tuf.ngclient.urllib3_fetcher import Urllib3Fetcher

from edge.errors import UpdateError

CHUNK_BYTES = 1 << 16
SILENCE_S = 20
PATIENCE_S = 120.0
SLOWEST_BYTES_S = 16_000
"""A source may take `PATIENCE_S` for any file, and more for a large one at this speed."""
HERE = {"localhost", "127.0.0.1", "::1"}
NO_SUCH = 404


class Patience:
    """How long a transfer may take; begun anew for each file."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends_at = 0.0
        self.begin(0)

    def begin(self, size: int) -> None:
        """Begin with a file of at most this many bytes."""
        self._ends_at = self._clock() + PATIENCE_S + size / SLOWEST_BYTES_S

    def check(self) -> None:
        """Raise SlowRetrievalError when it is over."""
        if self._clock() > self._ends_at:
            raise SlowRetrievalError("It took too long.")


class FolderFetcher(FetcherInterface):
    """Reads from a folder, such as that of a stick, which may be pulled out at any moment."""

    def __init__(self, folder: Path, patience: Patience) -> None:
        self._folder, self._patience = folder, patience

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = Path(url)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError as e:
            if not (self._folder / "metadata").is_dir():
                raise DownloadError(self._lack()) from e
            raise DownloadHTTPError(f"There is no {path.name}.", NO_SUCH) from e
        except OSError as e:
            raise DownloadError(f"{path.name} cannot be read ({e.strerror}).") from e
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise DownloadError(f"{path.name} is no file.")
        return self._read(path, handle)

    def _lack(self) -> str:
        if self._folder.is_dir():
            return f"The folder {self._folder} holds no updates: no metadata lies in it."
        return f"The folder {self._folder} is not, or no longer, there."

    def _read(self, path: Path, handle: int) -> Iterator[bytes]:
        try:
            with os.fdopen(handle, "rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    self._patience.check()
                    yield chunk
        except OSError as e:
            raise DownloadError(f"{path.name} cannot be read to its end ({e.strerror}).") from e


class HttpsFetcher(Urllib3Fetcher):
    """Reads over HTTPS; a server that drips or never ends is left."""

    def __init__(self, patience: Patience) -> None:
        super().__init__(socket_timeout=SILENCE_S, app_user_agent="anpr-edge")
        self._patience = patience

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            return super()._fetch(url)
        except DownloadHTTPError as e:
            told = f"{urlsplit(url).path} was answered with HTTP status {e.status_code}."
            raise DownloadHTTPError(told, e.status_code) from e
        except (urllib3.exceptions.HTTPError, SlowRetrievalError) as e:
            raise DownloadError(unreached(urlsplit(url).hostname, e.__cause__ or e)) from e

    def _chunks(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """Yield what has come so far: a full chunk may never come from a server that drips."""
        try:
            while chunk := response.read1(CHUNK_BYTES, decode_content=False):
                self._patience.check()
                yield chunk
        except urllib3.exceptions.TimeoutError as e:
            raise SlowRetrievalError("It fell silent.") from e
        except (urllib3.exceptions.HTTPError, OSError) as e:
            raise DownloadError(f"The connection broke off ({e}).") from e
        finally:
            response.close()  # what was not read to its end is read by nobody


def unreached(host: str | None, error: BaseException) -> str:
    """Say why a host was not reached: what a person can mend of its certificate, too."""
    reason = getattr(error, "reason", None) or error
    inner = next(iter(reason.args), None)
    if isinstance(inner, ssl.SSLCertVerificationError):
        lists = "SSL_CERT_FILE names another list of those who may vouch for it"
        return f"The certificate of {host} is not trusted ({inner.verify_message}); {lists}."
    return f"{host} cannot be reached ({reason})."


class Source:
    """Where a repository lies: the folder or address that holds `metadata/` and `targets/`."""

    def __init__(self, name: str) -> None:
        """Take a configured source. Raises UpdateError for an address that is not safe."""
        self.name = name.rstrip("/") or name
        self.patience = Patience()
        self.fetcher: FetcherInterface = (
            HttpsFetcher(self.patience)
            if _is_address(self.name)
            else FolderFetcher(Path(self.name), self.patience)
        )

    def fetch(self, path: str, size: int) -> Iterator[bytes]:
        """Yield the bytes of a file of the repository, at most `size` of them.

        Raises DownloadError.
        """
        self.patience.begin(size)
        came = 0
        for chunk in self.fetcher.fetch(f"{self.name}/{path}"):
            came += len(chunk)
            if came > size:
                raise DownloadError(f"{Path(path).name} is longer than the {size} bytes signed.")
            yield chunk


def _is_address(name: str) -> bool:
    """True for an HTTPS address, False for a folder. Raises UpdateError for any other address."""
    found = urlsplit(name)
    if "://" not in name:
        return False
    local = found.scheme == "http" and found.hostname in HERE
    if (found.scheme == "https" or local) and found.username is None:
        return True
    raise UpdateError(
        f"{found.scheme}://{found.hostname} is no source of updates.",
        "Name an https:// address without user and password, or a folder, in updates.sources.",
    )
