"""A receiver of the platform that dies of kill -9 at one place between its steps.

Run as `python -m tests.seeded.receiver DATABASE KEYS PORT POINT [EARLY...]`. It is the true
receiver, watched at its seams: the commit of its database, the receipt and the acknowledgement that
leave for the broker. It dies at the first POINT that it comes to. EARLY seeds the fault: the steps
named there are done once more, inside the transaction, before it is committed.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.feed.cluster import BrokerAddress, Cluster
from edge.feed.session import Arrived, Broker, Note, Session
from edge.feed.topics import RECEIPT, parse, topic
from edge.record.keys import load_signer, load_trusted
from tools.receive.database import Database
from tools.receive.listen import Listener, Until, listening, receipts
from tools.receive.store import Store

WRITTEN, COMMITTED, RECEIPT_LEFT, ACKNOWLEDGED = "written", "committed", "receipt", "acknowledged"
POINTS = (WRITTEN, COMMITTED, RECEIPT_LEFT, ACKNOWLEDGED)
SETTLE_S = 10.0


class Watched(Session):
    """A session whose receipts and acknowledgements have left the machine when a call returns."""

    point = ""

    def publish(self, note: Note) -> int:
        mid = super().publish(note)
        self.settle(SETTLE_S)
        die_at(RECEIPT_LEFT, self.point)
        return mid

    def acknowledge(self, items: list[Arrived]) -> None:
        super().acknowledge(items)
        if items:
            super().publish(
                Note("seeded/flushed", b"")
            )  # the broker's answer comes after ours left
            self.settle(SETTLE_S)
            die_at(ACKNOWLEDGED, self.point)


class Doomed(Listener):
    """A listener that dies at a point; `early` are the steps that it does before it commits."""

    def prepare(self, database: Database, point: str, early: Sequence[str]) -> None:
        true = database.transaction
        self._early = early

        @contextmanager
        def transaction() -> Iterator[None]:
            with true():
                yield
                self._answer_early()
                die_at(WRITTEN, point)
            die_at(COMMITTED, point)

        database.transaction = transaction  # type: ignore[method-assign]

    def _listen(self, server: Broker) -> Session:
        return Watched.open(server, self._role)

    def _take(self, arrived: list[Arrived], session: Session) -> None:
        self._burst = arrived, session
        super()._take(arrived, session)

    def _answer_early(self) -> None:
        arrived, session = self._burst
        boxes = {found.box for one in arrived if (found := parse(one.topic)) and found.is_record}
        if RECEIPT_LEFT in self._early:
            for box, receipt in receipts(self._store, self._signer, boxes):
                session.publish(Note(topic(box, RECEIPT), receipt))
        if ACKNOWLEDGED in self._early:
            session.acknowledge(arrived)


def die_at(here: str, point: str) -> None:
    if here == point:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    address, keys, port, point, *early = sys.argv[1:]
    folder = Path(keys)
    Watched.point = point
    keyring = load_trusted(folder / "boxes.jwks")
    signer = load_signer(folder / "platform.pem")
    with Store.open(address, lambda: keyring) as store:
        cluster = Cluster([BrokerAddress("127.0.0.1", int(port))])
        listener = Doomed(store, signer, cluster, listening("receiver"))
        listener.prepare(store._db, point, early)
        listener.run(Until(), lambda: False)


if __name__ == "__main__":
    main()
