"""The panel's password: unguessable, typed with wet fingers, kept as a hash and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import KeyFileError
from edge.record.password import ALPHABET, hashed, line_of, new_password, read_line

PASSWORD = "k7mw-x3pd-9rth-2qva"
KNOWN = hashed(PASSWORD)
OTHERS = ["", "k7mw-x3pd-9rth-2qvb", PASSWORD + "2", PASSWORD[:-1], "\0" + PASSWORD, "\ud800"]


def test_passwords_differ_and_are_long_and_legible() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        assert len(password.replace("-", "")) == 16
        assert set(password) <= set(ALPHABET) | {"-"}
    assert not set(ALPHABET) & set("01ilo")


def test_it_may_be_typed_in_capitals_and_without_its_dashes() -> None:
    for typed in (PASSWORD, PASSWORD.upper(), PASSWORD.replace("-", ""), f" {PASSWORD} "):
        assert KNOWN.is_of(typed)


@pytest.mark.parametrize("other", OTHERS)
def test_no_other_password_is_taken(other: str) -> None:
    assert not KNOWN.is_of(other)


def test_the_file_is_one_line_without_the_password_and_salted() -> None:
    line = line_of(KNOWN)
    assert line.count(b"\n") == 1
    assert PASSWORD.encode() not in line
    assert read_line(line) == KNOWN
    assert hashed(PASSWORD) != KNOWN


@pytest.mark.parametrize(
    "change",
    [
        {"n": 2},
        {"n": 2**14 + 1},
        {"kdf": "none"},
        {"hash": "AAAA"},
        {"salt": "?"},
        {"hash": "A" * 43},
    ],
)
def test_a_file_that_was_weakened_or_garbled_is_refused(change: dict[str, object]) -> None:
    changed = json.loads(line_of(KNOWN)) | change
    with pytest.raises(KeyFileError):
        read_line(json.dumps(changed).encode())


@given(st.binary(max_size=300))
def test_garbage_is_refused_in_one_sentence(garbage: bytes) -> None:
    with pytest.raises(KeyFileError):
        read_line(garbage)
