"""The page of a run: its figures as bars, and their history as lines; it needs no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from edge.errors import ReportError
from tools.bench.compare import Compared
from tools.bench.drawn import comparable, groups
from tools.bench.history import Run
from tools.bench.table import value


@dataclass(frozen=True, slots=True)
class Told:
    """All that is told of a run: itself, those before it, what is worse, what was left out."""

    run: Run
    before: Sequence[Run]
    compared: Compared
    left_out: Sequence[str]


def write_page(path: Path, told: Told) -> None:
    """Write the page of a run. Raises ReportError when it cannot be written."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tools.bench", "."), autoescape=True, trim_blocks=True
    )
    environment.filters["value"] = value
    run = told.run
    page = environment.get_template("page.html.j2").render(
        run=run,
        found=told.compared,
        left_out=told.left_out,
        asked=[one for one in run.figures if one.asked is not None],
        groups=list(groups(run.figures, comparable(run, told.before))),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as e:
        raise ReportError(
            f"The page {path} cannot be written ({e.strerror}).", "Name another with --page."
        ) from e
