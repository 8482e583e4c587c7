"""How many records a second receivers verify and store: one or several, in SQLite or PostgreSQL.

Each receiver is a process that takes its share of the records of some boxes, dealt out one by one
as a broker does to a group, in bursts as large as Mosquitto lets be under way. The broker itself is
not in it: `tools.bench_backlog` measures the whole way.
"""

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

import click
from joserfc.jwk import OKPKey

from edge.errors import BoxError
from edge.record.chain import Head, next_link
from edge.record.envelope import Keyring, TrustedKey, verify
from edge.record.signer import FileSigner
from tools.bench_backlog import sealed
from tools.receive.database import is_server, open_database
from tools.receive.growth import Verdict
from tools.receive.judging import Message
from tools.receive.listen import receipts
from tools.receive.store import Store

IN_FLIGHT = 20
"""So many messages Mosquitto sends before it waits for an acknowledgement (its default)."""
BOXES = 10
fork = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class ReceiveFigures:
    """What it took; `verify_us` is one signature with all that is checked of a record before it.

    `cpu_us` is what all receivers together spent on a record, the database server not counted.
    """

    receivers: int
    records: int
    records_per_s: float
    verify_us: float
    cpu_us: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """Boxes that have signed: the records of all in turn, and the keys to prove them by."""

    messages: tuple[Message, ...]
    keyring: Keyring


def fleet(records: int) -> Fleet:
    """Let some boxes sign so many records together."""
    messages: list[Message] = []
    keyring: dict[str, TrustedKey] = {}
    for number in range(BOXES):
        box, key = f"bench-{number}", OKPKey.generate_key("Ed25519", auto_kid=False)
        signer, head = FileSigner(key), None
        keyring[signer.key_id] = TrustedKey(signer.key_id, box, key)
        for _ in range(records // BOXES):
            envelope = sealed(next_link(head), signer, box)
            head = Head(envelope.epoch, envelope.seq, envelope.sha256)
            messages.append((box, envelope.jws))
    by_turn = range(records // BOXES)
    turns = (messages[turn :: len(by_turn)] for turn in by_turn)
    return Fleet(tuple(message for turn in turns for message in turn), keyring)


def figures(boxes: Fleet, receivers: int, address: str) -> ReceiveFigures:
    """Let so many receivers take all records of a fleet into an empty database."""
    ready = fork.Barrier(receivers + 1)
    shares = [boxes.messages[number::receivers] for number in range(receivers)]
    with Store.open(address):
        pass
    spent = fork.Array("d", receivers)

    def work(number: int) -> None:
        spent[number] = take_all(address, boxes.keyring, shares[number], ready)

    processes = [fork.Process(target=partial(work, number)) for number in range(receivers)]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    took = time.perf_counter() - began
    check_whole(address, len(boxes.messages))
    return ReceiveFigures(
        receivers=receivers,
        records=len(boxes.messages),
        records_per_s=round(len(boxes.messages) / took, 1),
        verify_us=round(verify_us(boxes), 1),
        cpu_us=round(sum(spent[:]) / len(boxes.messages) * 1e6, 1),
    )


def take_all(address: str, keyring: Keyring, share: Sequence[Message], ready: Barrier) -> float:
    """Take a share in bursts, answering each; return the seconds of processor time."""
    signer = FileSigner(OKPKey.generate_key("Ed25519", auto_kid=False))
    with Store.open(address, lambda: keyring, signer) as store:
        ready.wait()
        began = time.process_time()
        for at in range(0, len(share), IN_FLIGHT):
            burst = share[at : at + IN_FLIGHT]
            if Verdict.REFUSED in store.take(burst):
                os._exit(1)
            receipts(store, signer, {box for box, _ in burst})
        return time.process_time() - began


def check_whole(address: str, records: int) -> None:
    """Raise ClickException unless every record is stored once, in its chain."""
    with Store.open(address) as store:
        accounts = store.accounts()
    if sum(account.verified for account in accounts) != records or not all(
        account.is_sound for account in accounts
    ):
        raise click.ClickException("Not every record was stored: these figures mean nothing.")


def verify_us(boxes: Fleet, records: int = 500) -> float:
    """Return the microseconds of one verification."""
    began = time.perf_counter()
    for _, jws in boxes.messages[:records]:
        verify(jws, boxes.keyring)
    return (time.perf_counter() - began) / len(boxes.messages[:records]) * 1e6


def emptied(address: str) -> str:
    """Return the address of a database without records."""
    if is_server(address):
        db = open_database(address)
        if db.query("SELECT count(*) FROM boxes WHERE substr(box, 1, 6) <> 'bench-'") != [(0,)]:
            db.close()
            raise click.ClickException("That database has been used: name an empty one.")
        db.query("TRUNCATE boxes, records, waiting, forks, refused, refusals, countersigned")
        db.close()
    return address


@click.command()
@click.option("--records", type=click.IntRange(min=100), default=20_000, show_default=True)
@click.option("--receivers", type=click.IntRange(1, 16), multiple=True, default=(1, 2))
@click.option("--db", help="postgresql://... of an empty database; without it SQLite is measured.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the SQLite file lies, on the disk to be measured.",
)
def main(records: int, receivers: tuple[int, ...], db: str | None, folder: Path | None) -> None:
    """Measure how many records a second are verified and stored, and print it as JSON."""
    boxes = fleet(records)
    try:
        for count in receivers:
            with tempfile.TemporaryDirectory(dir=folder) as made:
                address = str(Path(made) / "received.sqlite") if db is None else emptied(db)
                click.echo(json.dumps(asdict(figures(boxes, count, address))))
    except BoxError as error:
        raise click.ClickException(f"Nothing can be measured: {error}") from error


if __name__ == "__main__":
    main()
