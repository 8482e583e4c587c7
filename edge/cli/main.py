"""The command `anpr-edge`: its verbs, and how a fault is told to a person."""

import importlib
import os
import sys
import traceback
from pathlib import Path

import click

from edge import __version__
from edge.cli.printable import printable
from edge.errors import BoxError, ConfigError

FINDING, MISUSE, FAULT = 1, 2, 3

VERBS = {
    "aim": "How well the camera is aimed, and what to turn.",
    "check": "What is in force on this box, proven by doing it.",
    "counts": "What drove by, by zone and month, without plates.",
    "explain": "Why a vehicle is, or is not, admitted.",
    "firmware": "Serve the microcontroller: contacts, climate, light, triggers.",
    "held": "List, withdraw or release the candidates that wait.",
    "keys": "Ask for, install, show and change the keys of this box.",
    "panel": "The technician's page, over HTTPS.",
    "protocol": "The data protocol of this box, to fill in and print.",
    "provision": "Make this box in one command, and write what proves it.",
    "read": "Read the plates in pictures.",
    "record-run": "Record camera and device as a run, encrypted, for a tester.",
    "records": "List, show and prove stored or received records.",
    "replay": "Send clips, image folders or recorded runs through the production path.",
    "run": "The daemon: camera to passages to outbox.",
    "settings": "Region and lanes: show, compare, change, take back.",
    "status": "How this box stands, on one screen.",
    "sync": "Look for trusted updates: registry, rule packs, models.",
    "uplink": "Bring the outbox to the platform, and its receipts back.",
}


class Verbs(click.Group):
    """Loads a verb only when it is asked for: proving a record needs no model runtime."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs."""
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one verb."""
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"edge.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(VERBS.items()))


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="anpr-edge")
def cli() -> None:
    """Read plates, decide offline, prove every passage.

    Exit status: 0 fine, 1 a finding or something that cannot be used, 2 misuse, 3 a fault of this
    program.
    """


def main() -> None:
    """Run the command; tell every fault in one sentence with its remedy."""
    if sys.stdout is None:  # the first file that is opened would take its place
        click.echo("anpr-edge: The output is closed. Send it somewhere, if to /dev/null.", err=True)
        sys.exit(FINDING)
    try:
        cli(prog_name="anpr-edge", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as e:
        e.show()
        sys.exit(MISUSE)
    except BoxError as e:
        click.echo(printable(f"anpr-edge: {e.cause} {e.remedy}"), err=True)
        sys.exit(MISUSE if isinstance(e, ConfigError) else FINDING)
    except BrokenPipeError:
        _leave_stdout()
        sys.exit(FINDING)
    except Exception as e:  # the one place: a fault of ours must not print what it was handling
        frames = traceback.extract_tb(e.__traceback__)
        if isinstance(e, OSError) and any(map(_writes_to_stdout, frames)):
            _leave_stdout()
            told = f"anpr-edge: The output cannot be written ({e.strerror}). Send it elsewhere."
            click.echo(told, err=True)
            sys.exit(FINDING)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
        click.echo(
            f"anpr-edge: A fault of this program ({type(e).__name__} at {place}). "
            "Please report these words; ANPR_EDGE_TRACE=1 shows where it came from.",
            err=True,
        )
        if os.environ.get("ANPR_EDGE_TRACE"):
            raise
        sys.exit(FAULT)


def _writes_to_stdout(frame: traceback.FrameSummary) -> bool:
    return frame.name == "echo" or "rich" in Path(frame.filename).parts


def _leave_stdout() -> None:
    """Let what is left to be written go nowhere: nobody takes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
