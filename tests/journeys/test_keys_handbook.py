"""A maintainer follows deploy/KEYS.md: a box is taken in, turns, is stolen, is replaced."""

import shutil

import pytest

from edge.cli.keys import keys
from tests.conftest import REPOSITORY
from tests.handbook import check_promises, followed
from tools.registrar.__main__ import registrar

HANDBOOK = REPOSITORY / "deploy" / "KEYS.md"


def test_every_command_of_the_handbook_succeeds_and_says_what_it_promises(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here: apt install openssl")
    check_promises(followed(HANDBOOK, tmp_path_factory.mktemp("keys")))


def test_the_handbook_tells_of_every_verb() -> None:
    text = HANDBOOK.read_text()
    for verb in registrar.commands:
        assert f"tools.registrar {verb}" in text, verb
    for verb in keys.commands:
        assert f"anpr-edge keys {verb}" in text, verb
