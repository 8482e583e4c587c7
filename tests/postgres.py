"""A real PostgreSQL in a folder of its own, synced as in earnest, that a test may kill."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.mosquitto import wait_for

DEBIAN = "/usr/lib/postgresql"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "shared_buffers": "16MB",
    "max_connections": "20",
    "autovacuum": "off",
}
DEADLINE_S = 60.0


class Postgres:
    """Started and stopped by the `postgres` fixture; every address is a schema of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._account = _account()
        os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        self._run("initdb", "-D", str(self._data), "-U", "anpr", "-A", "trust", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        command = [self._program("postgres"), "-D", str(self._data), "-k", str(self._folder)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, **self._user)
        wait_for(self._answers, "PostgreSQL", DEADLINE_S)

    def kill(self) -> None:
        """Kill every process of it with -9, as if the machine had died."""
        assert self._process is not None
        doomed = [self._process.pid, *_children(self._process.pid)]
        for process in doomed:
            os.kill(process, signal.SIGKILL)
        self._process.wait()
        wait_for(lambda: not any(Path(f"/proc/{one}").exists() for one in doomed[1:]), "its end")

    def stop(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)  # it is deleted at once
        self._process.wait()

    def address(self) -> str:
        """Return the address of an empty schema."""
        name = f"t{next(self._numbers)}"
        self._run("psql", *self._where, "-c", f"CREATE SCHEMA {name}")
        return self._address(f"&options={quote(f'-csearch_path={name}')}")

    def settings(self, *words: str) -> None:
        """Change settings of the server, from now on."""
        for word in words:
            self._run("psql", *self._where, "-c", f"ALTER SYSTEM SET {word}")
        self._run("psql", *self._where, "-c", "SELECT pg_reload_conf()")

    def _address(self, more: str = "") -> str:
        return f"postgresql:///postgres?host={quote(str(self._folder))}&user=anpr{more}"

    @property
    def _where(self) -> tuple[str, ...]:
        return ("-q", "-h", str(self._folder), "-U", "anpr", "-d", "postgres")

    @property
    def _user(self) -> dict[str, object]:
        if os.geteuid() != 0:  # postgres refuses to run as root
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()
        command = [self._program("pg_isready"), "-q", *self._where[1:]]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, program: str, *words: str) -> None:
        command = [self._program(program), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **self._user)

    def _program(self, name: str) -> str:
        return str(self._programs / name)


def find_postgres() -> Path:
    """Return the folder of the server's programs, or skip the test."""
    pytest.importorskip("psycopg", reason="no psycopg here: pip install 'psycopg[binary]'")
    found = sorted(Path(DEBIAN).glob("*/bin/postgres")) or [
        Path(path) for name in ("postgres",) if (path := shutil.which(name))
    ]
    if not found:
        pytest.skip("no PostgreSQL here: apt install postgresql")
    return found[-1].resolve().parent


def _account() -> pwd.struct_passwd:
    """Return who runs the server: ourselves, or for root the user of Debian's package."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in found]


@contextmanager
def _running() -> Iterator[Postgres]:
    programs = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="anpr-pg-"))
    try:
        server = Postgres(programs, folder)
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
