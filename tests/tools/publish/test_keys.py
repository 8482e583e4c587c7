"""Keys: for their holder's eyes, never overwritten, never shown."""

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.errors import KeyFileError
from tests.tools.publish.workshop import Workshop, run
from tools.publish.keys import load_public, load_signer


def nothing(_: Path) -> list[bytes]:
    return []


def test_a_key_is_for_its_owner_only_and_its_public_half_has_its_id(tmp_path: Path) -> None:
    key = tmp_path / "root.pem"
    said = run("key", "--out", key)
    assert said.code == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    signer = load_signer(key, nothing)
    assert load_public(tmp_path / "root.pem.pub").keyid == signer.public_key.keyid
    assert signer.public_key.keyid in said.out
    assert signer.public_key.scheme == "ed25519"


@pytest.mark.parametrize("taken", ["root.pem", "root.pem.pub"])
def test_a_key_is_never_overwritten(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    said = run("key", "--out", tmp_path / "root.pem")
    assert said.code == 1
    assert "never overwritten" in said.err
    assert (tmp_path / taken).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [taken]


def test_a_key_with_a_passphrase_opens_with_it_only(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    key = tmp_path / "root.pem"
    assert run("key", "--out", key, "--passphrase-file", secret).code == 0
    assert b"ENCRYPTED" in key.read_bytes()
    assert load_signer(key, lambda _: [b"wrong", b"correct horse"])
    with pytest.raises(KeyFileError, match="does not open with that passphrase"):
        load_signer(key, lambda _: [b"battery staple"])


def test_a_bare_key_that_others_can_read_is_refused_and_a_locked_one_is_not(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    run("key", "--out", tmp_path / "bare.pem")
    run("key", "--out", tmp_path / "locked.pem", "--passphrase-file", secret)
    for name in ("bare.pem", "locked.pem"):
        (tmp_path / name).chmod(0o755)  # as a stick without modes shows it
    assert load_signer(tmp_path / "locked.pem", lambda _: [b"correct horse"])
    with pytest.raises(KeyFileError, match="can be read by others"):
        load_signer(tmp_path / "bare.pem", nothing)


def test_no_command_ever_prints_a_private_key(workshop: Workshop) -> None:
    secret = workshop.key("registry").read_text().splitlines()[1]
    key = load_pem_private_key(workshop.key("registry").read_bytes(), None)
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    said = [
        workshop.publish_registry(),
        workshop.run("show"),
        workshop.run("show", "--json"),
        workshop.run("renew", "packs", keys=("registry", "online")),  # not its key
    ]
    text = "".join(one.out + one.err for one in said)
    text += "".join(path.read_text() for path in workshop.metadata.iterdir())
    for hidden in (secret, raw.hex(), base64.b64encode(raw).decode()):
        assert hidden not in text


@pytest.mark.parametrize(
    ("content", "says"),
    [("nonsense", "not a private key"), ("-----BEGIN PRIVATE KEY-----\nAAAA\n", "does not open")],
)
def test_a_file_that_is_no_key_is_refused_in_a_sentence(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "bad.pem"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=says):
        load_signer(path, nothing)
