"""Every attack that must be withstood is a test of that name: whoever looks for one finds it."""

import ast
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PREFIX = "test_attack_"
ATTACKS = {
    "alg none": "alg_none",
    "HS256 with the public key": "hs256_with_the_public_key",
    "empty signature": "empty_signature",
    "malleated signature": "malleated_signature",
    "unknown crit": "unknown_crit",
    "payload flip": "payload_flip",
    "another box's key": "another_boxs_key",
    "revoked key": "revoked_key",
    "replay": "replay",
    "deletion": "deletion",
    "reorder": "reorder",
    "truncated tail": "truncated_tail",
    "forked chain": "forked_chain",
    "epoch reset": "epoch_reset",
    "cloned SD card": "cloned_sd_card",
    "forged receipt": "forged_receipt",
    "writing to another box's topic": "writing_to_another_boxs_topic",
    "hearing what another box is told": "hearing_on_a_cluster_what_another_box_is_told",
    "client-id takeover": "client_id_takeover",
    "oversized message": "oversized_message",
    "TLS downgrade": "tls_downgrade",
    "expired certificate": "expired_certificate",
    "hostile plates into SQL": "hostile_plates_into_sql",
    "hostile plates into HTML": "hostile_plates_into_html",
    "hostile plates into topics": "hostile_plates_into_topics",
    "hostile names into topics": "hostile_names_into_topics",
    "hostile plates into file names": "hostile_plates_into_file_names",
    "hostile names into file names": "hostile_names_into_file_names",
    "hostile plates on a terminal": "hostile_plates_on_a_terminal",
    "hostile names on a terminal": "hostile_names_on_a_terminal",
}
"""What is attacked with, and how the names of its tests begin after the prefix."""


def attacks() -> dict[str, Path]:
    """Return every test of an attack that is run, and where it stands."""
    return {
        function.name.removeprefix(PREFIX): path
        for path in sorted((REPOSITORY / "tests").rglob("test_*.py"))
        for function in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(function, ast.FunctionDef) and function.name.startswith(PREFIX)
        if not any("skip" in ast.unparse(mark) for mark in function.decorator_list)
    }


FOUND = attacks()


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_is_a_test_of_that_name(attack: str) -> None:
    name = ATTACKS[attack]
    assert [found for found in FOUND if is_of(found, name)], f"no {PREFIX}{name}"


@pytest.mark.parametrize("found", FOUND)
def test_each_test_of_an_attack_is_in_the_list(found: str) -> None:
    assert any(is_of(found, name) for name in ATTACKS.values()), str(FOUND[found])


def is_of(found: str, name: str) -> bool:
    return found == name or found.startswith(f"{name}_")
