from hypothesis import given
from hypothesis import strategies as st

from edge.vault import NONCE_BYTES, Vault

KEY = b"k" * 32
VAULT = Vault(KEY, "test", "box-1")


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_was_sealed_comes_back_from_its_own_place(plain: bytes, place: bytes) -> None:
    assert VAULT.open(VAULT.seal(plain, place), place) == plain


@given(st.binary(max_size=100), st.data())
def test_one_altered_bit_anywhere_and_it_does_not_open(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(plain, b"here"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    assert VAULT.open(bytes(sealed), b"here") is None


def test_it_opens_for_no_other_box_use_key_or_place() -> None:
    sealed = VAULT.seal(b"plain", b"here")
    others = [
        Vault(b"x" * 32, "test", "box-1"),
        Vault(KEY, "other", "box-1"),
        Vault(KEY, "test", "box-2"),
    ]
    assert [other.open(sealed, b"here") for other in others] == [None] * 3
    assert VAULT.open(sealed, b"there") is None


@given(st.one_of(st.none(), st.integers(), st.text(), st.binary(max_size=NONCE_BYTES + 20)))
def test_what_is_no_seal_opens_as_nothing(found: object) -> None:
    assert VAULT.open(found, b"here") is None


def test_the_check_tells_keys_and_uses_apart_and_is_not_the_key() -> None:
    checks = {Vault(key, use, "b").check for key in (KEY, b"x" * 32) for use in ("one", "two")}
    assert len(checks) == 4
    assert KEY.hex() not in checks
