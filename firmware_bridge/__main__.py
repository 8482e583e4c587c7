"""`python -m firmware_bridge PORT`: who the device is, and how the box stands, live."""

import json
import sys
import time

import click

from firmware_bridge.errors import LinkError
from firmware_bridge.link import Link
from firmware_bridge.plainly import as_json, as_line
from firmware_bridge.port import BAUD
from firmware_bridge.settings import Settings

FINDING = 1


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("port")
@click.option("--baud", default=BAUD, show_default=True, help="Speed of the line.")
@click.option("--seconds", type=float, help="End after so long; without it, at Ctrl-C.")
@click.option("--json", "as_objects", is_flag=True, help="One JSON object per line.")
def show(port: str, baud: int, seconds: float | None, as_objects: bool) -> None:
    """Show the device on PORT: its hello, then its status, triggers and log as they come.

    Nothing is switched. PORT is best one of /dev/serial/by-id/, which stays the same. Exit status:
    0 fine, 1 no device or none that answers, 2 misuse.
    """
    until_s = None if seconds is None else time.monotonic() + seconds
    try:
        with Link(port, Settings(baud=baud)) as link:
            _print_reports(link, until_s, as_objects=as_objects)
    except LinkError as e:
        click.echo(f"firmware_bridge: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)
    except KeyboardInterrupt:
        return


def _print_reports(link: Link, until_s: float | None, *, as_objects: bool) -> None:
    while until_s is None or time.monotonic() < until_s:
        left_s = 1.0 if until_s is None else max(0.0, until_s - time.monotonic())
        report = link.receive(min(1.0, left_s))
        if report is not None:
            click.echo(json.dumps(as_json(report)) if as_objects else as_line(report))


if __name__ == "__main__":
    show(prog_name="python -m firmware_bridge")
