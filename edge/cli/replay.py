"""`anpr-edge replay`: clips and image folders through the production path."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge.capture.clip import Clip, ImageFolder, open_clip
from edge.cli.printable import printable
from edge.clock import ReplayClock
from edge.config import load
from edge.daemon import wiring
from edge.daemon.pipeline import Conclusion
from edge.errors import ReportError
from edge.replay.bare import ReplayBox, bare_box
from edge.replay.film import Film
from edge.replay.report import summary, write_report
from edge.replay.session import Played, play
from edge.replay.truth import Score, read_truth, score
from edge.types import Decision, Frame, Outcome, Reading

WORK = ".replay-"  # a killed replay leaves this folder and nothing half-written beside it
RESULTS = ("annotated*.mp4", "passages.jsonl", "replay.jwk", "report.html", "summary.json")
STYLES = {
    Outcome.FREE_ACCESS: "green",
    Outcome.EXEMPT: "cyan",
    Outcome.PERMITTED: "blue",
    Outcome.PERMIT_POSSIBLE: "yellow",
    Outcome.NO_ACCESS: "red",
    Outcome.OUT_OF_SCOPE: "bright_black",
    Outcome.REVIEW: "magenta",
}


def moment(text: str) -> datetime:
    """Read an ISO 8601 time with its offset; return it in UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as e:
        raise click.BadParameter(f"{text} is not a time like 2028-06-01T10:00:00+02:00.") from e
    if read.tzinfo is None:
        raise click.BadParameter(f"{text} has no offset; add Z or one like +02:00.")
    if not 2000 <= read.year <= 2100:
        raise click.BadParameter(f"{text} lies outside the years 2000 to 2100.")
    return read.astimezone(UTC)


