"""The register: boxes taken in and replaced, keys revoked, rotations followed; a real broker."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from edge.cli.records import verify_records
from edge.config import load
from edge.daemon import wiring
from edge.errors import BoxError, FeedError
from edge.feed.mqtt import MqttPublisher
from edge.feed.session import Arrived, Role, Session
from edge.record.client import load_certificate
from edge.record.enrolment import read_certificate, read_request, sign_request
from edge.record.jwk import Last, PublicJwk, fingerprint
from edge.record.keys import load_public, load_signer, load_trusted, public_keys
from edge.record.standing import Standing, standing
from tests.chains import Pen
from tests.desk import BOX, Desk
from tests.edge.feed.test_tls import ACL, TLS, Address
from tests.mosquitto import Mosquitto, find_mosquitto, wait_for
from tools.receive.store import Store
from tools.registrar.__main__ import registrar
from tools.registrar.register import RegisterError, Replacement, accept, find, revoke

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)
LOST = Replacement("The box burnt down.", NOW)


class Office(Desk):
    """The desk of a registrar."""

    @property
    def register(self) -> Path:
        return self.folder / "register.json"

    def registrar(self, *args: str, said: str = "") -> Result:
        return CliRunner().invoke(registrar, [*args], input=said)

    def accept(self, *more: str, said: str = "y\n") -> Result:
        return self.registrar(
            "accept",
            str(self.folder / "request.jws"),
            f"--register={self.register}",
            f"--signing={self.keys / 'platform.pem'}",
            f"--ca={self.authority.folder / 'ca.pem'}",
            f"--ca-key={self.authority.folder / 'ca.key'}",
            f"--out={self.folder / 'certificate.jws'}",
            "--days=1",
            *more,
            said=said,
        )

    def listed(self) -> list[dict[str, Any]]:
        done = self.registrar("list", f"--register={self.register}", "--json")
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def new_keys(self) -> None:
        """Lose the box's keys, as with its disk."""
        for name in ("box.pem", "box.jwk"):
            (self.keys / name).unlink()
        self.ask()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    days = timedelta(days=30)
    made.authority.renew(days)
    made.ask()
    return made


def test_a_box_that_is_taken_in_is_trusted_and_gets_its_certificate(office: Office) -> None:
    done = office.accept()
    assert done.exit_code == 0, done.output
    kid = load_signer(office.keys / "box.pem").key_id
    assert fingerprint(kid) in done.output
    key = load_trusted(office.register)[kid]
    assert (key.box, key.epoch) == (BOX, 1)
    assert office.said("install", str(office.folder / "certificate.jws"))["kid"] == kid
    found = load_certificate(office.keys / "client.pem")
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [*usage] == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert found.subject.rfc4514_string() == f"CN={BOX}"
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_fingerprint_decides(office: Office) -> None:
    assert office.accept(said="n\n").exit_code == 1
    assert not office.register.exists()
    wrong = office.accept("--fingerprint=90fa caaa")
    assert "another one" in str(wrong.exception)
    assert not office.register.exists()
    right = fingerprint(load_signer(office.keys / "box.pem").key_id)
    assert office.accept(f"--fingerprint={right.upper()}", said="").exit_code == 0


def test_the_same_box_may_ask_for_another_certificate(office: Office) -> None:
    office.accept()
    office.ask()
    assert office.accept().exit_code == 0
    assert len(office.listed()) == 1


def test_a_box_that_has_a_key_gets_no_second_one_unless_it_is_replaced(office: Office) -> None:
    office.accept()
    first = office.listed()[0]["kid"]
    office.new_keys()
    refused = office.accept()
    assert "has a key already" in str(refused.exception)
    assert office.accept("--replace").exit_code == 2  # why?
    done = office.accept("--replace", "--reason=The box burnt down.")
    assert done.exit_code == 0, done.output
    old, new = office.listed()
    assert (old["kid"], old["state"], old["reason"]) == (first, "revoked", "The box burnt down.")
    assert (new["state"], new["epoch"]) == ("trusted", 2)
    platform = load_public(office.keys / "platform.jwk")
    word = read_certificate((office.folder / "certificate.jws").read_bytes().strip(), platform)
    assert word.epoch == 2


