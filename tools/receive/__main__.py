"""`python -m tools.receive`: the reference receiver of the platform."""

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from edge.errors import BoxError
from edge.record.keys import load_signer, load_trusted
from tools.receive.accounts import Account
from tools.receive.boxes import BoxView, described, table
from tools.receive.listen import BrokerAddress, Listener, Until, ingest
from tools.receive.schema import cannot_open
from tools.receive.store import Store

FINDING, MISUSE = 1, 2
IDLE_S = 5.0
COLUMNS = {
    "received": "in",
    "verified": "proven",
    "duplicates": "again",
    "waiting": "waiting",
    "gaps": "gaps",
    "forks": "forks",
    "refused": "refused",
}
FILE = click.Path(path_type=Path)


@click.command()
@click.option("--db", required=True, type=FILE, help="Database, made if need be.")
@click.option("--keys", type=FILE, help="Trusted keys of the boxes (JWKS).")
@click.option("--signing", type=FILE, help="The platform's private key (PEM).")
@click.option("--host", default="localhost", show_default=True, help="Broker.")
@click.option("--port", default=1883, show_default=True)
@click.option("--ca", type=FILE, help="CA of the broker: switches TLS on.")
@click.option("--cert", type=FILE, help="Client certificate.")
@click.option("--key", type=FILE, help="Its private key.")
@click.option("--name", default="anpr-edge-receiver", show_default=True, help="MQTT client id.")
@click.option("--ingest", "folder", type=FILE, help="Take batches from a folder, not MQTT.")
@click.option("--once", is_flag=True, help=f"End after {IDLE_S:.0f} quiet seconds.")
@click.option("--expect", type=int, help="End when this many proven records are held.")
@click.option("--until-idle", type=float, help="End after this many quiet seconds.")
@click.option("--report", is_flag=True, help="Only say how it stands with each box.")
@click.option(
    "--boxes", is_flag=True, help="Only say what is active on each box, how old, refused."
)
@click.option("--json", "as_json", is_flag=True, help="Say so in JSON.")
def receive(
    db: Path,
    keys: Path | None,
    signing: Path | None,
    host: str,
    port: int,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    name: str,
    folder: Path | None,
    once: bool,
    expect: int | None,
    until_idle: float | None,
    report: bool,
    boxes: bool,
    as_json: bool,
) -> None:
    """Verify and store what boxes send; answer with signed receipts.

    Exit status: 0 fine, 1 a record is missing, forked or refused (with --boxes: a box refused an
    update), 2 misuse.
    """
    if boxes:
        with _stored(db) as store:
            _end_with_boxes(store.boxes(), as_json)
    if report:
        with _stored(db) as store:
            _end_with(store.accounts(), as_json)
    if keys is None or signing is None:
        raise click.UsageError("--keys and --signing are needed to receive.")
    signer, keyring = load_signer(signing), load_trusted(keys)
    faults: list[str] = []
    with Store.open(db, keyring) as store:
        if folder is not None:
            faults = [str(fault) for fault in ingest(store, signer, folder)]
        else:
            listener = Listener(store, signer, BrokerAddress(host, port, ca, cert, key), name)
            listener.run(Until(expect, until_idle or (IDLE_S if once else None)), _signalled())
        accounts = store.accounts()
    for fault in faults:
        click.echo(fault, err=True)
    _end_with(accounts, as_json, bool(faults))


def _stored(db: Path) -> Store:
    """Open a database that is there, to look at what it holds."""
    try:
        db.stat()
    except FileNotFoundError:
        raise click.UsageError(f"There is no database {db}.") from None
    except OSError as e:
        raise cannot_open(db, e) from e
    return Store.open(db, {})


def _end_with_boxes(views: list[BoxView], as_json: bool) -> None:
    now, refusals = datetime.now(UTC), [line for view in views for line in view.refusals()]
    if as_json:
        click.echo(json.dumps([described(view, now) for view in views], indent=2))
    else:
        Console().print(table(views, now))
        click.echo("".join(f"{line}\n" for line in refusals), nl=False)
    sys.exit(FINDING if refusals else 0)


def _end_with(accounts: list[Account], as_json: bool, faulty: bool = False) -> None:
    if as_json:
        click.echo(json.dumps([asdict(account) for account in accounts], indent=2))
    else:
        Console().print(_table(accounts))
    sound = all(account.is_sound for account in accounts) and not faulty
    sys.exit(0 if sound else FINDING)


def _table(accounts: list[Account]) -> Table:
    table = Table(
        Column("box", no_wrap=True), *COLUMNS.values(), "last", box=SIMPLE, pad_edge=False
    )
    for account in accounts:
        figures = [str(getattr(account, column)) for column in COLUMNS]
        last = "-" if account.last_seq is None else f"{account.last_epoch}/{account.last_seq}"
        table.add_row(account.box, *figures, last)
    return table


def _signalled() -> Callable[[], bool]:
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    return lambda: bool(stopped)


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        receive()
    except BoxError as e:
        click.echo(f"receive: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
