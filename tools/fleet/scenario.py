"""A run from beginning to end: everything is set up, goes wrong in turn, and is counted."""

import random
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from joserfc.jwk import OKPKey

from edge.feed.cluster import BrokerAddress
from edge.record.envelope import TrustedKey
from tools.fleet import poison
from tools.fleet.box import Platform
from tools.fleet.conductor import PATIENCE, Conductor, Course, load
from tools.fleet.members import Member, enrol
from tools.fleet.orders import Clone, Go, Recount
from tools.fleet.plan import Chaos, FleetError, Plan
from tools.fleet.postgres import Postgres
from tools.fleet.site import Site, own_database, own_folder, platform
from tools.fleet.stored import Stored, Weight, stored, weight
from tools.fleet.watch import Look, Watch
from tools.fleet.worker import Crew
from tools.fleet.written import Row, read_logs

BROKER_GONE_S, DATABASE_GONE_S, CLONE_S, AFTER_S = 2.0, 2.0, 5.0, 1.0
CONNECT_S = 600.0
QUIET, BACK = "quiet", "back from days away"
POISONER = "poison-1"


@dataclass(frozen=True, slots=True)
class Ran:
    """All that was seen of a run."""

    plan: Plan
    course: Course
    looks: list[Look]
    written: tuple[Row, ...]
    stored: Stored
    weights: tuple[Weight, Weight]
    poison: poison.Sent | None
    loads: tuple[float, ...]
    cloned: str | None
    deaf: tuple[str, ...]


def run(plan: Plan, database: Postgres | None = None) -> Ran:
    """Run it, on a database server of its own unless one is given.

    Raises FleetError, FeedError, StoreError, OSError.
    """
    names = [f"box-{number:05d}" for number in range(1, plan.boxes + 1)]
    with ExitStack() as stack:
        disk = stack.enter_context(own_folder(plan.disk))
        files = stack.enter_context(own_folder(plan.files))
        office = enrol(files / "office", [*names, POISONER], plan.tls)
        database = database or stack.enter_context(own_database(disk))
        site = stack.enter_context(platform(plan, office, disk, database))
        roles = {
            "broker": lambda: site.broker.pids,
            "receivers": lambda: [pid for one in site.receivers for pid in one.pids],
            "database": lambda: site.database.pids,
        }
        watch = Watch(roles)
        conductor = Conductor(plan, watch)
        watch.roles = {"boxes": lambda: conductor.pids, **roles}
        stack.callback(conductor.kill)
        play = Play(plan, site, conductor)
        conductor.start(play.crews(files, disk))
        return play.whole()


