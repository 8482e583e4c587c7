"""The two ways records come in: MQTT, and batches in a folder."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.errors import FeedError
from edge.feed.receipts import sign_receipt
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.spool import batches, read_batch, receipt_path, write_whole
from edge.feed.topics import EVERY_RECORD, RECEIPT, parse, topic
from edge.ports import Signer
from edge.record.message import Receipt
from tools.receive.store import Store, Verdict

WAIT_S, SETTLE_S = 0.2, 5.0
RETRY_S, RETRY_LIMIT_S = 0.25, 5.0


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is; satisfies the session's `Broker`."""

    host: str
    port: int
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Until:
    """When listening ends: this many records are held, or this long nothing came."""

    records: int | None = None
    idle_s: float | None = None

    def is_over(self, held: int, quiet_s: float) -> bool:
        """True when listening may end."""
        enough = self.records is not None and held >= self.records
        return enough or (self.idle_s is not None and quiet_s >= self.idle_s)


class Listener:
    """Takes what the broker delivers, in bursts: stored first, then answered."""

    def __init__(self, store: Store, signer: Signer, broker: BrokerAddress, name: str) -> None:
        """Listen on a broker under a client name."""
        self._store, self._signer, self._broker = store, signer, broker
        self._role = Role(name, EVERY_RECORD, acknowledge_late=True)
        self._heard_at = time.monotonic()

    def run(self, until: Until, stopped: Callable[[], bool]) -> None:
        """Listen until told to stop; a broker that goes away is called again.

        Raises FeedError when it cannot be reached at the start, or is away at the end.
        """

        def over() -> bool:
            return stopped() or until.is_over(self._store.total(), self._quiet_s())

        session = self._open()
        while not over():
            try:
                self._take([i for i in session.receive(WAIT_S) if isinstance(i, Arrived)], session)
            except FeedError as e:
                click.echo(f"{e.cause} Calling again.", err=True)
                session.close()
                session = self._reopen(over)
        with suppress(FeedError):  # what is not answered now is asked again
            session.settle(SETTLE_S)
        session.close()

    def _open(self) -> Session:
        session = Session.open(self._broker, self._role)
        click.echo(f"Receiver: listening on {self._broker.host}:{self._broker.port}", err=True)
        return session

    def _reopen(self, over: Callable[[], bool]) -> Session:
        delay = RETRY_S
        while not over():
            try:
                return self._open()
            except FeedError:
                time.sleep(delay)
                delay = min(RETRY_LIMIT_S, delay * 2)
        raise FeedError(
            "Listening ended while the broker was away.", "Start again when it is back."
        )

    def _take(self, arrived: list[Arrived], session: Session) -> None:
        records = [(t.box, a.payload) for a in arrived if (t := parse(a.topic)) and t.is_record]
        if records:
            self._heard_at = time.monotonic()
            boxes = take_burst(self._store, records)
            for box, receipt in receipts(self._store, self._signer, boxes):
                session.publish(Note(topic(box, RECEIPT), receipt))
        session.acknowledge(arrived)

    def _quiet_s(self) -> float:
        return time.monotonic() - self._heard_at


def ingest(store: Store, signer: Signer, folder: Path) -> list[FeedError]:
    """Take every batch in a folder and lay receipts beside them; return what was not whole.

    Raises FeedError when the folder cannot be used.
    """
    faults, boxes = [], set()
    for batch in batches(folder):
        try:
            lines = read_batch(batch.path)
        except FeedError as e:
            faults.append(e)
            continue
        boxes |= take_burst(store, [(batch.box, line) for line in lines])
    for box, receipt in receipts(store, signer, boxes):
        write_whole(receipt_path(folder, box), receipt + b"\n")
    return faults


def take_burst(store: Store, records: Iterable[tuple[str, bytes]]) -> set[str]:
    """Store records of (box, compact JWS) in one durable step; return the boxes to answer."""
    with store.burst():
        return {box for box, jws in records if store.take(box, jws) is not Verdict.REFUSED}


def receipts(store: Store, signer: Signer, boxes: Iterable[str]) -> list[tuple[str, bytes]]:
    """Return the signed receipt of each box that has a proven, gapless chain here."""
    heads = [(box, store.head(box)) for box in sorted(boxes)]
    now = datetime.now(UTC)
    return [
        (box, sign_receipt(Receipt(box=box, **head._asdict(), stored_at=now), signer))
        for box, head in heads
        if head is not None
    ]
