"""`python -m tools.soak.box`: the box of a soak, everything of it but a camera.

Vehicles of a made-up registry go by at a steady pace; the pipeline concludes on them, the records
are signed, and once a minute the box does what `anpr-edge run` does between two frames.
"""

import csv
import random
import time
from dataclasses import replace
from pathlib import Path

import click

from edge.access.desk import desk_passage
from edge.clock import SystemClock
from edge.config import Config, load
from edge.daemon import wiring
from edge.daemon.minutely import Minutely
from edge.daemon.pipeline import Pipeline
from edge.daemon.room import Chores
from edge.daemon.run import Stop
from edge.types import ClockReading, Passage

FRAMES_A_SECOND = 15
UNKNOWN, DOUBTED = 0.2, 0.1
"""Shares of the vehicles that no registry knows, and of plates that were not read for sure."""
DOUBT = "the reading is uncertain"
FOLLOWED_NS = 2_000_000_000


class Trusted:
    """The clock of this machine, taken as synchronised: whether it is does not matter here."""

    def __init__(self) -> None:
        """Ask the kernel."""
        self._clock = SystemClock()

    def read(self) -> ClockReading:
        """Return the time now."""
        return replace(self._clock.read(), source="soak", trusted=True, error_ms=1.0)


class Street:
    """Whoever drives by; the same seed gives the same vehicles."""

    def __init__(self, plates: list[str], clock: Trusted) -> None:
        """Draw from the plates of a registry."""
        self._plates, self._clock, self._chance = plates, clock, random.Random(1)

    def next(self) -> Passage:
        """Return a vehicle that was in sight for two seconds and has just left."""
        chance, now = self._chance, self._clock.read()
        drawn = chance.random()
        plate = chance.choice(self._plates) if drawn > UNKNOWN else f"{chance.randrange(10**6)}ZZ"
        return replace(
            desk_passage("NL", now.now, plate),
            doubt=DOUBT if chance.random() < DOUBTED else None,
            first_monotonic_ns=now.monotonic_ns - FOLLOWED_NS,
            last_monotonic_ns=now.monotonic_ns,
            frames_read=2 * FRAMES_A_SECOND,
        )


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path))
@click.option("--plates", required=True, type=click.Path(path_type=Path), help="RDW table.")
@click.option("--per-second", type=float, default=5.0, show_default=True)
def main(config: Path, plates: Path, per_second: float) -> None:
    """Let vehicles go by until told to stop."""
    with plates.open(newline="") as table:
        known = [row["kenteken"] for row in csv.DictReader(table)]
    drive(load(config), known, 1 / per_second)


def drive(config: Config, plates: list[str], every_s: float) -> None:
    """Conclude on one vehicle after another."""
    clock, stop = Trusted(), Stop()
    with (
        wiring.outbox(config) as outbox,
        wiring.casebook(config, outbox) as casebook,
        wiring.fresh_registry(config) as registry,
    ):
        signer = wiring.signer(config, outbox)
        cabinet = wiring.Cabinet(config, clock, registry, signer, outbox, casebook)
        room = wiring.storeroom(cabinet)
        pipeline = replace(wiring.pipeline(cabinet), room=room)
        minutely = Minutely(
            wiring.alarms(cabinet),
            wiring.health(cabinet, pipeline.laws),
            wiring.hours(cabinet),
            wiring.release(cabinet),
            wiring.checkpoints(cabinet),
        )
        chores = Chores(minutely.step, room)
        pass_by(pipeline, chores, Street(plates, clock), every_s, stop)
        chores.attempt(minutely.finish)


def pass_by(pipeline: Pipeline, chores: Chores, street: Street, every_s: float, stop: Stop) -> None:
    """Keep the pace, whatever one vehicle takes."""
    due = time.monotonic()
    while not stop.asked:
        pipeline.conclude(street.next())
        chores.step(round(FRAMES_A_SECOND * every_s))
        due += every_s
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
