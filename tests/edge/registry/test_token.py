"""Tokens and pseudonyms: stable, keyed, and blind to how a plate was written."""

from datetime import date

import pytest

from edge.errors import KeyFileError
from edge.registry.token import (
    key_check,
    load_key,
    new_key,
    normalised,
    pseudonym,
    reference,
    token,
)

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_token_is_a_positive_63_bit_number() -> None:
    assert all(0 <= token(KEY, "BE", f"1ZZZ{n:03}") < 2**63 for n in range(500))


def test_a_token_depends_on_key_country_and_plate() -> None:
    tokens = {token(KEY, "BE", "1ZZZ999"), token(KEY, "NL", "1ZZZ999")}
    tokens |= {token(OTHER, "BE", "1ZZZ999"), token(KEY, "BE", "1ZZZ998")}
    assert len(tokens) == 4


def test_a_token_never_changes_between_versions() -> None:
    assert token(bytes(32), "BE", "1ZZZ999") == 8917602912893815612


@pytest.mark.parametrize(
    "written",
    [
        *("1-ZZZ-999", "1zzz999", "1 ZZZ 999", "1·ZZZ·999", "\uff11ZZZ999", " 1ZZZ999\t"),
        *("1\u2011ZZZ\u2011999", "1\u2013ZZZ\u2013999", "1\u200bZZZ\u200b999", "1_ZZZ_999"),
        *("1:ZZZ:999", "1.ZZZ.999", "1•ZZZ•999", "1\u00a0ZZZ\u202f999", "1\u2212ZZZ\u2014999"),
        *("\ufeff1ZZZ999", "1\u00adZZZ\u00ad999", "1\u200eZZZ999"),
    ],
)
def test_separators_case_and_width_do_not_matter(written) -> None:
    assert token(KEY, "be", written) == token(KEY, "BE", "1ZZZ999")


def test_a_german_plate_keeps_its_district_apart() -> None:
    assert normalised("DE", "b-mw 123") == "B-MW123"
    assert token(KEY, "DE", "B-MW 123") != token(KEY, "DE", "BM-W 123")


@pytest.mark.parametrize(
    "written",
    [
        *("B-MW-123", "b\u2011mw 123", "B \u2013 MW_123", "B\u200b-MW:123", "B\u2212MW123"),
        *("\ufeffB-MW\u2013123", "B--MW123"),
    ],
)
def test_a_german_plate_keeps_exactly_one_hyphen_however_it_is_written(written) -> None:
    assert normalised("DE", written) == "B-MW123"


def test_a_pseudonym_lasts_one_day_and_is_no_token() -> None:
    today, tomorrow = date(2028, 6, 1), date(2028, 6, 2)
    assert pseudonym(KEY, "BE", "1-ZZZ-999", today) == pseudonym(KEY, "BE", "1ZZZ999", today)
    assert pseudonym(KEY, "BE", "1ZZZ999", today) != pseudonym(KEY, "BE", "1ZZZ999", tomorrow)
    assert f"{token(KEY, 'BE', '1ZZZ999'):016x}" not in pseudonym(KEY, "BE", "1ZZZ999", today)


def test_a_reference_is_keyed_and_has_a_domain_of_its_own() -> None:
    name = "1ZZZ999"
    others = {token(KEY, "BE", name), reference(OTHER, name), reference(KEY, "1ZZZ998")}
    assert reference(KEY, name) not in others
    assert 0 <= reference(KEY, name) < 2**63


def test_a_reference_never_changes_between_versions() -> None:
    assert reference(bytes(32), "ZZZ-1") == 261279566537852445


@pytest.mark.parametrize("written", ["zzz1", "ZZZ 1", " ZZZ\u20111 ", "\uff3a\uff3a\uff3a1"])
def test_a_reference_does_not_depend_on_how_two_tables_write_it(written) -> None:
    assert reference(KEY, written) == reference(KEY, "ZZZ-1")


def test_a_key_check_tells_keys_apart() -> None:
    assert key_check(KEY) != key_check(OTHER)


def test_a_key_file_is_read_back(tmp_path) -> None:
    key = new_key()
    (tmp_path / "token.key").write_text(key.hex() + "\n")
    assert load_key(tmp_path / "token.key") == key


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31, "ab" * 33])
def test_a_bad_key_file_is_refused_without_showing_it(tmp_path, content) -> None:
    (tmp_path / "token.key").write_text(content)
    with pytest.raises(KeyFileError) as refused:
        load_key(tmp_path / "token.key")
    assert "ab" * 8 not in str(refused.value)


def test_a_missing_key_file_is_refused(tmp_path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_key(tmp_path / "none.key")
