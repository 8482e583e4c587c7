"""What every signer promises, run over each of them: a key in a file, and one behind a program."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import KeyFileError
from edge.record.chain import next_link
from edge.record.envelope import ALGORITHM, decode_part, open_signed, seal, split, verify
from edge.record.jwk import Unfit, trusted_key
from edge.record.keys import create_signer, load_signer
from edge.record.signer import OwnSigner
from edge.record.signer_command import CommandSigner
from tests.chains import alarm

BOX = "box-1"
PROGRAM = """\
import sys
from pathlib import Path
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization import load_pem_private_key

key = load_pem_private_key(Path(sys.argv[1]).read_bytes(), None)
if sys.argv[2] == "public":
    made = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
else:
    made = key.sign(sys.stdin.buffer.read())
sys.stdout.buffer.write(made)
"""


def program(folder: Path, text: str = PROGRAM) -> tuple[str, ...]:
    """Return a command that signs as a secure element would: with a key that only it reads."""
    create_signer(folder / "element.pem", BOX)
    (folder / "element.py").write_text(text)
    return sys.executable, str(folder / "element.py"), str(folder / "element.pem")


def of_file(folder: Path) -> OwnSigner:
    create_signer(folder / "box.pem", BOX)
    return load_signer(folder / "box.pem")


def of_command(folder: Path) -> OwnSigner:
    return CommandSigner(program(folder))


@pytest.fixture(params=[of_file, of_command], ids=["file", "command"])
def signer(request: pytest.FixtureRequest, tmp_path: Path) -> OwnSigner:
    make: Callable[[Path], OwnSigner] = request.param
    return make(tmp_path)


def test_its_public_key_proves_what_it_signs(signer: OwnSigner) -> None:
    public = signer.public(BOX)
    key = trusted_key(public)
    assert not isinstance(key, Unfit)
    envelope = seal(alarm(next_link(None), BOX), signer)
    assert verify(envelope.jws, {key.kid: key}).kid == signer.key_id == public.kid


def test_its_header_names_the_algorithm_and_the_key_and_no_more(signer: OwnSigner) -> None:
    header = json.loads(decode_part(split(signer.sign(b"payload"))[0]))
    assert header == {"alg": ALGORITHM, "kid": signer.key_id}


@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(payload=st.binary(max_size=80_000))
def test_the_payload_is_signed_byte_for_byte(signer: OwnSigner, payload: bytes) -> None:
    key = trusted_key(signer.public(None))
    assert not isinstance(key, Unfit)
    assert open_signed(signer.sign(payload), {key.kid: key}).payload == payload


def test_the_same_payload_has_the_same_signature(signer: OwnSigner) -> None:
    assert signer.sign(b"payload") == signer.sign(b"payload")


def test_it_says_whose_key_it_is(signer: OwnSigner) -> None:
    assert (signer.public(BOX).box, signer.public(None).box) == (BOX, None)


FAILING = {
    "fails": "raise SystemExit(3)",
    "writes nothing": "",
    "writes too much": "import sys; sys.stdout.buffer.write(b'x' * 65)",
    "signs with another key": PROGRAM.replace(
        'if sys.argv[2] == "public":',
        "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n"
        'if sys.argv[2] != "public":\n    key = Ed25519PrivateKey.generate()\n'
        'if sys.argv[2] == "public":',
    ),
}


@pytest.mark.parametrize("fault", FAILING)
def test_a_program_that_does_not_sign_writes_no_record(tmp_path: Path, fault: str) -> None:
    command = program(tmp_path, FAILING[fault])
    with pytest.raises(KeyFileError) as told:
        CommandSigner(command).sign(b"payload")
    assert "signer_command" in told.value.remedy
    assert "payload" not in str(told.value)


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be run"):
        CommandSigner([str(tmp_path / "none")])


def test_a_program_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.record.signer_command.LONGEST_S", 0.2)
    with pytest.raises(KeyFileError, match="did not answer"):
        CommandSigner(program(tmp_path, "import time; time.sleep(60)"))
