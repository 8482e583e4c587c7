"""`python -m tools.receive`: the reference receiver of the platform."""

import logging
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import click

from edge.errors import BoxError
from edge.feed.cluster import BrokerAddress, Cluster
from edge.record.keys import load_signer
from tools.receive.database import is_server
from tools.receive.listen import Listener, Until, ingest, listening
from tools.receive.register import Register
from tools.receive.report import FINDING, end_with, end_with_boxes, end_with_checkpoints
from tools.receive.sqlite import cannot_open
from tools.receive.store import Store

NAME = "anpr-edge-receiver"
IDLE_S = 5.0
FILE = click.Path(path_type=Path)


@click.command()
@click.option(
    "--db",
    required=True,
    help="Database, made if need be: a file, or postgresql://...",
)
@click.option(
    "--keys", type=FILE, help="Trusted keys of the boxes (JWKS, register); read anew when changed."
)
@click.option("--signing", type=FILE, help="The platform's private key (PEM).")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    default=("localhost",),
    show_default=True,
    help="Broker; of a cluster, each of its servers.",
)
@click.option("--port", default=1883, show_default=True)
@click.option("--ca", type=FILE, help="CA of the broker: switches TLS on.")
@click.option("--cert", type=FILE, help="Client certificate.")
@click.option("--key", type=FILE, help="Its private key.")
@click.option("--name", help=f"MQTT client id.  [default: {NAME}, in a group with a number]")
@click.option("--group", help="Share the load with all receivers that name the same group.")
@click.option("--ingest", "folder", type=FILE, help="Take batches from a folder, not MQTT.")
@click.option("--once", is_flag=True, help=f"End after {IDLE_S:.0f} quiet seconds.")
@click.option("--expect", type=int, help="End when this many proven records are held.")
@click.option("--until-idle", type=float, help="End after this many quiet seconds.")
@click.option("--report", is_flag=True, help="Only say how it stands with each box.")
@click.option(
    "--boxes",
    is_flag=True,
    help="Only say what is active on each box, how old, what it refused, whose clock is wrong.",
)
@click.option("--checkpoints", is_flag=True, help="Only show what was countersigned.")
@click.option("--copy-to", "copy", type=FILE, help="Only copy it all to a new SQLite file.")
@click.option("--json", "as_json", is_flag=True, help="Say so in JSON.")
def receive(
    db: str,
    keys: Path | None,
    signing: Path | None,
    hosts: tuple[str, ...],
    port: int,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    name: str | None,
    group: str | None,
    folder: Path | None,
    once: bool,
    expect: int | None,
    until_idle: float | None,
    report: bool,
    boxes: bool,
    checkpoints: bool,
    copy: Path | None,
    as_json: bool,
) -> None:
    """Verify and store what boxes send; answer with signed receipts.

    Exit status: 0 fine, 1 a record is missing, forked or refused (with --boxes: a box refused an
    update, has one that may be used no more, or has a clock that is proven wrong), 2 misuse.
    """
    if boxes:
        with _stored(db) as store:
            end_with_boxes(store.boxes(), as_json)
    if checkpoints:
        with _stored(db) as store:
            end_with_checkpoints(store.checkpoints(), as_json)
    if copy is not None:
        with _stored(db) as store:
            click.echo(f"{store.copy_to(copy)} records copied to {copy}.", err=True)
        return
    if report:
        with _stored(db) as store:
            end_with(store.accounts(), as_json)
    if keys is None or signing is None:
        raise click.UsageError("--keys and --signing are needed to receive.")
    signer, register = load_signer(signing), Register(keys)
    faults: list[str] = []
    with Store.open(db, register.keys, signer) as store:
        if folder is not None:
            faults = [str(fault) for fault in ingest(store, signer, folder)]
        else:
            role = listening(name or (NAME if group is None else _numbered(NAME)), group)
            cluster = Cluster([BrokerAddress(host, port, ca, cert, key) for host in hosts])
            listener = Listener(store, signer, cluster, role)
            listener.run(Until(expect, until_idle or (IDLE_S if once else None)), _signalled())
        accounts = store.accounts()
    for fault in faults:
        click.echo(fault, err=True)
    end_with(accounts, as_json, bool(faults))


def _numbered(name: str) -> str:
    """Return a name that no other receiver has: the broker lets each in only once."""
    return f"{name}-{secrets.token_hex(4)}"


def _stored(db: str) -> Store:
    """Open a database that is there, to look at what it holds."""
    if is_server(db):
        return Store.open(db)
    try:
        Path(db).stat()
    except FileNotFoundError:
        raise click.UsageError(f"There is no database {db}.") from None
    except OSError as e:
        raise cannot_open(Path(db), e) from e
    return Store.open(db)


def _signalled() -> Callable[[], bool]:
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    return lambda: bool(stopped)


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    logging.basicConfig(format="receive: %(message)s")
    try:
        receive()
    except BoxError as e:
        click.echo(f"receive: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
