"""A real PostgreSQL in a folder of its own, synced as in earnest, that may be killed."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from urllib.parse import quote

from tools.fleet.plan import FleetError
from tools.fleet.servers import wait_for

DEBIAN = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "shared_buffers": "16MB",
    "max_connections": "20",
    "autovacuum": "off",
}


class Postgres:
    """A server of the user that runs us, or for root of Debian's user postgres.

    Every address is a schema of its own.
    """

    def __init__(
        self, programs: Path, folder: Path, settings: Mapping[str, str] = SETTINGS
    ) -> None:
        """Make its files. Raises FleetError."""
        self._programs, self._folder = programs, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._account = _account()
        os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        self._run("initdb", "-D", str(self._data), "-U", "anpr", "-A", "trust", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def pids(self) -> list[int]:
        """The server's process and those of its connections."""
        if self._process is None or self._process.poll() is not None:
            return []
        return [self._process.pid, *_children(self._process.pid)]

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [self._program("postgres"), "-D", str(self._data), "-k", str(self._folder)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, **self._user)  # type: ignore[call-overload]
        wait_for(self._answers, "PostgreSQL")

    def kill(self) -> None:
        """Kill every process of it with -9, as if the machine had died."""
        doomed = self.pids
        for process in doomed:
            os.kill(process, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        wait_for(lambda: not any(Path(f"/proc/{one}").exists() for one in doomed[1:]), "its end")

    def stop(self) -> None:
        """End it at once: its files are deleted after."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
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
        if not self.pids:
            said = (self._folder / "log").read_text()
            raise FleetError(f"PostgreSQL ended: {said.strip()[-200:]}.", "Look at its log.")
        command = [self._program("pg_isready"), "-q", *self._where[1:]]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, program: str, *words: str) -> None:
        command = [self._program(program), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **self._user)  # type: ignore[call-overload]

    def _program(self, name: str) -> str:
        return str(self._programs / name)


def programs() -> Path | None:
    """Return the folder of the server's programs; Debian keeps them out of the PATH."""
    found = sorted(DEBIAN.glob("*/bin/postgres")) or [
        Path(path) for name in ("postgres",) if (path := shutil.which(name))
    ]
    return found[-1].resolve().parent if found else None


def _account() -> pwd.struct_passwd:
    """Return who runs the server: ourselves, or for root the user of Debian's package."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _children(parent: int) -> list[int]:
    try:
        found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in found]
