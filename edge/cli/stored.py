"""Stored records for a verb: the path, and the key of an outbox."""

from pathlib import Path

import click

from edge.feed.ledger import Ledger, open_ledgers
from edge.registry.token import load_key

storage_key_option = click.option(
    "--storage-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The storage key of the box, where PATH is an outbox.",
)


def ledgers_at(path: Path, storage_key: Path | None) -> list[Ledger]:
    """Read all stored records at a path. Raises RecordError, KeyFileError."""
    key = None if storage_key is None else load_key(storage_key, "storage key")
    return open_ledgers(path, key)
