"""A maintainer follows deploy/UPDATES.md from zero: its very commands, in one shell."""

import pytest

from tests.conftest import REPOSITORY
from tests.handbook import check_promises, followed
from tools.synth.glyphs import FontError, font_files

HANDBOOK = REPOSITORY / "deploy" / "UPDATES.md"


def has_fonts() -> bool:
    try:
        return bool(font_files())
    except FontError:
        return False


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[list[str], str]]:
    """What each block promised, and what it said."""
    folder = tmp_path_factory.mktemp("maintainer")
    return followed(HANDBOOK, folder, {"fonts"} if has_fonts() else ())


def test_every_command_of_the_handbook_succeeds_and_says_what_it_promises(found) -> None:
    check_promises(found)


def test_the_handbook_tells_of_every_verb() -> None:
    from tools.publish.__main__ import publish

    text = HANDBOOK.read_text()
    for verb in publish.commands:
        assert f"tools.publish {verb}" in text or f"`{verb}" in text, verb
