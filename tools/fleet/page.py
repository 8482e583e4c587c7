"""The report as one page that needs nothing beside it, and as JSON."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from edge.errors import ReportError
from tools.fleet.conductor import Span
from tools.fleet.figures import Figures
from tools.fleet.plots import course, latency
from tools.fleet.report import ROLES


def make_room(out: Path) -> None:
    """Make the folder before anything is measured. Raises ReportError where it cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as e:
        raise _unwritten(e) from e


def write(out: Path, told: dict[str, Any], found: Figures, spans: Sequence[Span]) -> None:
    """Write report.html and report.json into a folder. Raises ReportError."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tools.fleet", "."), autoescape=True, trim_blocks=True
    )
    pictures = {"course": course(found, spans), "latency": latency(found)}
    page = environment.get_template("page.html.j2").render(told, pictures=pictures, roles=ROLES)
    make_room(out)
    try:
        (out / "report.html").write_text(page, encoding="utf-8")
        (out / "report.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    except OSError as e:
        raise _unwritten(e) from e


def _unwritten(error: OSError) -> ReportError:
    cause = f"The report cannot be written ({error.strerror})."
    return ReportError(cause, "Name another folder with --out.")
