"""The comparison as one page that needs nothing beside it; it shows plates in clear."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from edge.errors import ReportError
from tools.compare_runs.changes import Change, Compared, Pair
from tools.compare_runs.results import Results, Seen
from tools.compare_runs.thresholds import Judged


def facts(compared: Compared, judged: Sequence[Judged] | None) -> dict[str, Any]:
    """Return the comparison for programs."""
    return {
        "vehicles": len(compared.pairs),
        "changed": len(compared.changed),
        "changes": {change.value: compared.count(change) for change in Change},
        "each": [_pair_facts(pair) for pair in compared.changed],
        "verdicts": [
            {"plate": now.plate, "before": then.verdict, "after": now.verdict}
            for then, now in compared.verdicts
        ],
        "thresholds": [
            {"name": one.name, "found": one.found, "wanted": one.wanted, "kept": one.kept}
            for one in judged or ()
        ],
        "passes": None if judged is None else all(one.kept for one in judged),
    }


def _pair_facts(pair: Pair) -> dict[str, Any]:
    return {
        "changes": list(pair.changes),
        "before": _seen_facts(pair.before),
        "after": _seen_facts(pair.after),
    }


def _seen_facts(seen: Seen | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    one = seen.first
    return {
        "plate": one.plate,
        "country": one.country,
        "confidence": one.confidence,
        "first_frame": one.first_frame,
        "zones": {zone: entry.outcome for zone, entry in seen.zones.items()},
    }


def write_page(
    path: Path,
    results: tuple[Results, Results],
    compared: Compared,
    judged: Sequence[Judged] | None,
) -> None:
    """Write the page. Raises ReportError."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tools.compare_runs", "."), autoescape=True, trim_blocks=True
    )
    before, after = results
    rows = [
        {
            "changes": pair.changes,
            "sides": (_side(before, pair.before), _side(after, pair.after)),
        }
        for pair in compared.changed
    ]
    page = environment.get_template("page.html.j2").render(
        names=(str(before.folder), str(after.folder)),
        compared=compared,
        judged=judged,
        passes=judged is not None and all(one.kept for one in judged),
        rows=rows,
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as e:
        raise ReportError(
            f"The comparison cannot be written ({e.strerror}).", "Name another folder with --out."
        ) from e


def _side(results: Results, seen: Seen | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    pictures = seen.first.pictures
    return {
        "first": seen.first,
        "zones": list(seen.zones.values()),
        "plate": _embedded(results.folder, pictures.plate),
        "still": _embedded(results.folder, pictures.still),
    }


def _embedded(folder: Path, name: str) -> str:
    """Return a picture as an address that needs no network, empty where it is not there."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode()
