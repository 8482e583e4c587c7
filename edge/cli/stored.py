"""Stored records for a verb: the path, and the key of an outbox."""

import os
from pathlib import Path

import click

from edge.feed.ledger import Ledger, open_ledgers
from edge.registry.token import load_key

SERVER = ("postgresql://", "postgres://")


class StorePath(click.Path):
    """Where records lie; a database server is read by way of a copy."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """Refuse the address of a server with what to do instead."""
        if str(value).startswith(SERVER):
            copy = "`python -m tools.receive --db ADDRESS --copy-to FILE`"
            self.fail(f"a server is no file: copy it with {copy} first.", param, ctx)
        return super().convert(value, param, ctx)


STORE = StorePath(path_type=Path, exists=True)
storage_key_option = click.option(
    "--storage-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The storage key of the box, where PATH is an outbox.",
)


def ledgers_at(path: Path, storage_key: Path | None) -> list[Ledger]:
    """Read all stored records at a path. Raises RecordError, KeyFileError."""
    key = None if storage_key is None else load_key(storage_key, "storage key")
    return open_ledgers(path, key)
