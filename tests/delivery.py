"""A box with records, the real uplink and the real receiver, for tests in which the way fails."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from edge.cli.records import records
from edge.feed.outbox import Outbox
from edge.record.envelope import seal
from edge.record.keys import load_signer
from edge.registry.token import load_key
from tests.chains import alarm
from tools.make_keys import make_keys

CONFIG = """\
[box]
id = "box-1"
state = "."
[access]
registry = "registry.sqlite"
token_key = "keys/token.key"
[keys]
signing = "keys/box.pem"
platform = "keys/platform.jwk"
storage = "keys/storage.key"
[[zones]]
id = "zone"
pack = "nl-ze"
[uplink]
publisher = "mqtt"
{uplink}
"""


@dataclass(frozen=True)
class Way:
    """How a box and a receiver reach the broker: keys of `[uplink]`, and options."""

    uplink: str
    receiver: tuple[object, ...]


class Courier:
    """A box's folder, and the two programs that deliver and receive."""

    def __init__(self, folder: Path, way: Way) -> None:
        self.folder, self.way = folder, way
        self.db = folder / "received.sqlite"
        made = CliRunner().invoke(make_keys, ["--box", "box-1", "--out", str(folder / "keys")])
        assert made.exit_code == 0
        (folder / "box.toml").write_text(CONFIG.format(uplink=way.uplink))
        self._signer = load_signer(folder / "keys/box.pem")
        self._storage = load_key(folder / "keys/storage.key")
        self._running: list[subprocess.Popen[bytes]] = []
        self._commands: list[list[str]] = []
        self.written = 0

    def append(self, count: int) -> None:
        with Outbox.open(self.folder / "outbox.sqlite", "box-1", self._storage, 0) as outbox:
            for _ in range(count):
                self.written += 1
                outbox.append(seal(alarm(outbox.next_link(), "box-1"), self._signer))

    def uplink(self) -> subprocess.Popen[bytes]:
        return self._start("edge.cli.main", "uplink", "--config", self.folder / "box.toml")

    def receiver(self, expect: int) -> subprocess.Popen[bytes]:
        keys = self.folder / "keys"
        files = ("--db", self.db, "--keys", keys / "boxes.jwks", "--signing", keys / "platform.pem")
        return self._start("tools.receive", *files, *self.way.receiver, "--expect", expect)

    def received(self) -> int:
        if not self.db.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'records'")
            if not tables.fetchone()[0]:
                return 0
            return int(db.execute("SELECT count(*) FROM records").fetchone()[0])

    def waiting(self) -> int:
        with Outbox.attach(self.folder / "outbox.sqlite", self._storage, 0) as outbox:
            return outbox.backlog().records

    def proof(self) -> Result:
        """What an auditor is told of the records that arrived."""
        keys = str(self.folder / "keys/boxes.jwks")
        return CliRunner().invoke(records, ["verify", str(self.db), "--keys", keys])

    def tend(self) -> None:
        """Start again what ended of itself, as systemd does: a busy disk may end an uplink."""
        for place, process in enumerate(self._running):
            if process.poll() is not None:
                self._running[place] = self._spawn(self._commands[place])

    def stop(self) -> list[int]:
        """End all in order; return their exit statuses."""
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        return [process.wait(30) for process in self._running]

    def end(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()

    def _start(self, *words: object) -> subprocess.Popen[bytes]:
        self._commands.append([str(word) for word in words])
        self._running.append(self._spawn(self._commands[-1]))
        return self._running[-1]

    def _spawn(self, words: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            command = [sys.executable, "-m", *words]
            return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
