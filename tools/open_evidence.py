"""`python -m tools.open_evidence`: the authority opens the pictures of a released candidate.

It opens only what a proven record of a box names, and only where that record released: the
pictures of all others were destroyed, and none of them should ever be here.
"""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from edge.errors import BoxError, EvidenceError, KeyFileError, RecordError
from edge.feed.ledger import Stored, open_ledgers
from edge.record.age import MAGIC, Identity
from edge.record.envelope import NAME, UNREADABLE, Keyring, RefusedError, verify
from edge.record.keys import load_trusted
from edge.record.message import EvidenceRef, PassageRecord, ResolutionRecord, decode
from edge.record.standing import check_standing

FINDING = 1
RELEASED = "released"
FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Named:
    """A picture as a proven record names it."""

    box: str
    epoch: int
    seq: int
    ref: EvidenceRef
    released: bool

    @property
    def file_name(self) -> str:
        """Return the name of its JPEG: the place of its candidate, and no plate."""
        shows = self.ref.name if NAME.fullmatch(self.ref.name) else "picture"
        return f"{self.box}-{self.epoch}-{self.seq}-{shows}.jpg"


def named(path: Path, keyring: Keyring) -> dict[str, Named]:
    """Return every picture that proven records at a path name, by its hash; releases win.

    Raises RecordError when there are no records there.
    """
    found: dict[str, Named] = {}
    for ledger in open_ledgers(path):
        known = ledger.keyring(keyring)  # with the keys that its own rotations brought in
        for picture in (named for stored in ledger.records for named in _of(stored, known)):
            if picture.released or picture.ref.sha256 not in found:
                found[picture.ref.sha256] = picture
    return found


def opened(path: Path, pictures: dict[str, Named], identity: Identity) -> tuple[Named, bytes]:
    """Return what a file shows, as its record names it, and its JPEG.

    Raises RecordError when no record allows it, EvidenceError when it does not open.
    """
    age = _read(path)
    picture = pictures.get(hashlib.sha256(age).hexdigest())
    if picture is None:
        raise _unnamed(path, age, pictures)
    if not picture.released:
        raise RecordError(
            f"{path}: the record that names it did not release its candidate.",
            "Give the records that hold its resolution. If there is none, destroy the file.",
        )
    try:
        return picture, identity.open(age)
    except EvidenceError as e:
        raise EvidenceError(f"{path}: {e.cause}", e.remedy) from e


def _of(stored: Stored, keyring: Keyring) -> Iterator[Named]:
    try:
        record = verify(stored.jws, keyring)
        check_standing(record, keyring, stored.received_at)
        data = decode(record.payload).data
    except (RefusedError, *UNREADABLE):
        return
    if isinstance(data, ResolutionRecord):
        place = data.candidate
        for ref in data.evidence:
            yield Named(data.box, place.epoch, place.seq, ref, data.state == RELEASED)
    if isinstance(data, PassageRecord):
        for ref in data.evidence:
            yield Named(data.box, data.epoch, data.seq, ref, False)


def _unnamed(path: Path, age: bytes, pictures: dict[str, Named]) -> RecordError:
    """Say why no record knows a file: damaged, or of other records."""
    expected = pictures.get(path.stem)
    if expected is not None and len(age) < expected.ref.bytes:
        return RecordError(f"{path} is cut short.", "Copy the file again from the receiver.")
    if expected is not None or not age.startswith(MAGIC):
        return RecordError(f"{path} was altered.", "Copy the file again from the receiver.")
    return RecordError(
        f"{path} is named by no proven record there.", "Give the records of the box it is from."
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise EvidenceError(f"{path} cannot be read ({e.strerror}).", "Name another file.") from e


def _identity(path: Path) -> Identity:
    try:
        return Identity.read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as e:
        raise KeyFileError(f"The identity {path} cannot be read.", "Name another file.") from e


def _write(path: Path, jpeg: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg)
    except OSError as e:
        raise EvidenceError(
            f"{path} cannot be written ({e.strerror}).", "Name another --out."
        ) from e


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--identity", required=True, type=FILE, help="The authority's age key file.")
@click.option("--record", required=True, type=FILE, help="Records: a receiver's database, JWS.")
@click.option("--keys", required=True, type=FILE, help="Trusted keys of the boxes (JWKS).")
@click.option("--out", default=Path(), type=FILE, help="Folder for the pictures.  [default: here]")
def open_evidence(
    files: tuple[Path, ...], identity: Path, record: Path, keys: Path, out: Path
) -> None:
    """Prove each FILE by the record that names it, decrypt it, and write its JPEG.

    Exit status: 0 all opened, 1 one is not proven or does not open, 2 misuse.
    """
    key, pictures = _identity(identity), named(record, load_trusted(keys))
    failed = False
    for path in files:
        try:
            picture, jpeg = opened(path, pictures, key)
            _write(out / picture.file_name, jpeg)
        except BoxError as e:
            failed = True
            click.echo(f"{e.cause} {e.remedy}", err=True)
        else:
            click.echo(out / picture.file_name)
    sys.exit(FINDING if failed else 0)


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        open_evidence()
    except BoxError as e:
        click.echo(f"open_evidence: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
