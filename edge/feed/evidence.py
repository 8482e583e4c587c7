"""The two ways on which released pictures leave: HTTPS, and a folder for a stick.

Each is named by box and hash, so that to send it twice changes nothing:
`PUT <address>/<box>/<sha256>`, or `<spool>/evidence/<box>/<sha256>.age`. The answer is the
platform's signed word that it is stored; on a stick it comes back as `<sha256>.receipt`.
"""

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import EvidenceError, FeedError
from edge.feed.spool import CHECK_STICK, write_whole

AGE, RECEIPT = ".age", ".receipt"
FOLDER = "evidence"
TIMEOUT_S = 30.0
LONGEST_ANSWER = 16_384
STORED = {http.client.OK, http.client.CREATED}
CHECK_ADDRESS = "Check uplink.evidence, the network, and the receiver of evidence."
ASK = "It stays on the box; the receiver says why it was refused."
CHECK_FILES = "Check uplink.ca, uplink.cert and uplink.key."


class HttpsEvidence:
    """Puts files to a receiver; implements `EvidencePublisher`."""

    def __init__(self, address: str, box: str, context: ssl.SSLContext) -> None:
        """Send in the name of a box to an https address."""
        self._to, self._box, self._context = urlsplit(address), box, context

    def deliver(self, sha256: str, age: bytes) -> bytes | None:
        """Send one file; return the platform's word (compact JWS).

        Raises FeedError when the way is closed, EvidenceError when this file was not taken.
        """
        line = http.client.HTTPSConnection(
            self._to.hostname or "", self._to.port, context=self._context, timeout=TIMEOUT_S
        )
        path = f"{self._to.path.rstrip('/')}/{self._box}/{sha256}"
        try:
            line.request("PUT", path, age, {"Content-Type": "application/octet-stream"})
            answer = line.getresponse()
            word, status = answer.read(LONGEST_ANSWER), answer.status
        except (OSError, http.client.HTTPException) as e:
            raise FeedError(f"A picture could not be delivered ({e}).", CHECK_ADDRESS) from e
        finally:
            line.close()
        if status not in STORED:
            raise EvidenceError(f"The receiver did not take a picture ({status}).", ASK)
        return word.strip()


class SpoolEvidence:
    """Lays files into a folder; implements `EvidencePublisher`."""

    def __init__(self, spool: Path, box: str) -> None:
        """Lay them beside the records of a box."""
        self._folder = spool / FOLDER / box

    def deliver(self, sha256: str, age: bytes) -> bytes | None:
        """Lay one file down; return the platform's word, None when it did not come back yet.

        Raises FeedError when the folder cannot be used.
        """
        file, receipt = self._folder / f"{sha256}{AGE}", self._folder / f"{sha256}{RECEIPT}"
        try:
            if receipt.is_file():
                return receipt.read_bytes().strip()
            self._folder.mkdir(parents=True, exist_ok=True)
            if file.is_file() and file.read_bytes() == age:
                return None
        except OSError as e:
            raise FeedError(f"The spool cannot be used ({e.strerror}).", CHECK_STICK) from e
        write_whole(file, age)
        return None


def secured(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    """Return TLS with a client certificate; without `ca` the system's authorities are trusted.

    Raises FeedError when a file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if cert is not None:
            context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as e:
        raise FeedError(f"The certificates for evidence cannot be used ({e}).", CHECK_FILES) from e
    return context
