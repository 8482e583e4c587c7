"""`python -m tools.receive_evidence`: where the pictures of released candidates come in.

`PUT /evidence/<box>/<sha256>` over TLS with the client certificate of that box (its common name
is the box id), or a stick. What is stored is an age file that only the authority can open; the
answer is the platform's signed word that it lies there.
"""

import hashlib
import http.server
import re
import ssl
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Any

import click

from edge.errors import BoxError, FeedError
from edge.feed.evidence import AGE, FOLDER, RECEIPT
from edge.feed.receipts import sign_receipt
from edge.feed.spool import write_whole
from edge.feed.topics import NAME
from edge.ports import Signer
from edge.record.age import MAGIC
from edge.record.keys import load_signer
from edge.record.message import EvidenceReceipt

FINDING = 1
LARGEST = 16 * 2**20
TIMEOUT_S, LONGEST_S = 60.0, 600.0
"""How long a silent box is waited for, and how long one connection may last at all."""
MEGABYTE = 1_000_000
HASH_DIGITS = 64
LENGTH = re.compile("[0-9]{1,12}")
FILE = click.Path(path_type=Path)


class RefusalError(Exception):
    """Why a file is not taken, as an HTTP status and one sentence."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        """Keep both."""
        super().__init__(reason)
        self.status, self.reason = status, reason


class Desk:
    """Takes files, stores them durably, and signs for them."""

    def __init__(self, folder: Path, signer: Signer, most: int) -> None:
        """Store into `folder/<box>`, at most so many bytes for each box."""
        self._folder, self._signer, self._most = folder, signer, most
        self._one_at_a_time = threading.Lock()

    def take(self, box: str, sha256: str, age: bytes) -> bytes:
        """Store one file; return the signed receipt. To take it again changes nothing.

        Raises RefusalError when it is not what its name says, or there is no room for it.
        """
        if hashlib.sha256(age).hexdigest() != sha256:
            raise RefusalError(HTTPStatus.BAD_REQUEST, "The file has another hash than its name.")
        if not age.startswith(MAGIC):
            raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "This is not an age file.")
        path = self._folder / box / f"{sha256}{AGE}"
        try:
            with self._one_at_a_time:  # two copies of a file share a draft, all of a box its room
                self._store(path, age)
        except (OSError, FeedError) as e:
            raise RefusalError(HTTPStatus.INSUFFICIENT_STORAGE, "It cannot be stored now.") from e
        word = EvidenceReceipt(
            box=box, evidence=sha256, bytes=len(age), stored_at=datetime.now(UTC)
        )
        return sign_receipt(word, self._signer)

    def _store(self, path: Path, age: bytes) -> None:
        if path.is_file() and path.read_bytes() == age:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        used = sum(file.stat().st_size for file in path.parent.iterdir())
        if used + len(age) > self._most:
            raise RefusalError(HTTPStatus.INSUFFICIENT_STORAGE, "This box has used up its room.")
        write_whole(path, age)


class Server(http.server.ThreadingHTTPServer):
    """Listens with TLS; each box has its own thread, its handshake too."""

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        desk: Desk,
        context: ssl.SSLContext,
        longest_s: float = LONGEST_S,
    ) -> None:
        """Answer at an address out of a desk; no connection lasts longer than `longest_s`."""
        super().__init__(address, Handler)
        self.desk, self._context, self._longest_s = desk, context, longest_s

    def get_request(self) -> tuple[socket, Any]:
        """Wrap a connection; whoever does not shake hands keeps nobody waiting."""
        connection, address = super().get_request()
        connection.settimeout(TIMEOUT_S)
        wrapped = self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        return wrapped, address

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Serve a connection; whoever drips bytes, in the handshake too, is cut off in the end."""
        end = threading.Timer(self._longest_s, _cut, [request])
        end.daemon = True
        end.start()
        try:
            super().finish_request(request, client_address)
        finally:
            end.cancel()

    def handle_error(self, request: object, client_address: object) -> None:
        """Tell a connection that broke in one line."""
        click.echo(f"A connection broke: {sys.exception()}", err=True)


