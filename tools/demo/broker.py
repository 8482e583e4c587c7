"""A Mosquitto of our own on a free loopback port, for the demonstration."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence true
persistence_location {folder}/
log_type error
"""


def find_mosquitto() -> Path | None:
    """Return the broker's program; Debian keeps it out of a plain user's PATH."""
    found = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin") or shutil.which("mosquitto")
    return Path(found) if found else None


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Broker:
    """Runs as long as its `with` block."""

    def __init__(self, program: Path, folder: Path) -> None:
        """Prepare a broker that keeps its files in a folder."""
        folder.mkdir(parents=True)
        folder.chmod(0o777)  # started by root, Mosquitto drops to its own user
        self.port = free_port()
        config = folder / "mosquitto.conf"
        config.write_text(CONFIG.format(port=self.port, folder=folder.resolve()))
        self._command = [str(program), "-c", str(config)]

    @property
    def process(self) -> int:
        """The process id of the running broker."""
        return self._process.pid

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise OSError("Mosquitto did not start")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
