"""`python -m tools.panel_pass`: a pass for the panel of one box, signed by the platform."""

import secrets
import sys
from datetime import timedelta
from pathlib import Path

import click

from edge.clock import SystemClock
from edge.errors import BoxError, RecordError
from edge.record.keys import load_signer
from edge.record.panelpass import LONGEST, Pass, is_name, sign_pass

FINDING = 1
ID_BYTES = 16


@click.command()
@click.option("--signing", required=True, type=click.Path(path_type=Path), help="Platform's key.")
@click.option("--box", required=True, help="Id of the box.")
@click.option("--name", required=True, help="Who it is for; it stands on the audit trail.")
@click.option("--minutes", default=30, show_default=True, type=click.IntRange(1, 60))
def panel_pass(signing: Path, box: str, name: str, minutes: int) -> None:
    """Print a pass, to be pasted at the panel's login within its minutes; it is used once."""
    if not is_name(name):
        cause = "That name cannot stand on a trail."
        raise RecordError(cause, "Use letters, digits, blanks and . _ @ -, 60 at most.")
    now = SystemClock().read().now
    ends = now + min(timedelta(minutes=minutes), LONGEST)
    issued = Pass(
        use="panel",
        aud=box,
        sub=name,
        iat=int(now.timestamp()),
        exp=int(ends.timestamp()),
        jti=secrets.token_hex(ID_BYTES),
    )
    click.echo(sign_pass(issued, load_signer(signing)))


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        panel_pass()
    except BoxError as e:
        click.echo(f"panel_pass: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
