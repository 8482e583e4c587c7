import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from joserfc.jwk import ECKey, OKPKey

from edge.errors import KeyFileError
from edge.record.chain import next_link
from edge.record.envelope import seal, verify
from edge.record.keys import (
    create_signer,
    extend_trusted,
    load_public,
    load_signer,
    load_trusted,
    write_private,
    write_trusted,
)
from tests.chains import alarm


def test_what_a_key_file_signs_its_public_file_proves(tmp_path: Path) -> None:
    create_signer(tmp_path / "box.pem", "box-1")
    signer = load_signer(tmp_path / "box.pem")
    envelope = seal(alarm(next_link(None), "box-1"), signer)
    assert verify(envelope.jws, load_trusted(tmp_path / "box.jwk")).kid == signer.key_id


def test_the_key_id_is_the_thumbprint_of_rfc_8037(tmp_path: Path) -> None:
    """The vector of RFC 8037, appendix A.3."""
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    path = tmp_path / "a.jwk"
    path.write_text(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid}))
    assert load_public(path).kid == kid


def test_a_private_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    create_signer(tmp_path / "box.pem", "box-1")
    assert stat.S_IMODE((tmp_path / "box.pem").stat().st_mode) == 0o600
    (tmp_path / "box.pem").chmod(0o640)
    with pytest.raises(KeyFileError, match="read by others"):
        load_signer(tmp_path / "box.pem")


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    create_signer(tmp_path / "box.pem", "box-1")
    before = (tmp_path / "box.pem").read_bytes()
    with pytest.raises(KeyFileError, match="never overwritten"):
        create_signer(tmp_path / "box.pem", "box-1")
    assert (tmp_path / "box.pem").read_bytes() == before


def test_no_half_written_key_is_left(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be written"):
        write_private(tmp_path / "missing" / "box.pem", b"secret")
    assert list(tmp_path.iterdir()) == []


def other_kinds() -> dict[str, bytes]:
    curve = ECKey.import_key(generate_private_key(SECP256R1()))
    return {
        "nothing": b"",
        "garbage": b"\x00\xff" * 40,
        "cut short": OKPKey.generate_key("Ed25519").as_pem(private=True)[:60],
        "a public key": OKPKey.generate_key("Ed25519").as_pem(private=False),
        "another curve": OKPKey.generate_key("Ed448").as_pem(private=True),
        "a key for exchange": OKPKey.generate_key("X25519").as_pem(private=True),
        "a P-256 key": curve.as_pem(private=True),
    }


@pytest.mark.parametrize("kind", other_kinds())
def test_what_is_not_a_signing_key_is_refused(tmp_path: Path, kind: str) -> None:
    content = other_kinds()[kind]
    write_private(tmp_path / "box.pem", content)
    with pytest.raises(KeyFileError) as refused:
        load_signer(tmp_path / "box.pem")
    assert "make_keys" in refused.value.remedy
    for line in content.splitlines():
        assert (
            len(line) < 20 or line.startswith(b"---") or line.decode("latin1") not in str(refused)
        )


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"box\.pem cannot be read \(No such file"):
        load_signer(tmp_path / "box.pem")


def trusted_file(path: Path, **changes: object) -> Path:
    jwk = json.loads((path / "box.jwk").read_text())
    kept = {name: value for name, value in {**jwk, **changes}.items() if value is not None}
    (path / "keys.jwks").write_text(json.dumps({"keys": [kept]}))
    return path / "keys.jwks"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"box": None}, "does not name its box"),
        ({"kid": "another"}, "not the thumbprint"),
        ({"x": "AAAA"}, "garbled"),
        ({"crv": "Ed448"}, "not Ed25519"),
        ({"kty": "EC"}, "not Ed25519"),
        ({"use": "enc"}, "not Ed25519"),
        ({"d": "c2VjcmV0"}, "private key where a public one"),
        ({"x": None}, "not a public key"),
    ],
)
def test_a_trusted_key_that_cannot_be_trusted_is_refused(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    create_signer(tmp_path / "box.pem", "box-1")
    with pytest.raises(KeyFileError, match=words) as refused:
        load_trusted(trusted_file(tmp_path, **changes))
    assert "c2VjcmV0" not in str(refused.value)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": []}', '{"keys": 1}', "\xff"])
def test_a_file_that_is_no_key_set_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.jwks").write_text(content, encoding="latin1")
    with pytest.raises(KeyFileError):
        load_trusted(tmp_path / "keys.jwks")


def test_a_key_that_stands_twice_is_not_trusted_unless_both_say_the_same(tmp_path: Path) -> None:
    key = create_signer(tmp_path / "box.pem", "box-1").public("box-1")
    revoked = msgspec.structs.replace(key, revoked_at=datetime(2028, 6, 1, tzinfo=UTC))
    write_trusted(tmp_path / "register.json", [key, key])
    assert [*load_trusted(tmp_path / "register.json")] == [key.kid]
    write_trusted(tmp_path / "register.json", [revoked, key])
    with pytest.raises(KeyFileError, match="stands twice"):
        load_trusted(tmp_path / "register.json")


def test_a_register_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "register.json").write_text('{"keys":[' + "[" * 100_000)
    with pytest.raises(KeyFileError, match="JWK"):
        load_trusted(tmp_path / "register.json")


def test_a_second_box_joins_the_trusted_keys(tmp_path: Path) -> None:
    for box in ("box-1", "box-2"):
        signer = create_signer(tmp_path / f"{box}.pem", box)
        extend_trusted(tmp_path / "boxes.jwks", signer.public(box))
    assert {k.box for k in load_trusted(tmp_path / "boxes.jwks").values()} == {"box-1", "box-2"}


def test_a_key_set_is_what_standard_libraries_read(tmp_path: Path) -> None:
    """RFC 8037: a public key has kty, crv and x."""
    signer = create_signer(tmp_path / "box.pem", "box-1")
    extend_trusted(tmp_path / "boxes.jwks", signer.public("box-1"))
    (key,) = json.loads((tmp_path / "boxes.jwks").read_text())["keys"]
    assert {"kty", "crv", "x", "kid", "box"} <= set(key)
    assert OKPKey.import_key(key).thumbprint() == key["kid"]
    assert {"kty", "crv", "x"} <= set(json.loads((tmp_path / "box.jwk").read_text()))
