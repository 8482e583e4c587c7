"""The publisher and the box of the updates, and golden pictures, for the tests beside this file."""

from pathlib import Path

import pytest

from tests.edge.update.conftest import box as box
from tests.edge.update.conftest import publisher as publisher
from tests.edge.update.conftest import registries as registries
from tests.golden import write_goldens


@pytest.fixture(scope="session")
def golden_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of golden pictures that our own models read."""
    folder = tmp_path_factory.mktemp("golden")
    write_goldens(folder)
    return folder
