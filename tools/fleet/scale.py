"""From what was measured to what more boxes take, and what breaks first; each with its formula.

All of it is arithmetic (pure): a straight line from one run, for servers like the one it ran on.
"""

import math
from dataclasses import dataclass, replace

from tools.fleet.figures import PING_BYTES_S, Figures
from tools.fleet.plan import PER_DAY_S, Daily

MONTH_DAYS = 30.0
FULL = 0.7
"""At this share of its core a process is full: beyond, what waits grows at each gust."""
IN_FLIGHT = 64
"""`max_inflight_messages` of mosquitto.conf: what a receiver takes in one transaction at most."""
MBIT, GB = 1e6, 1e9
SIZES = (1_000, 5_000, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Prices:
    """What a month of each costs, in any currency; 0: it is not counted."""

    core: float = 0.0
    gb: float = 0.0
    mbit: float = 0.0


@dataclass(frozen=True, slots=True)
class BrokerKind:
    """What one broker is: its cores, and how many boxes it lets in and why."""

    name: str
    cores: int
    connections: int
    why: str


MOSQUITTO = BrokerKind(
    "one Mosquitto, which has one thread",
    1,
    20_000,
    "max_connections 20000 in deploy/mosquitto.conf; each is an open file",
)
NATS = BrokerKind(
    "three nats-servers with a core each",
    3,
    131_000,
    "2 x 65536 open files (LimitNOFILE in deploy/cluster/README.md), with one server dead",
)


@dataclass(frozen=True, slots=True)
class Means:
    """What is assumed: rush hour over the average, receivers, days kept, disk, patience."""

    broker: BrokerKind = MOSQUITTO
    peak: float = 3.0
    receivers: int = 2
    keep_days: float = 90.0
    disk_gb: float = 1000.0
    home_s: float = 60.0
    prices: Prices = Prices()


@dataclass(frozen=True, slots=True)
class Limit:
    """What breaks, at how many boxes, and by which formula."""

    what: str
    boxes: int
    formula: str


@dataclass(frozen=True, slots=True)
class Need:
    """What so many boxes take; cores at rush hour, traffic and disk on the average."""

    boxes: int
    records_s: float
    connections: int
    brokers: int
    broker_cores: float
    broker_gb: float
    receiver_cores: float
    database_cores: float
    mbit_s: float
    gb_month: float
    log_gb_day: float
    storm_s: float
    price_month: float | None


@dataclass(frozen=True, slots=True)
class Scale:
    """The whole of it; the limits begin with the one that breaks first."""

    limits: tuple[Limit, ...]
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class _Rates:
    """What one box asks for each second, and one record or connection takes."""

    peak_s: float
    mean_s: float
    receiver_s: float
    database_s: float
    broker_s: float
    call_s: float
    connection_bytes: float


def scale(found: Figures, daily: Daily, means: Means, sync_s: float) -> Scale:
    """Draw the line; `sync_s` is how long the disk takes to sync a commit.

    There is none without a backlog that came home: while all is quiet, most of what is spent is
    spent on waiting.
    """
    if not found.cost.busy_core_s:
        return Scale((), ())
    rates = _rates(found, daily, means)
    limits = sorted(_limits(found, rates, means, sync_s), key=lambda one: one.boxes)
    needs = tuple(_need(boxes, found, rates, means) for boxes in SIZES)
    return Scale(tuple(limits), needs)


def _rates(found: Figures, daily: Daily, means: Means) -> _Rates:
    mean_s, cost = daily.records / PER_DAY_S, found.cost
    busy = cost.busy_core_s
    return _Rates(
        peak_s=mean_s * means.peak,
        mean_s=mean_s,
        receiver_s=busy.get("receivers", 0.0) / 1000,
        database_s=busy.get("database", 0.0) / 1000,
        broker_s=busy.get("broker", 0.0) / 1000,
        call_s=cost.storm_s.get("broker", 0.0) / found.boxes,
        connection_bytes=cost.held.get("broker", 0) / found.boxes,
    )


def _limits(found: Figures, rates: _Rates, means: Means, sync_s: float) -> list[Limit]:
    day_bytes = rates.mean_s * PER_DAY_S * found.cost.table_bytes
    burst_s = sync_s + IN_FLIGHT * (rates.receiver_s + rates.database_s)
    broker, peak = means.broker, f"{rates.peak_s:.4f} records/s of a box at rush hour"
    at_most = [
        Limit(
            f"connections of {broker.name.partition(',')[0]}",
            broker.connections,
            broker.why,
        ),
        _limit(
            broker.name,
            broker.cores * FULL / _least(rates.peak_s * rates.broker_s),
            f"{broker.cores} x {FULL:.0%} of a core / ({peak} x {rates.broker_s * 1e3:.2f} ms)",
        ),
        _limit(
            f"the cores of {means.receivers} receivers",
            means.receivers * FULL / _least(rates.peak_s * rates.receiver_s),
            f"{means.receivers} x {FULL:.0%} of a core / ({peak} x"
            f" {rates.receiver_s * 1e3:.2f} ms)",
        ),
        _limit(
            f"commits of {means.receivers} receivers",
            means.receivers * IN_FLIGHT / _least(burst_s * rates.peak_s),
            f"{means.receivers} x {IN_FLIGHT} records / ({sync_s * 1e3:.1f} ms sync + {IN_FLIGHT} x"
            f" {(rates.receiver_s + rates.database_s) * 1e3:.2f} ms) / {peak}",
        ),
        _limit(
            "one disk of the database",
            means.disk_gb * GB / _least(day_bytes * means.keep_days),
            f"{means.disk_gb:g} GB / ({day_bytes / 1e6:.2f} MB of a box a day x"
            f" {means.keep_days:g} days)",
        ),
    ]
    if rates.call_s:
        at_most.append(
            _limit(
                f"calls at a storm of {broker.name.partition(',')[0]}",
                broker.cores * means.home_s / rates.call_s,
                f"{broker.cores} x {means.home_s:g} s / {rates.call_s * 1e3:.2f} ms of a core a"
                " call (TLS, status, first records; the broker's own start with it)",
            )
        )
    return at_most


def _limit(what: str, boxes: float, formula: str) -> Limit:
    return Limit(what, int(min(boxes, 1e9)), formula)


def _need(boxes: int, found: Figures, rates: _Rates, means: Means) -> Need:
    cost, broker, at_peak = found.cost, means.broker, boxes * rates.peak_s
    records_day = boxes * rates.mean_s * PER_DAY_S
    broker_cores = at_peak * rates.broker_s
    brokers = max(
        math.ceil(boxes / broker.connections),
        math.ceil(broker_cores / (FULL * broker.cores)),
        math.ceil(boxes * rates.call_s / (means.home_s * broker.cores)),
        1,
    )
    need = Need(
        boxes=boxes,
        records_s=boxes * rates.mean_s,
        connections=boxes,
        brokers=brokers,
        broker_cores=broker_cores,
        broker_gb=boxes * rates.connection_bytes / GB,
        receiver_cores=at_peak * rates.receiver_s,
        database_cores=at_peak * rates.database_s,
        mbit_s=boxes * (PING_BYTES_S + rates.mean_s * cost.wire_bytes) * 8 / MBIT,
        gb_month=records_day * MONTH_DAYS * cost.table_bytes / GB,
        log_gb_day=records_day * cost.log_bytes / GB,
        storm_s=boxes * rates.call_s / (brokers * broker.cores),
        price_month=None,
    )
    return _priced(need, means.prices)


def _priced(need: Need, prices: Prices) -> Need:
    if prices == Prices():
        return need
    cores = need.broker_cores + need.receiver_cores + need.database_cores
    price = cores * prices.core + need.gb_month * prices.gb + need.mbit_s * prices.mbit
    return replace(need, price_month=price)


def _least(value: float) -> float:
    return max(value, 1e-12)
