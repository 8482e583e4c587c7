"""A real PostgreSQL in a folder of its own, synced as in earnest, that a test may kill."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.fleet.postgres import Postgres, programs


def find_postgres() -> Path:
    """Return the folder of the server's programs, or skip the test."""
    pytest.importorskip("psycopg", reason="no psycopg here: pip install 'psycopg[binary]'")
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL here: apt install postgresql")
    return found


@contextmanager
def _running() -> Iterator[Postgres]:
    found = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="anpr-pg-"))
    try:
        server = Postgres(found, folder)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A server for all tests of one process."""
    with _running() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that a test may kill."""
    with _running() as server:
        yield server
