"""`python -m tools.compare_runs`: the gate before a model, a pack or a registry is published."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from edge.cli.printable import printable
from edge.errors import BoxError, ReportError
from tools.compare_runs.changes import Compared, compare
from tools.compare_runs.page import facts, write_page
from tools.compare_runs.results import Seen, read_results
from tools.compare_runs.thresholds import Judged, judge, read_thresholds

FINDING, MISUSE = 1, 2


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--thresholds", type=click.Path(path_type=Path), help="What must be kept (TOML).")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for compare.html and compare.json."
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def main(
    before: Path, after: Path, thresholds: Path | None, out: Path | None, as_json: bool
) -> None:
    """Compare the results of two replays of the same pictures, vehicle by vehicle.

    BEFORE and AFTER are folders of `anpr-edge replay --out`. Exit status: 0 all thresholds are
    kept (or none were asked), 1 one is not, 2 it cannot be told.
    """
    try:
        wanted = None if thresholds is None else read_thresholds(thresholds)
        results = read_results(before), read_results(after)
        compared = compare(*results)
        judged = None if wanted is None else judge(compared, wanted)
        told = facts(compared, judged)
        if out is not None:
            _make(out)
            write_page(out / "compare.html", results, compared, judged)
            (out / "compare.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
    except BoxError as e:
        click.echo(f"compare_runs: {e.cause} {e.remedy}", err=True)
        sys.exit(MISUSE)
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        _tell(compared, judged)
    if told["passes"] is False:
        sys.exit(FINDING)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise ReportError(f"{out} cannot be made a folder ({e.strerror}).", "Name another.") from e


def _tell(compared: Compared, judged: Sequence[Judged] | None) -> None:
    click.echo(f"{len(compared.changed)} of {len(compared.pairs)} vehicles changed")
    for pair in compared.changed:
        what = ", ".join(pair.changes)
        click.echo(printable(f"  {_told(pair.before)} -> {_told(pair.after)}: {what}"))
    for then, now in compared.verdicts:
        click.echo(printable(f"  {now.plate}: {then.verdict} before, {now.verdict} now"))
    for one in judged or ():
        click.echo(f"{'kept' if one.kept else 'NOT KEPT'}: {one}")
    if judged is not None:
        kept = all(one.kept for one in judged)
        click.echo("May be published." if kept else "Must not be published.")


def _told(seen: Seen | None) -> str:
    if seen is None:
        return "not announced"
    return f"{seen.first.plate} {'/'.join(one.outcome for one in seen.zones.values())}"


if __name__ == "__main__":
    main()
