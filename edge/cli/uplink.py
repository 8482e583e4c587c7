"""`anpr-edge uplink`: brings the outbox home."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from edge.cli.finite import Finite
from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, Config, load
from edge.daemon import wiring, wiring_delivery
from edge.daemon.courier import Courier
from edge.daemon.notify import Lifeline
from edge.daemon.sparing import write_log
from edge.daemon.uplink import Pace, Uplink
from edge.feed.outbox import Outbox
from edge.feed.receipts import evidence_receipt_reader
from edge.record.keys import load_public

FINDING = 1
JOIN_S = 5.0


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--once", is_flag=True, help="Deliver what waits, then end.")
@click.option(
    "--deadline",
    type=Finite(min=0),
    default=60.0,
    show_default=True,
    help="With --once: give up after this many seconds.",
)
def uplink(config: Path, once: bool, deadline: float) -> None:
    """Bring the outbox to the platform, and its receipts and hints of updates back.

    Holds the network and neither camera nor signing key. A record is forgotten only on the
    platform's signed receipt. Exit status with --once: 0 all delivered (to a stick: all written
    to it), 1 some still wait.
    """
    settings = load(config)
    write_log()
    pictures = courier(settings)
    with wiring.attached_outbox(settings) as outbox:
        line = _line(settings, outbox)
        if once:
            left = line.drain(deadline, handed_over=_on_stick(settings))
            waiting = 0 if pictures is None else pictures.round()
            _report(settings, left, waiting)
            return
        with _beside(pictures):
            lifeline = Lifeline()
            stopped = _until_signalled()
            line.run(stopped, lambda: lifeline.progress(line.status))
            lifeline.stopping()


def courier(config: Config) -> Courier | None:
    """Return what delivers released pictures; None where they have no way to go."""
    publisher = wiring_delivery.evidence_publisher(config)
    if publisher is None:
        return None
    reader = evidence_receipt_reader(config.box.id, load_public(config.keys.platform))
    return Courier(wiring.evidence_room(config), publisher, reader)


@contextmanager
def _beside(pictures: Courier | None) -> Iterator[None]:
    """Deliver pictures in a thread of their own: a slow one must not hold up the records."""
    stopped = threading.Event()
    work = pictures.run if pictures is not None else threading.Event.wait
    thread = threading.Thread(target=work, args=(stopped,), name="courier", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(JOIN_S)  # whatever it was doing is begun anew the next time


def _line(config: Config, outbox: Outbox) -> Uplink:
    reader = wiring_delivery.receipts(config, outbox, SystemClock())
    window = None if _on_stick(config) else config.uplink.window
    servers = len(config.uplink.hosts)
    pace = Pace(ack=config.uplink.ack, window=window, servers=servers)
    way = wiring_delivery.way(config, wiring_delivery.hint(config))
    return Uplink(outbox, way, reader, pace)


def _on_stick(config: Config) -> bool:
    """True when records go to a folder: it is full of them long before a receipt comes."""
    return config.uplink.publisher == "spool"


def _report(config: Config, left: int, pictures: int) -> None:
    if not left:
        click.echo("Every record is at the platform.")
    elif _on_stick(config):
        click.echo(f"{left} records lie in {config.uplink.spool} and wait for a receipt.")
    else:
        click.echo(f"{left} records still wait for a receipt; they stay in the outbox.", err=True)
    if pictures:
        click.echo(f"{pictures} released pictures wait for a receipt.", err=True)
    if (left or pictures) and not _on_stick(config):
        sys.exit(FINDING)


def _until_signalled() -> Callable[[], bool]:
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    return lambda: bool(stopped)
