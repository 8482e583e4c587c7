"""One record brought home: over a real Mosquitto to a real receiver, until its receipt is back.

A box looks for new records four times a second: that wait is not in it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from edge.config import Config
from edge.daemon import wiring, wiring_delivery
from edge.daemon.uplink import Uplink
from edge.errors import FeedError
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.record.keys import load_public
from tools.bench.figure import Findings
from tools.bench.ready import Ready
from tools.bench.timing import Times
from tools.bench_backlog import sealed, started
from tools.demo.broker import Broker, find_mosquitto

GROUP = "uplink, one record"
NO_BROKER = "The uplink is left out: there is no Mosquitto here (apt install mosquitto)."
LONGEST_S, STEP_S = 30.0, 0.05


def uplink(ready: Ready) -> Findings:
    """Bring one record home after the other, each alone. Raises FeedError when none arrives."""
    mosquitto = find_mosquitto()
    if mosquitto is None:
        return Findings(left_out=(NO_BROKER,))
    with platform(ready.folder, mosquitto) as port:
        written, brought = one_by_one(connected(ready, port), ready.asked.rounds)
    return Findings(
        (
            written.figure(GROUP, "write, sign and append it, on the disk"),
            brought.figure(GROUP, "send it, store it there, have its receipt"),
        )
    )


def connected(ready: Ready, port: int) -> Config:
    """Return a box of its own whose broker is at a port of this machine."""
    box = msgspec.structs.replace(ready.config.box, state=ready.folder / "uplink")
    way = msgspec.structs.replace(
        ready.config.uplink, publisher="mqtt", host="127.0.0.1", port=port
    )
    return msgspec.structs.replace(ready.config, box=box, uplink=way)


@contextmanager
def platform(folder: Path, mosquitto: Path) -> Iterator[int]:
    """Yield the port of a broker that a receiver listens on."""
    keys, database = folder / "keys", folder / "received.sqlite"
    files = ("--keys", str(keys / "boxes.jwks"), "--signing", str(keys / "platform.pem"))
    with Broker(mosquitto, folder / "broker") as broker:
        at = ("--host", "127.0.0.1", "--port", str(broker.port))
        with started("tools.receive", "--db", str(database), *files, *at):
            yield broker.port


def one_by_one(config: Config, records: int) -> tuple[Times, Times]:
    """Return what it took to write each record, and to bring it home; the first is not told."""
    reader = receipt_reader(config.box.id, load_public(config.keys.platform))
    signer, times = wiring.key_place(config).load(), (Times(), Times())
    with wiring.outbox(config) as outbox, wiring.attached_outbox(config) as waiting:
        line = Uplink(waiting, wiring_delivery.way(config), reader)

        def write() -> None:
            outbox.append(sealed(outbox.next_link(), signer, config.box.id))

        write()
        until_home(line, waiting)  # connects, and is the first that the receiver hears of this box
        for _ in range(records):
            times[0].take(write)
            times[1].take(partial(until_home, line, waiting))
        line.close()
    return times


def until_home(line: Uplink, waiting: Outbox) -> None:
    """Deliver until nothing waits for a receipt. Raises FeedError when that takes too long."""
    ends_at = time.monotonic() + LONGEST_S
    while waiting.pending(None, 1):
        if time.monotonic() > ends_at:
            raise FeedError("No receipt came.", "Look at the broker and at tools.receive.")
        line.step(STEP_S)
