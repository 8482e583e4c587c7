"""`python -m tools.soak`: a box at work for hours; nothing grows and nothing is lost.

Five vehicles a second go by in Utrecht. The box decides, holds and signs; the uplink delivers over
a Mosquitto to the reference receiver. Every ten minutes a newer registry comes, and by turns all
that is held is withdrawn or the order is lifted. Each process is looked at every ten seconds. A
line is fitted through its private memory after a third of the time: a box is warm when it has held
about as many candidates as it ever will.
"""

import itertools
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from edge.cli.finite import Finite
from tools.bench_backlog import CONFIG, run
from tools.demo.broker import Broker, find_mosquitto
from tools.large_registry import FOLDER
from tools.soak.growth import Watched
from tools.soak.outcome import Soaked, show, told

BOX, VEHICLES = "soak-1", 5_000
SAMPLE_S, CHANGE_S = 10.0, 600.0
DRAIN_S = "300"


def soak(folder: Path, mosquitto: Path, hours: float) -> Soaked:
    """Let it work for so many hours. Raises OSError, subprocess.CalledProcessError."""
    shutil.rmtree(folder, ignore_errors=True)
    run("tools.make_keys", "--box", BOX, "--out", str(folder / "keys"))
    data = ("--vehicles", str(VEHICLES), "--belgian", "0", "--exemptions", str(VEHICLES // 10))
    run("tools.make_registry_data", *data, "--out", str(folder / "data"))
    registries = newer_registries(folder, datetime.now(UTC).replace(microsecond=0))
    next(registries)
    with ExitStack() as stack:
        broker = stack.enter_context(Broker(mosquitto, folder / "broker"))
        config = folder / "box.toml"
        config.write_text(
            CONFIG.format(box=BOX, port=broker.port, zone="utrecht"), encoding="utf-8"
        )
        watched = [*beside(folder, broker.port, stack), Watched("broker", broker.process)]
        watch(watched, hours * 3600, config, registries)
        # Leaving ends the box first, then the uplink, then the receiver.
    run("edge.cli.main", "records", "verify", str(folder / "received.sqlite"), *trusted(folder))
    return told(folder, hours, watched)


def trusted(folder: Path) -> tuple[str, ...]:
    """Return which keys prove the records."""
    return "--keys", str(folder / "keys/boxes.jwks")


def beside(folder: Path, port: int, stack: ExitStack) -> list[Watched]:
    """Start receiver, box and uplink; the box stops first, so that its last records arrive too."""
    config = ("--config", str(folder / "box.toml"))
    database = ("--db", str(folder / "received.sqlite"), *trusted(folder))
    signing = ("--signing", str(folder / "keys/platform.pem"), "--host", "127.0.0.1")
    receive = ("tools.receive", *database, *signing, "--port", str(port))
    receiver = stack.enter_context(started(folder, *receive))
    uplink = ("edge.cli.main", "uplink", *config)
    stack.callback(run, *uplink, "--once", "--deadline", DRAIN_S)
    ending = stack.enter_context(ExitStack())
    plates = ("--plates", str(folder / "data/rdw/m9d7-ebf2.csv"))
    box = ending.enter_context(started(folder, "tools.soak.box", *config, *plates))
    while not (folder / "outbox.sqlite").exists() and box.poll() is None:
        time.sleep(0.1)
    delivers = stack.enter_context(started(folder, *uplink))
    stack.callback(ending.close)
    processes = {"receiver": receiver, "box": box, "uplink": delivers}
    return [Watched(name, process.pid) for name, process in processes.items()]


@contextmanager
def started(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one command of the product beside this one; what it says goes to a file."""
    with (folder / f"{command[0]}.{command[1].strip('-')}.log").open("wb") as said:
        words = [sys.executable, "-m", *command]
        process = subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)


def watch(watched: list[Watched], for_s: float, config: Path, registries: Iterator[None]) -> None:
    """Look at every process until the time is over, and change what a box lives by."""
    began, changes = time.monotonic(), 0
    while (at_s := time.monotonic() - began) < for_s:
        for process in watched:
            process.look(at_s)
        keep(watched, config.with_name("samples.csv"))
        if at_s > (changes + 1) * CHANGE_S:
            changes += 1
            next(registries)
            order(config, withdraw=changes % 2 == 1)
        time.sleep(SAMPLE_S)


def keep(watched: list[Watched], path: Path) -> None:
    """Add what was seen last to a table, for who looks in between: s, process, bytes, files."""
    seen = [(process.samples[-1], process.name) for process in watched]
    rows = [f"{last.at_s:.0f},{name},{last.memory},{last.files}\n" for last, name in seen]
    with path.open("a", encoding="utf-8") as table:
        table.writelines(rows)


def order(config: Path, withdraw: bool) -> None:
    """Order that the box withdraws all it holds and will hold, or take that back."""
    about = ("--rests-on", "nl-ze", "--config", str(config))
    verb = ("withdraw", "--reason", "soak") if withdraw else ("lift",)
    run("edge.cli.main", "held", *verb, *about)


def newer_registries(folder: Path, now: datetime) -> Iterator[None]:
    """Put one registry after another in place, each ten minutes younger than the one before."""
    for number in itertools.count():
        as_of = (now - timedelta(hours=4) + number * timedelta(minutes=10)).isoformat()
        made = folder / "new" / "registry.sqlite"
        made.parent.mkdir(exist_ok=True)
        tables = ("--rdw", str(folder / "data/rdw"))
        records = ("--exemptions", str(folder / "data/exemptions.csv"))
        key = ("--key", str(folder / "keys/token.key"), "--id", f"soak-{number}")
        ages = ("--vehicles-as-of", as_of, "--exemptions-as-of", as_of)
        run("tools.build_registry", *tables, *records, *key, *ages, "--out", str(made))
        for path in (made, made.with_suffix(".sqlite.sha256")):
            path.replace(folder / path.name)
        yield


@click.command()
@click.option("--hours", type=Finite(min=0.02), default=2.0, show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER / "soak",
    show_default=True,
    help="Made anew: box, broker and platform.",
)
def main(hours: float, folder: Path) -> None:
    """Let a box work for hours, and print what grew and what was lost as JSON.

    Exit status: 0 nothing was lost, no process grows by a megabyte an hour or keeps files open; 1
    one of these.
    """
    mosquitto = find_mosquitto()
    if mosquitto is None:
        raise click.ClickException("There is no Mosquitto here: apt install mosquitto.")
    try:
        found = soak(folder, mosquitto, hours)
    except (OSError, sqlite3.Error, subprocess.CalledProcessError) as error:
        raise click.ClickException(f"The soak ended early: {error}") from error
    show(found)
    click.echo(json.dumps(asdict(found), indent=2))
    sys.exit(0 if found.is_sound else 1)


if __name__ == "__main__":
    main()
