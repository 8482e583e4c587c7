"""Makes the delta between two registries, which the boxes apply instead of a full file.

    python -m tools.make_delta OLD.sqlite NEW.sqlite --out NEW.delta [--check]

SQLite compares the tables by itself, row by row in the order of their keys.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import zstandard
from rich.console import Console
from rich.table import Table

from edge.errors import BoxError, RegistryError
from edge.registry.content import content_of, written
from edge.registry.delta import apply_delta
from edge.registry.deltafile import (
    APPLICATION,
    DELTA_TABLES,
    KEYS,
    open_reading,
)
from edge.registry.schema import COLUMNS, TABLES, VERSION
from edge.registry.seal import keep, prove
from edge.registry.wholeness import has_tables, whole

BUILD_AGAIN = "Build it again with tools.build_registry."
CACHE = "PRAGMA {}.cache_size = -16384"
SAME_KIND = """
CREATE TEMP TABLE same_kind AS SELECT theirs.id AS new, min(ours.id) AS old
FROM new.kinds AS theirs LEFT JOIN old.kinds AS ours ON {} GROUP BY theirs.id
"""
LEVEL = 19
INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of a table a delta puts and takes away."""

    put: int
    gone: int


def make_delta(base: Path, new: Path, out: Path) -> dict[str, Counts]:
    """Write the delta from one registry to another, and return what it holds by table.

    Raises RegistryError for a registry that is not whole, or made with another key than the other.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    try:
        old_meta, new_meta = meta_of(base), meta_of(new)
        if old_meta["key_check"] != new_meta["key_check"]:
            cause = f"{base} and {new} were made with different token keys."
            raise RegistryError(cause, "A new key needs a full registry on every box.")
        with closing(sqlite3.connect(f"{draft.resolve().as_uri()}", uri=True)) as connection:
            attach(connection, base, new)
            state(connection, old_meta, new_meta)
            counts = {table: compare(connection, table) for table in KEYS}
            connection.execute(
                "INSERT INTO kinds SELECT * FROM new.kinds WHERE id IN "
                "(SELECT kind FROM main.every_vehicle)"
            )
            connection.commit()
        keep(draft)
        draft.rename(out)
        keep(out.parent)
    except (OSError, sqlite3.Error) as error:
        raise RegistryError(
            f"{out} cannot be written ({error}).", "Make its folder, or check the disk."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return counts


def meta_of(path: Path) -> dict[str, str]:
    """Return what a registry states. Raises RegistryError unless it is sealed and whole."""
    try:
        with path.open("rb") as stream:
            prove(path, stream)
        with closing(open_reading(path)) as connection:
            meta = whole(connection)
            if not has_tables(connection, TABLES):
                raise RegistryError(f"{path} holds other tables than a registry.", BUILD_AGAIN)
    except (OSError, sqlite3.Error) as error:
        raise RegistryError(f"{path} cannot be read ({error}).", BUILD_AGAIN) from error
    return meta


def attach(connection: sqlite3.Connection, base: Path, new: Path) -> None:
    """Make the tables of a delta beside the two registries."""
    connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + DELTA_TABLES)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    for name, path in (("old", base), ("new", new)):
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        connection.execute(f"ATTACH ? AS {name}", (address,))
        connection.execute(CACHE.format(name))
    alike = " AND ".join(f"theirs.{c} IS ours.{c}" for c in sorted(COLUMNS["kinds"] - {"id"}))
    connection.execute(SAME_KIND.format(alike))
    connection.execute("CREATE UNIQUE INDEX temp.by_number ON same_kind (new)")


def state(connection: sqlite3.Connection, old: dict[str, str], new: dict[str, str]) -> None:
    """State the base, and everything the target states but the number of its kinds."""
    connection.execute("INSERT INTO base VALUES (?, ?)", (old["content"], old["id"]))
    stated = [(name, value) for name, value in new.items() if name != "kinds"]
    connection.executemany("INSERT INTO meta VALUES (?, ?)", stated)


def compare(connection: sqlite3.Connection, table: str) -> Counts:
    """Fill one table of a delta with what differs, and with what is gone."""
    keys = KEYS[table]
    joined = " AND ".join(f"theirs.{key} = ours.{key}" for key in keys)
    differing = [f"ours.{c} IS NOT theirs.{c}" for c in sorted(COLUMNS[table] - {*keys, "kind"})]
    if "kind" in COLUMNS[table]:
        kind = "(SELECT old FROM temp.same_kind WHERE new = theirs.kind)"
        differing.append(f"ours.kind IS NOT {kind}")
    put = connection.execute(
        f"INSERT INTO main.{table} SELECT theirs.* FROM new.{table} AS theirs "
        f"LEFT JOIN old.{table} AS ours ON {joined} "
        f"WHERE ours.{keys[0]} IS NULL OR {' OR '.join(differing)}"
    )
    gone = connection.execute(
        f"INSERT INTO gone_{table} SELECT {', '.join(f'ours.{key}' for key in keys)} "
        f"FROM old.{table} AS ours "
        f"WHERE NOT EXISTS (SELECT 1 FROM new.{table} AS theirs WHERE {joined})"
    )
    return Counts(put.rowcount, gone.rowcount)


def check(base: Path, new: Path, delta: Path) -> None:
    """Apply a delta and compare all rows with those of its target. Raises RegistryError."""
    with TemporaryDirectory(dir=delta.parent, prefix=".check-") as folder:
        made = Path(folder) / "registry.sqlite"
        apply_delta(base, delta, made)
        contents = set()
        for path in (made, new):
            with closing(open_reading(path)) as connection:
                contents.add(written(content_of(connection)))
                contents.add(meta_of(path)["content"])
    if len(contents) != 1:
        raise RegistryError(f"{delta} does not lead to {new}.", BUILD_AGAIN)


def packed_bytes(path: Path) -> int:
    """Return how many bytes travel: a delta is published compressed."""
    with path.open("rb") as stream, Path(os.devnull).open("wb") as sink:
        return zstandard.ZstdCompressor(level=LEVEL).copy_stream(stream, sink)[1]


def show(counts: dict[str, Counts], out: Path) -> None:
    """Print what a delta holds, and how large it is."""
    table = Table("table", "put", "taken away", title=str(out))
    for name, count in counts.items():
        table.add_row(name, f"{count.put:,}", f"{count.gone:,}")
    console = Console()
    console.print(table)
    console.print(f"{out.stat().st_size:,} bytes, {packed_bytes(out):,} as zstd.")


@click.command()
@click.argument("base", type=INPUT)
@click.argument("new", type=INPUT)
@click.option("--out", type=OUTPUT, required=True, help="Delta file to write.")
@click.option("--check", "checking", is_flag=True, help="Apply it, and compare every row.")
def main(base: Path, new: Path, out: Path, checking: bool) -> None:
    """Make the delta that leads from the registry BASE to the registry NEW."""
    try:
        counts = make_delta(base, new, out)
        show(counts, out)
        if checking:
            check(base, new, out)
            click.echo(f"Applied to {base}, it gives every row of {new}.")
    except BoxError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
