"""A source over HTTPS and on a stick: real TLS, and servers that drip, never end or break off."""

import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError

from edge.errors import UpdateError
from edge.update import fetch
from edge.update.fetch import Patience, Source
from tests.follower import Follower, fault
from tests.repository import Publisher

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "updates of a test")])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own making for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return path


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Hostile(BaseHTTPRequestHandler):
    """Answers every request with what `way` writes."""

    way: Callable[[BaseHTTPRequestHandler], None]

    def do_GET(self) -> None:
        with suppress(OSError):  # the client left
            type(self).way(self)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler], tls: Path | None) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=partial(server.serve_forever, 0.01))
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server(publisher: Publisher, certificate: Path) -> Iterator[str]:
    with serving(partial(Quiet, directory=str(publisher.folder)), certificate) as address:
        yield address


def test_updates_come_over_https(
    box: Follower, server: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    report = box.sync(server)
    assert report.fine, report
    assert report.visits[0].source == server
    assert box.in_force() == "one"


def test_a_server_whose_certificate_nobody_vouches_for_is_refused(
    box: Follower, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    said = fault(box.sync(server))
    assert "The certificate of 127.0.0.1 is not trusted" in said
    assert "SSL_CERT_FILE" in said


def test_a_server_that_is_not_there_is_told(box: Follower) -> None:
    assert "127.0.0.1 cannot be reached" in fault(box.sync("https://127.0.0.1:1"))


def test_plain_http_is_refused_but_from_this_very_machine(
    box: Follower, publisher: Publisher
) -> None:
    assert "http://updates.example is no source" in fault(box.sync("http://updates.example/a"))
    with serving(partial(Quiet, directory=str(publisher.folder)), None) as address:
        assert box.sync(address).fine


@pytest.mark.parametrize("name", ["ftp://127.0.0.1/a", "file:///media/stick", "http://10.0.0.1"])
def test_other_addresses_are_no_sources(name: str) -> None:
    with pytest.raises(UpdateError, match="is no source of updates"):
        Source(name)


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(UpdateError) as refused:
        Source("https://user:hush@updates.example/anpr")
    assert "hush" not in str(refused.value)


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(bytes(1 << 16))


def broken_off(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(bytes(10))


def dripping(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b".")
        request.wfile.flush()


def silent(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b".")
    request.wfile.flush()
    request.rfile.read(1)  # until the client goes


def gone(request: BaseHTTPRequestHandler) -> None:
    request.send_error(404)


def received(
    way: Callable[[BaseHTTPRequestHandler], None], patience: Patience | None = None
) -> bytes:
    with serving(type("Way", (Hostile,), {"way": staticmethod(way)}), None) as address:
        source = Source(address)
        if patience is not None:
            source.fetcher._patience = patience  # type: ignore[attr-defined]
        return b"".join(source.fetch("targets/registry/x", 100_000))


def test_a_server_that_never_ends_is_left_at_the_signed_length() -> None:
    with pytest.raises(DownloadError, match="longer than the 100000 bytes signed"):
        received(endless)


def test_a_server_that_breaks_off_is_told() -> None:
    with pytest.raises(DownloadError, match="broke off"):
        received(broken_off)


def test_a_server_that_drips_is_left_when_patience_ends() -> None:
    ticks = iter(range(0, 10**6, 10))
    with pytest.raises(SlowRetrievalError, match="took too long"):
        received(dripping, Patience(lambda: float(next(ticks))))


def test_a_server_that_falls_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SILENCE_S", 0.2)
    with pytest.raises(SlowRetrievalError, match="fell silent"):
        received(silent)


def test_what_is_not_there_is_told_as_such() -> None:
    with pytest.raises(DownloadHTTPError):
        received(gone)


def test_an_address_without_updates_is_told_with_what_it_answered(
    box: Follower, server: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    said = fault(box.sync(f"{server}/elsewhere"))
    assert "/elsewhere/metadata/timestamp.json was answered with HTTP status 404." in said


def test_a_folder_without_updates_is_not_called_missing(box: Follower, tmp_path: Path) -> None:
    (tmp_path / "stick/anpr").mkdir(parents=True)
    said = fault(box.sync(str(tmp_path / "stick")))
    assert "stick holds no updates: no metadata lies in it." in said


def test_a_stick_that_vanishes_is_a_clear_error(box: Follower, publisher: Publisher) -> None:
    publisher.folder.rename(publisher.folder.with_name("elsewhere"))
    said = fault(box.sync())
    assert f"The folder {publisher.folder} is not, or no longer, there." in said


def test_a_pipe_on_a_stick_does_not_make_the_box_wait(box: Follower, publisher: Publisher) -> None:
    path = publisher.metadata("timestamp")
    path.unlink()
    os.mkfifo(path)
    assert "timestamp.json is no file" in fault(box.sync())


def test_a_folder_in_place_of_a_file_is_told(box: Follower, publisher: Publisher) -> None:
    path = publisher.metadata("timestamp")
    path.unlink()
    path.mkdir()
    assert "timestamp.json" in fault(box.sync())
