"""On every street the box does what it is known to do, part 2 of 3."""

import pytest

from tests.golden_streets import Stage, part, stage

__all__ = ["stage"]


@pytest.mark.parametrize("name", part(2))
def test_on_a_street_the_box_does_what_is_known(stage: Stage, name: str) -> None:
    assert [deviation.says for deviation in stage.deviations(name)] == []
