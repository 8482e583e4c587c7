"""Where things lie, and what is skipped where they do not."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A machine that is busy is slow, and that is no fault: no example has a time of its own.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# Started in a shell's background, all below would ignore Ctrl-C; tests stop commands with it.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).parent.parent
SHARED = REPOSITORY.parent / "shared"
DEMO = REPOSITORY / "tools" / "demo"
WAITING = ("tests/tools/test_fleet", "tests/journeys/", "tests/faults/", "tests/edge/panel/")
"""What mostly waits, for minutes: begun first, so that no worker ends long after the others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what takes long; the rest keeps its order."""
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))


@pytest.fixture(scope="session")
def real_footage() -> Path:
    """The folder of real footage, labels and peer models."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the real footage (../shared/data) is not here")
    return folder
