"""age: what is sealed to the authority opens with each of its keys, and with no other."""

import pytest
from pyrage import x25519

from edge.errors import BoxError, ConfigError, EvidenceError, KeyFileError
from edge.record.age import MAGIC, Identity, Recipients

ONE, TWO, OTHER = (x25519.Identity.generate() for _ in range(3))
SEALED = Recipients([str(key.to_public()) for key in (ONE, TWO)]).seal(b"picture")


def identity(key: x25519.Identity) -> Identity:
    return Identity.read(f"# created: 2028-06-01\n# public key: x\n{key}\n")


@pytest.mark.parametrize("key", [ONE, TWO])
def test_each_recipient_opens_it(key: x25519.Identity) -> None:
    assert SEALED.startswith(MAGIC)
    assert identity(key).open(SEALED) == b"picture"


def test_another_key_does_not_and_says_so() -> None:
    with pytest.raises(EvidenceError, match="not encrypted to this key"):
        identity(OTHER).open(SEALED)


@pytest.mark.parametrize("cut", [0, 10, 100, -1])
def test_what_is_cut_short_does_not_open(cut: int) -> None:
    with pytest.raises(EvidenceError, match="damaged"):
        identity(ONE).open(SEALED[:cut])


def test_a_changed_byte_does_not_open() -> None:
    for place in (30, 150, len(SEALED) - 1):
        changed = bytearray(SEALED)
        changed[place] ^= 1
        with pytest.raises(EvidenceError):
            identity(ONE).open(bytes(changed))


def test_a_garbled_public_key_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match=r"evidence\.recipients"):
        Recipients(["age1" + "q" * 58])


@pytest.mark.parametrize("text", ["", "AGE-SECRET-KEY-1GARBLED", f"{ONE}\n{TWO}\n"])
def test_an_identity_file_holds_one_key_and_no_error_tells_it(text: str) -> None:
    with pytest.raises(KeyFileError) as told:
        Identity.read(text)
    assert isinstance(told.value, BoxError)
    assert "SECRET" not in str(told.value)
