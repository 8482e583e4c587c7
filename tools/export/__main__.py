"""`python -m tools.export`: proven passages in the shapes of other platforms."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
import msgspec

from edge.errors import BoxError, ConfigError, KeyFileError
from edge.record.message import PassageRecord, PlateRecord
from edge.registry.token import load_key, pseudonym
from tools.export.amsterdam import Hash, message
from tools.export.cursor import Cursor
from tools.export.post import Outgoing, Platform, post
from tools.export.seen import START, boxes, heads, seen
from tools.export.sites import Site, Sites, load_sites
from tools.export.views import VIEWS
from tools.receive.database import Database, is_server, open_database

FINDING = 1
FILE = click.Path(path_type=Path, dir_okay=False)
KNOWN_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
SITES_HELP = "Where each camera stands (TOML)."
ADDRESS = ("http://", "https://")
NO_SITE = "Add a table for it to the file; see `pydoc tools.export.sites` for its form."


@click.group()
def export() -> None:
    r"""Show or send what a receiver holds of passages, in the shapes of other platforms.

    DB is a receiver's database: a file, or postgresql://... Only proven records are read, and none
    is changed. A plate stands in a view only where its record holds it.

    SITES is a TOML file with a table for each camera, under the name it has in the records:

    \b
        [camera-1]
        name = "Catharijnesingel"
        street = "Catharijnesingel"
        heading = 180          # whither it looks, degrees from the north
        latitude = 52.09
        longitude = 5.12
        lanes = ["inbound", "outbound"]
        approaching = "NAAR"   # who comes towards it drives into the zone; or VAN
    """


@export.command()
@click.argument("db")
@click.option("--as", "view", required=True, type=click.Choice([*VIEWS]))
@click.option("--sites", type=KNOWN_FILE, help=SITES_HELP)
@click.option("--box", help="Only this box.")
def show(db: str, view: str, sites: Path | None, box: str | None) -> None:
    """Print every passage as one line of JSON; a released candidate once more, with its plate."""
    known = {} if sites is None else load_sites(sites)
    with _database(db) as found:
        for name in boxes(found) if box is None else [box]:
            for told in seen(found, name, START):
                line = VIEWS[view](told, known.get(told.passage.site.camera))
                click.echo(msgspec.json.encode(line))


@export.command("post")
@click.argument("db")
@click.option("--to", "address", required=True, help="Address of the platform's passage API.")
@click.option("--sites", required=True, type=KNOWN_FILE, help=SITES_HELP)
@click.option("--cursor", required=True, type=FILE, help="Remembers what was sent; made if needed.")
@click.option("--authorization", type=KNOWN_FILE, help="File: the header Authorization.")
@click.option("--hash-key", type=KNOWN_FILE, help="64 hexadecimal digits: hash plates with it.")
@click.option("--patience", default=300.0, show_default=True, help="Seconds to insist.")
@click.option("--json", "as_json", is_flag=True, help="Say what became of them in JSON.")
def post_passages(
    db: str,
    address: str,
    sites: Path,
    cursor: Path,
    authorization: Path | None,
    hash_key: Path | None,
    patience: float,
    as_json: bool,
) -> None:
    """Send every passage that was not sent yet, as passage-v2 (Amsterdam).

    Made coarse before it leaves, without a plate. With --hash-key, the plate of a released
    candidate, and of a zone that lets plates out, is sent as a hash that differs every day. What
    the platform refuses for good is kept beside the cursor (`.refused.jsonl`). Exit status: 0 all
    was taken, 1 something was refused or the platform is away, 2 misuse.
    """
    if not address.lower().startswith(ADDRESS):
        raise click.UsageError("--to is an address such as https://platform.example.org/passage/.")
    reached, known = Cursor(cursor), load_sites(sites)
    said = None if authorization is None else _authorization(authorization)
    aside = cursor.with_name(f"{cursor.name}.refused.jsonl")
    with _database(db) as found:
        reached.check(heads(found))
        reached.write()  # before anything leaves
        outgoing = _outgoing(found, reached, known, _hash(hash_key))
        platform = Platform(address, said, patience)
        posted = post(outgoing, platform, aside, reached.move)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(posted)))
    else:
        click.echo(
            f"{posted.created} taken, {posted.known} known already, {posted.refused} refused."
        )
        if posted.refused:
            click.echo(f"The refused are in {aside}, with the answers.", err=True)
    sys.exit(FINDING if posted.refused else 0)


def _outgoing(db: Database, reached: Cursor, sites: Sites, plate_hash: Hash) -> Iterator[Outgoing]:
    for box in boxes(db):
        for told in seen(db, box, reached.after(box)):
            site = _site(told.passage, sites)
            yield Outgoing(box, told.at, message(told, site, plate_hash))


def _site(passage: PassageRecord, sites: Sites) -> Site:
    name = passage.site.camera
    if name not in sites:
        raise ConfigError(f"The camera {name} of box {passage.box} is not in --sites.", NO_SITE)
    return sites[name]


def _authorization(path: Path) -> str:
    """Return the header; no error shows it. Raises KeyFileError."""
    try:
        found = path.read_bytes().decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        found = ""
    if not found or not found.isprintable():
        raise KeyFileError(
            f"The header in {path} is no line of plain text.",
            "Write the value of Authorization alone into it, such as: Token 0123abc",
        )
    return found


def _hash(path: Path | None) -> Hash:
    key = None if path is None else load_key(path, "hash key")
    return partial(_hashed, key)


def _hashed(key: bytes | None, passage: PassageRecord, plate: PlateRecord) -> str | None:
    if plate.text is None or key is None:
        return plate.pseudonym
    return pseudonym(key, plate.country or "", plate.text, passage.seen_first.date())


@contextmanager
def _database(address: str) -> Iterator[Database]:
    if not is_server(address) and not Path(address).is_file():
        raise click.UsageError(f"There is no database {address}.")
    found = open_database(address)
    try:
        yield found
    except found.errors as e:
        raise found.fault("read", e) from e
    finally:
        found.close()


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        export()
    except BoxError as e:
        click.echo(f"export: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