class Handler(http.server.BaseHTTPRequestHandler):
    """One request of one box."""

    server: Server
    timeout = TIMEOUT_S

    def do_PUT(self) -> None:
        """Take one file."""
        try:
            age = self._content()
            word = self.server.desk.take(*self._named(), age)
        except RefusalError as e:
            self._answer(e.status, e.reason.encode())
        else:
            self._answer(HTTPStatus.OK, word)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what arrived is told by what is stored."""

    def _named(self) -> tuple[str, str]:
        """Return box and hash from the path; the certificate must be that of the box."""
        parts = self.path.split("/")
        box, sha256 = parts[-2:] if len(parts) == 4 else ("", "")
        if parts[:2] != ["", FOLDER] or not NAME.fullmatch(box) or not _is_hash(sha256):
            raise RefusalError(HTTPStatus.NOT_FOUND, "The path is /evidence/BOX/SHA256.")
        if box != _common_name(self.connection):
            raise RefusalError(HTTPStatus.FORBIDDEN, "The certificate is that of another box.")
        return box, sha256

    def _content(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not LENGTH.fullmatch(length):
            raise RefusalError(HTTPStatus.LENGTH_REQUIRED, "The request does not tell its length.")
        if int(length) > LARGEST:
            self.close_connection = True
            raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The file is too large.")
        age = self.rfile.read(int(length))
        if len(age) < int(length):
            raise RefusalError(HTTPStatus.BAD_REQUEST, "The file was cut short on its way.")
        return age

    def _answer(self, status: HTTPStatus, content: bytes) -> None:
        self.send_response(status)
        kind = "application/jose" if status is HTTPStatus.OK else "text/plain"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def secured(ca: Path, cert: Path, key: Path) -> ssl.SSLContext:
    """Return TLS that lets nobody in without a certificate of this authority.

    Raises FeedError when a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(cert, key)
        context.load_verify_locations(ca)
    except OSError as e:
        cause = f"The certificates cannot be used ({e})."
        raise FeedError(cause, "Check --ca, --cert and --key.") from e
    return context


def ingest(desk: Desk, stick: Path) -> list[str]:
    """Take every file on a stick and lay receipts beside them; return what was refused, and why.

    Raises FeedError when the stick cannot be used.
    """
    refused = []
    for path in sorted((stick / FOLDER).glob(f"*/*{AGE}")):
        try:
            _ingest(desk, path)
        except RefusalError as e:
            refused.append(f"{path.name}: {e.reason}")
        except OSError as e:
            refused.append(f"{path.name}: it cannot be read ({e.strerror}).")
    return refused


def _ingest(desk: Desk, path: Path) -> None:
    if not NAME.fullmatch(path.parent.name) or not path.is_file():
        raise RefusalError(HTTPStatus.NOT_FOUND, "It is no file of a box.")
    if path.stat().st_size > LARGEST:
        raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The file is too large.")
    word = desk.take(path.parent.name, path.stem, path.read_bytes())
    write_whole(path.with_suffix(RECEIPT), word + b"\n")


def _cut(connection: socket) -> None:
    with suppress(OSError):  # it has ended by itself
        connection.shutdown(SHUT_RDWR)


def _common_name(connection: Any) -> str | None:  # noqa: ANN401 - a TLS socket, by `Server`
    subject = (connection.getpeercert() or {}).get("subject", ())
    names = [value for part in subject for key, value in part if key == "commonName"]
    return names[0] if len(names) == 1 else None


def _is_hash(text: str) -> bool:
    return len(text) == HASH_DIGITS and set(text) <= set("0123456789abcdef")


@click.command()
@click.option("--folder", required=True, type=FILE, help="Where files are stored, by box.")
@click.option("--signing", required=True, type=FILE, help="The platform's private key (PEM).")
@click.option("--ingest", "stick", type=FILE, help="Take them from a stick, not over HTTPS.")
@click.option("--host", default="localhost", show_default=True, help="Address to listen on.")
@click.option("--port", default=8443, show_default=True)
@click.option("--ca", type=FILE, help="CA of the boxes' certificates.")
@click.option("--cert", type=FILE, help="Certificate of this server.")
@click.option("--key", type=FILE, help="Its private key.")
@click.option("--max-mb", default=100_000, show_default=True, help="Room for each box.")
def receive_evidence(
    folder: Path,
    signing: Path,
    stick: Path | None,
    host: str,
    port: int,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    max_mb: int,
) -> None:
    """Store the pictures of released candidates, encrypted as they are; answer with receipts.

    Exit status: 0 fine, 1 a file on the stick was refused, 2 misuse.
    """
    desk = Desk(folder, load_signer(signing), max_mb * MEGABYTE)
    if stick is not None:
        refused = ingest(desk, stick)
        click.echo("".join(f"{line}\n" for line in refused), nl=False, err=True)
        sys.exit(FINDING if refused else 0)
    if ca is None or cert is None or key is None:
        raise click.UsageError("--ca, --cert and --key are needed to listen.")
    _serve(host, port, desk, secured(ca, cert, key))


def _serve(host: str, port: int, desk: Desk, context: ssl.SSLContext) -> None:
    try:
        server = Server((host, port), desk, context)
    except OSError as e:
        raise FeedError(f"{host}:{port} cannot be used ({e.strerror}).", "Name another.") from e
    with server:
        click.echo(f"Evidence: listening on https://{host}:{server.server_port}", err=True)
        server.serve_forever()


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        receive_evidence()
    except BoxError as e:
        click.echo(f"receive_evidence: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
