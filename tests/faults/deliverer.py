"""The uplink of a box, or the platform's receiver, of records or of pictures, until it is killed.

Run as `python -m tests.faults.deliverer ROLE FOLDER PORT`, one of `ROLES`; parks a copy of itself
for every order on standard input, so that a thousand kills do not cost a thousand starts of Python.
A member is one of several receivers that share a database: the file `database` holds its address.
"""

import os
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from edge.daemon.courier import Courier
from edge.daemon.uplink import Uplink
from edge.feed import evidence
from edge.feed.cluster import BrokerAddress, Cluster
from edge.feed.mqtt import MqttPublisher
from edge.feed.outbox import Outbox
from edge.feed.receipts import evidence_receipt_reader, receipt_reader
from edge.record.evidence import EvidenceRoom
from edge.record.keys import load_public, load_signer, load_trusted
from tests.chains import STORAGE_KEY
from tools.receive.database import StoreLostError
from tools.receive.listen import Listener, Until, listening
from tools.receive.register import Register
from tools.receive.store import Store
from tools.receive_evidence import Desk, Server, secured


def deliver_for_ever(folder: Path, broker: BrokerAddress) -> None:
    reader = receipt_reader("box-1", load_public(folder / "keys/platform.jwk"))
    with Outbox.attach(folder / "outbox.sqlite", STORAGE_KEY, 0) as outbox:
        connect = partial(MqttPublisher.connect, "box-1", broker)
        Uplink(outbox, connect, reader).run(lambda: False)


def receive_for_ever(folder: Path, broker: BrokerAddress) -> None:
    keyring = load_trusted(folder / "keys/boxes.jwks")
    with Store.open(folder / "received.sqlite", lambda: keyring) as store:
        signer = load_signer(folder / "keys/platform.pem")
        Listener(store, signer, Cluster([broker]), listening("receiver")).run(
            Until(), lambda: False
        )


def share_for_ever(folder: Path, broker: BrokerAddress) -> None:
    address = (folder / "database").read_text()
    signer = load_signer(folder / "keys/platform.pem")
    keys = Register(folder / "keys/boxes.jwks").keys
    role = listening(f"member-{os.getpid()}", "platform")
    while True:
        # a receiver whose server is away at its start ends; systemd starts it again
        with suppress(StoreLostError), Store.open(address, keys, signer) as store:
            Listener(store, signer, Cluster([broker]), role).run(Until(), lambda: False)
        time.sleep(0.05)


def carry_for_ever(folder: Path, server: BrokerAddress) -> None:
    context = evidence.secured(folder / "ca.pem", folder / "box.pem", folder / "box.key")
    address = f"https://{server.host}:{server.port}/evidence"
    publisher = evidence.HttpsEvidence(address, "box-1", context)
    reader = evidence_receipt_reader("box-1", load_public(folder / "platform.jwk"))
    courier = Courier(EvidenceRoom(folder / "evidence", "box-1"), publisher, reader)
    while True:
        courier.round()
        time.sleep(0.01)


def take_for_ever(folder: Path, server: BrokerAddress) -> None:
    context = secured(folder / "ca.pem", folder / "desk.pem", folder / "desk.key")
    desk = Desk(folder / "stored", load_signer(folder / "platform.pem"), 10**9)
    Server((server.host, server.port), desk, context).serve_forever()


ROLES = {
    "uplink": deliver_for_ever,
    "receiver": receive_for_ever,
    "member": share_for_ever,
    "courier": carry_for_ever,
    "desk": take_for_ever,
}


def main() -> None:
    role, folder, port = ROLES[sys.argv[1]], Path(sys.argv[2]), int(sys.argv[3])
    for _order in sys.stdin:
        child = os.fork()
        if not child:
            role(folder, BrokerAddress("127.0.0.1", port))
        os.write(1, f"{child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()