def test_a_box_that_changed_its_key_by_itself_may_ask_for_another_certificate(
    office: Office, tmp_path: Path
) -> None:
    office.accept()
    first = load_signer(office.keys / "box.pem")
    office.said("rotate")
    with wiring.attached_outbox(load(office.folder / "box.toml")) as outbox:
        turned = outbox.pending(None, 10)
    heir = load_signer(office.keys / "box.pem")
    office.ask()
    assert "--received" in str(office.accept().exception)
    lines = tmp_path / "passages.jsonl"
    lines.write_bytes(b"\n".join(envelope.jws for envelope in turned))
    done = office.accept(f"--received={lines}")
    assert done.exit_code == 0, done.output
    assert [(row["kid"], row["epoch"]) for row in office.listed()] == [
        (first.key_id, 1),
        (heir.key_id, 2),
    ]


def test_a_revoked_key_is_not_taken_in_again(office: Office) -> None:
    office.accept()
    kid = office.listed()[0]["kid"]
    office.registrar("revoke", kid, f"--register={office.register}", "--reason=stolen")
    assert "was revoked" in str(office.accept().exception)


def forged(office: Office, what: str) -> bytes:
    """Return a request that proves less than it must."""
    asked = read_request((office.folder / "request.jws").read_bytes().strip())
    signer, thief = load_signer(office.keys / "box.pem"), Pen(BOX).signer
    change = msgspec.structs.replace
    assert asked.csr is not None
    return {
        "signed with another key": lambda: sign_request(asked, thief),
        "another box's name on the key": lambda: sign_request(
            change(asked, key=change(asked.key, box="other")), signer
        ),
        "a name that cannot be one": lambda: sign_request(
            change(asked, box="a/b", key=change(asked.key, box="a/b")), signer
        ),
        "another type": lambda: sign_request(change(asked, type="other"), signer),
        "a request of a client key that did not sign": lambda: sign_request(
            change(asked, csr=_unsigned(asked.csr or "")), signer
        ),
        "no request at all": lambda: signer.sign(b"{}"),
        "no JWS": lambda: b"request",
    }[what]()


def _unsigned(csr: str) -> str:
    raw = bytearray(b64decode("".join(csr.splitlines()[1:-1])))
    raw[-1] ^= 1
    text = b64encode(bytes(raw)).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n"


@pytest.mark.parametrize(
    "what",
    [
        "signed with another key",
        "another box's name on the key",
        "a name that cannot be one",
        "another type",
        "a request of a client key that did not sign",
        "no request at all",
        "no JWS",
    ],
)
def test_a_request_that_does_not_prove_both_keys_is_refused(office: Office, what: str) -> None:
    (office.folder / "request.jws").write_bytes(forged(office, what))
    done = office.accept()
    assert isinstance(done.exception, BoxError), done.output
    assert not office.register.exists()


def test_an_authority_that_is_none_signs_nothing(office: Office) -> None:
    (office.authority.folder / "ca.key").chmod(0o644)
    assert "read by others" in str(office.accept().exception)
    office.authority.issue("other", "other")
    folder = office.authority.folder
    done = office.accept(f"--ca-key={folder / 'other.key'}")
    assert "is not the private key" in str(done.exception)
    done = office.accept(f"--ca={folder / 'other.pem'}", f"--ca-key={folder / 'other.key'}")
    assert "not the certificate of an authority" in str(done.exception)
    (folder / "ca.key").chmod(0o600)
    done = office.accept("--days=400")
    assert "runs out before" in str(done.exception)
    assert not office.register.exists()


@pytest.fixture
def secure_broker(office: Office) -> Iterator[Mosquitto]:
    folder = office.authority.folder
    office.authority.issue("broker", "broker")
    found = Mosquitto(find_mosquitto(), folder, TLS.format(folder=folder, acl=ACL))
    found.start()
    yield found
    found.kill()