@click.command()
@click.argument(
    "clips", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CLIP..."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for results.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The box to replay on; records go to its outbox. Default: no registry, own keys.",
)
@click.option(
    "--at", type=moment, metavar="TIME", help="When the first frame was captured. Default: now."
)
@click.option("--truth", type=click.Path(path_type=Path), help="What really drove by (CSV).")
@click.option("--real-time", is_flag=True, help="As fast as filmed, not as fast as possible.")
@click.option("--no-video", is_flag=True, help="Leave out the annotated video.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def replay(
    clips: tuple[Path, ...],
    out: Path,
    config: Path | None,
    at: datetime | None,
    truth: Path | None,
    real_time: bool,
    no_video: bool,
    as_json: bool,
) -> None:
    """Send clips or image folders through the production path.

    Writes passages.jsonl (the signed records), report.html, annotated.mp4 and summary.json into
    the folder. They show plates in clear: a tester's files.
    """
    start = at or datetime.now(UTC)
    opened = [open_clip(path, start) for path in clips]
    vehicles = [None if truth is None else read_truth(truth, path) for path in clips]
    work = _work_folder(out)
    try:
        box = _box(config, work, start)
        stage = _Stage(box, work, Console(quiet=as_json), real_time, not no_video)
        played = [stage.play(clip, _film_name(opened, n)) for n, clip in enumerate(opened, 1)]
        box.close()
        scores = [
            None if v is None else score([c.passage for c in p.conclusions], v)
            for p, v in zip(played, vehicles, strict=True)
        ]
        facts = summary(played, scores)
        _write(work, facts, played, scores)
        _deliver(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _tell(out, played, scores)
    for cut in (p.fault for p in played if p.fault is not None):
        raise cut


class _Stage:
    """Plays clips on one box and shows a person how it goes."""

    def __init__(
        self, box: ReplayBox, work: Path, console: Console, real_time: bool, film: bool
    ) -> None:
        self._box, self._work, self._console = box, work, console
        self._real_time, self._film = real_time, film

    def play(self, clip: Clip | ImageFolder, name: str) -> Played:
        with Film(self._work / name, clip.fps) as film, self._progress() as progress:
            task = progress.add_task(escape(clip.path.name), total=clip.length or None)

            def watch(
                frame: Frame, readings: Sequence[Reading], concluded: Sequence[Conclusion]
            ) -> None:
                progress.update(task, completed=frame.index + 1)
                for conclusion in concluded:
                    progress.console.print(_line(conclusion), soft_wrap=True)
                if self._film:
                    film.show(frame, readings, concluded)

            return play(clip, self._box.pipeline, self._box.clock, watch, self._real_time)

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        return Progress(*columns, TimeRemainingColumn(), console=self._console, transient=True)


def _film_name(clips: list[Clip | ImageFolder], number: int) -> str:
    if len(clips) == 1:
        return "annotated.mp4"
    return f"annotated-{number:02}-{clips[number - 1].path.stem}.mp4"


def _box(config_path: Path | None, work: Path, start: datetime) -> ReplayBox:
    if config_path is None:
        return bare_box(work, start)
    config = load(config_path)
    registry, outbox, clock = wiring.registry(config), wiring.outbox(config), ReplayClock(start)
    casebook, signer = wiring.casebook(config, outbox), wiring.signer(config, outbox)
    cabinet = wiring.Cabinet(config, clock, registry, signer, outbox, casebook)
    return ReplayBox(wiring.pipeline(cabinet), clock, signer, outbox, casebook)


def _work_folder(out: Path) -> Path:
    """Make a folder inside the results' one, where everything is written before it is moved."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for left in out.glob(f"{WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=WORK, dir=out))
    except OSError as e:
        raise ReportError(
            f"The folder {out} cannot be written to ({e.strerror}).", "Name another with --out."
        ) from e


def _write(
    work: Path, facts: dict[str, object], played: list[Played], scores: list[Score | None]
) -> None:
    try:
        records = (c.envelope for p in played for c in p.conclusions)
        lines = [envelope.jws + b"\n" for envelope in records if envelope is not None]
        (work / "passages.jsonl").write_bytes(b"".join(lines))
        (work / "summary.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
        write_report(work / "report.html", played, scores)
    except OSError as e:
        raise ReportError(
            f"The results cannot be written ({e.strerror}).",
            "Free some space; the records themselves are safe in the outbox.",
        ) from e


def _deliver(work: Path, out: Path) -> None:
    for stale in [p for pattern in RESULTS for p in out.glob(pattern)]:
        stale.unlink()
    for path in sorted(work.iterdir()):
        if path.is_file():
            path.replace(out / path.name)


def _line(conclusion: Conclusion) -> str:
    passage, decision = conclusion.passage, conclusion.decision
    style = STYLES[decision.outcome]
    outcome = decision.outcome.replace("_", " ")
    plate = escape(printable(f"{passage.country or '??'} {passage.plate:<9}"))
    return (
        f"[bold]{plate}[/bold] "
        f"[{style}]{outcome:<15}[/{style}] {escape(printable(decision.reason))}{_marks(decision)}"
    )


def _marks(decision: Decision) -> str:
    return f" ({', '.join(decision.marks)})" if decision.marks else ""


def _tell(out: Path, played: list[Played], scores: list[Score | None]) -> None:
    for p, s in zip(played, scores, strict=True):
        speed = p.frames / p.seconds if p.seconds else 0
        records = sum(c.envelope is not None for c in p.conclusions)
        click.echo(f"{p.clip.path}: {records} records, {speed:.0f} frames a second")
        if s is not None:
            click.echo(
                f"  {s.right} of {s.vehicles} vehicles right, {s.missed} missed, "
                f"{s.wrong} wrong, {s.duplicated} announced twice"
            )
    known = [s for s in scores if s is not None]
    if len(known) > 1:
        right, vehicles = sum(s.right for s in known), sum(s.vehicles for s in known)
        click.echo(f"Together: {right} of {vehicles} vehicles right")
    click.echo(f"Report: {out / 'report.html'}")
