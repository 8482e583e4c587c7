"""`python -m tools.make_keys`: the keys of a box and of a platform, for tests and first steps."""

import secrets
import sys
from pathlib import Path

import click

from edge.errors import BoxError, KeyFileError
from edge.feed.topics import NAME
from edge.record.keys import create_signer, extend_trusted, load_trusted, write_private
from edge.record.signer import FileSigner

FINDING = 1
SECRET_BYTES = 32


@click.command()
@click.option("--box", required=True, help="Id of the box, as in its configuration.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the keys.")
def make_keys(box: str, out: Path) -> None:
    """Make a box's keys; in a new folder those of a platform too.

    box.pem signs records, storage.key seals the outbox, token.key finds plates in the registry,
    platform.pem signs receipts; boxes.jwks is what a receiver trusts. A second box is added as
    BOX.pem and BOX.storage.key; token.key serves it too, for boxes that take the same registry
    share the key it was built with.
    """
    if not NAME.fullmatch(box):
        raise click.UsageError("A box id has letters, digits, dot, dash and underscore only.")
    _make_folder(out)
    _refuse_second(box, out / "boxes.jwks")
    first = not (out / "platform.pem").exists()
    signer = _add_box(box, out / ("box.pem" if first else f"{box}.pem"), out / "boxes.jwks")
    _write_secret(out / ("storage.key" if first else f"{box}.storage.key"))
    if first:
        _write_secret(out / "token.key")
        create_signer(out / "platform.pem", None)
    click.echo(f"Keys of {box} are in {out}; its key id is {signer.key_id}.")


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise KeyFileError(
            f"The folder {out} cannot be made ({e.strerror}).", "Name another with --out."
        ) from e


def _write_secret(path: Path) -> None:
    write_private(path, f"{secrets.token_hex(SECRET_BYTES)}\n".encode())


def _refuse_second(box: str, jwks: Path) -> None:
    """Raise KeyFileError when the box has a key already: two keys would split its chain."""
    if jwks.exists() and any(key.box == box for key in load_trusted(jwks).values()):
        raise KeyFileError(
            f"Box {box} has a key in {jwks}; keys are never overwritten.",
            "Use another folder, or another box id.",
        )


def _add_box(box: str, pem: Path, jwks: Path) -> FileSigner:
    signer = create_signer(pem, box)
    extend_trusted(jwks, signer.public(box))
    return signer


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        make_keys()
    except BoxError as e:
        click.echo(f"make_keys: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
