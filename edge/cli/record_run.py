"""`anpr-edge record-run`: what camera and device of this box give, as a run for a tester."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from edge.capture.camera import Camera
from edge.capture.newest import NewestFrame
from edge.cli.finite import Finite
from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, Config, load
from edge.errors import CaptureError, ConfigError, RunError
from edge.housing.caller import Caller
from edge.record.age import Recipients
from edge.replay.recording import Recording, recipients_of

MB = 1_000_000


@click.command("record-run")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option(
    "--to", "keys", multiple=True, metavar="AGE_KEY", help="Public age key of the tester; or more."
)
@click.option(
    "--seconds",
    type=Finite(min=0.1, max=86_400),
    default=60.0,
    show_default=True,
    help="Record for so long.",
)
@click.option(
    "--leave-mb",
    type=click.IntRange(min=0),
    default=512,
    show_default=True,
    help="End before the disk has less left.",
)
def record_run(
    config: Path, out: Path, keys: tuple[str, ...], seconds: float, leave_mb: int
) -> None:
    """Record frames, the words of the device and the clock as a run, for `replay`.

    Every frame is encrypted to the tester's keys (default: those of the authority) before it
    reaches the disk. The daemon must not run meanwhile: one program has the camera.
    """
    settings = load(config)
    if settings.external is not None:
        cause = "This box has no camera of its own: there is nothing to record."
        raise ConfigError(cause, "Record on a box without [external].")
    evidence = () if settings.evidence is None else settings.evidence.recipients
    recipients = Recipients(recipients_of(keys, evidence))
    clock = SystemClock()
    with Recording(out, recipients, clock) as recording, _heard(settings, recording):
        ended = _record(Camera(settings.camera.source, clock), recording, seconds, leave_mb)
    if not recording.frames:
        raise CaptureError(
            "The camera gave no frame.", "Stop anpr-run first, and look at camera.source."
        )
    click.echo(f"{recording.frames} frames in {out}{ended}")
    click.echo(
        "The tester needs this folder, the configuration without its passwords, the registry."
    )


@contextmanager
def _heard(config: Config, recording: Recording) -> Iterator[None]:
    if config.firmware is None:
        yield
        return
    with Caller(config.firmware.socket, recording.hear, lambda _: None):
        yield


def _record(camera: Camera, recording: Recording, seconds: float, leave_mb: int) -> str:
    """Record until the time is over; return what ended it sooner."""
    until, newest = time.monotonic() + seconds, NewestFrame(camera)
    try:
        for frame in newest.frames():
            if time.monotonic() >= until:
                return ""
            if shutil.disk_usage(recording.folder).free < leave_mb * MB:
                return ": ended early, the disk has little left"
            if frame is not None:
                recording.take(frame)
    except KeyboardInterrupt:
        return ": ended by hand"
    finally:
        newest.close()
    raise RunError("The camera ended.", "Look at camera.source.")
