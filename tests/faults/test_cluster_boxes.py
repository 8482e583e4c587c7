"""Many boxes on one cluster: each gets its own receipts, and what a server needs for them is said.

`ANPR_EDGE_CLUSTER_BOXES=500 pytest -s tests/faults/test_cluster_boxes.py` gives the figures.
"""

import os
import time
from functools import partial
from pathlib import Path

import pytest

from edge.feed.cluster import Cluster
from edge.feed.mqtt import MqttPublisher
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.topics import EVERY_RECORD, RECEIPT, topic
from tests.chains import Pen
from tests.mosquitto import SWEPT, wait_for
from tests.mosquitto import swept as swept
from tests.nats import HOSTS, NatsCluster
from tests.nats import nats as nats

pytestmark = SWEPT
BOXES = int(os.environ.get("ANPR_EDGE_CLUSTER_BOXES", "6"))


def resident_mb(nats: NatsCluster) -> list[int]:
    """Return what each server holds in memory."""
    statuses = (Path(f"/proc/{nats.pid(host)}/status").read_text() for host in HOSTS)
    return [int(text.split("VmRSS:")[1].split()[0]) // 1024 for text in statuses]


def test_every_box_is_heard_and_answered(
    nats: NatsCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"box-{number}" for number in range(BOXES)]
    nats.admit(*names)
    nats.reload()
    ears = Cluster(nats.addresses("platform")).open(
        lambda server: Session.open(server, Role("platform", EVERY_RECORD))
    )
    before, began = resident_mb(nats), time.monotonic()
    answers: dict[str, list[bytes]] = {name: [] for name in names}
    boxes = [
        Cluster(nats.addresses(name)).open(partial(MqttPublisher.connect, name)) for name in names
    ]
    took_s = time.monotonic() - began
    for name, box in zip(names, boxes, strict=True):
        box.on_receipt(answers[name].append)
        box.publish(Pen(name).write())
    heard: set[str] = set()

    def all_answered() -> bool:
        arrived = [item for item in ears.receive(0.05) if isinstance(item, Arrived)]
        records = [i.topic.split("/")[2] for i in arrived if i.topic.endswith("/alarm")]
        for name in records:
            ears.publish(Note(topic(name, RECEIPT), name.encode()))
        heard.update(records)
        for box in boxes:
            box.exchange(0)
        return all(answers[name] == [name.encode()] for name in names)

    wait_for(all_answered, "the receipt of every box", 60 + BOXES)
    assert heard == set(names)
    with capsys.disabled():
        print(f"\n{BOXES} boxes in {took_s:.1f} s; MB a server {before} -> {resident_mb(nats)}")
    for box in boxes:
        box.close()
    ears.close()
