"""A publisher with one registry out, and a box that follows it."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.follower import Follower
from tests.repository import Publisher, registry_file


@pytest.fixture(scope="session")
def registries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three registries of three days, each with a vehicle more."""
    from datetime import UTC, datetime

    folder = tmp_path_factory.mktemp("registries")
    today = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    return {
        name: registry_file(folder, name, today - timedelta(hours=3 - n), more=n)
        for n, name in enumerate(("one", "two", "three"), 1)
    }


@pytest.fixture
def publisher(tmp_path: Path, registries: dict[str, Path]) -> Publisher:
    made = Publisher(tmp_path / "repository")
    made.offer_registry(registries["one"])
    made.publish()
    return made


@pytest.fixture
def box(tmp_path: Path, publisher: Publisher) -> Follower:
    return Follower(tmp_path / "box", publisher.root, publisher.folder)
