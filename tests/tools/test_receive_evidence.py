"""The way of a picture over real TLS: only to one's own name, only what it says it is."""

import hashlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.errors import EvidenceError, FeedError
from edge.feed import evidence
from edge.feed.evidence import HttpsEvidence, SpoolEvidence
from edge.feed.receipts import evidence_receipt_reader
from edge.record.keys import create_signer, load_public
from tests.authority import Authority
from tools.receive_evidence import LARGEST, LONGEST_S, Desk, Server, receive_evidence, secured

AGE = b"age-encryption.org/v1\nmade-up"
SHA = hashlib.sha256(AGE).hexdigest()


@dataclass(frozen=True)
class Receiver:
    """A running server, and who may have certificates."""

    port: int
    authority: Authority
    folder: Path

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}/evidence"

    def context(self, name: str | None = "box-1") -> ssl.SSLContext:
        cert, key = self.authority.issue(name, name) if name else (None, None)
        return evidence.secured(self.authority.folder / "ca.pem", cert, key)

    def publisher(self, box: str = "box-1", name: str | None = "box-1") -> HttpsEvidence:
        return HttpsEvidence(self.address, box, self.context(name))

    def put(self, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
        """Put as no box would; return status and text."""
        line = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=self.context(), timeout=10
        )
        with closing(line):
            line.putrequest("PUT", path, skip_accept_encoding=True)
            for name, value in headers.items():
                line.putheader(name.replace("_", "-"), value)
            line.endheaders(body)
            answer = line.getresponse()
            return answer.status, answer.read()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as server:
        yield server


@contextmanager
def receiving(tmp_path: Path, longest_s: float = LONGEST_S) -> Iterator[Receiver]:
    (tmp_path / "ca").mkdir()
    authority = Authority(tmp_path / "ca")
    cert, key = authority.issue("server", "server")
    desk = Desk(tmp_path / "stored", create_signer(tmp_path / "platform.pem", None), 10_000)
    context = secured(tmp_path / "ca/ca.pem", cert, key)
    server = Server(("127.0.0.1", 0), desk, context, longest_s)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Receiver(server.server_port, authority, tmp_path / "stored")
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_is_stored_and_answered_with_the_platforms_word(
    receiver: Receiver, tmp_path: Path
) -> None:
    read = evidence_receipt_reader("box-1", load_public(tmp_path / "platform.jwk"))
    for _ in range(2):  # sent twice it is the same
        word = receiver.publisher().deliver(SHA, AGE)
        assert word is not None
        receipt = read(word)
        assert (receipt.box, receipt.evidence, receipt.bytes) == ("box-1", SHA, len(AGE))
    stored = [path for path in receiver.folder.rglob("*") if path.is_file()]
    assert stored == [receiver.folder / "box-1" / f"{SHA}.age"]
    assert stored[0].read_bytes() == AGE


def test_nobody_puts_below_another_boxs_name(receiver: Receiver) -> None:
    with pytest.raises(EvidenceError, match="403"):
        receiver.publisher(box="box-2").deliver(SHA, AGE)
    assert not receiver.folder.exists()


def test_without_a_certificate_of_its_authority_nobody_gets_in(
    receiver: Receiver, tmp_path: Path
) -> None:
    with pytest.raises(FeedError):
        receiver.publisher(name=None).deliver(SHA, AGE)
    (tmp_path / "other").mkdir()
    cert, key = Authority(tmp_path / "other").issue("box-1", "box-1")
    context = evidence.secured(receiver.authority.folder / "ca.pem", cert, key)
    with pytest.raises(FeedError):
        HttpsEvidence(receiver.address, "box-1", context).deliver(SHA, AGE)
    assert not receiver.folder.exists()


