"""One process of some hundreds of boxes: one loop, and threads that only wait for brokers."""

import logging
import os
import random
import shutil
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO

from edge.record.chain import Place
from edge.record.envelope import TrustedKey
from tools.fleet.box import Box, Platform, Road
from tools.fleet.life import Life
from tools.fleet.members import Member
from tools.fleet.orders import Clone, Finish, Go, Order, Phase, Rate, Recount, Status, Stop
from tools.fleet.plan import Daily
from tools.fleet.wire import Wire

CALLS = 8
"""So many boxes of one process call the broker at the same time."""
TURN_S, LOOK_S, TELL_S, PING_S = 0.05, 0.25, 1.0, 2.0
SILENT_S = 4.0
"""A box that waits for a receipt is looked at so often: its own patience is 5 to 10 s."""
AT_ONCE = 50
"""So many records are written before the network has its turn."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who works in one process, and with what; `deaf` are boxes with another platform's key."""

    number: int
    members: tuple[Member, ...]
    platform: Platform
    daily: Daily
    files: Path
    log: Path
    seed: int
    deaf: frozenset[int]
    stranger: TrustedKey


def work(crew: Crew, orders: Connection) -> None:
    """Run boxes until told to stop; every record that was written is in the log."""
    logging.disable(logging.WARNING)  # a storm is told in figures
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor ends us
    with (
        crew.log.open("w", encoding="ascii") as log,
        ThreadPoolExecutor(CALLS, "call") as calls,
    ):
        worker = Worker(crew, log, calls)
        worker.run(orders)
        log.flush()
        orders.send(worker.status(ended=True))
    orders.close()
    os._exit(0)  # nothing of it is needed any more


