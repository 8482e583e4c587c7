"""`anpr-edge replay`: clips, image folders and recorded runs through the production path."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.cli.finite import Finite
from edge.cli.printable import in_a_line
from edge.cli.staged import Wanted, clips_opened, finished, run_opened
from edge.replay.runfile import run_file
from edge.replay.score import LATE_S, Score, Verdict
from edge.replay.session import Played
from edge.types import Envelope


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
    "clips",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, readable=False),
    metavar="CLIP...",
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
    type=Finite(min=0),
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
    if wanted.identity and not any(runs):
        raise click.UsageError("--identity opens the frames of a run, and a clip has none.")
    # What cannot be played leaves no folder behind: everything is opened first.
    ready = clips_opened(clips, wanted) if runs[0] is None else run_opened(runs[0], wanted)
    done = finished(ready, wanted)
    if wanted.as_json:
        click.echo(json.dumps(done.facts, indent=2))
    else:
        _tell(wanted.out, done.played, done.scores, done.records)
    for cut in (p.fault for p in done.played if p.fault is not None):
        raise cut


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
        counted = len(p.conclusions) - passages
        also = f", {counted} vehicles counted only" if counted else ""
        told = f"{p.clip.path}: {made} records{also}, {speed:.0f} frames a second"
        click.echo(in_a_line(told))
        if s is not None:
            _tell_score(s)
    known = [s for s in scores if s is not None]
    if len(known) > 1:
        right = sum(s.count(Verdict.RIGHT) for s in known)
        click.echo(f"Together: {right} of {sum(len(s.vehicles) for s in known)} vehicles right")
    click.echo(in_a_line(f"Report: {out / 'report.html'}"))


def _tell_score(found: Score) -> None:
    others = ", ".join(f"{found.count(v)} {v}" for v in Verdict if v is not Verdict.RIGHT)
    right, agreed = found.count(Verdict.RIGHT), found.agreement
    click.echo(f"  {right} of {len(found.vehicles)} vehicles right, {others}")
    if found.mistimed:
        click.echo(f"  {found.mistimed} mistimed: their records tell another time than the run's")
    click.echo(
        f"  {len(found.strays)} passages of no vehicle that the truth knows;"
        f" {agreed.part} of {agreed.whole} decided as was due"
    )
