"""`python -m tools.make_schemas`: what developers of a platform are given, made anew.

JSON Schemas, the AsyncAPI document and the page follow from the types of the records. They are
checked in, and a test compares them byte for byte.
"""

import sys
from pathlib import Path

import click

from edge.errors import BoxError, FeedError
from tools.platform.asyncapi import asyncapi
from tools.platform.page import page
from tools.platform.schemas import file_name, schemas, text_of

FINDING = 1
FOLDER = Path(__file__).parent.parent / "deploy" / "platform"


@click.command()
@click.option(
    "--out",
    default=FOLDER,
    type=click.Path(path_type=Path),
    help="Folder to write to.  [default: deploy/platform]",
)
def make_schemas(out: Path) -> None:
    """Write the schemas, the AsyncAPI document and the page of the records and topics."""
    made = published()
    for name, text in made.items():
        _write(out / name, text)
    click.echo(f"{len(made)} files are in {out}; begin with index.html.")


def published() -> dict[str, str]:
    """Return every file that is made, by its path in the folder."""
    return {
        **{file_name(name): text_of(schema) for name, schema in schemas().items()},
        "asyncapi.json": text_of(asyncapi()),
        "index.html": page(FOLDER),
    }


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as e:
        raise FeedError(
            f"{path} cannot be written ({e.strerror}).", "Name another folder with --out."
        ) from e


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        make_schemas()
    except BoxError as e:
        click.echo(f"make_schemas: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
