"""Many boxes on one cluster: each gets its own receipts, and what the servers need for it is said.

The figures of deploy/cluster/README.md: `ANPR_EDGE_CLUSTER_BOXES=300 ANPR_EDGE_CLUSTER_RECORDS=20
pytest -s tests/faults/test_cluster_boxes.py`.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from edge.feed.cluster import Cluster
from edge.feed.mqtt import MqttPublisher
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.topics import EVERY_RECORD, RECEIPT, topic
from tests.chains import Pen
from tests.mosquitto import SWEPT, wait_for
from tests.mosquitto import swept as swept
from tests.nats import HOSTS, NatsCluster, running

pytestmark = SWEPT
BOXES = int(os.environ.get("ANPR_EDGE_CLUSTER_BOXES", "6"))
NAMES = [f"box-{number}" for number in range(BOXES)]
RECORDS = int(os.environ.get("ANPR_EDGE_CLUSTER_RECORDS", "1"))
QUIET_S = 20.0 if BOXES > 6 else 0.0
TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Burden:
    """What the three servers hold and have used, together."""

    resident_mb: float
    files: float
    cpu_s: float
    written_mb: float

    @classmethod
    def of(cls, nats: NatsCluster) -> Self:
        """Ask the kernel."""
        found = [_burden(Path(f"/proc/{nats.pid(host)}")) for host in HOSTS]
        return cls(*(sum(column) for column in zip(*found, strict=True)))


def _burden(proc: Path) -> tuple[float, ...]:
    resident_kb = (proc / "status").read_text().split("VmRSS:")[1].split()[0]
    used = (proc / "stat").read_text().rsplit(")", 1)[1].split()[11:13]
    written = (proc / "io").read_text().split("write_bytes:")[1].split()[0]
    files = len(list((proc / "fd").iterdir()))
    return int(resident_kb) / 1024, files, sum(map(int, used)) / TICKS_S, int(written) / 2**20


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsCluster]:
    with running(tmp_path / "nats", NAMES) as found:
        yield found


class Street:
    """Boxes on a cluster, and a platform that answers each of them with its own name."""

    def __init__(self, nats: NatsCluster) -> None:
        self._ears = Cluster(nats.addresses("platform")).open(
            lambda server: Session.open(server, Role("platform", EVERY_RECORD))
        )
        self._nats, self._pens = nats, {name: Pen(name) for name in NAMES}
        self.boxes: dict[str, MqttPublisher] = {}
        self.answers: dict[str, list[bytes]] = {name: [] for name in NAMES}
        self.heard: Counter[str] = Counter()

    def connect(self) -> None:
        for name in NAMES:
            cluster = Cluster(self._nats.addresses(name))
            self.boxes[name] = cluster.open(partial(MqttPublisher.connect, name))
            self.boxes[name].on_receipt(self.answers[name].append)

    def write(self) -> None:
        for name, box in self.boxes.items():
            box.publish(self._pens[name].write())

    def all_answered(self, times: int) -> bool:
        arrived = [item for item in self._ears.receive(0.05) if isinstance(item, Arrived)]
        records = [i.topic.split("/")[2] for i in arrived if i.topic.endswith("/alarm")]
        for name in records:
            self._ears.publish(Note(topic(name, RECEIPT), name.encode()))
        self.heard.update(records)
        for box in self.boxes.values():
            box.exchange(0)
        return all(len(words) == times for words in self.answers.values())

    def close(self) -> None:
        for box in self.boxes.values():
            box.close()
        self._ears.close()


@contextmanager
def told(nats: NatsCluster, what: str, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Say what the servers needed for what is done inside."""
    before, began = astuple(Burden.of(nats)), time.monotonic()
    yield
    took_s = time.monotonic() - began
    more = [b - a for a, b in zip(before, astuple(Burden.of(nats)), strict=True)]
    with capsys.disabled():
        print(
            f"\n{what} in {took_s:.1f} s; three servers together: {more[0]:+.1f} MB memory,"
            f" {more[1]:+.0f} files, {more[2]:.2f} s of a core, {more[3]:.1f} MB written"
        )


def test_every_box_is_heard_and_answered(
    nats: NatsCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    street = Street(nats)
    with told(nats, f"{BOXES} boxes connected", capsys):
        street.connect()
    assert nats.consumers() == 1  # that of the platform
    with told(nats, "quiet", capsys):
        time.sleep(QUIET_S)
    with told(nats, f"{RECORDS} records and receipts of each", capsys):
        for number in range(1, RECORDS + 1):
            street.write()
            within_s = 60 + BOXES
            wait_for(partial(street.all_answered, number), "the receipt of every box", within_s)
    assert street.heard == Counter(dict.fromkeys(NAMES, RECORDS))
    assert street.answers == {name: [name.encode()] * RECORDS for name in NAMES}
    street.close()
