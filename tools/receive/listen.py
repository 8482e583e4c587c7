"""The two ways records come in: MQTT, and batches in a folder."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.errors import FeedError
from edge.feed.cluster import Cluster
from edge.feed.receipts import sign_receipt
from edge.feed.session import Arrived, Broker, Note, Role, Session
from edge.feed.spool import batches, read_batch, receipt_path, write_whole
from edge.feed.topics import EVERY_RECORD, RECEIPT, parse, shared, topic
from edge.ports import Signer
from edge.record.message import Receipt
from tools.receive.database import StoreLostError
from tools.receive.growth import Verdict
from tools.receive.store import Store

WAIT_S, SETTLE_S = 0.2, 5.0
RETRY_S, RETRY_LIMIT_S = 0.25, 5.0


@dataclass(frozen=True, slots=True)
class Until:
    """When listening ends: this many records are held, or this long nothing came."""

    records: int | None = None
    idle_s: float | None = None

    def is_over(self, quiet_s: float, held: Callable[[], int] = lambda: 0) -> bool:
        """True when listening may end; `held` counts the records, which takes a while."""
        enough = self.records is not None and held() >= self.records
        return enough or (self.idle_s is not None and quiet_s >= self.idle_s)


def listening(name: str, group: str | None = None) -> Role:
    """Return the role of a receiver: alone under a lasting name, or one of a group.

    The broker keeps for a lone receiver what comes while it is away. Of a group, each record goes
    to one member; what a dead member had comes again from the box, which has no receipt for it.
    """
    if group is None:
        return Role(name, EVERY_RECORD, acknowledge_late=True)
    return Role(name, shared(group, EVERY_RECORD), acknowledge_late=True, is_lasting=False)


class Listener:
    """Takes what the broker delivers, in bursts: stored first, then answered, then acknowledged."""

    def __init__(self, store: Store, signer: Signer, cluster: Cluster, role: Role) -> None:
        """Listen on a broker in a role."""
        self._store, self._signer, self._cluster, self._role = store, signer, cluster, role
        self._heard_at = time.monotonic()

    def run(self, until: Until, stopped: Callable[[], bool]) -> None:
        """Listen until told to stop; a broker or database server that goes away is called again.

        Raises FeedError when the broker cannot be reached at the start, or is away at the end;
        StoreError when nothing can be stored.
        """
        session = self._open()
        while True:
            try:
                if stopped() or until.is_over(self._quiet_s(), self._store.total):
                    break
                self._take([i for i in session.receive(WAIT_S) if isinstance(i, Arrived)], session)
            except (FeedError, StoreLostError) as e:
                click.echo(f"{e.cause} Calling again.{_namesake(e, self._role)}", err=True)
                session.close()  # what is not acknowledged comes again
                lost = isinstance(e, StoreLostError)
                session = self._call_again(
                    lambda: stopped() or until.is_over(self._quiet_s()), lost
                )
        with suppress(FeedError):  # what is not answered now is asked again
            session.settle(SETTLE_S)
        session.close()

    def _open(self) -> Session:
        return self._cluster.open(self._listen)

    def _listen(self, server: Broker) -> Session:
        session = Session.open(server, self._role)
        click.echo(f"Receiver: listening on {server.host}:{server.port}", err=True)
        return session

    def _call_again(self, over: Callable[[], bool], store_is_lost: bool) -> Session:
        delay = RETRY_S
        while not over():
            try:
                if store_is_lost:
                    self._store.reopen()
                return self._open()
            except (FeedError, StoreLostError):
                time.sleep(delay)
                delay = min(RETRY_LIMIT_S, delay * 2)
        raise FeedError(
            "Listening ended while the broker or the database server was away.",
            "Start again when it is back.",
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


def _namesake(error: FeedError | StoreLostError, role: Role) -> str:
    """Return what keeps on breaking a line that works: the broker lets each name in only once."""
    if isinstance(error, StoreLostError) or not role.is_lasting:
        return ""
    return " If that goes on, another receiver has this name: use --name, or --group for both."


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
    messages = list(records)
    verdicts = store.take(messages)
    return {
        box
        for (box, _), verdict in zip(messages, verdicts, strict=True)
        if verdict is not Verdict.REFUSED
    }


def receipts(store: Store, signer: Signer, boxes: Iterable[str]) -> list[tuple[str, bytes]]:
    """Return the signed receipt of each box that has a proven, gapless chain here."""
    now = datetime.now(UTC)
    return [
        (box, sign_receipt(Receipt(box=box, **head._asdict(), stored_at=now), signer))
        for box, head in store.heads(boxes).items()
    ]
