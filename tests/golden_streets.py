"""The streets of the golden suite for tests: each is drawn once in a session, and played."""

from functools import cache
from pathlib import Path

import pytest

from tools.golden_suite.found import read_expected
from tools.golden_suite.judging import Deviation, deviations
from tools.golden_suite.playing import perform
from tools.golden_suite.rehearsal import Rehearsal, rehearse
from tools.golden_suite.street import names, read_street
from tools.synth.glyphs import FontError

PARTS = 3


class Stage:
    """Draws a street when it is asked for the first time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.drawn = cache(self._drawn)

    def _drawn(self, name: str) -> Rehearsal:
        try:
            return rehearse(name, read_street(name), self._folder / name)
        except FontError as fault:
            pytest.skip(f"no fonts to draw plates with: {fault.remedy}")

    def deviations(self, name: str, manifest: Path | None = None) -> list[Deviation]:
        """Play a street; return what is not as expected."""
        drawn = self.drawn(name)
        found = perform(drawn, manifest).outcomes
        return deviations(name, drawn.street, read_expected(name), found)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The stage of a session."""
    return Stage(tmp_path_factory.mktemp("streets"))


def part(number: int) -> tuple[str, ...]:
    """Return the streets that one of the parts plays: the tests are spread by their files."""
    return names()[number - 1 :: PARTS]
