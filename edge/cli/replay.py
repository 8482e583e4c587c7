"""`anpr-edge replay`: clips, image folders and recorded runs through the production path."""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge.capture.clip import open_clip
from edge.cli.printable import printable
from edge.clock import ReplayClock
from edge.config import load
from edge.daemon import wiring
from edge.daemon.pipeline import Conclusion
from edge.errors import KeyFileError, RunError
from edge.record.age import Identity
from edge.replay.bare import ReplayBox, bare_box
from edge.replay.film import Film
from edge.replay.footage import Pictures, pictures_of
from edge.replay.laboratory import Laboratory
from edge.replay.made import Likeness, bare, likeness, public_key
from edge.replay.results import deliver, work_folder, write_results
from edge.replay.runfile import Run, read_run, run_file
from edge.replay.score import LATE_S, Score, Verdict, asks, score
from edge.replay.session import Asked, Played, Watch, asks_nothing, play
from edge.replay.truth import Visit
from edge.replay.visits import visits_of
from edge.types import Decision, Envelope, Frame, Outcome, Reading

STYLES = {
    Outcome.FREE_ACCESS: "green",
    Outcome.EXEMPT: "cyan",
    Outcome.PERMITTED: "blue",
    Outcome.PERMIT_POSSIBLE: "yellow",
    Outcome.NO_ACCESS: "red",
    Outcome.OUT_OF_SCOPE: "bright_black",
    Outcome.REVIEW: "magenta",
}
Visits = list[Visit] | None


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a replay besides its clips."""

    out: Path
    config: Path | None
    at: datetime | None
    truth: Path | None
    late_after_s: float
    identity: Path | None
    real_time: bool
    video: bool
    as_json: bool

    @property
    def console(self) -> Console:
        """Return what a person is told on; nothing where a program listens."""
        return Console(quiet=self.as_json)


@click.command()
@click.argument(
    "clips", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CLIP..."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for results.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The box to replay on; records of clips go to its outbox. Default: no registry, own keys.",
)
@click.option(
    "--at", type=moment, metavar="TIME", help="When the first frame was captured. Default: now."
)
@click.option("--truth", type=click.Path(path_type=Path), help="What really drove by (CSV).")
@click.option(
    "--late-after",
    "late_after_s",
    type=click.FloatRange(min=0),
    default=LATE_S,
    show_default=True,
    metavar="SECONDS",
    help="With --truth: announced so long after it left, a vehicle is late.",
)
@click.option(
    "--identity", type=click.Path(path_type=Path), help="The age key of a run's frames (file)."
)
@click.option("--real-time", is_flag=True, help="As fast as filmed, not as fast as possible.")
@click.option("--no-video", is_flag=True, help="Leave out the annotated video.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def replay(clips: tuple[Path, ...], no_video: bool, **asked: object) -> None:
    """Send clips, image folders or a recorded run through the production path.

    Writes passages.jsonl (the signed records), report.html, annotated.mp4 and summary.json into
    the folder. They show plates in clear: a tester's files. A run is a folder with a run.toml:
    it is played on a box of its own, the same each time, and leaves records.jsonl (all of them)
    and messages.jsonl (unsigned) too.
    """
    wanted = Wanted(video=not no_video, **asked)  # type: ignore[arg-type]
    runs = [run_file(path) for path in clips]
    if any(runs) and (len(clips) > 1 or wanted.at or wanted.real_time):
        raise click.UsageError("A run is played alone, at its own times: without --at, --real-time")
    # What cannot be played leaves no folder behind: everything is opened first.
    ready = _clips_opened(clips, wanted) if runs[0] is None else _run_opened(runs[0], wanted)
    work = work_folder(wanted.out.resolve())
    try:
        played, records = ready.play(wanted, work)
        scores = _scores(played, ready.visits, wanted)
        facts = write_results(work, played, scores, records)
        deliver(work, wanted.out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if wanted.as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _tell(wanted.out, played, scores, records)
    for cut in (p.fault for p in played if p.fault is not None):
        raise cut


@dataclass(frozen=True, slots=True)
class _OpenRun:
    """A run that is ready to be played."""

    run: Run
    pictures: Pictures
    box: Likeness
    visits: list[Visits]

    def play(self, wanted: Wanted, work: Path) -> tuple[list[Played], Sequence[Envelope]]:
        """Play it in a folder of its own; return every record of the box, too."""
        logging.getLogger("edge").addHandler(logging.NullHandler())  # its records tell its alarms
        stage, folder = _Stage(work, wanted), work / "box"
        folder.mkdir()
        with chdir(folder), stage.watching(self.pictures, "annotated.mp4") as watch:
            asked = _asked(self.visits[0])
            account = Laboratory(self.run, self.pictures, self.box, watch, asked).play()
            shutil.copy(public_key(), work / "replay.jwk")
        return [account.played], account.records


@dataclass(frozen=True, slots=True)
class _OpenClips:
    """Clips that are ready to be played, the first frame of each at `start`."""

    clips: list[Pictures]
    start: datetime
    visits: list[Visits]

    def play(self, wanted: Wanted, work: Path) -> tuple[list[Played], None]:
        """Play them on one box, whose outbox has the records."""
        box, stage = _box(wanted.config, work, self.start), _Stage(work, wanted)
        played = []
        for number, (clip, known) in enumerate(zip(self.clips, self.visits, strict=True), 1):
            with stage.watching(clip, _film_name(self.clips, number)) as watch:
                line, asked = (box.pipeline, box.clock), _asked(known)
                played.append(play(clip, *line, watch, wanted.real_time, asked))
        box.close()
        return played, None


def _run_opened(path: Path, wanted: Wanted) -> _OpenRun:
    run = read_run(path)
    pictures = pictures_of(run, _identity(wanted.identity))
    config = wanted.config or run.config
    box = bare() if config is None else likeness(load(config.resolve()))
    return _OpenRun(run, pictures, box, _truth(wanted.truth, [pictures]))


def _clips_opened(clips: Sequence[Path], wanted: Wanted) -> _OpenClips:
    start = wanted.at or datetime.now(UTC)
    opened: list[Pictures] = [open_clip(path, start) for path in clips]
    return _OpenClips(opened, start, _truth(wanted.truth, opened))


def _identity(path: Path | None) -> Identity | None:
    if path is None:
        return None
    try:
        return Identity.read(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as e:
        raise KeyFileError(f"The age key {path} cannot be read.", "Check its name.") from e


def _truth(truth: Path | None, clips: Sequence[Pictures]) -> list[Visits]:
    """Return what the truth knows of each clip. Raises RunError where it knows none of them."""
    if truth is None:
        return [None] * len(clips)
    visits: list[Visits] = [visits_of(truth, clip) for clip in clips]
    if not any(visits):
        names = ", ".join(clip.path.name for clip in clips)
        raise RunError(
            f"The truth file {truth} knows no vehicle of {names}.",
            "Its column `file` must hold the name of the clip, or of the folder.",
        )
    return visits


def _asked(visits: Visits) -> Asked:
    return asks_nothing if visits is None else asks(visits)


def _scores(
    played: Sequence[Played], visits: Sequence[Visits], wanted: Wanted
) -> list[Score | None]:
    return [
        None if known is None else score(p, known, wanted.late_after_s)
        for p, known in zip(played, visits, strict=True)
    ]


class _Stage:
    """Shows a person how a replay goes, and films it."""

    def __init__(self, work: Path, wanted: Wanted) -> None:
        self._work, self._console, self._video = work, wanted.console, wanted.video

    @contextmanager
    def watching(self, clip: Pictures, name: str) -> Iterator[Watch]:
        """Watch one clip; the film bears that name."""
        with Film(self._work / name, clip.fps) as film, self._progress() as progress:
            task = progress.add_task(escape(clip.path.name), total=clip.length or None)

            def watch(
                frame: Frame, readings: Sequence[Reading], concluded: Sequence[Conclusion]
            ) -> None:
                progress.update(task, completed=frame.index + 1)
                for conclusion in concluded:
                    progress.console.print(_line(conclusion), soft_wrap=True)
                if self._video:
                    film.show(frame, readings, concluded)

            yield watch

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        return Progress(*columns, TimeRemainingColumn(), console=self._console, transient=True)


def _film_name(clips: Sequence[Pictures], number: int) -> str:
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


def _tell(
    out: Path,
    played: Sequence[Played],
    scores: Sequence[Score | None],
    records: Sequence[Envelope] | None,
) -> None:
    for p, s in zip(played, scores, strict=True):
        speed = p.frames / p.seconds if p.seconds else 0
        passages = sum(c.envelope is not None for c in p.conclusions)
        made = passages if records is None else len(records)
        click.echo(f"{p.clip.path}: {made} records, {speed:.0f} frames a second")
        if s is not None:
            _tell_score(s)
    known = [s for s in scores if s is not None]
    if len(known) > 1:
        right = sum(s.count(Verdict.RIGHT) for s in known)
        click.echo(f"Together: {right} of {sum(len(s.vehicles) for s in known)} vehicles right")
    click.echo(f"Report: {out / 'report.html'}")


def _tell_score(found: Score) -> None:
    others = ", ".join(f"{found.count(v)} {v}" for v in Verdict if v is not Verdict.RIGHT)
    right, agreed = found.count(Verdict.RIGHT), found.agreement
    click.echo(f"  {right} of {len(found.vehicles)} vehicles right, {others}")
    click.echo(
        f"  {len(found.strays)} passages of no vehicle that the truth knows;"
        f" {agreed.part} of {agreed.whole} decided as was due"
    )
