"""`python -m tools.golden_suite`: whether the box still does on every street what is known."""

import difflib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from edge.errors import BoxError
from edge.replay.score import Verdict
from tools.golden_suite.drawing import FPS
from tools.golden_suite.found import EXPECTED, as_toml, read_expected
from tools.golden_suite.judging import Deviation, deviations, undue
from tools.golden_suite.playing import Performance, perform
from tools.golden_suite.rehearsal import rehearse
from tools.golden_suite.street import Street, names, read_street

COUNTED = (Verdict.RIGHT, Verdict.WRONG, Verdict.MISSED, Verdict.DUPLICATED, Verdict.LATE)


@dataclass(frozen=True, slots=True)
class Played:
    """One street that was played, and everything in it that is not as expected."""

    name: str
    street: Street
    performance: Performance
    deviations: tuple[Deviation, ...]

    @property
    def other_outcomes(self) -> int:
        """Count the vehicles that are decided otherwise than was due to them."""
        due = {number: one.due for number, one in enumerate(self.street.vehicles, 1)}
        found = self.performance.outcomes.vehicles
        return sum(one.outcomes != due[one.number] for one in found if one.passages)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which streets are played, with which models, and where everything of them is written."""

    streets: Sequence[str]
    manifest: Path | None
    out: Path


def played(wanted: Wanted, writes: bool) -> list[Played]:
    """Draw and play every street, one after another. Raises BoxError."""
    told = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        for name in wanted.streets:
            street = read_street(name)
            task = bar.add_task(name, total=round(street.seconds * FPS) + 1)
            performance = _performed(name, street, wanted, partial(bar.advance, task))
            bar.advance(task)
            found = performance.outcomes
            known = [] if writes else deviations(name, street, read_expected(name), found)
            told.append(Played(name, street, performance, tuple(known)))
    return told


def _performed(
    name: str, street: Street, wanted: Wanted, on_frame: Callable[[], object]
) -> Performance:
    drawn = wanted.out / "streets" / name
    shutil.rmtree(drawn, ignore_errors=True)
    drawn.parent.mkdir(parents=True, exist_ok=True)
    return perform(rehearse(name, street, drawn, on_frame), wanted.manifest, wanted.out / name)


def table(streets: Sequence[Played]) -> Table:
    """Return what became of each street, a row for each."""
    shown = Table("street", "vehicles", *(v.value for v in COUNTED), "other outcome", "verdict")
    for column in shown.columns[1:-1]:
        column.justify = "right"
    for one in streets:
        score = one.performance.score
        counts = (score.count(verdict) for verdict in COUNTED)
        verdict = f"[red]{len(one.deviations)} deviations[/red]" if one.deviations else "kept"
        row = (len(score.vehicles), *counts, one.other_outcomes)
        shown.add_row(one.name, *map(str, row), verdict)
    return shown


def facts(streets: Sequence[Played]) -> dict[str, object]:
    """Return the same for programs."""
    return {
        "kept": not any(one.deviations for one in streets),
        "streets": [
            {
                "street": one.name,
                "seconds": round(one.performance.played.seconds, 3),
                "vehicles": len(one.performance.score.vehicles),
                **{v.value: one.performance.score.count(v) for v in COUNTED},
                "other_outcome": one.other_outcomes,
                "deviations": [asdict(d) | {"says": d.says} for d in one.deviations],
            }
            for one in streets
        ],
    }


def write_down(streets: Sequence[Played], console: Console) -> bool:
    """Expect from now on what was found, and show what that changes.

    Nothing is written of a street in which somebody would be wronged; then it returns False.
    """
    EXPECTED.mkdir(exist_ok=True)
    wronged = [
        f"{one.name}, {says}."
        for one in streets
        for says in undue(one.street, one.performance.outcomes)
    ]
    for one in streets:
        _write(one, EXPECTED / f"{one.name}.toml", console)
    for says in wronged:
        console.print(f"NOT TO BE EXPECTED: {says}", style="red", soft_wrap=True, highlight=False)
    return not wronged


def _write(one: Played, path: Path, console: Console) -> None:
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = as_toml(one.name, one.performance.outcomes)
    if not any(undue(one.street, one.performance.outcomes)):
        diff = difflib.unified_diff(
            *(before.splitlines(), after.splitlines()), path.name, path.name, lineterm="", n=1
        )
        for line in diff:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        path.write_text(after, encoding="utf-8")


def _known(context: click.Context, option: click.Parameter, wanted: Sequence[str]) -> list[str]:
    every = names()
    for name in wanted:
        if name not in every:
            raise click.BadParameter(f"There is no street {name}; there are {', '.join(every)}.")
    return [name for name in every if not wanted or name in wanted]


def _manifest(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    manifest = path / "manifest.toml" if path is not None and path.is_dir() else path
    if manifest is not None and not manifest.is_file():
        raise click.BadParameter(f"{manifest} is no manifest of models.")
    return manifest


@click.command()
@click.option(
    "--models",
    type=click.Path(path_type=Path),
    callback=_manifest,
    help="Models to try: a manifest.toml, or its folder. Default: those of the software.",
)
@click.option(
    "--only", "streets", multiple=True, callback=_known, metavar="NAME", help="Repeatable."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keep pictures and reports."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--write", "writes", is_flag=True, help="Expect from now on what is found.")
def main(
    models: Path | None, streets: list[str], out: Path | None, as_json: bool, writes: bool
) -> None:
    """Play the made-up streets through the box, and compare with what is known of them.

    Exit status: 0 kept, 1 broken, 2 misuse.
    """
    if writes and models is not None:
        raise click.UsageError("What is expected is written with the models of the software.")
    console = Console(quiet=as_json)
    with tempfile.TemporaryDirectory() as aside:
        wanted = Wanted(streets, models, (out or Path(aside)).resolve())
        try:
            told = played(wanted, writes)
        except BoxError as e:
            raise click.UsageError(str(e)) from e
    _tell(told, console)
    if as_json:
        click.echo(json.dumps(facts(told), indent=2))
    if out is not None:
        (out / "golden.json").write_text(json.dumps(facts(told), indent=2), encoding="utf-8")
        console.print(f"Reports: {out}/STREET/report.html", highlight=False)
    kept = write_down(told, console) if writes else not any(one.deviations for one in told)
    raise SystemExit(0 if kept else 1)


def _tell(told: Sequence[Played], console: Console) -> None:
    console.print(table(told))
    for deviation in (deviation for one in told for deviation in one.deviations):
        console.print(deviation.says, soft_wrap=True, markup=False, highlight=False)
    kept = sum(not one.deviations for one in told)
    console.print(f"{kept} of {len(told)} streets kept.", highlight=False)


if __name__ == "__main__":
    main()
