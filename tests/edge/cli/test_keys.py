"""`keys`: asked for, taken in, shown and changed; no private key is ever shown."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from edge.cli.keycheck import KeyState, client_certificate, signing_key
from edge.config import load
from edge.daemon import wiring
from edge.errors import KeyFileError
from edge.record.client import certificate_request, create_client_key
from edge.record.enrolment import (
    KeyCertificate,
    read_certificate,
    read_request,
    sign_certificate,
)
from edge.record.jwk import fingerprint
from edge.record.keyplace import KeyPlace
from edge.record.keys import create_signer, load_public, load_signer
from tests.desk import BOX, CONFIG, Desk
from tests.fakes import START


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_order_that_fails_does_not_stand(desk: Desk) -> None:
    desk.ask()
    desk.said("rotate")
    (desk.keys / "storage.key").write_text("cd" * 32)
    assert "another storage key" in str(desk.run("rotate").exception)
    assert not (desk.keys / "box.pem.next").exists()


def test_a_request_makes_what_is_the_boxs_own_and_proves_both_keys(desk: Desk) -> None:
    asked = read_request(desk.ask())
    assert (asked.box, asked.key.box) == (BOX, BOX)
    assert asked.key.kid == load_signer(desk.keys / "box.pem").key_id
    assert asked.csr is not None
    csr = x509.load_pem_x509_csr(asked.csr.encode())
    assert csr.is_signature_valid
    assert csr.subject.rfc4514_string() == f"CN={BOX}"
    for name in ("box.pem", "storage.key", "client.key"):
        assert (desk.keys / name).stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex((desk.keys / "storage.key").read_text().strip())) == 32


def test_a_second_request_keeps_the_keys_that_are_there(desk: Desk) -> None:
    first = desk.ask()
    before = {path.name: path.read_bytes() for path in desk.keys.iterdir()}
    second = desk.ask()
    assert {path.name: path.read_bytes() for path in desk.keys.iterdir()} == before
    assert read_request(first).nonce != read_request(second).nonce


def test_no_private_key_is_shown_or_sent(desk: Desk) -> None:
    secrets = [
        line.strip()
        for name in ("box.pem", "storage.key", "client.key")
        for line in (desk.ask() and (desk.keys / name).read_text()).splitlines()
        if not line.startswith("---")
    ]
    told = desk.run("request", "--out", str(desk.folder / "again.jws")).output
    told += desk.run("show").output + (desk.folder / "again.jws").read_text()
    told += repr(read_request((desk.folder / "again.jws").read_bytes().strip()))
    assert not any(secret in told for secret in secrets)


def test_the_answer_is_put_in_place_and_shown(desk: Desk) -> None:
    done = desk.said("install", str(desk.answer()))
    assert (done["box"], done["epoch"]) == (BOX, 1)
    shown = desk.said("show")
    assert shown["certificate"]["name"] == BOX
    assert shown["signing"]["kid"] == done["kid"]
    assert shown["signing"]["fingerprint"] == done["fingerprint"]
    assert (shown["next"], shown["epoch"]) == (None, None)
    assert "fingerprint" in desk.run("show").output


WRONG: dict[str, dict[str, Any]] = {
    "another box": {"box": "gent-0013"},
    "another key": {"kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
    "another kind of word": {"type": "anpr-edge.key-request.v1"},
    "no certificate in it": {"client": "none"},
}


@pytest.mark.parametrize("what", WRONG)
def test_an_answer_that_is_not_for_this_box_and_key_changes_nothing(desk: Desk, what: str) -> None:
    done = desk.run("install", str(desk.answer(**WRONG[what])))
    assert done.exit_code == 1
    assert not (desk.keys / "client.pem").exists()
    assert not (desk.folder / "state" / "certificate.jws").exists()


def test_an_answer_for_another_client_key_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    other = certificate_request(create_client_key(tmp_path / "other.key"), BOX)
    done = desk.run("install", str(desk.answer(client=desk.authority.signed(other, BOX))))
    assert "another box or another key" in str(done.exception)


def test_an_answer_in_the_name_of_another_box_changes_nothing(desk: Desk) -> None:
    csr = read_request(desk.ask()).csr
    assert csr is not None
    done = desk.run("install", str(desk.answer(client=desk.authority.signed(csr, "gent-0013"))))
    assert "another box or another key" in str(done.exception)


def test_an_answer_that_somebody_else_signed_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    thief = create_signer(tmp_path / "thief.pem", None)
    done = desk.run("install", str(desk.answer(signer=thief)))
    assert "not trusted" in str(done.exception)
    assert not (desk.keys / "client.pem").exists()


def test_an_answer_that_was_altered_changes_nothing(desk: Desk) -> None:
    path = desk.answer()
    head, body, signature = path.read_bytes().split(b".")
    path.write_bytes(b".".join((head, body[:-8] + b"AAAAAAAA", signature)))
    assert desk.run("install", str(path)).exit_code == 1


def test_a_chain_begins_in_the_epoch_that_the_platform_gave(desk: Desk) -> None:
    assert desk.run("install", str(desk.answer(epoch=4))).exit_code == 0
    config = load(desk.folder / "box.toml")
    for _ in range(2):
        with wiring.outbox(config) as outbox:
            link = outbox.next_link()
        assert (link.epoch, link.seq, link.prev) == (4, 1, "0" * 64)
    assert desk.said("show")["epoch"] == 4


def test_a_certificate_of_another_platform_begins_no_chain(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("install", str(desk.answer(epoch=4))).exit_code == 0
    create_signer(tmp_path / "other.pem", None)
    shutil.copy(tmp_path / "other.jwk", desk.keys / "platform.jwk")
    with pytest.raises(Exception, match="not trusted"):
        wiring.outbox(load(desk.folder / "box.toml"))


def test_while_the_daemon_is_stopped_the_key_changes_at_once(desk: Desk) -> None:
    desk.ask()
    before = desk.said("show")["signing"]["kid"]
    done = desk.said("rotate")
    assert (done["daemon"], done["epoch"]) == (False, 2)
    shown = desk.said("show")
    assert shown["signing"]["kid"] == done["kid"] != before
    assert (shown["epoch"], shown["next"]) == (2, None)


def test_while_the_daemon_is_at_work_the_next_key_waits_for_it(desk: Desk) -> None:
    desk.ask()
    before = desk.said("show")["signing"]["kid"]
    with wiring.outbox(load(desk.folder / "box.toml")):
        done = desk.said("rotate")
    assert done["daemon"] is True
    shown = desk.said("show")
    assert (shown["signing"]["kid"], shown["next"]["kid"]) == (before, done["kid"])


def test_an_old_key_that_the_daemon_could_not_destroy_is_destroyed_while_it_works(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask()
    old = (desk.keys / "box.pem").read_bytes()
    monkeypatch.setattr(KeyPlace, "settle", lambda _: None)
    coming = desk.said("rotate")["kid"]
    assert (desk.keys / "box.pem").read_bytes() == old
    monkeypatch.undo()
    with wiring.outbox(load(desk.folder / "box.toml")):
        assert desk.said("rotate") == {
            "finished": True,
            "kid": coming,
            "fingerprint": fingerprint(coming),
        }
    assert load_signer(desk.keys / "box.pem").key_id == coming
    assert not (desk.keys / "box.pem.next").exists()


def test_a_box_on_a_stick_asks_for_no_client_certificate(desk: Desk) -> None:
    text = CONFIG.partition("[uplink]")[0]
    (desk.folder / "box.toml").write_text(text)
    assert read_request(desk.ask()).csr is None
    assert desk.run("install", str(desk_answer_without_client(desk))).exit_code == 0


def desk_answer_without_client(desk: Desk) -> Path:
    asked = read_request(desk.ask())
    word = KeyCertificate(
        box=BOX,
        kid=asked.key.kid,
        epoch=1,
        client=None,
        issued_at=START,
        not_after=START,
        nonce=asked.nonce,
    )
    path = desk.folder / "certificate.jws"
    path.write_bytes(sign_certificate(word, desk.platform))
    assert read_certificate(path.read_bytes(), load_public(desk.keys / "platform.jwk")) == word
    return path


def test_a_key_that_is_a_credential_is_not_changed_by_the_box(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask()
    text = CONFIG.replace("keys/box.pem", "credential:box.pem")
    (desk.folder / "box.toml").write_text(text)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(desk.keys))
    done = desk.run("rotate")
    assert done.exit_code == 1
    assert "cannot change this key by itself" in str(done.exception)
    assert not (desk.keys / "box.pem.next").exists()


def certificate_item(desk: Desk, now: datetime) -> KeyState:
    return client_certificate(load(desk.folder / "box.toml"), now)


def test_check_warns_before_the_client_certificate_runs_out(desk: Desk) -> None:
    desk.authority.lasts_client = timedelta(days=60)
    assert desk.run("install", str(desk.answer())).exit_code == 0
    now = datetime.now(UTC)
    assert certificate_item(desk, now).warnings == ()
    (warning,) = certificate_item(desk, now + timedelta(days=40)).warnings
    assert "runs out in 19 days" in warning
    late = certificate_item(desk, now + timedelta(days=61))
    assert late.remedy is not None
    assert "has run out" in late.says


def test_check_names_a_certificate_that_is_not_this_boxs(desk: Desk, tmp_path: Path) -> None:
    csr = read_request(desk.ask()).csr
    assert csr is not None
    now = datetime.now(UTC)
    (desk.keys / "client.pem").write_text(desk.authority.signed(csr, "gent-0013"))
    assert "does not name box" in certificate_item(desk, now).says
    other = certificate_request(create_client_key(tmp_path / "other.key"), BOX)
    (desk.keys / "client.pem").write_text(desk.authority.signed(other, BOX))
    assert "is not the certificate of" in certificate_item(desk, now).says
    (desk.keys / "client.pem").write_text("none")
    with pytest.raises(KeyFileError, match="no certificate"):
        certificate_item(desk, now)


def test_check_tells_of_a_key_that_comes_next_and_of_one_that_does_not_fit(desk: Desk) -> None:
    desk.ask()
    config = load(desk.folder / "box.toml")
    assert signing_key(config).warnings == ()
    assert desk.said("rotate")["daemon"] is False
    assert signing_key(config).warnings == ()
    wiring.key_place(config).create_next()
    (warning,) = signing_key(config).warnings
    assert "comes next" in warning
    for name in ("box.pem", "box.jwk", "box.pem.next"):
        (desk.keys / name).unlink()
    create_signer(desk.keys / "box.pem", BOX)
    assert "not that with which" in signing_key(config).says
    assert signing_key(config).remedy is not None
