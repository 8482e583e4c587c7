"""`anpr-edge records affected`: what rests on a bad snapshot, pack, model or configuration."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from edge.feed.ledger import Stored, open_ledgers
from edge.record.affected import Affected, Told, affected_by
from edge.record.envelope import UNREADABLE, RefusedError, decode_part, peek, split
from edge.record.message import decode

FINDING = 1
KINDS = ("passage", "resolution")


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--rests-on",
    required=True,
    metavar="ID_OR_SHA",
    help="Snapshot, pack, model or configuration: its id, its SHA-256 or the first 8 digits.",
)
@click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
def affected(path: Path, rests_on: str, as_json: bool) -> None:
    """List the passages and resolutions at PATH that rest on something, proving nothing.

    A held passage is `open` until its resolution stands at PATH too. Exit status: 0 all was
    looked at, 1 some records could not be read, 2 misuse.
    """
    told, unreadable = _told(path)
    rows = affected_by(told, rests_on)
    if as_json:
        found = {"affected": [asdict(row) for row in rows], "unreadable": unreadable}
        click.echo(json.dumps(found, indent=2))
    else:
        for row in rows:
            click.echo(_line(row))
    for where in unreadable:
        click.echo(f"{where} cannot be read.", err=True)
    sys.exit(FINDING if unreadable else 0)


def _told(path: Path) -> tuple[list[Told], list[str]]:
    """Return the records that rest on a decision, and where something cannot be read."""
    told: list[Told] = []
    unreadable: list[str] = []
    for ledger in open_ledgers(path):
        unreadable += [where for where, _cause in ledger.faults]
        for stored in ledger.records:
            try:
                told += _decoded(stored)
            except (RefusedError, *UNREADABLE):
                unreadable.append(stored.where)
    return told, unreadable


def _decoded(stored: Stored) -> list[Told]:
    """Return a record that rests on a decision; other kinds do not count."""
    if peek(stored.jws).envelope.kind not in KINDS:
        return []
    return [decode(decode_part(split(stored.jws)[1])).data]


def _line(row: Affected) -> str:
    ends = "" if row.candidate is None else f"  of candidate {row.candidate}"
    place = f"{row.box}  {row.epoch}/{row.seq}  {row.kind}"
    return f"{place}  {row.zone}  {row.outcome}  {row.state}{ends}"
