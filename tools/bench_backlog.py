"""A backlog of weeks without a network, brought home: nothing lost, how fast, in how much memory.

The real outbox, uplink, Mosquitto and reference receiver, on one machine. Memory is what a
process holds at most once the first part has arrived, over what it held then.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console

from edge.errors import BoxError
from edge.feed.outbox import Outbox
from edge.ports import Signer
from edge.record.envelope import seal
from edge.record.keys import load_signer
from edge.record.message import AlarmRecord, ClockQuality, event
from edge.registry.token import load_key
from edge.types import Envelope, Link
from tools.bench.process import resident_bytes
from tools.demo.broker import Broker, find_mosquitto
from tools.large_registry import FOLDER

BOX, MB = "bench-1", 1_000_000
CLOCK = ClockQuality(source="bench", trusted=True, error_ms=1.0, boot_id="bench", since_boot_ns=1)
FILLING = "x" * 1000
"""Makes an alarm as long as the record of a passage, which is 2.2 kB once signed."""
SAMPLE_S, DEADLINE_S = 0.25, 3600.0
WARM = 20
"""Memory is compared from the moment that one part in so many has arrived."""
CONFIG = """\
[box]
id = "{box}"
state = "."
[access]
registry = "registry.sqlite"
token_key = "keys/token.key"
[keys]
signing = "keys/box.pem"
platform = "keys/platform.jwk"
storage = "keys/storage.key"
[[zones]]
id = "{zone}"
pack = "nl-ze"
[uplink]
publisher = "mqtt"
host = "127.0.0.1"
port = {port}
"""


@dataclass(frozen=True, slots=True)
class BacklogFigures:
    """What one backlog cost; `again` records came twice and were known by their place."""

    records: int
    record_bytes: int
    append_ms: float
    drain_s: float
    records_per_s: float
    lost: int
    twice: int
    again: int
    uplink_growth_mb: float
    receiver_growth_mb: float
    outbox_mb: float


@dataclass(slots=True)
class Memory:
    """What a process held when it was warm, and at most since (bytes)."""

    process: int
    warm: int | None = None
    most: int = 0
    growth_mb: float = field(init=False, default=0.0)

    def sample(self) -> None:
        """Look once."""
        held = resident_bytes(self.process)
        self.warm = held if self.warm is None else self.warm
        self.most = max(self.most, held)
        self.growth_mb = round((self.most - self.warm) / MB, 1)


def figures(records: int, folder: Path, mosquitto: Path) -> BacklogFigures:
    """Fill an outbox without a network, then bring it home."""
    shutil.rmtree(folder, ignore_errors=True)
    run("tools.make_keys", "--box", BOX, "--out", str(folder / "keys"))
    append_s, record_bytes = filled(folder, records)
    outbox_mb = (folder / "outbox.sqlite").stat().st_size / MB
    drain_s, uplink, receiver = drained(folder, records, mosquitto)
    held, places, again = arrived(folder)
    keys = str(folder / "keys/boxes.jwks")
    run("edge.cli.main", "records", "verify", str(folder / "received.sqlite"), "--keys", keys)
    return BacklogFigures(
        records=records,
        record_bytes=record_bytes,
        append_ms=round(append_s / records * 1000, 2),
        drain_s=round(drain_s, 1),
        records_per_s=round(records / drain_s, 1),
        lost=records - places,
        twice=held - places,
        again=again,
        uplink_growth_mb=uplink.growth_mb,
        receiver_growth_mb=receiver.growth_mb,
        outbox_mb=round(outbox_mb, 1),
    )


def filled(folder: Path, records: int) -> tuple[float, int]:
    """Append so many records; return how long that took in all, and how long one is."""
    signer, key = load_signer(folder / "keys/box.pem"), load_key(folder / "keys/storage.key")
    began = time.perf_counter()
    with Outbox.open(folder / "outbox.sqlite", BOX, key) as outbox:
        for _ in range(records):
            envelope = sealed(outbox.next_link(), signer)
            outbox.append(envelope)
    return time.perf_counter() - began, len(envelope.jws)


def sealed(link: Link, signer: Signer, box: str = BOX) -> Envelope:
    """Return a record for a place in the chain."""
    alarm = AlarmRecord(
        box=box,
        epoch=link.epoch,
        seq=link.seq,
        prev=link.prev,
        salt="00" * 16,
        software="bench",
        clock=CLOCK,
        alarm="bench",
        cause=FILLING,
        remedy="None.",
    )
    id, now = UUID(int=link.seq), datetime.now(UTC)
    return seal(event("alarm", alarm, id=id, source=f"/{box}", time=now), signer)


def drained(folder: Path, records: int, mosquitto: Path) -> tuple[float, Memory, Memory]:
    """Bring everything home; return how long the uplink took and what both ends held."""
    keys, database = folder / "keys", folder / "received.sqlite"
    with ExitStack() as stack:
        port = stack.enter_context(Broker(mosquitto, folder / "broker")).port
        (folder / "box.toml").write_text(
            CONFIG.format(box=BOX, port=port, zone="bench"), encoding="utf-8"
        )
        receive = ("tools.receive", "--db", str(database), "--keys", str(keys / "boxes.jwks"))
        signing = ("--signing", str(keys / "platform.pem"), "--host", "127.0.0.1")
        receiver = stack.enter_context(started(*receive, *signing, "--port", str(port)))
        once = ("uplink", "--config", str(folder / "box.toml"), "--once")
        began = time.perf_counter()
        uplink = stack.enter_context(started("edge.cli.main", *once, "--deadline", str(DEADLINE_S)))
        ends = Memory(uplink.pid), Memory(receiver.pid)
        while uplink.poll() is None:
            if stored(database) >= records // WARM:
                for end in ends:
                    end.sample()
            time.sleep(SAMPLE_S)
        return time.perf_counter() - began, *ends


def stored(database: Path) -> int:
    """Return the number of the last record that the receiver holds, 0 before it has begun."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT max(seq) FROM boxes").fetchone()[0] or 0)
    except sqlite3.OperationalError:
        return 0


def arrived(folder: Path) -> tuple[int, int, int]:
    """Return the records held, their places, and how many more came for a place that was taken."""
    with closing(sqlite3.connect(folder / "received.sqlite")) as db:
        held = db.execute("SELECT count(*) FROM records").fetchone()[0]
        places = db.execute(
            "SELECT count(*) FROM (SELECT DISTINCT box, epoch, seq FROM records)"
        ).fetchone()[0]
        again = db.execute("SELECT sum(duplicates) FROM boxes").fetchone()[0]
    return held, places, again


def run(*command: str) -> None:
    """Run one command of the product to its end."""
    subprocess.run([sys.executable, "-m", *command], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one command of the product beside this one."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@click.command()
@click.option("--records", type=click.IntRange(min=100), default=200_000, show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER / "backlog",
    show_default=True,
    help="Made anew: box, broker and platform.",
)
def main(records: int, folder: Path) -> None:
    """Measure how a backlog comes home, and print the figures as JSON."""
    mosquitto = find_mosquitto()
    if mosquitto is None:
        raise click.ClickException("There is no Mosquitto here: apt install mosquitto.")
    try:
        with Console(stderr=True).status("Filling an outbox, and bringing it home"):
            found = figures(records, folder, mosquitto)
    except (BoxError, OSError, sqlite3.Error, subprocess.CalledProcessError) as error:
        raise click.ClickException(f"The backlog cannot be measured: {error}") from error
    click.echo(json.dumps(asdict(found), indent=2))


if __name__ == "__main__":
    main()
