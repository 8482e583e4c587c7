"""`anpr-edge records affected`: what rests on a bad snapshot, pack, model or configuration."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from edge.cli.stored import STORE, ledgers_at, storage_key_option
from edge.feed.ledger import Stored
from edge.record.affected import Affected, Basis, Told, affected_by, bases
from edge.record.envelope import UNREADABLE, RefusedError, decode_part, peek, split
from edge.record.message import decode

FINDING = 1
KINDS = ("passage", "resolution")


@click.command()
@click.argument("path", type=STORE)
@click.option(
    "--rests-on",
    required=True,
    metavar="ID_OR_SHA",
    help="Snapshot, pack, model or configuration: its id, its SHA-256 or the first 8 digits.",
)
@storage_key_option
@click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
def affected(path: Path, rests_on: str, storage_key: Path | None, as_json: bool) -> None:
    """List the passages and resolutions at PATH that rest on something, proving nothing.

    A held passage is `open` until its resolution stands at PATH too. Exit status: 0 all was
    looked at, 1 no record rests on it or some records could not be read, 2 misuse.
    """
    told, unreadable = _told(path, storage_key)
    rows = affected_by(told, rests_on)
    # A name that was mistyped must not look like a harm that touched nobody.
    named = [] if rows else bases(told)
    if as_json:
        found = {
            "affected": [asdict(row) for row in rows],
            "unreadable": unreadable,
            "named_instead": [basis._asdict() for basis in named],
        }
        click.echo(json.dumps(found, indent=2))
    else:
        for line in map(_line, rows) if rows else _nothing(rests_on, named):
            click.echo(line)
    for where in unreadable:
        click.echo(f"{where} cannot be read.", err=True)
    sys.exit(0 if rows and not unreadable else FINDING)


def _told(path: Path, storage_key: Path | None) -> tuple[list[Told], list[str]]:
    """Return the records that rest on a decision, and where something cannot be read."""
    told: list[Told] = []
    unreadable: list[str] = []
    for ledger in ledgers_at(path, storage_key):
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


def _nothing(rests_on: str, named: list[Basis]) -> Iterator[str]:
    """Say that nothing rests on a name, and which names there are."""
    yield f"No record here rests on {rests_on}."
    if not named:
        yield "No passage or resolution stands here that names a snapshot or a pack."
        return
    yield "They rest on these (models and configurations are found by their SHA-256):"
    yield from (f"  {basis.kind}  {basis.id}  sha256 {basis.sha256}" for basis in named)


def _line(row: Affected) -> str:
    ends = "" if row.candidate is None else f"  of candidate {row.candidate}"
    place = f"{row.box}  {row.epoch}/{row.seq}  {row.kind}"
    return f"{place}  {row.zone}  {row.outcome}  {row.state}{ends}"
