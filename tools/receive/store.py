"""What the receiver holds: proven records, those that wait for a gap to fill, forks, refusals."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from edge.closing import Closing
from edge.ports import Signer
from edge.record.chain import START, Head, Place
from edge.record.counted import CHECKPOINT
from edge.record.countersign import Countersignature, countersign
from edge.record.envelope import Flaw, Keyring
from tools.receive.accounts import Account, accounts
from tools.receive.boxes import BoxView, box_views
from tools.receive.copying import copy_to
from tools.receive.database import open_database
from tools.receive.growth import Arrival, Growth, Verdict
from tools.receive.judging import Message, box_of, is_stranger, judged_as, refusal, standing_fault
from tools.receive.keys import Keys
from tools.receive.refusals import Refusal, by_reason
from tools.receive.rows import Rows


class Store(Closing):
    """The receiver's database; what it took is on the disk before anyone is answered.

    Several receivers may share one: whoever holds a box's row has its chain for itself.
    """

    def __init__(
        self, address: str | Path, trusted: Callable[[], Keyring], signer: Signer | None
    ) -> None:
        """Use `Store.open`."""
        self._address = address
        self._db = open_database(address)
        self._rows = Rows(self._db)
        self._trusted, self._signer = trusted, signer
        self._introduced: set[str] = set()
        self._keys = Keys()

    @classmethod
    def open(
        cls,
        address: str | Path,
        trusted: Callable[[], Keyring] = dict,
        signer: Signer | None = None,
    ) -> Self:
        """Open or create a database: the path of a file, or the address of a server.

        `trusted` is asked for the keys of the boxes each time that messages come. `signer`
        countersigns checkpoints; without it they are stored as any record.
        Raises StoreError when the database cannot be used.
        """
        return cls(address, trusted, signer)

    def reopen(self) -> None:
        """Open the same database anew. Raises StoreError when it cannot be used yet."""
        self._db.close()
        self._db = open_database(self._address)
        self._rows = Rows(self._db)

    def take(self, messages: Sequence[Message]) -> list[Verdict]:
        """Verify and keep messages; they are durable, all of them, when this returns.

        Raises StoreError when they could not be written; then nothing of them was taken.
        """
        at, boxes = _now(), {box for box, _ in messages}
        with self._told("stored"):
            keyring = self._keys.of(self._trusted())
            judged = self._judge(messages, keyring, at)  # before any lock
            self._introduce(boxes)
            with self._db.transaction():
                return self._keep(judged, at)

    def heads(self, boxes: Iterable[str]) -> dict[str, Head]:
        """Return the last record of the proven, gapless chain of each box that has one."""
        with self._told("read"):
            return self._rows.heads(sorted(boxes))

    def head(self, box: str) -> Head | None:
        """Return the last record of the proven, gapless chain of a box."""
        return self.heads([box]).get(box)

    def total(self) -> int:
        """Return how many proven records are held, of all boxes."""
        with self._told("read"):
            return int(self._db.query("SELECT count(*) FROM records")[0][0])

    def accounts(self) -> list[Account]:
        """Return how the receiver stands with every box it has heard of.

        Raises StoreError when the database cannot be read.
        """
        with self._told("read"):
            return accounts(self._db)

    def boxes(self) -> list[BoxView]:
        """Return what is active on every box, by its own last word.

        Raises StoreError when the database cannot be read.
        """
        with self._told("read"):
            return box_views(self._db)

    def checkpoints(self) -> list[bytes]:
        """Return every countersignature (compact JWS), by box and place.

        Raises StoreError when the database cannot be read.
        """
        with self._told("read"):
            return self._rows.countersigned()

    def copy_to(self, path: Path) -> int:
        """Write all that is held at this moment to a new SQLite file; return how many records.

        Raises StoreError when that cannot be done.
        """
        with self._told("read"):
            return copy_to(self._db, path)

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except self._db.errors as e:
            raise self._db.fault(doing, e) from e

    def _judge(
        self, messages: Sequence[Message], keyring: Keyring, at: str
    ) -> list[Arrival | Refusal]:
        """Verify messages; a key that is not known may be of a rotation among them, or stored."""
        judged = [judged_as(message, keyring, at) for message in messages]
        strangers = {box_of(one) for one in judged if is_stranger(one)}
        if not strangers:
            return judged
        stored = self._rows.rotations(sorted(strangers))
        fresh = [(jws, datetime.fromisoformat(at)) for _, jws in messages]
        known = self._keys.follow([*stored, *fresh])
        return [
            judged_as(message, known, at) if is_stranger(one) else one
            for message, one in zip(messages, judged, strict=True)
        ]

    def _introduce(self, heard: set[str]) -> None:
        """Give boxes that have a key their row; a name alone gets none."""
        new = (heard & self._keys.boxes) - self._introduced
        if new:
            self._rows.introduce(sorted(new))
            self._introduced |= new

    def _keep(self, judged: Sequence[Arrival | Refusal], at: str) -> list[Verdict]:
        ends = self._rows.lock([*{box_of(one) for one in judged}])
        waiting = self._rows.with_waiting([*ends])
        verdicts = dict.fromkeys(range(len(judged)), Verdict.REFUSED)
        for box, growth in ends.items():
            mine = {
                number: one
                for number, one in enumerate(judged)
                if isinstance(one, Arrival) and box_of(one) == box
            }
            verdicts |= self._grow(box, growth, mine, box in waiting)
            self._take_back(box, growth)
            self._countersign(growth)
        self._rows.write(ends, Counter(box_of(one) for one in judged))
        refused = [one for one in judged if isinstance(one, Refusal)]
        refused += [one for growth in ends.values() for one in growth.refused]
        self._rows.refuse(by_reason(refused, ends.keys()), at)
        return [*verdicts.values()]

    def _grow(
        self, box: str, growth: Growth, arrivals: dict[int, Arrival], has_waiting: bool
    ) -> dict[int, Verdict]:
        before = growth.head
        found = {number: growth.take(arrival) for number, arrival in arrivals.items()}
        has_waiting = has_waiting or bool(growth.aside)
        if growth.head and (growth.spans or (growth.head != before and has_waiting)):
            self._take_up(box, growth, START if before is None else before)
        new = self._rows.set_aside(growth.aside.values())
        again = [n for n, one in arrivals.items() if growth.aside.get(one.key) is one]
        again = [number for number in again if arrivals[number].key not in new]
        growth.duplicates += len(again)
        return found | dict.fromkeys(again, Verdict.DUPLICATE)

    def _take_back(self, box: str, growth: Growth) -> None:
        """Where another receiver was shown the new key before the rotation, it refused it."""
        early = [arrival.sha256 for arrival in growth.stored if arrival.introduced]
        if early:
            self._rows.take_back(box, Flaw.WRONG_KEY.value, early)

    def _countersign(self, growth: Growth) -> None:
        """Sign the checkpoints that now stand in the chain, in the transaction that stores them."""
        if self._signer is None:
            return
        reached = (a for a in growth.stored if a.record.envelope.kind == CHECKPOINT)
        words = [_word(arrival) for arrival in reached]
        self._rows.countersign([(word, countersign(word, self._signer)) for word in words])

    def _take_up(self, box: str, growth: Growth, before: Head) -> None:
        """Go on with what waited, and behind what was dropped.

        All that waited stands behind `before`, where the chain ended.
        """
        after = Place(before.epoch, before.seq)
        while growth.head:
            gone = growth.take_up(self._due(box, after, growth))
            self._rows.wait_no_more(box, gone)
            if not gone and not growth.skip():
                return

    def _due(self, box: str, after: Place, growth: Growth) -> list[Arrival]:
        """Return what waited and still counts: since it came its key may have been revoked."""
        found = self._rows.due(box, after, growth.head or START)
        faults = {arrival.key: standing_fault(arrival, self._keys.known) for arrival in found}
        refused = [(a, fault) for a in found if (fault := faults[a.key]) is not None]
        self._rows.wait_no_more(box, (arrival for arrival, _ in refused))
        growth.refused += [refusal(box, a.record.envelope.jws, fault) for a, fault in refused]
        return [arrival for arrival in found if faults[arrival.key] is None]


def _word(arrival: Arrival) -> Countersignature:
    return Countersignature(
        box=arrival.record.envelope.box,
        epoch=arrival.place.epoch,
        seq=arrival.place.seq,
        sha256=arrival.sha256,
        received_at=datetime.fromisoformat(arrival.at),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