class Play:
    """The parts of a run, in their order."""

    def __init__(self, plan: Plan, site: Site, conductor: Conductor) -> None:
        """Choose by the seed who plays which part."""
        self.plan, self.site, self.conductor = plan, site, conductor
        self._chance = random.Random(plan.seed)
        *self.members, self.bad = site.office.members
        self.deaf = self.members[-1] if Chaos.DEAF in plan.chaos else None
        self.cloned = self.members[0] if Chaos.CLONE in plan.chaos else None
        self.poison: poison.Sent | None = None
        self._logs: list[Path] = []
        self._parts = {
            Chaos.AWAY: self.away,
            Chaos.STORM: self.storm,
            Chaos.RECEIVER: self.receiver,
            Chaos.DATABASE: self.database,
            Chaos.POISON: self.poisoned,
            Chaos.CLONE: self.clone,
        }

    @property
    def everyone(self) -> frozenset[int]:
        """All boxes by number."""
        return frozenset(member.number for member in self.members)

    def crews(self, files: Path, disk: Path) -> list[Crew]:
        """Deal the boxes out to the processes."""
        office, plan = self.site.office, self.plan
        broker = self.site.broker
        pace = replace(plan.pace, servers=len(broker.hosts))
        platform = Platform(broker.hosts, broker.port, office.trusted, pace)
        key = OKPKey.generate_key("Ed25519", auto_kid=False)
        stranger = TrustedKey(key.thumbprint(), None, key)
        deaf = frozenset() if self.deaf is None else frozenset({self.deaf.number})
        crews = []
        for number in range(plan.workers):
            folder = files / f"boxes-{number}"
            folder.mkdir()
            members = tuple(self.members[number :: plan.workers])
            log = disk / f"written-{number}.tsv"
            self._logs.append(log)
            crews.append(
                Crew(number, members, platform, plan.daily, folder, log, plan.seed, deaf, stranger)
            )
        return crews

    def whole(self) -> Ran:
        """Play all of it."""
        conductor, plan, loads = self.conductor, self.plan, [load()]
        conductor.look()
        self.connect()
        conductor.rate(plan.pace_s)
        with conductor.span("warm up"):
            conductor.sleep(min(5.0, plan.quiet_s / 4))
        quiet_from = weight(self.site.address)
        conductor.look()
        with conductor.span(QUIET):
            conductor.sleep(plan.quiet_s)
        conductor.look()
        quiet_to = weight(self.site.address)
        loads.append(load())
        for chaos in plan.chaos:
            if chaos in self._parts:
                self._parts[chaos]()
        conductor.rate(0.0)
        conductor.end()
        conductor.look()
        loads.append(load())
        return Ran(
            plan=plan,
            course=conductor.course,
            looks=conductor.watch.looks,
            written=read_logs(self._logs),
            stored=stored(self.site.address),
            weights=(quiet_from, quiet_to),
            poison=self.poison,
            loads=tuple(loads),
            cloned=None if self.cloned is None else self.cloned.box,
            deaf=() if self.deaf is None else (self.deaf.box,),
        )

    def connect(self) -> None:
        """Let all boxes call for the first time."""
        conductor = self.conductor
        with conductor.span("connect"):
            conductor.tell(Go(self.everyone, away=False))
            if not conductor.until(self._is_everyone_there, CONNECT_S):
                cause = f"Only {conductor.course.connected} of {self.plan.boxes} boxes connected."
                raise FleetError(cause, "Take fewer boxes, or a machine that has more to spare.")
            if self.deaf is not None:  # what it writes must wait in it to the end
                conductor.tell(Recount(frozenset({self.deaf.number}), 2))

    def away(self) -> None:
        """Some boxes go away for days, and come back with what gathered."""
        gone, away = self._some(self.plan.away.share), self.plan.away
        with self.conductor.span("away"):
            self.conductor.tell(Go(gone, away=True))
            self.conductor.tell(Recount(gone, away.records, away.days))
            self.conductor.until(lambda: not self.conductor.course.untold, 600.0)
        with self.conductor.span(BACK, home=True):
            self.conductor.tell(Go(gone, away=False))
            self._all_connected()

    def storm(self) -> None:
        """The broker dies and comes back, and with it every box, each with a record to tell."""
        with self.conductor.span("storm", home=True) as over:
            self.site.broker.kill()
            self.conductor.tell(Recount(self.everyone, 1))
            self.conductor.sleep(BROKER_GONE_S)
            self.site.broker.start()
            over()
            self._all_connected()

    def receiver(self) -> None:
        """A receiver is killed while it works; later it is started again."""
        with self.conductor.span("receiver killed", home=True) as over:
            self.conductor.tell(Recount(self._some(0.2), 2))
            self.site.receivers[0].kill()
            self.conductor.sleep(AFTER_S)
            self.site.receivers[0].start()
            over()

    def database(self) -> None:
        """The database dies and comes back."""
        with self.conductor.span("database killed", home=True) as over:
            self.conductor.tell(Recount(self._some(0.2), 2))
            self.site.database.kill()
            self.conductor.sleep(DATABASE_GONE_S)
            self.site.database.start()
            over()

    def poisoned(self) -> None:
        """Somebody with a certificate sends what must not be taken."""
        broker = self._address(self.bad)
        with self.conductor.span("poison", home=True):
            victim, speaks = self.members[1].box, not self.plan.cluster
            self.poison = poison.send(broker, self.bad, victim, speaks)

    def clone(self) -> None:
        """The card of a box is copied, and both are at work until somebody pulls the plug."""
        if self.cloned is None:
            return
        with self.conductor.span("cloned box", home=True) as over:
            self.conductor.tell(Recount(frozenset({self.cloned.number}), 3))
            self.conductor.sleep(AFTER_S)
            self.conductor.tell(Clone(self.cloned.number))
            self.conductor.sleep(CLONE_S)
            self.conductor.tell(Clone(None))
            over()

    def _all_connected(self) -> None:
        self.conductor.until(self._is_everyone_there, self.plan.limits.home_s * PATIENCE)

    def _is_everyone_there(self) -> bool:
        return self.conductor.course.connected >= self.plan.boxes

    def _some(self, share: float) -> frozenset[int]:
        count = max(1, round(share * self.plan.boxes))
        numbers = range(1, len(self.members) - 1)  # neither the cloned one nor the deaf one
        return frozenset(self._chance.sample(numbers, min(count, len(numbers))))

    def _address(self, member: Member) -> BrokerAddress:
        papers, broker = member.papers, self.site.broker
        if papers is None:
            return BrokerAddress(broker.hosts[0], broker.port)
        return BrokerAddress(broker.hosts[0], broker.port, papers.ca, papers.cert, papers.key)
