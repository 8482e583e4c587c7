"""`python -m tools.cluster_users`: who may say and hear what at a cluster of nats-server.

The topic `anpr/v1/box-1/alarm` is there the subject `anpr.v1.box-1.alarm`, and the user is the
subject of the client certificate. As with `deploy/mosquitto.acl`, a box writes below its own name.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from edge.errors import BoxError, FeedError
from edge.feed.topics import EVERY_RECORD, PREFIX, RECEIPT, UPDATES, topic
from edge.record.keys import load_trusted

FINDING = 1
DELIVERY = "$MQTT.sub.>"
"""Where the server hands out QoS 1; it lets no client of MQTT subscribe to that by name."""
FILE = click.Path(path_type=Path)


@click.command()
@click.option("--keys", type=FILE, required=True, help="Trusted keys of the boxes (JWKS).")
@click.option("--out", type=FILE, required=True, help="The file that server.conf includes.")
def cluster_users(keys: Path, out: Path) -> None:
    """Write the users of a cluster: platform, maintainer, and every box that has a key.

    Each server takes them over with `nats-server --signal reload`. Exit status: 0 written, 1 a
    file cannot be used, 2 misuse.
    """
    boxes = sorted({key.box for key in load_trusted(keys).values() if key.box is not None})
    text = users(boxes)
    part = out.with_name(f"{out.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    except OSError as e:
        raise FeedError(f"{out} cannot be written ({e.strerror}).", "Name another --out.") from e
    click.echo(f"{len(boxes)} boxes may come in, besides platform and maintainer.")


def users(boxes: Iterable[str]) -> str:
    """Return the users as nats-server reads them.

    Raises FeedError for a box that the cluster could not tell from another.
    """
    lines = [
        _user("platform", [f"{PREFIX}/+/{RECEIPT}"], [EVERY_RECORD]),
        _user("maintainer", [UPDATES], [UPDATES]),
        *(_box(box) for box in boxes),
    ]
    return "\n".join(["# python -m tools.cluster_users", "users: [", *lines, "]", ""])


def _box(box: str) -> str:
    if "." in box:
        raise FeedError(
            f"The box {box} has a dot in its name: nats-server 2.9 takes no such topic.",
            "Give the box another box.id, or use another broker.",
        )
    return _user(box, [f"{PREFIX}/{box}/+"], [topic(box, RECEIPT), UPDATES])


def _user(name: str, says: Sequence[str], hears: Sequence[str]) -> str:
    """Return one user, who comes by MQTT alone."""
    subscribe = [*(_subject(one) for one in hears), DELIVERY]
    return json.dumps(
        {
            "user": f"CN={name}",
            "allowed_connection_types": ["MQTT"],
            "permissions": {
                "publish": {"allow": [_subject(one) for one in says]},
                "subscribe": {"allow": subscribe},
            },
        }
    )


def _subject(pattern: str) -> str:
    """Return the name that nats-server gives to a topic or a pattern of topics."""
    return pattern.replace("/", ".").replace("+", "*")


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        cluster_users()
    except BoxError as e:
        click.echo(f"cluster_users: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
