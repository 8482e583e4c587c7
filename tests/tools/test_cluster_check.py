"""Whether each server of a real cluster passes on what it takes."""

from click.testing import CliRunner, Result

from tests.mosquitto import SWEPT
from tests.mosquitto import swept as swept
from tests.nats import HOSTS, NatsCluster
from tests.nats import nats as nats
from tools.cluster_check import cluster_check

pytestmark = SWEPT


def run(nats: NatsCluster, name: str, within_s: float) -> Result:
    address, *_ = nats.addresses(name)
    hosts = (word for host in HOSTS for word in ("--host", host))
    proofs = ("--ca", address.ca, "--cert", address.cert, "--key", address.key)
    words = (*hosts, "--port", nats.port, *proofs, "--within", within_s)
    return CliRunner().invoke(cluster_check, [str(word) for word in words])


def test_who_passes_on_is_told_for_each_server(nats: NatsCluster) -> None:
    whole = run(nats, "platform", 30)
    assert whole.exit_code == 0, whole.output
    assert whole.stdout.splitlines() == [f"{host}: passes on" for host in HOSTS]
    nats.kill(*HOSTS[1:])
    alone = run(nats, "platform", 0)  # one still takes calls, and has nobody to agree with
    assert (alone.exit_code, alone.stdout) == (1, "")
    assert [line.split(":")[0] for line in alone.stderr.splitlines()] == [*HOSTS]


def test_a_box_is_not_let_through(nats: NatsCluster) -> None:
    refused = run(nats, "box-1", 0)
    assert refused.exit_code == 1
    assert refused.stdout == ""