def test_a_receiver_of_another_authority_gets_nothing(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    Authority(tmp_path / "other")
    cert, key = receiver.authority.issue("box-1", "box-1")
    context = evidence.secured(tmp_path / "other/ca.pem", cert, key)
    with pytest.raises(FeedError, match="certificate verify failed"):
        HttpsEvidence(receiver.address, "box-1", context).deliver(SHA, AGE)


def test_what_is_not_what_its_name_says_is_refused(receiver: Receiver) -> None:
    with pytest.raises(EvidenceError, match="400"):
        receiver.publisher().deliver("a" * 64, AGE)
    plain = b"\xff\xd8\xff no age file"
    with pytest.raises(EvidenceError, match="415"):
        receiver.publisher().deliver(hashlib.sha256(plain).hexdigest(), plain)
    assert not receiver.folder.exists()


@pytest.mark.parametrize(
    "path",
    [
        f"/evidence/box-1/{SHA}/more",
        f"/evidence/../{SHA}",
        f"/evidence/box-1/..%2f{SHA}",
        f"/evidence//{SHA}",
        f"/evidence/box-1/{SHA.upper()}",
        f"/other/box-1/{SHA}",
        "/",
    ],
)
def test_a_hostile_path_leads_nowhere(receiver: Receiver, path: str) -> None:
    status, _ = receiver.put(path, AGE, Content_Length=str(len(AGE)))
    assert status == 404
    assert not receiver.folder.exists()


@pytest.mark.parametrize(
    ("length", "status"),
    [(str(LARGEST + 1), 413), ("-1", 411), ("x", 411), ("", 411), ("9" * 5000, 411)],
)
def test_a_hostile_length_is_refused_before_anything_is_read(
    receiver: Receiver, length: str, status: int
) -> None:
    assert receiver.put(f"/evidence/box-1/{SHA}", b"", Content_Length=length)[0] == status


def test_a_box_cannot_use_up_the_room_of_others(receiver: Receiver) -> None:
    large = AGE + b"x" * 9_000
    receiver.publisher().deliver(hashlib.sha256(large).hexdigest(), large)
    more = large + b"y"
    with pytest.raises(EvidenceError, match="507"):
        receiver.publisher().deliver(hashlib.sha256(more).hexdigest(), more)
    assert receiver.publisher("box-2", "box-2").deliver(SHA, AGE)


def test_what_comes_in_several_copies_at_once_is_stored_once_and_each_is_answered(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path / "stored", create_signer(tmp_path / "platform.pem", None), 10**9)
    files = [AGE + bytes(200_000) + bytes([n]) for n in range(4)]
    copies = [age for age in files for _ in range(8)]
    with ThreadPoolExecutor(16) as boxes:
        words = boxes.map(lambda a: desk.take("box-1", hashlib.sha256(a).hexdigest(), a), copies)
    assert len(list(words)) == len(copies)
    assert len(list((tmp_path / "stored/box-1").iterdir())) == len(files)


def test_whoever_does_not_shake_hands_keeps_nobody_waiting(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port)):
        assert receiver.publisher().deliver(SHA, AGE)


def test_a_receiver_that_is_not_there_is_told(receiver: Receiver) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{free.getsockname()[1]}/evidence"
        with pytest.raises(FeedError, match="could not be delivered"):
            HttpsEvidence(address, "box-1", receiver.context()).deliver(SHA, AGE)


def test_certificates_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    with pytest.raises(FeedError) as told:
        evidence.secured(tmp_path / "none.pem", None, None)
    assert "uplink.ca" in told.value.remedy


def test_over_a_stick_it_comes_back_as_a_receipt(tmp_path: Path) -> None:
    create_signer(tmp_path / "platform.pem", None)
    stick = tmp_path / "stick"
    box = SpoolEvidence(stick, "box-1")
    assert box.deliver(SHA, AGE) is None
    assert box.deliver(SHA, AGE) is None
    (stick / "evidence/box-1" / f"{'b' * 64}.age").write_bytes(AGE)
    words = ["--folder", str(tmp_path / "stored"), "--signing", str(tmp_path / "platform.pem")]
    result = CliRunner().invoke(receive_evidence, [*words, "--ingest", str(stick)])
    assert result.exit_code == 1
    assert "another hash" in result.output
    word = box.deliver(SHA, AGE)
    assert word is not None
    read = evidence_receipt_reader("box-1", load_public(tmp_path / "platform.jwk"))
    assert read(word).evidence == SHA
    stored = tmp_path / "stored/box-1"
    assert [path.name for path in stored.iterdir()] == [f"{SHA}.age"]


def test_a_stick_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "stick").write_bytes(b"no folder")
    with pytest.raises(FeedError, match="spool"):
        SpoolEvidence(tmp_path / "stick", "box-1").deliver(SHA, AGE)


def test_without_certificates_it_does_not_listen(tmp_path: Path) -> None:
    create_signer(tmp_path / "platform.pem", None)
    words = ["--folder", str(tmp_path), "--signing", str(tmp_path / "platform.pem")]
    assert CliRunner().invoke(receive_evidence, words).exit_code == 2


@pytest.mark.parametrize("is_shaken", [False, True])
def test_whoever_does_not_go_on_is_cut_off_long_before_the_silence_is_too_long(
    tmp_path: Path, is_shaken: bool
) -> None:
    with receiving(tmp_path, longest_s=3) as receiver:
        line = socket.create_connection(("127.0.0.1", receiver.port), timeout=30)
        if is_shaken:
            line = receiver.context().wrap_socket(line, server_hostname="127.0.0.1")
        with closing(line):
            line.sendall(b"PUT " if is_shaken else b"\x16\x03\x01\x02\x00\x01")
            assert line.recv(1) == b""
        assert receiver.publisher().deliver(SHA, AGE) is not None
