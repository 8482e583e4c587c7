"""`python -m tools.cluster_check`: whether each server of a cluster passes on what it takes.

Through each of them a word goes out and comes back. That also makes a server ready that has just
started: nats-server prepares for MQTT only when its first client calls, and while another server is
away that takes many refused calls.
"""

import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from edge.cli.finite import Finite
from edge.errors import FeedError
from edge.feed.cluster import BrokerAddress
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.topics import RECEIPT, topic

FINDING = 1
NAME = "anpr-edge-check"
PAUSE_S, BACK_WITHIN_S = 0.5, 10.0
FILE = click.Path(path_type=Path)


@click.command()
@click.option("--host", "hosts", multiple=True, required=True, help="Each server of the cluster.")
@click.option("--port", default=8883, show_default=True)
@click.option("--ca", type=FILE, help="CA of the servers: switches TLS on.")
@click.option("--cert", type=FILE, help="Client certificate of the platform.")
@click.option("--key", type=FILE, help="Its private key.")
@click.option(
    "--within",
    type=Finite(min=0),
    default=60.0,
    show_default=True,
    help="Seconds that all of them have together.",
)
def cluster_check(
    hosts: tuple[str, ...],
    port: int,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    within: float,
) -> None:
    """Send a word through each server of a cluster, as the platform; call after each start.

    Exit status: 0 every server passed it on, 1 one did not, 2 misuse.
    """
    servers = [BrokerAddress(host, port, ca, cert, key) for host in hosts]
    faults = who_fails(servers, within)
    for server in servers:
        fault = faults.get(server)
        said = "passes on" if fault is None else f"{fault.cause} {fault.remedy}"
        click.echo(f"{server.host}: {said}", err=fault is not None)
    sys.exit(FINDING if faults else 0)


def who_fails(servers: Sequence[BrokerAddress], within_s: float) -> dict[BrokerAddress, FeedError]:
    """Send a word through each server, again through those that failed, and return why they did.

    Each is called at least once.
    """
    ends_at, left = time.monotonic() + within_s, list(servers)
    while True:
        faults: dict[BrokerAddress, FeedError] = {}
        for server in left:
            try:
                _through(server, secrets.token_hex(8).encode())
            except FeedError as e:
                faults[server] = e
        if not faults or time.monotonic() + PAUSE_S >= ends_at:
            return faults
        left = [*faults]
        time.sleep(PAUSE_S)


def _through(server: BrokerAddress, word: bytes) -> None:
    """Say a word and wait until it comes back; receivers hear no record in it."""
    own = topic(NAME, RECEIPT)
    session = Session.open(server, Role(NAME, own, is_lasting=False))
    try:
        session.publish(Note(own, word))
        deadline = time.monotonic() + BACK_WITHIN_S
        while time.monotonic() < deadline:
            if any(isinstance(i, Arrived) and i.payload == word for i in session.receive(0.1)):
                return
    finally:
        session.close()
    raise FeedError(
        f"It takes messages and passes none on within {BACK_WITHIN_S:.0f} s.",
        "Check that it reaches the other servers, and that at least two of them run.",
    )


if __name__ == "__main__":
    cluster_check()
