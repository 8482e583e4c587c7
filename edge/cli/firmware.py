"""`anpr-edge firmware`: serves the microcontroller of the box."""

import signal
import sys
from pathlib import Path

import click

from edge.config import DEFAULT_PATH, load
from edge.daemon.notify import Lifeline
from edge.daemon.sparing import write_log
from edge.daemon.wiring_firmware import caretaker

FINDING = 1


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--wanted", is_flag=True, help="Only tell, by exit status, whether there is one.")
def firmware(config: Path, wanted: bool) -> None:
    """Serve the microcontroller, and tell `run` how the housing stands, until stopped.

    Owns the serial port of [firmware], and neither keys nor network. Drives fan, heater and light,
    and feeds the device's watchdog. A device that is not there is waited for.
    """
    settings = load(config, "")  # what was drawn on the panel is not its to read
    if wanted:
        sys.exit(0 if settings.firmware is not None else FINDING)
    write_log()
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    lifeline = Lifeline()
    caretaker(settings).run(lambda: bool(stopped), lifeline)
    lifeline.stopping()