def test_a_real_broker_lets_in_the_box_that_was_taken_in_under_its_name_alone(
    office: Office, secure_broker: Mosquitto
) -> None:
    assert office.accept().exit_code == 0
    office.said("install", str(office.folder / "certificate.jws"))
    ca = office.authority.folder / "ca.pem"
    own = Address(secure_broker.port, ca, office.keys / "client.pem", office.keys / "client.key")
    cert, key = office.authority.issue("platform", "platform")
    ear = Session.open(Address(secure_broker.port, ca, cert, key), Role("ear", "anpr/v1/+/+"))
    pen = Pen(BOX)
    publisher = MqttPublisher.connect(BOX, own)
    (sent,) = pen.chain(1)
    publisher.publish(sent)
    heard: list[bytes] = []

    def arrived() -> bool:
        publisher.exchange(0.05)
        heard.extend(i.payload for i in ear.receive(0.05) if isinstance(i, Arrived))
        return sent.jws in heard

    wait_for(arrived, "its record")
    publisher.close()
    ear.close()
    stolen = Address(secure_broker.port, ca, office.keys / "client.pem", key)
    with pytest.raises(FeedError):  # the certificate without the key that asked for it is nothing
        MqttPublisher.connect(BOX, stolen)


def received(folder: Path, pens: list[Pen]) -> Path:
    """Return a receiver's database with three epochs of one box."""
    first, second, third = pens
    records = [*first.chain(2), first.turn(second), *second.chain(2), second.turn(third)]
    records += third.chain(2)
    path = folder / "received.sqlite"
    with Store.open(path, lambda: first.keyring) as store:
        store.take([(BOX, envelope.jws) for envelope in records])
    return path


@pytest.fixture
def pens() -> list[Pen]:
    return [Pen(BOX) for _ in range(3)]


@pytest.fixture
def register(tmp_path: Path, pens: list[Pen]) -> Path:
    path = tmp_path / "register.json"
    jwk = replace_epoch(pens[0].signer.public(BOX), 1)
    path.write_text(json.dumps({"keys": [jwk]}))
    return path


def replace_epoch(jwk: PublicJwk, epoch: int) -> dict[str, Any]:
    return {"kty": jwk.kty, "crv": jwk.crv, "x": jwk.x, "kid": jwk.kid, "box": BOX, "epoch": epoch}


def run(*args: str) -> Result:
    return CliRunner().invoke(registrar, list(args))


def test_rotations_are_followed_into_the_register(
    tmp_path: Path, pens: list[Pen], register: Path
) -> None:
    db = received(tmp_path, pens)
    done = run("follow", f"--register={register}", f"--received={db}")
    assert done.exit_code == 0, done.output
    assert [(k.kid, k.epoch) for k in public_keys(register)] == [
        (pen.signer.key_id, epoch) for epoch, pen in enumerate(pens, 1)
    ]
    assert "0 keys" in run("follow", f"--register={register}", f"--received={db}").output


def test_a_revoked_key_names_the_last_record_that_it_still_proves(
    tmp_path: Path, pens: list[Pen], register: Path
) -> None:
    db = received(tmp_path, pens)
    kid = pens[2].signer.key_id
    done = run(
        "revoke", kid, f"--register={register}", f"--received={db}", "--reason=The box was stolen."
    )
    assert done.exit_code == 0, done.output
    assert "up to 3/2" in done.output
    key = load_trusted(register)[kid]
    assert key.last == (3, 2)
    assert standing(key, (3, 2)) is Standing.VALID
    assert standing(key, (3, 3)) is Standing.REVOKED


def test_what_was_received_before_a_revocation_is_proven_and_the_rest_is_not(
    tmp_path: Path, pens: list[Pen], register: Path
) -> None:
    db = received(tmp_path, pens)
    later = datetime.now(UTC)
    kid, since = pens[0].signer.key_id, f"--at={later.isoformat()}"
    assert run("revoke", kid, f"--register={register}", "--reason=stolen", since).exit_code == 0
    whole = CliRunner().invoke(verify_records, [str(db), "--keys", str(register)])
    assert whole.exit_code == 0, whole.output
    lines = tmp_path / "passages.jsonl"
    lines.write_bytes(b"\n".join(envelope.jws for envelope in Pen(BOX).chain(1)))
    listed = CliRunner().invoke(verify_records, [str(lines), "--keys", str(register)])
    assert listed.exit_code == 1


