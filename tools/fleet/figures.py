"""What came of a run, in figures (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.fleet.conductor import Span
from tools.fleet.poison import BROKER, KEPT_OUT
from tools.fleet.scenario import BACK, POISONER, QUIET, Ran
from tools.fleet.stored import Key, Stored
from tools.fleet.watch import Look
from tools.fleet.written import Row

NS = (50, 95, 99)
PING_BYTES_S = 7.0
"""Of a connected box that says nothing, both ways: measured with 5,000 for twenty minutes."""


@dataclass(frozen=True, slots=True)
class PhaseFigures:
    """One part of a run: records written in it, and how long each took until it was stored."""

    name: str
    seconds: float
    written: int
    per_s: float
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None
    worst_s: float | None
    home_s: float | None
    was_home: bool


@dataclass(frozen=True, slots=True)
class Bad:
    """One sort of poison: how many were sent, refused, by whom; `due` is the reason to refuse."""

    sort: str
    sent: int
    refused: int
    due: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What 1,000 records took while all was quiet: seconds of a core and bytes, and what is held.

    Pings are not in `wire_bytes`. `busy_core_s` is the same while a backlog came home as fast as it
    could: bursts are larger, so a record takes less. `held` is memory at most. `storm_s` are the
    seconds of a core while every box came back.
    """

    core_s: Mapping[str, float]
    busy_core_s: Mapping[str, float]
    held: Mapping[str, int]
    record_bytes: float
    wire_bytes: float
    table_bytes: float
    log_bytes: float
    storm_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Series:
    """The course of the run by the second: stored records, waiting records, open connections."""

    seconds: tuple[float, ...]
    written: tuple[int, ...]
    stored: tuple[int, ...]
    waiting: tuple[int, ...]
    connected: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it.

    `lost`: records that no box has any more and the platform has not. `left`: records that still
    wait in boxes that nothing keeps from coming home. `strange`: records at the platform that no
    box wrote. `again`: records that came more than once and were known by their place.
    """

    boxes: int
    records: int
    lost: int
    twice: int
    left: int
    strange: int
    again: int
    refused: Mapping[str, int]
    poison: tuple[Bad, ...]
    poisoned: int
    forked: tuple[str, ...]
    cloned: str | None
    deaf: Mapping[str, int]
    phases: tuple[PhaseFigures, ...]
    cost: Cost
    series: Series
    loads: tuple[float, ...]
    kinds: Mapping[str, int]
    connections: int

    def phase(self, name: str) -> PhaseFigures | None:
        """Return a part by its name."""
        return next((one for one in self.phases if one.name == name), None)


def figures(ran: Ran) -> Figures:
    """Count what was written against what is stored."""
    written = {row.key: row for row in ran.written}
    stored_at = {kept.key: kept.at for kept in ran.stored.records}
    left = {key for status in ran.course.last.values() for key in status.left}
    lost = written.keys() - stored_at.keys() - ran.stored.beside - left
    excused = {*ran.deaf, *((ran.cloned,) if ran.cloned else ())}
    not_home = {
        key for key in (left | ran.stored.beside) - stored_at.keys() if key[0] not in excused
    }
    latencies = _latencies(ran.written, stored_at)
    accounts = ran.stored.accounts
    return Figures(
        boxes=ran.plan.boxes,
        records=len(written),
        lost=len(lost),
        twice=len(ran.stored.records) - len({key[:3] for key in stored_at}),
        left=len(not_home & written.keys()),
        strange=len(stored_at.keys() - written.keys()),
        again=sum(account.duplicates for account in accounts.values()),
        refused=_refused(ran.stored),
        poison=_poison(ran),
        poisoned=sum(key[0] == POISONER for key in stored_at),
        forked=tuple(sorted(box for box, account in accounts.items() if account.forks)),
        cloned=ran.cloned,
        deaf={box: sum(key[0] == box for key in left) for box in ran.deaf},
        phases=tuple(_phase(span, latencies[span.name]) for span in ran.course.spans),
        cost=_cost(ran),
        series=_series(ran, stored_at),
        loads=ran.loads,
        kinds=dict(Counter(row.kind for row in ran.written)),
        connections=sum(status.connections for status in ran.course.last.values()),
    )


def _latencies(
    rows: Iterable[Row], stored_at: Mapping[Key, float]
) -> defaultdict[str, list[float | None]]:
    """Return for each part how long each record took from the box's disk to the platform's."""
    found: defaultdict[str, list[float | None]] = defaultdict(list)
    for row in rows:
        at = stored_at.get(row.key)
        found[row.phase].append(None if at is None else max(0.0, at - row.at))
    return found


def _phase(span: Span, latencies: Sequence[float | None]) -> PhaseFigures:
    known = [one for one in latencies if one is not None]
    marks = [float(one) for one in np.percentile(known, (*NS, 100))] if known else [None] * 4
    p50, p95, p99, worst = (None if one is None else round(one, 3) for one in marks)
    seconds = span.ended - span.began
    return PhaseFigures(
        name=span.name,
        seconds=round(seconds, 1),
        written=len(latencies),
        per_s=round(len(latencies) / max(seconds, 0.001), 1),
        p50_s=p50,
        p95_s=p95,
        p99_s=p99,
        worst_s=worst,
        home_s=None if span.home_s is None else round(span.home_s, 1),
        was_home=span.was_home,
    )


def _refused(stored: Stored) -> dict[str, int]:
    found: Counter[str] = Counter()
    for account in stored.accounts.values():
        found.update(account.refused_for)
    return dict(found)


def _poison(ran: Ran) -> tuple[Bad, ...]:
    """Set what was sent against what was refused; sorts with one reason share its count."""
    if ran.poison is None:
        return ()
    left = Counter(_refused(ran.stored))
    found = []
    for sort, sent in ran.poison.sent.items():
        due = ran.poison.reasons[sort]
        if due == BROKER:
            refused = ran.poison.refused_by_broker.get(sort, 0)
        elif due == KEPT_OUT:
            heard = ran.stored.accounts.get(ran.poison.victim)
            refused = sent - (heard.refused if heard else 0)
        else:
            shares = sum(reason == due for reason in ran.poison.reasons.values())
            refused = left[due] // shares
        found.append(Bad(sort, sent, refused, due))
    return tuple(found)


def _cost(ran: Ran) -> Cost:
    spans = {span.name: span for span in ran.course.spans}
    quiet, before, after = spans[QUIET], *ran.weights
    records = max(1, after.records - before.records)
    storm, back = spans.get("storm"), spans.get(BACK)
    busy = sum(back.began <= kept.at <= back.ended for kept in ran.stored.records) if back else 0
    sizes = [row.size for row in ran.written]
    return Cost(
        core_s={r: s / records * 1000 for r, s in _spent(ran.looks, quiet).items()},
        busy_core_s={r: s / busy * 1000 for r, s in _spent(ran.looks, back).items()}
        if back and busy
        else {},
        held={r: max(look.held.get(r, 0) for look in ran.looks) for r in ran.looks[-1].spent_s},
        record_bytes=sum(sizes) / max(1, len(sizes)),
        wire_bytes=(_wire(ran, quiet) - _pings(ran, quiet)) / records,
        table_bytes=(after.tables - before.tables) / records,
        log_bytes=(after.log - before.log) / records,
        storm_s=_spent(ran.looks, storm) if storm else {},
    )


def _spent(looks: Sequence[Look], span: Span) -> dict[str, float]:
    inside = [look for look in looks if span.began - 1.5 <= look.at <= span.ended + 1.5]
    if not inside:
        return {}
    first, last = inside[0].spent_s, inside[-1].spent_s
    return {role: last[role] - first.get(role, 0.0) for role in last}


def _pings(ran: Ran, span: Span) -> float:
    return PING_BYTES_S * ran.plan.boxes * (span.ended - span.began)


def _wire(ran: Ran, span: Span) -> int:
    """Return the bytes between boxes and broker in a part."""
    total = 0
    for worker in ran.course.last:
        seen = [
            status.wire_bytes
            for status in ran.course.statuses
            if status.worker == worker and span.began - 0.6 <= status.at <= span.ended + 0.6
        ]
        total += seen[-1] - seen[0] if seen else 0
    return total


def _series(ran: Ran, stored_at: Mapping[Key, float]) -> Series:
    """Count by the second, from the first part to the last."""
    began, ended = ran.course.spans[0].began, ran.course.spans[-1].ended
    seconds = int(ended - began) + 2
    written, stored = (np.zeros(seconds, dtype=int) for _ in range(2))
    for row in ran.written:
        written[_second(row.at - began, seconds)] += 1
        if (at := stored_at.get(row.key)) is not None:
            stored[_second(at - began, seconds)] += 1
    waiting = np.cumsum(written) - np.cumsum(stored)
    return Series(
        seconds=tuple(float(second) for second in range(seconds)),
        written=tuple(int(n) for n in written),
        stored=tuple(int(n) for n in stored),
        waiting=tuple(int(n) for n in waiting),
        connected=_connected(ran, began, seconds),
    )


def _connected(ran: Ran, began: float, seconds: int) -> tuple[int, ...]:
    by_worker = {worker: np.zeros(seconds, dtype=int) for worker in ran.course.last}
    for status in ran.course.statuses:
        by_worker[status.worker][_second(status.at - began, seconds) :] = status.connected
    return tuple(int(n) for n in np.sum([*by_worker.values()], axis=0))


def _second(at: float, seconds: int) -> int:
    return max(0, min(seconds - 1, int(at)))