class Worker:
    """The boxes of one process and their course."""

    def __init__(self, crew: Crew, log: TextIO, calls: ThreadPoolExecutor) -> None:
        """Open the outbox of each box; all are away at first."""
        self._crew, self._log, self._calls = crew, log, calls
        self._chance = random.Random(f"{crew.seed}/{crew.number}")
        self.wire, self._awake = Wire(), set[Box]()
        self._road = Road(self.wire, self._awake)
        self._boxes = {one.number: self._box(one) for one in crew.members}
        self._lives = {n: self._life(box) for n, box in self._boxes.items()}
        self._clones: dict[int, Box] = {}
        self._cloned: set[int] = set()
        self._phase, self._rate_s, self._next_at = "start", 0.0, 0.0
        self._obeyed, self._written, self._stopped = 0, 0, False
        self._backlog: list[tuple[int, timedelta]] = []

    def run(self, orders: Connection) -> None:
        """Turn until told to stop."""
        looked = told = pinged = 0.0
        while not self._stopped:
            while orders.poll():
                self._obey(orders.recv())
                told = 0.0
            self._write()
            self.wire.turn(0.0 if self._backlog else self._wait_s())
            now = time.monotonic()
            is_look = now - looked >= LOOK_S
            self._advance(now, is_look)
            looked = now if is_look else looked
            if now - pinged >= PING_S:
                pinged = now
                self.wire.keep_alive()
            if now - told >= TELL_S:
                told = now
                orders.send(self.status())

    def status(self, ended: bool = False) -> Status:
        """Return how the boxes stand; at the end also which records wait, by place and hash."""
        traffic = self.wire.totals()
        left = self._left() if ended else ()
        return Status(
            worker=self._crew.number,
            at=time.time(),
            written=self._written,
            waiting=sum(box.outbox.waiting for box in self._expected()) + len(self._backlog),
            connected=sum(box.is_connected for box in self._boxes.values()),
            orders=self._obeyed,
            untold=len(self._backlog),
            wire_bytes=traffic.total,
            connections=traffic.connections,
            left=left,
            ended=ended,
        )

    def _obey(self, order: Order) -> None:
        self._obeyed += 1
        match order:
            case Phase(name):
                self._phase = name
            case Rate(per_s):
                self._rate_s = per_s
                self._next_at = time.monotonic() + self._pause_s()
            case Go(boxes, away):
                self._go(boxes, away)
            case Recount(boxes, records, days):
                self._recount(boxes, records, days)
            case Clone(box):
                self._clone(box)
            case Finish():
                self._finish()
            case Stop():
                self._stopped = True

    def _go(self, boxes: frozenset[int], away: bool) -> None:
        for number in boxes & self._boxes.keys():
            box = self._boxes[number]
            if away:
                box.go_away()
            else:
                box.is_away = False
                box.wake()

    def _recount(self, boxes: frozenset[int], records: int, days: float) -> None:
        """Spread the records over the days, by the box's own clock."""
        step = timedelta(days=days) / max(1, records)
        for turn in range(records, 0, -1):
            behind = step * turn
            self._backlog += [(number, behind) for number in sorted(boxes & self._boxes.keys())]
        self._backlog.reverse()

    def _clone(self, number: int | None) -> None:
        """Copy a card while the box is at work, as whoever clones it does."""
        if number is None:
            for box in self._clones.values():
                box.go_away()
            return
        if number not in self._boxes:
            return
        original = self._boxes[number]
        original.outbox.size()  # whatever it has is on the disk
        folder = original.path.parent / "clones"
        folder.mkdir(exist_ok=True)
        for suffix in ("", "-wal"):
            source = original.path.with_name(original.path.name + suffix)
            if source.exists():
                shutil.copy(source, folder / source.name)
        member = original.member
        self._clones[number] = Box(
            member, folder / original.path.name, self._crew.platform, self._road
        )
        self._cloned.add(number)
        for box in (original, self._clones[number]):  # from here on they differ
            self._put(box, self._lives[number])
        self._clones[number].is_away = False

    def _finish(self) -> None:
        self._rate_s, self._next_at = 0.0, 0.0
        for number, life in self._lives.items():
            for _ in range(len(life.held)):
                self._put(self._boxes[number], life, "resolution")

    def _write(self) -> None:
        """Write what is due, a part of it at a time."""
        for _ in range(AT_ONCE):
            if self._backlog:
                number, behind = self._backlog.pop()
                life = self._lives[number]
                life.behind = behind
                self._put(self._boxes[number], life)
                life.behind = timedelta()
            elif self._rate_s and time.monotonic() >= self._next_at:
                self._next_at += self._pause_s()
                number = self._chance.choice(self._crew.members).number
                self._put(self._boxes[number], self._lives[number])
            else:
                return

    def _put(self, box: Box, life: Life, sort: str | None = None) -> None:
        row = box.write(life, sort)
        self._written += 1
        self._log.write("\t".join(map(str, (*row, self._phase))) + "\n")

    def _advance(self, now: float, is_look: bool) -> None:
        """Let boxes do what is due: those that are awake, and at times all others."""
        awake = [*self._awake]
        self._awake.difference_update(awake)
        if is_look:
            everyone = (*self._boxes.values(), *self._clones.values())
            awake += [box for box in everyone if box.is_due(now, SILENT_S)]
        for box in awake:
            box.advance(self._calls)

    def _wait_s(self) -> float:
        if not self._rate_s:
            return TURN_S
        return min(TURN_S, max(0.0, self._next_at - time.monotonic()))

    def _pause_s(self) -> float:
        return self._chance.expovariate(self._rate_s) if self._rate_s else 0.0

    def _expected(self) -> Sequence[Box]:
        strange = self._cloned | self._crew.deaf
        return [box for number, box in self._boxes.items() if number not in strange]

    def _left(self) -> tuple[tuple[str, int, int, str], ...]:
        found = []
        for box in (*self._boxes.values(), *self._clones.values()):
            after: Place | None = None
            while box.outbox.waiting and (some := box.outbox.pending(after, 500)):
                found += [(e.box, e.epoch, e.seq, e.sha256) for e in some]
                after = Place(some[-1].epoch, some[-1].seq)
        return tuple(found)

    def _box(self, member: Member) -> Box:
        platform = self._crew.platform
        if member.number in self._crew.deaf:
            platform = replace(platform, trusted=self._crew.stranger)
        return Box(member, self._crew.files / f"{member.box}.sqlite", platform, self._road)

    def _life(self, box: Box) -> Life:
        name = box.member.box
        return Life(name, self._crew.daily, random.Random(f"{self._crew.seed}/{name}"))