def test_attack_revoked_key_what_a_thief_signs_is_named_to_an_auditor(
    tmp_path: Path, pens: list[Pen], register: Path
) -> None:
    pen = pens[0]
    genuine = pen.chain(3)
    kid = pen.signer.key_id
    run("revoke", kid, f"--register={register}", "--reason=stolen", "--last=1/3")
    lines = tmp_path / "passages.jsonl"
    lines.write_bytes(b"\n".join(e.jws for e in [*genuine, *pen.chain(2)]))
    done = CliRunner().invoke(verify_records, [str(lines), "--keys", str(register), "--json"])
    (proof,) = json.loads(done.stdout)["boxes"]
    assert proof["records"] == 3
    assert [(f["flaw"], f["seq"]) for f in proof["findings"]] == [
        ("key revoked", 4),
        ("key revoked", 5),
    ]


def jwk(box: str = BOX) -> PublicJwk:
    return Pen(box).signer.public(box)


def test_a_key_belongs_to_one_box() -> None:
    one = jwk()
    keys = accept((), one, None)
    other = msgspec.structs.replace(one, box="other")
    with pytest.raises(RegisterError, match="the one of box"):
        accept(keys, other, None)


def test_a_replaced_box_begins_after_every_epoch_that_is_known() -> None:
    keys = accept((), jwk(), None)
    keys = accept(keys, jwk(), replace(LOST, epoch=7, last=Last(1, 9)))
    keys = accept(keys, jwk(), LOST)
    assert [key.epoch for key in keys] == [1, 7, 8]
    assert [key.revoked_at for key in keys] == [NOW, NOW, None]
    assert keys[0].last == Last(1, 9)


def test_other_boxes_are_left_as_they_are_when_one_is_replaced() -> None:
    keys = accept(accept((), jwk("a"), None), jwk("b"), None)
    keys = accept(keys, jwk("b"), LOST)
    assert [key.revoked_at is None for key in keys] == [True, False, True]


def test_a_key_is_revoked_once_and_by_its_id_or_the_beginning_of_it() -> None:
    keys = accept((), jwk(), None)
    kid = keys[0].kid
    revoked = revoke(keys, kid[:8], LOST)
    assert revoked[0].revoked_at == NOW
    with pytest.raises(RegisterError, match="was revoked"):
        revoke(revoked, kid, LOST)
    with pytest.raises(RegisterError, match="No key"):
        revoke(keys, "unknown", LOST)
    assert find((*keys, *keys), kid[:8]) is None
    assert find(keys, kid[:7]) is None  # too little to mean it


def test_a_key_id_that_begins_with_a_dash_is_an_id(tmp_path: Path) -> None:
    while not (found := jwk()).kid.startswith("-"):
        pass
    path = tmp_path / "register.json"
    path.write_text(json.dumps({"keys": [replace_epoch(found, 1)]}))
    done = run("revoke", found.kid, f"--register={path}", "--reason=stolen")
    assert done.exit_code == 0, done.output
    assert load_trusted(path)[found.kid].revoked_at is not None


def test_a_platform_key_that_cannot_sign_changes_nothing(office: Office) -> None:
    done = office.accept(f"--signing={office.authority.folder / 'ca.key'}")
    assert isinstance(done.exception, BoxError)
    assert not office.register.exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--at", "2099-01-01"),
        ("--at", "0001-01-01T00:00:00+14:00"),
        ("--reason", "  "),
        ("--last", f"{2**80}/1"),
    ],
)
def test_a_revocation_that_would_not_be_one_is_misuse(
    office: Office, option: str, value: str
) -> None:
    office.accept()
    (key,) = office.listed()
    options = {"--reason": "Lost.", option: value}
    words = [word for pair in options.items() for word in pair]
    done = office.registrar("revoke", key["kid"], f"--register={office.register}", *words)
    assert done.exit_code == 2
    assert office.listed() == [key]


def test_nothing_is_revoked_in_a_register_that_is_not_there(office: Office) -> None:
    done = office.registrar("revoke", "KID", f"--register={office.register}", "--reason=Lost.")
    assert "cannot be read" in str(done.exception)
