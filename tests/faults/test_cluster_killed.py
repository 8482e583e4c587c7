"""kill -9 of one server of a cluster after the other, then of all three: nothing is lost."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.delivery import Courier, Way
from tests.mosquitto import wait_for
from tests.nats import HOSTS, NatsCluster
from tests.nats import nats as nats

ROUNDS = int(os.environ.get("ANPR_EDGE_CLUSTER_KILLS", "0"))
"""`make soak` asks for 10 times each server and then all; without it one dies, then all."""
DEATHS = [*((host,) for host in HOSTS), HOSTS] * ROUNDS or [HOSTS[:1], HOSTS]
ARRIVED_S = 120.0
"""With a server dead it took up to 27 s where 17 to 35 processes waited for two cores."""
BEFORE, AFTER, ENDLESS = 300, 60, 10**6
UPLINK = """\
host = {hosts}
port = {port}
ca = "{ca}"
cert = "{cert}"
key = "{key}"
"""


def way(nats: NatsCluster) -> Way:
    (box, *_), (platform, *_) = nats.addresses("box-1"), nats.addresses("platform")
    files = {"ca": box.ca, "cert": box.cert, "key": box.key}
    uplink = UPLINK.format(hosts=list(HOSTS), port=nats.port, **files)
    hosts = (word for host in HOSTS for word in ("--host", host))
    proofs = ("--ca", platform.ca, "--cert", platform.cert, "--key", platform.key)
    return Way(uplink, (*hosts, "--port", nats.port, *proofs))


@pytest.fixture
def site(tmp_path: Path, nats: NatsCluster) -> Iterator[Courier]:
    made = Courier(tmp_path, way(nats))
    yield made
    made.end()


def test_every_record_arrives_once_over_a_cluster_of_which_servers_were_killed(
    site: Courier, nats: NatsCluster
) -> None:
    site.receiver(ENDLESS)
    site.uplink()
    for dying in DEATHS:
        die_in_the_middle(site, nats, dying)
        if len(dying) == 1:  # two servers go on without the third
            wait_for(partial(all_arrived, site), "all records", ARRIVED_S)
        nats.start(*dying)
        nats.make_ready()
    wait_for(partial(all_arrived, site), "all records", ARRIVED_S)
    wait_for(lambda: site.waiting() == 0, "the last receipt", ARRIVED_S)
    assert site.stop() == [0, 0]
    proof = site.proof()
    assert proof.exit_code == 0, proof.output
    assert f"{site.written} records proven (epoch 1: 1-{site.written})" in proof.output


def die_in_the_middle(site: Courier, nats: NatsCluster, dying: tuple[str, ...]) -> None:
    """Kill servers while records are under way; the camera does not wait for a broker."""
    held = site.received()
    site.append(BEFORE)
    wait_for(lambda: all_arrived(site) or site.received() > held, "some of them", ARRIVED_S)
    nats.kill(*dying)
    assert site.received() < site.written
    site.append(AFTER)


def all_arrived(site: Courier) -> bool:
    site.tend()
    return site.received() == site.written
