"""`anpr-edge protocol`: the data protocol of this box, for the people who answer for the data."""

import json
from datetime import datetime
from pathlib import Path

import click

from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, load
from edge.errors import ReportError
from edge.protocol.basis import gathered
from edge.protocol.document import LANGUAGES, Document, Language
from edge.protocol.markdown import markdown
from edge.protocol.page import page
from edge.protocol.protocol import open_points
from edge.protocol.protocol import protocol as protocol_of

NAME = "data-protocol"


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder.")
@click.option("--lang", type=click.Choice([*LANGUAGES, "both"]), default="both", show_default=True)
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Made on. Default: today.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: files and open points.")
def protocol(config: Path, out: Path, lang: str, day: datetime | None, as_json: bool) -> None:
    """Write the data protocol: data items, purposes, retention, recipients, measures.

    Made from the configuration in force, as Markdown and as a page to print, in Dutch and in
    English. What only a person can say is left blank and listed at the end.
    """
    made_on = SystemClock().read().now.date() if day is None else day.date()
    document = protocol_of(gathered(load(config), made_on))
    files = _write(out, document, [name for name in LANGUAGES if lang in (name, "both")])
    left = [point.blank for point in open_points(document.sections)]
    if as_json:
        points = [{**blank.what._asdict(), "key": blank.key or None} for blank in left]
        click.echo(json.dumps({"files": [str(path) for path in files], "open": points}))
        return
    for path in files:
        click.echo(path)
    click.echo(f"{len(left)} points are left for a person to fill in: the last chapter lists them.")


def _write(out: Path, document: Document, languages: list[Language]) -> list[Path]:
    texts = {
        out / f"{NAME}.{language}.{ending}": write(document, language)
        for language in languages
        for ending, write in (("md", markdown), ("html", page))
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as e:
        raise ReportError(
            f"The data protocol cannot be written to {out} ({e.strerror}).",
            "Name another folder with --out, or free some space.",
        ) from e
    return list(texts)
