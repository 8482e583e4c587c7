"""Conducts a run: quiet first, then one fault after another, then everybody comes home."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import click

from tools.fleet.orders import Finish, Order, Phase, Rate, Status, Stop
from tools.fleet.plan import FleetError, Plan
from tools.fleet.watch import Look, Watch
from tools.fleet.worker import Crew, work

fork = multiprocessing.get_context("fork")
LOOK_S, TICK_S = 1.0, 0.1
PATIENCE = 4.0
"""So many times the limit is waited for boxes to come home, before the run goes on without them."""
JOIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the run, from when to when (seconds since 1970).

    `home_s`: how long it took, once the fault was over, until nothing waited; None: it never did,
    or nothing was to come home.
    """

    name: str
    began: float
    ended: float
    home_s: float | None = None
    was_home: bool = True


@dataclass(slots=True)
class Course:
    """What happened, as it was seen."""

    spans: list[Span] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    last: dict[int, Status] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Records that wait in boxes which can be expected home."""
        return sum(status.waiting for status in self.last.values())

    @property
    def untold(self) -> int:
        """Records of days away that are not written yet."""
        return sum(status.untold for status in self.last.values())

    @property
    def connected(self) -> int:
        """Boxes whose way is open."""
        return sum(status.connected for status in self.last.values())

    @property
    def written(self) -> int:
        """Records that were written so far."""
        return sum(status.written for status in self.last.values())


class Conductor:
    """Has the processes of the boxes, and looks at all that runs."""

    def __init__(self, plan: Plan, watch: Watch) -> None:
        """Start nothing yet."""
        self.plan, self.course, self.watch = plan, Course(), watch
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        self._orders, self._looked = 0, 0.0
        self._span = ("start", time.time())

    @property
    def pids(self) -> list[int]:
        """The processes of the boxes."""
        return [one.pid for one in self._processes if one.pid is not None and one.is_alive()]

    def start(self, crews: list[Crew]) -> None:
        """Start a process for each crew."""
        for crew in crews:
            ours, theirs = fork.Pipe()
            process = fork.Process(target=work, args=(crew, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        self.until(lambda: len(self.course.last) == len(crews), 600.0)

    def tell(self, order: Order) -> None:
        """Tell every process, and wait until each has heard it."""
        self._orders += 1
        for pipe in self._pipes:
            pipe.send(order)
        self.until(self._has_heard, 600.0)

    def rate(self, per_s: float) -> None:
        """Let all boxes together write so many records a second."""
        self.tell(Rate(per_s / len(self._pipes)))

    @contextmanager
    def span(self, name: str, home: bool = False) -> Iterator[Callable[[], None]]:
        """Count what happens inside to a part of the run; `home`: end it when nothing waits.

        What is given is called when the fault is over: the time to come home begins.
        """
        self.tell(Phase(name))
        began = time.time()
        over = [began]
        yield lambda: over.append(time.time())
        limit = PATIENCE * self.plan.limits.home_s
        was_home = self.until(lambda: not self.course.waiting, limit) if home else True
        ended = time.time()
        home_s = ended - over[-1] if home and was_home else None
        self.course.spans.append(Span(name, began, ended, home_s, was_home))
        click.echo(f"{name}: {ended - began:.0f} s, load {load()}", err=True)

    def sleep(self, for_s: float) -> None:
        """Let time pass, and look."""
        self.until(lambda: False, for_s)

    def until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        """Wait until something holds, at most so long, and look; return whether it does."""
        ends_at = time.monotonic() + limit_s
        while not (done := holds()) and time.monotonic() < ends_at:
            self._hear(min(TICK_S, max(0.0, ends_at - time.monotonic())))
            if time.monotonic() - self._looked >= LOOK_S:
                self._looked = time.monotonic()
                self.watch.look(time.time())
        return done

    def look(self) -> Look:
        """Look at all processes now."""
        return self.watch.look(time.time())

    def end(self) -> None:
        """Let every candidate end, wait until all is home, and end the boxes."""
        with self.span("end", home=True):
            self.tell(Finish())
        self._orders += 1
        for pipe in self._pipes:
            pipe.send(Stop())
        self.until(lambda: all(one.ended for one in self.course.last.values()), 600.0)
        for process in self._processes:
            process.join(JOIN_S)

    def kill(self) -> None:
        """End every process of boxes that still runs."""
        for process in self._processes:
            if process.is_alive():
                process.kill()

    def _has_heard(self) -> bool:
        return all(one.orders >= self._orders for one in self.course.last.values())

    def _hear(self, wait_s: float) -> None:
        for pipe in wait([p for p in self._pipes if not p.closed], wait_s):
            assert isinstance(pipe, Connection)
            try:
                status: Status = pipe.recv()
            except (EOFError, OSError) as e:
                last = self.course.last.get(self._pipes.index(pipe))
                pipe.close()
                if last is None or not last.ended:
                    raise FleetError("A process of boxes ended.", "Look at what it said.") from e
                continue
            self.course.last[status.worker] = status
            self.course.statuses.append(status)


def load() -> float:
    """Return how many processes wanted a core in the last minute."""
    return round(os.getloadavg()[0], 1)
