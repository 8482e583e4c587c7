"""What `replay` plays, opened before anything is written, and how it goes, as a person sees it."""

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
from edge.replay.runfile import Run, read_run
from edge.replay.score import Score, asks, score
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


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that is ready to be played."""

    run: Run
    pictures: Pictures
    box: Likeness
    visits: list[Visits]

    @property
    def given(self) -> list[Path]:
        """Return where the pictures lie."""
        frames = [] if self.run.frames is None else [self.run.frames]
        return [*(self.run.place(clip.file) for clip in self.run.clips), *frames]

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
class OpenClips:
    """Clips that are ready to be played, the first frame of each at `start`."""

    clips: list[Pictures]
    start: datetime
    visits: list[Visits]

    @property
    def given(self) -> list[Path]:
        """Return where the pictures lie."""
        return [clip.path for clip in self.clips]

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


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a replay whose results lie in the folder that was wanted."""

    played: list[Played]
    scores: list[Score | None]
    records: Sequence[Envelope] | None
    facts: dict[str, Any]


def finished(ready: OpenRun | OpenClips, wanted: Wanted) -> Finished:
    """Play what is ready and write its results, all or none of them. Raises BoxError."""
    out = wanted.out.resolve()
    with work_folder(out, ready.given) as work:
        played, records = ready.play(wanted, work)
        scores = scores_of(played, ready.visits, wanted)
        facts = write_results(work, played, scores, records)
        deliver(work, out)
    return Finished(played, scores, records, facts)


def run_opened(path: Path, wanted: Wanted) -> OpenRun:
    """Open a run, its truth, and the box that is to play it. Raises BoxError."""
    run = read_run(path)
    pictures = pictures_of(run, _identity(wanted.identity))
    config = wanted.config or run.config
    box = bare() if config is None else likeness(load(config.resolve()))
    return OpenRun(run, pictures, box, _truth(wanted.truth, [pictures]))


def clips_opened(clips: Sequence[Path], wanted: Wanted) -> OpenClips:
    """Open clips or image folders, and their truth. Raises BoxError."""
    start = wanted.at or datetime.now(UTC)
    opened: list[Pictures] = [open_clip(path, start) for path in clips]
    return OpenClips(opened, start, _truth(wanted.truth, opened))


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


def scores_of(
    played: Sequence[Played], visits: Sequence[Visits], wanted: Wanted
) -> list[Score | None]:
    """Set what was played against the truth, where there is one."""
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
                    progress.console.print(line_of(conclusion), soft_wrap=True)
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


def line_of(conclusion: Conclusion) -> str:
    """Return a conclusion as one line of a terminal."""
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
