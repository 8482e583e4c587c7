"""A box in Utrecht that holds candidates, without camera and models; a test sets its clock."""

import itertools
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from edge.access.rules import Law
from edge.casebook.casebook import Casebook
from edge.config import Zone
from edge.counts.record import Bookkeeper
from edge.daemon import wiring_law
from edge.daemon.checkpoints import Checkpoints
from edge.daemon.health import disk_free
from edge.daemon.hours import Hours
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.daemon.recovery import recover
from edge.daemon.release import Release
from edge.daemon.rotation import Rotation, settled
from edge.daemon.storeroom import Limits, Storeroom
from edge.feed.outbox import Outbox
from edge.passage.passage import Desk, ReadingPolicy
from edge.passage.tracker import Tracker
from edge.record.chain import START as GENESIS
from edge.record.chain import check, examine
from edge.record.clerk import Clerk
from edge.record.evidence import EvidenceRoom
from edge.record.keyplace import KeyPlace
from edge.record.keys import create_signer, load_trusted
from edge.record.message import ModelRef
from edge.record.provenance import Provenance
from edge.record.signer import FileSigner
from edge.record.testimony import Testimony
from edge.registry.token import pseudonym
from edge.types import ClockReading, Envelope, Snapshot, Tally
from tests.cases import KEY, PLATE, T0, passage
from tests.chains import STORAGE_KEY
from tests.edge.access.world import DIRTY_VAN
from tests.fakes import ListedRegistry, ScriptedEyes

UTRECHT = Zone(id="utrecht", pack="nl-ze", start=date(2025, 1, 1))
END = datetime(2028, 6, 2, 5, tzinfo=UTC)
NOW = END + timedelta(hours=1)
HOUR = timedelta(hours=1)
OTHER = "2ZZZ999"
LAWS = wiring_law.laws((UTRECHT,))


class CutError(Exception):
    """The power went."""


def cut(*_: object) -> None:
    raise CutError


class Clock:
    """A clock that a test sets; its monotonic time began anew at every boot."""

    def __init__(self) -> None:
        self.now, self.trusted, self.boot = T0, True, T0 - timedelta(days=3)
        self.boot_id, self.wrong_boots = "boot", ("long-ago",)

    def read(self) -> ClockReading:
        steady = int((self.now - self.boot).total_seconds() * 1e9)
        place = (steady, steady, self.boot_id, "test")
        return ClockReading(self.now, *place, self.trusted, 1.0, wrong_boots=self.wrong_boots)


