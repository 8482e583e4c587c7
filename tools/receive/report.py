"""What the receiver says of its boxes, as tables and as JSON; exit status 1 tells of a finding."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import click
import msgspec
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from edge.record.countersign import peek_countersignature
from tools.receive.accounts import Account
from tools.receive.boxes import BoxView, described, table

FINDING = 1
COLUMNS = {
    "received": "in",
    "verified": "proven",
    "duplicates": "again",
    "waiting": "waits",
    "gaps": "gaps",
    "dropped": "drops",
    "forks": "forks",
    "refused": "bad",
}
UNKNOWN_BOX = "(not known)"


def end_with_boxes(views: list[BoxView], as_json: bool) -> None:
    """Say what is active on each box, and end."""
    now = datetime.now(UTC)
    faults = [line for view in views for line in view.faults(now)]
    if as_json:
        click.echo(json.dumps([described(view, now) for view in views], indent=2))
    else:
        Console().print(table(views, now))
        click.echo("".join(f"{line}\n" for line in faults), nl=False)
    sys.exit(FINDING if faults else 0)


def end_with(accounts: list[Account], as_json: bool, faulty: bool = False) -> None:
    """Say how it stands with each box, and end; `faulty`: something else was not whole."""
    if as_json:
        click.echo(json.dumps([asdict(account) for account in accounts], indent=2))
    else:
        Console().print(_table(accounts))
        for account in accounts:
            for reason, messages in account.refused_for.items():
                click.echo(f"{account.box or UNKNOWN_BOX}: {messages} refused: {reason}")
    sound = all(account.is_sound for account in accounts) and not faulty
    sys.exit(0 if sound else FINDING)


def end_with_checkpoints(words: list[bytes], as_json: bool) -> None:
    """Show what the platform countersigned, and end."""
    found = [(peek_countersignature(jws), jws.decode()) for jws in words]
    if as_json:
        rows = [msgspec.to_builtins(word) | {"jws": jws} for word, jws in found]
        click.echo(json.dumps(rows, indent=2))
    else:
        for word, _ in found:
            at = f"{word.received_at:%Y-%m-%dT%H:%M:%SZ}"
            click.echo(f"{word.box}  {word.epoch}/{word.seq}  {word.sha256}  {at}")
    sys.exit(0)


def _table(accounts: list[Account]) -> Table:
    names = ("box", *COLUMNS.values(), "last")
    columns = (Column(name, no_wrap=True) for name in names)
    found = Table(*columns, box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for account in accounts:
        figures = [str(getattr(account, column)) for column in COLUMNS]
        last = "-" if account.last_seq is None else f"{account.last_epoch}/{account.last_seq}"
        found.add_row(account.box or UNKNOWN_BOX, *figures, last)
    return found
