import pytest

from tests.firmware_bridge.c_programs import build


@pytest.fixture(scope="session")
def c_programs(tmp_path_factory):
    """Return the folder with the C programs, built once per worker."""
    return build(tmp_path_factory.mktemp("firmware"))