class Site:
    """A box in Utrecht; it can be shut down, and started again on the same files."""

    def __init__(self, folder: Path, ballast_bytes: int = 0) -> None:
        self.folder, self.clock, self.ballast_bytes = folder, Clock(), ballast_bytes
        self.registry = ListedRegistry({PLATE: DIRTY_VAN, OTHER: DIRTY_VAN})
        self.registry.snapshot = snapshot("s1", T0 - HOUR)
        self.laws: tuple[Law, ...] = LAWS
        self.tallies: list[Tally] = []
        self.seen: list[Tally] = []
        self.room = EvidenceRoom(folder / "evidence", "b1")
        if not (folder / "box.pem").exists():
            create_signer(folder / "box.pem", "b1")
        self.start()

    def start(self) -> None:
        with ExitStack() as opened:
            self.outbox = Outbox.open(
                self.folder / "outbox.sqlite", "b1", STORAGE_KEY, self.ballast_bytes
            )
            opened.callback(self.outbox.close)
            self.casebook = Casebook.open(self.folder / "casebook.sqlite", "b1", KEY)
            opened.callback(self.casebook.close)
            with self.outbox.reserve():
                recover(self.casebook, self.outbox)
            opened.pop_all()
        eyes = ScriptedEyes({})
        counter = itertools.count()
        self.pipeline = Pipeline(
            detector=eyes,
            reader=eyes,
            tracker=Tracker(1.0),
            desk=Desk(ReadingPolicy(0.9, 2)),
            registry=self.registry,
            laws=self.laws,
            clock=self.clock,
            testimony=Testimony(
                Provenance("b1", "test", (ModelRef("reader", "e" * 64),), "c" * 64, "cam", None),
                {"utrecht": "none"},
                lambda country, plate, day: pseudonym(KEY, country, plate, day),
                lambda n: next(counter).to_bytes(n, "big"),
            ),
            signer=settled(self.place, self.outbox),
            outbox=self.outbox,
            casebook=self.casebook,
            count=lambda *_: self.seen,
        )

    @property
    def place(self) -> KeyPlace:
        return KeyPlace("b1", self.folder / "box.pem")

    def checkpoints(self, seconds: Callable[[], float] = time.monotonic) -> Checkpoints:
        line = self.pipeline
        return Checkpoints(
            clerk=self.clerk,
            evidence=self.folder / "evidence",
            clock=self.clock,
            signer=line.signer,
            outbox=self.outbox,
            casebook=self.casebook,
            monotonic=seconds,
        )

    @property
    def hourly(self) -> Hours:
        line = self.pipeline
        writer = line.testimony
        return Hours(
            laws=self.laws,
            clock=self.clock,
            registry=self.registry,
            bookkeeper=Bookkeeper(writer.provenance, writer.draw),
            signer=line.signer,
            outbox=self.outbox,
            casebook=self.casebook,
        )

    def storeroom(
        self,
        limits: Limits,
        seconds: Callable[[], float] = time.monotonic,
        free: Callable[[Path], int | None] = disk_free,
    ) -> Storeroom:
        """Keep room for what passes from now on."""
        line = self.pipeline
        room = Storeroom(
            limits=limits,
            state=self.folder,
            clerk=self.clerk,
            testimony=line.testimony,
            clock=self.clock,
            signer=line.signer,
            outbox=self.outbox,
            casebook=self.casebook,
            close_hours=self.hourly.close,
            monotonic=seconds,
            free=free,
        )
        self.pipeline = replace(line, room=room)
        return room

    def turn(self) -> None:
        """Go over to the next key, if there is one."""
        line = self.pipeline
        turning = Rotation(self.place, self.clerk, self.clock, self.outbox, self.casebook)
        assert isinstance(line.signer, FileSigner)
        signer = turning.turn(self.checkpoints(), line.signer)
        self.pipeline = replace(line, signer=signer)

    @property
    def clerk(self) -> Clerk:
        writer = self.pipeline.testimony
        return Clerk(writer.provenance, writer.draw)

    def stop(self) -> None:
        self.casebook.close()
        self.outbox.close()

    @property
    def release(self) -> Release:
        line = self.pipeline
        return Release(
            registry=self.registry,
            laws=self.laws,
            clock=self.clock,
            testimony=line.testimony,
            signer=line.signer,
            outbox=self.outbox,
            casebook=self.casebook,
            room=self.room,
            count=lambda held, state: self.tallies,
        )

    def passes(self, plate: str = PLATE, at: datetime = T0) -> Conclusion:
        (conclusion,) = self.goes_by(plate, at)
        return conclusion

    def goes_by(self, plate: str, at: datetime) -> list[Conclusion]:
        self.clock.now = at + timedelta(seconds=4)
        seen = passage(plate, at)
        boot = self.clock.boot
        first, last = ((t - boot).total_seconds() * 1e9 for t in (seen.seen_first, seen.seen_last))
        seen = replace(seen, first_monotonic_ns=int(first), last_monotonic_ns=int(last))
        return self.pipeline.conclude(seen)

    def later(self, now: datetime = NOW, as_of: datetime | None = None) -> None:
        self.clock.now = now
        self.registry.snapshot = snapshot("s2", as_of or END)

    def chain(self) -> list[Envelope]:
        return self.outbox.pending(None, 10_000)

    def proven(self) -> None:
        keyring = load_trusted(self.folder / "box.jwk")
        entries = [check(str(e.seq), e.jws, keyring) for e in self.chain()]
        assert examine("b1", entries, GENESIS, self.outbox.head() or GENESIS) == []


def snapshot(name: str, as_of: datetime) -> Snapshot:
    return Snapshot(name, name[-1] * 64, as_of, as_of)
