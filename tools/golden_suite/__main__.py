"""`python -m tools.golden_suite`: whether the box still does on every street what is known."""

import difflib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from edge.errors import BoxError
from edge.replay.score import Verdict
from tools.golden_suite.drawing import FPS
from tools.golden_suite.found import Outcomes, as_toml, expected_file, read_expected
from tools.golden_suite.judging import Deviation, deviations, drift, undue
from tools.golden_suite.playing import Performance, perform
from tools.golden_suite.rehearsal import rehearse
from tools.golden_suite.street import SUITE, Street, names, read_street

COUNTED = (Verdict.RIGHT, Verdict.WRONG, Verdict.MISSED, Verdict.DUPLICATED, Verdict.LATE)


@dataclass(frozen=True, slots=True)
class Played:
    """One street that was played, and everything in it that is not as expected.

    `deviations` None: it was compared with nothing, because what is found is to be expected.
    """

    name: str
    street: Street
    performance: Performance
    deviations: tuple[Deviation, ...] | None

    @property
    def verdict(self) -> str:
        """Return in a word or two whether everything is as expected."""
        if self.deviations is None:
            return "not compared"
        count = len(self.deviations)
        return f"[red]{count} deviation{'s' * (count > 1)}[/red]" if count else "kept"

    @property
    def other_outcomes(self) -> int:
        """Count the vehicles that are decided otherwise than was due to them."""
        due = {number: one.due for number, one in enumerate(self.street.vehicles, 1)}
        found = self.performance.outcomes.vehicles
        return sum(one.outcomes != due[one.number] for one in found if one.passages)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which streets of a suite are played, with which models, and where all of it is written."""

    suite: Path
    streets: Sequence[str]
    manifest: Path | None
    out: Path
    writes: bool


def played(wanted: Wanted) -> list[Played]:
    """Read every street, then draw and play one after another. Raises BoxError, OSError."""
    read = [(name, read_street(name, wanted.suite)) for name in wanted.streets]
    known = {} if wanted.writes else {n: read_expected(n, wanted.suite) for n in wanted.streets}
    told = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        for name, street in read:
            task = bar.add_task(name, total=round(street.seconds * FPS) + 1)
            performance = _performed(name, street, wanted, partial(bar.advance, task))
            bar.advance(task)
            found = _compared(name, street, known.get(name), performance.outcomes)
            told.append(Played(name, street, performance, found))
    return told


def _compared(
    name: str, street: Street, expected: Outcomes | None, found: Outcomes
) -> tuple[Deviation, ...] | None:
    return None if expected is None else tuple(deviations(name, street, expected, found))


def _performed(
    name: str, street: Street, wanted: Wanted, on_frame: Callable[[], object]
) -> Performance:
    drawn = wanted.out / "streets" / name
    shutil.rmtree(drawn, ignore_errors=True)
    drawn.parent.mkdir(parents=True, exist_ok=True)
    return perform(rehearse(name, street, drawn, on_frame), wanted.manifest, wanted.out / name)


def drifted(streets: Sequence[Played], suite: Path) -> list[Deviation]:
    """Return whether all streets of a suite together drifted from what is expected of them."""
    expected = [read_expected(one.name, suite) for one in streets]
    found = drift(expected, [one.performance.outcomes for one in streets])
    return [] if found is None else [found]


def table(streets: Sequence[Played]) -> Table:
    """Return what became of each street, a row for each."""
    names = ("street", "vehicles", *(v.value for v in COUNTED), "other\noutcome", "verdict")
    shown = Table(*names, box=SIMPLE, pad_edge=False, padding=0)
    shown.columns[0].no_wrap = shown.columns[-1].no_wrap = True
    for column in shown.columns[1:-1]:
        column.justify = "right"
    for one in streets:
        score = one.performance.score
        counts = (score.count(verdict) for verdict in COUNTED)
        row = (len(score.vehicles), *counts, one.other_outcomes)
        shown.add_row(one.name, *map(str, row), one.verdict)
    return shown


def facts(streets: Sequence[Played], astray: Sequence[Deviation]) -> dict[str, object]:
    """Return the same for programs."""
    return {
        "kept": not (astray or any(one.deviations for one in streets)),
        "together": [asdict(d) | {"says": d.says} for d in astray],
        "streets": [
            {
                "street": one.name,
                "seconds": round(one.performance.played.seconds, 3),
                "vehicles": len(one.performance.score.vehicles),
                **{v.value: one.performance.score.count(v) for v in COUNTED},
                "other_outcome": one.other_outcomes,
                "deviations": [asdict(d) | {"says": d.says} for d in one.deviations or ()],
            }
            for one in streets
        ],
    }


def write_down(streets: Sequence[Played], suite: Path, console: Console) -> bool:
    """Expect from now on what was found, and show what that changes.

    Nothing is written of a street on which somebody would be wronged; then it returns False.
    """
    kept = True
    for one in streets:
        wronged = list(undue(one.street, one.performance.outcomes))
        for says in wronged:
            told = f"NOT TO BE EXPECTED: {one.name}, {says}."
            console.print(told, style="red", soft_wrap=True, markup=False, highlight=False)
        if not wronged:
            _write(one, expected_file(one.name, suite), console)
        kept &= not wronged
    return kept


def _write(one: Played, path: Path, console: Console) -> None:
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = as_toml(one.name, one.performance.outcomes)
    files = (before.splitlines(), after.splitlines(), path.name, path.name)
    for line in difflib.unified_diff(*files, lineterm="", n=1):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    path.parent.mkdir(exist_ok=True)
    path.write_text(after, encoding="utf-8")


def _chosen(suite: Path, only: Sequence[str]) -> list[str]:
    every = names(suite)
    if not every:
        raise click.UsageError(f"There is no street in {suite}/streets: nothing would be proven.")
    for name in only:
        if name not in every:
            raise click.UsageError(f"There is no street {name}; there are {', '.join(every)}.")
    return [name for name in every if not only or name in only]


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
@click.option("--only", multiple=True, metavar="NAME", help="Play this street; repeatable.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keep pictures and reports."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--write", "writes", is_flag=True, help="Expect from now on what is found.")
@click.option(
    "--suite",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=SUITE,
    help="Another folder with streets/ and expected/.",
)
def main(
    models: Path | None, only: tuple[str, ...], out: Path | None, as_json: bool, writes: bool,
    suite: Path,
) -> None:  # fmt: skip
    """Play the made-up streets through the box, and compare with what is known of them.

    Exit status: 0 kept, 1 broken, 2 misuse.
    """
    if writes and models is not None:
        raise click.UsageError("What is expected is written with the models of the software.")
    console = Console(quiet=as_json)
    with tempfile.TemporaryDirectory() as aside:
        folder = (out or Path(aside)).resolve()
        try:
            told = played(Wanted(suite, _chosen(suite, only), models, folder, writes))
            astray = [] if only or writes else drifted(told, suite)
        except BoxError as e:
            raise click.UsageError(str(e)) from e
        except OSError as e:
            fault = f"{e.filename} cannot be written or read ({e.strerror})."
            raise click.UsageError(f"{fault} Name another folder with --out.") from e
    _tell(told, astray, console)
    result = facts(told, astray)
    if as_json:
        click.echo(json.dumps(result, indent=2))
    if out is not None:
        (out / "golden.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
        console.print(f"Reports: {out}/STREET/report.html", highlight=False)
    kept = write_down(told, suite, Console(stderr=as_json)) if writes else result["kept"]
    raise SystemExit(0 if kept else 1)


def _tell(told: Sequence[Played], astray: Sequence[Deviation], console: Console) -> None:
    console.print(table(told))
    compared = [one.deviations for one in told if one.deviations is not None]
    for deviation in [*chain.from_iterable(compared), *astray]:
        console.print(deviation.says, soft_wrap=True, markup=False, highlight=False)
    if compared:
        kept = sum(not deviations for deviations in compared)
        console.print(f"{kept} of {len(told)} streets kept.", highlight=False)


if __name__ == "__main__":
    main()
