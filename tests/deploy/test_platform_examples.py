"""The examples of deploy/platform against a real broker, a box's outbox and its uplink."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from joserfc import jws as jose
from joserfc.jwk import OctKey

from edge.daemon.uplink import Pace, Uplink
from edge.feed.dropping import LEAST
from edge.feed.ledger import open_ledgers
from edge.feed.mqtt import MqttPublisher
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.feed.session import Arrived, Item, Note, Role, Session
from edge.feed.topics import topic
from edge.record.chain import START, check, examine
from edge.record.envelope import Flaw, decode_part, seal, split
from edge.record.keys import create_signer, extend_trusted, load_public, load_trusted
from edge.types import Envelope, Link
from tests.chains import STORAGE_KEY, Pen, rotation
from tests.conftest import REPOSITORY
from tests.drops import drop, passage
from tests.mosquitto import Mosquitto, wait_for
from tests.mosquitto import broker as broker
from tools.platform.samples import BOX, SAMPLES, sample

PLATFORM = REPOSITORY / "deploy" / "platform"
KINDS = [kind for kind in SAMPLES if kind != "rotation"]
DRAIN_S = 60.0


def python_example() -> list[str]:
    return [sys.executable, str(PLATFORM / "python" / "receive.py")]


def node_example() -> list[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node here: apt install nodejs npm")
    if not (PLATFORM / "node" / "node_modules" / "mqtt").is_dir():
        pytest.skip("the packages of the Node example are not installed: make examples")
    return [node, str(PLATFORM / "node" / "receive.mjs")]


EXAMPLES = {"python": python_example, "node": node_example}


class Street:
    """A box with its outbox and uplink, a broker, and an example at the platform's end."""

    def __init__(self, command: list[str], broker: Mosquitto, folder: Path) -> None:
        self._command, self._broker, self._folder = command, broker, folder
        self.box = create_signer(folder / "box.pem", BOX)
        self.other = create_signer(folder / "other.pem", "box-2")
        self.stranger = create_signer(folder / "stranger.pem", BOX)
        create_signer(folder / "platform.pem", None)
        self.next = create_signer(folder / "next.pem", BOX)
        self.heir = create_signer(folder / "heir.pem", BOX)
        self.signer = self.box
        for signer, box in ((self.box, BOX), (self.other, "box-2"), (self.next, BOX)):
            extend_trusted(folder / "boxes.jwks", signer.public(box))
        self.outbox = Outbox.open(folder / "outbox.sqlite", BOX, STORAGE_KEY, 0)
        self.uplink = Uplink(
            self.outbox,
            lambda: MqttPublisher.connect(BOX, broker),
            receipt_reader(BOX, load_public(folder / "platform.jwk")),
            Pace(patience_s=2.0),
        )
        self._said = folder / "said.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def start_example(self) -> None:
        with self._said.open("wb") as said:
            options = {"keys": "boxes.jwks", "signing": "platform.pem", "out": "received"}
            given = [f"--{name}={self._folder / value}" for name, value in options.items()]
            port = f"--port={self._broker.port}"
            self._process = subprocess.Popen([*self._command, *given, port], stdout=said)
        self.wait_until_said("listening")

    def stop_example(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wait_until_said(self, words: str) -> None:
        wait_for(lambda: any(words in line for line in self.said()), words)

    def said(self) -> list[str]:
        return self._said.read_text().splitlines()

    def write(self, length: int) -> list[Envelope]:
        written = []
        for n in range(length):
            link = self.outbox.next_link()
            envelope = seal(sample(KINDS[n % len(KINDS)], link), self.signer)
            self.outbox.append(envelope)
            written.append(envelope)
        return written

    def turn(self) -> Envelope:
        """Give the chain to a key that no register knows."""
        link = self.outbox.next_link()
        envelope = seal(rotation(link, BOX, self.heir, link.epoch + 1), self.signer)
        self.outbox.append(envelope)
        self.signer = self.heir
        return envelope

    def publish(self, kind: str, *payloads: bytes) -> None:
        session = Session.open(self._broker, Role("hand", "nobody/listens"))
        for payload in payloads:
            session.publish(Note(topic(BOX, kind), payload))
        session.settle(10)
        session.close()

    def kept(self) -> list[bytes]:
        path = self._folder / "received" / f"{BOX}.jws"
        return path.read_bytes().splitlines() if path.exists() else []

    def findings(self) -> list[str]:
        """Return what the box's own auditor finds in the file that the example kept."""
        (ledger,) = open_ledgers(self._folder / "received" / f"{BOX}.jws")
        keyring = ledger.keyring(load_trusted(self._folder / "boxes.jwks"))
        entries = [check(record.where, record.jws, keyring) for record in ledger.records]
        found = examine(BOX, entries, since=START)
        # The sample of a checkpoint counts records that were never written.
        return [finding.cause for finding in found if finding.flaw is not Flaw.MISCOUNT]


@pytest.fixture(params=EXAMPLES)
def street(request: pytest.FixtureRequest, broker: Mosquitto, tmp_path: Path) -> Iterator[Street]:
    found = Street(EXAMPLES[request.param](), broker, tmp_path)
    try:
        found.start_example()
        yield found
    finally:
        found.stop_example()
        found.outbox.close()


def test_an_example_keeps_the_chain_and_the_box_forgets_on_its_receipts(street: Street) -> None:
    written = street.write(12)
    assert street.uplink.drain(DRAIN_S) == 0
    assert street.kept() == [envelope.jws for envelope in written]
    assert street.findings() == []


def test_an_example_that_was_killed_goes_on_where_its_disk_ends(street: Street) -> None:
    first = street.write(4)
    assert street.uplink.drain(DRAIN_S) == 0
    street.stop_example()
    with (street._folder / "received" / f"{BOX}.jws").open("ab") as file:
        file.write(b"torn.by-a-power")
    more = street.write(3)
    street.start_example()
    assert street.uplink.drain(DRAIN_S) == 0
    assert street.kept() == [envelope.jws for envelope in (*first, *more)]
    assert street.findings() == []


def test_a_record_that_comes_again_is_kept_once_and_gets_its_receipt_again(
    street: Street,
) -> None:
    (envelope,) = street.write(1)
    street.publish("passage", envelope.jws, envelope.jws)
    street.wait_until_said(f"again {BOX} 1/1")
    assert len(street.kept()) == 1
    assert street.uplink.drain(DRAIN_S) == 0  # it comes a third time: its receipts were not heard
    assert len(street.kept()) == 1


def test_no_receipt_is_given_across_a_gap(street: Street) -> None:
    written = street.write(3)
    ear = Session.open(street._broker, Role("ear", topic(BOX, "receipt")))
    street.publish(KINDS[2], written[2].jws)
    street.wait_until_said(f"gap {BOX} 1/3")
    assert street.kept() == []
    street.publish(KINDS[0], written[0].jws)
    street.wait_until_said(f"stored {BOX} 1/1")
    receipts = heard(ear)
    assert [receipt["seq"] for receipt in receipts] == [1]
    assert street.uplink.drain(DRAIN_S) == 0
    assert street.kept() == [envelope.jws for envelope in written]


def test_what_the_box_dropped_and_signed_for_is_no_gap(street: Street) -> None:
    pen = Pen(BOX)
    pen.signer = street.box
    street.write(1)
    for _ in range(2):
        for _ in range(LEAST):
            street.outbox.append(passage(pen, street.outbox.next_link()))
        street.write(2)
        assert drop(street.outbox, pen) is not None
        street.write(2)
    waiting = street.outbox.pending(None, 99)
    assert street.outbox.backlog().dropped >= 2 * LEAST
    assert street.uplink.drain(DRAIN_S) == 0
    assert street.kept() == [envelope.jws for envelope in waiting]
    assert street.findings() == []
    street.stop_example()
    street.start_example()
    last = street.write(1)
    assert street.uplink.drain(DRAIN_S) == 0
    assert street.kept()[-1] == last[0].jws


def test_a_fork_is_refused_and_a_broken_chain_too(street: Street) -> None:
    written = street.write(2)
    assert street.uplink.drain(DRAIN_S) == 0
    fork = seal(sample("alarm", Link(1, 2, written[0].sha256)), street.box)
    loose = seal(sample("alarm", Link(1, 3, "ab" * 32)), street.box)
    street.publish("alarm", fork.jws)
    street.wait_until_said("forked")
    street.publish("alarm", loose.jws)
    street.wait_until_said("does not follow")
    assert street.kept() == [envelope.jws for envelope in written]


def heard(ear: Session) -> list[dict[str, Any]]:
    """Return the payloads of the receipts that came, at least one."""
    arrived: list[Item] = []
    wait_for(lambda: bool(arrived.extend(ear.receive(0.1)) or arrived), "a receipt")
    ear.close()
    return [json.loads(decode_part(split(i.payload)[1])) for i in arrived if isinstance(i, Arrived)]


def test_a_new_epoch_needs_a_rotation_and_within_one_the_key_stays(street: Street) -> None:
    first = seal(sample("alarm", Link(1, 1, START.sha256)), street.box)
    strange = seal(sample("alarm", Link(1, 2, first.sha256)), street.next)
    street.publish("alarm", first.jws, strange.jws)
    street.wait_until_said("not that of its epoch")
    opening = seal(sample("alarm", Link(2, 1, first.sha256)), street.next)
    street.publish("alarm", opening.jws)
    street.wait_until_said("no rotation named its key")
    assert street.kept() == [first.jws]


def test_a_box_that_changes_its_key_is_followed_and_still_after_a_restart(street: Street) -> None:
    written = [*street.write(2), street.turn(), *street.write(2)]
    assert street.uplink.drain(DRAIN_S) == 0
    street.stop_example()
    street.start_example()
    written += street.write(2)
    assert street.uplink.drain(DRAIN_S) == 0
    assert street.kept() == [envelope.jws for envelope in written]
    assert street.findings() == []


def test_a_rotation_that_is_not_valid_is_refused(street: Street) -> None:
    (first,) = street.write(1)
    assert street.uplink.drain(DRAIN_S) == 0
    link = Link(1, 2, first.sha256)
    skips = seal(rotation(link, BOX, street.heir, 3), street.box)
    again = seal(rotation(link, BOX, street.box, 2), street.box)
    street.publish("rotation", skips.jws)
    street.wait_until_said("its rotation is not valid")
    street.publish("rotation", again.jws)
    street.wait_until_said("used before")
    assert street.kept() == [first.jws]


def test_a_kind_of_tomorrow_is_kept_so_that_the_chain_goes_on(street: Street) -> None:
    first = seal(sample("alarm", Link(1, 1, START.sha256)), street.box)
    message = json.loads(sample("alarm", Link(1, 2, first.sha256)))
    message["type"] = "anpr-edge.alarm.v2"
    second = seal(msgspec.json.encode(message), street.box)
    street.publish("alarm", first.jws)
    street.publish("alarm.v2", second.jws)
    street.wait_until_said(f"stored {BOX} 1/2")
    assert street.kept() == [first.jws, second.jws]


Forger = Callable[[Street, bytes], bytes]


def with_header(street: Street, message: bytes, **members: object) -> bytes:
    header = {"alg": "Ed25519", "kid": street.box.key_id, **members}
    parts = street.box.sign(message).split(b".")
    return b".".join((encoded(json.dumps(header).encode()), *parts[1:]))


def encoded(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def flipped(street: Street, message: bytes) -> bytes:
    header, _, signature = street.box.sign(message).split(b".")
    return b".".join((header, encoded(message.replace(b"tenth", b"third")), signature))


def confused(street: Street, message: bytes) -> bytes:
    """Sign with the public key as if it were a shared secret."""
    secret = OctKey.import_key(street.box.public(BOX).x)
    header = {"alg": "HS256", "kid": street.box.key_id}
    return jose.serialize_compact(header, message, secret, algorithms=["HS256"]).encode()


def respelt(street: Street, message: bytes) -> bytes:
    """Spell the signature otherwise: its last character has bits that nobody reads."""
    jws = street.box.sign(message)
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return jws[:-1] + letters[letters.index(jws[-1:]) + 1 :][:1]


def moved(street: Street, message: bytes) -> bytes:
    return street.box.sign(message.replace(b"anpr-edge.alarm.v1", b"anpr-edge.count.v1"))


FORGERIES: dict[str, tuple[Forger, str]] = {
    "payload flip": (flipped, "signature does not hold"),
    "alg none": (lambda s, m: with_header(s, m, alg="none"), "header is not allowed"),
    "alg none, no signature": (
        lambda s, m: with_header(s, m, alg="none").rpartition(b".")[0] + b".",
        "header is not allowed",
    ),
    "no signature": (lambda s, m: s.box.sign(m).rpartition(b".")[0] + b".", "does not hold"),
    "HS256 with the public key": (confused, "header is not allowed"),
    "unknown crit": (lambda s, m: with_header(s, m, crit=["x"], x=1), "header is not allowed"),
    "a key brought along": (lambda s, m: with_header(s, m, jwk={}), "header is not allowed"),
    "a key nobody knows": (lambda s, m: s.stranger.sign(m), "key is not trusted"),
    "another box's key": (lambda s, m: s.other.sign(m), "another topic"),
    "another spelling": (respelt, "not canonical"),
    "another kind's topic": (moved, "another topic"),
    "two parts": (lambda s, m: s.box.sign(m).rpartition(b".")[0], "no compact JWS"),
    "too long": (lambda s, m: s.box.sign(m + b" " * 120_000), "no compact JWS"),
    "no message": (lambda s, m: s.box.sign(b"[]"), "no message of a box"),
    "no JSON": (lambda s, m: s.box.sign(b"\xff"), ""),
}


def test_forged_records_are_refused_and_the_true_one_is_stored(street: Street) -> None:
    message = sample("alarm", Link(1, 1, START.sha256))
    for name, (forge, why) in FORGERIES.items():
        before = len(street.said())
        street.publish("alarm", forge(street, message))
        wait_for(lambda before=before: len(street.said()) > before, name)  # type: ignore[misc]
        assert street.said()[-1].startswith("refused"), name
        assert why in street.said()[-1], name
    assert street.kept() == []
    street.write(2)
    assert street.uplink.drain(DRAIN_S) == 0
    assert len(street.kept()) == 2


def test_a_record_that_speaks_for_another_box_is_refused(street: Street) -> None:
    message = sample("alarm", Link(1, 1, START.sha256), box="box-2")
    street.publish("alarm", street.box.sign(message))
    street.wait_until_said("speaks for another box")
    assert street.kept() == []
