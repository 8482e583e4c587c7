"""`python -m tools.announce`: hint to every box that updates may have come.

The hint is retained: boxes that are away get it when they come back. It carries no content, and
a box takes nothing from it but that it should look for updates now.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.errors import BoxError, FeedError
from edge.feed.cluster import BrokerAddress
from edge.feed.session import Arrived, Broker, Note, Role, Session
from edge.feed.topics import UPDATES

FINDING = 1
FILE = click.Path(path_type=Path)
BACK_WITHIN_S = 10.0


@click.command()
@click.option("--host", default="localhost", show_default=True, help="Broker.")
@click.option("--port", default=1883, show_default=True)
@click.option("--ca", type=FILE, help="CA of the broker: switches TLS on.")
@click.option("--cert", type=FILE, help="Client certificate.")
@click.option("--key", type=FILE, help="Its private key.")
@click.option("--name", default="anpr-edge-announcer", show_default=True, help="MQTT client id.")
def announce(
    host: str, port: int, ca: Path | None, cert: Path | None, key: Path | None, name: str
) -> None:
    """Hint to every box that updates may have come: publish them first.

    Exit status: 0 the broker holds the hint, 1 it does not, 2 misuse.
    """
    moment = hint_at(BrokerAddress(host, port, ca, cert, key), name, datetime.now(UTC))
    click.echo(f"The broker {host}:{port} hints at updates since {moment}.")


def hint_at(broker: Broker, name: str, now: datetime, within_s: float = BACK_WITHIN_S) -> str:
    """Publish the retained hint, and return it once the broker has handed it out.

    Raises FeedError when the broker cannot be reached, or does not hand it out.
    """
    moment = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
    session = Session.open(broker, Role(name, UPDATES))
    try:
        session.publish(Note(UPDATES, moment.encode(), retain=True))
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            arrived = (item for item in session.receive(0.1) if isinstance(item, Arrived))
            if moment.encode() in {item.payload for item in arrived}:
                return moment
    finally:
        session.close()
    # A broker acknowledges also what it may not pass on; only what comes back was taken.
    raise FeedError(
        f"The broker {broker.host}:{broker.port} did not hand the hint out.",
        f"Allow this client certificate to read and write the topic {UPDATES}.",
    )


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        announce()
    except BoxError as e:
        click.echo(f"announce: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
