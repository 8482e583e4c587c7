"""`python -m tools.fleet`: whether receivers, database and broker hold thousands of boxes.

Simulated boxes, each with its own keys, chain, outbox and uplink, against a real Mosquitto on the
shipped configuration, real receivers in a group and a real PostgreSQL. All is quiet first; then one
fault after another; then what was written is set against what is stored.
"""

import json
import signal
import sys
from pathlib import Path

import click

from edge.cli.finite import Finite
from edge.errors import BoxError
from tools.fleet.disk import sync_s
from tools.fleet.figures import figures
from tools.fleet.findings import findings
from tools.fleet.page import make_room, write
from tools.fleet.plan import Away, Chaos, Daily, Limits, Plan
from tools.fleet.report import facts, show
from tools.fleet.scale import MOSQUITTO, NATS, Means, Prices, scale
from tools.fleet.scenario import run

FINDING = 1
FOLDER = click.Path(file_okay=False, path_type=Path)
SHARE, POSITIVE, FROM_0 = (
    Finite(0, 1),
    Finite(0, min_open=True),
    Finite(0),
)
NAMES = [one.value for one in Chaos]


@click.command()
@click.option("--boxes", type=click.IntRange(4, 20_000), default=5_000, show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    show_default="one for 800 boxes",
    help="Processes that the boxes share.",
)
@click.option(
    "--receivers", type=click.IntRange(1, 16), default=2, show_default=True, help="In a group."
)
@click.option(
    "--quiet-s",
    type=POSITIVE,
    default=1200.0,
    show_default=True,
    help="So long all is well, before anything goes wrong; rates and costs are of this time.",
)
@click.option(
    "--rate",
    type=POSITIVE,
    show_default="what --passages makes",
    help="Records a second, of all boxes together.",
)
@click.option(
    "--passages",
    type=POSITIVE,
    default=2000.0,
    show_default=True,
    help="Of one box in a day; what more boxes take is reckoned with it, too.",
)
@click.option(
    "--cluster", is_flag=True, help="Three nats-servers for a Mosquitto, and one receiver."
)
@click.option("--tls/--plain", default=True, help="Client certificates, or no TLS and no ACL.")
@click.option(
    "--chaos",
    type=click.Choice(NAMES),
    multiple=True,
    show_default="all, one after another",
    help="What goes wrong; repeatable (deploy/FLEET.md tells of each).",
)
@click.option("--no-chaos", is_flag=True, help="Nothing goes wrong.")
@click.option(
    "--away-share",
    type=SHARE,
    default=0.2,
    show_default=True,
    help="Which part of the boxes goes away.",
)
@click.option("--away-days", type=POSITIVE, default=3.0, show_default=True, help="For so long.")
@click.option(
    "--away-records",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="So many has each when it comes back.",
)
@click.option(
    "--p99",
    "p99_s",
    type=POSITIVE,
    default=2.0,
    show_default=True,
    help="Limit: seconds from disk to disk, of 99 in 100 records while all is quiet.",
)
@click.option(
    "--home",
    "home_s",
    type=POSITIVE,
    default=60.0,
    show_default=True,
    help="Limit: seconds after a fault until nothing waits any more.",
)
@click.option(
    "--peak",
    type=Finite(1),
    default=3.0,
    show_default=True,
    help="Rush hour over the average, in what more boxes take.",
)
@click.option(
    "--keep-days", type=POSITIVE, default=90.0, show_default=True, help="How long records are kept."
)
@click.option(
    "--disk-gb",
    type=POSITIVE,
    default=1000.0,
    show_default=True,
    help="The disk that they are kept on.",
)
@click.option("--price-core", type=FROM_0, default=0.0, help="Of a core, a month.")
@click.option("--price-gb", type=FROM_0, default=0.0, help="Of a GB of disk, a month.")
@click.option("--price-mbit", type=FROM_0, default=0.0, help="Of a Mbit/s, a month.")
@click.option("--seed", type=int, default=1, show_default=True, help="Who plays which part.")
@click.option(
    "--files",
    type=FOLDER,
    default=Path("/dev/shm"),
    show_default=True,
    help="Where the outboxes of the boxes lie: 0.3 MB each.",
)
@click.option(
    "--disk",
    type=FOLDER,
    default=Path("build/fleet"),
    show_default=True,
    help="Where broker and database write: the disk that is measured.",
)
@click.option("--out", type=FOLDER, help="Also write report.html and report.json here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of tables.")
def fleet(
    boxes: int,
    workers: int | None,
    receivers: int,
    quiet_s: float,
    rate: float | None,
    passages: float,
    cluster: bool,
    tls: bool,
    chaos: tuple[str, ...],
    no_chaos: bool,
    away_share: float,
    away_days: float,
    away_records: int,
    p99_s: float,
    home_s: float,
    peak: float,
    keep_days: float,
    disk_gb: float,
    price_core: float,
    price_gb: float,
    price_mbit: float,
    seed: int,
    files: Path,
    disk: Path,
    out: Path | None,
    as_json: bool,
) -> None:
    """Let boxes write, go away, storm back and be attacked; count what is stored and what it took.

    Of a broker that refuses bad messages a line is told while they are sent: so it must be. Exit
    status: 0 nothing is lost and the limits hold, 1 a finding or a fleet that cannot be run, 2
    misuse.
    """
    if chaos and no_chaos:
        raise click.UsageError("--chaos and --no-chaos contradict each other.")
    if cluster and not tls:
        raise click.UsageError("--cluster lets nobody in without a certificate: leave out --plain.")
    plan = Plan(
        boxes=boxes,
        workers=workers or -(-boxes // 800),
        receivers=receivers,
        quiet_s=quiet_s,
        disk=disk.resolve(),
        files=files.resolve(),
        rate_s=rate,
        tls=tls,
        cluster=cluster,
        chaos=() if no_chaos else tuple(one for one in Chaos if not chaos or one in chaos),
        away=Away(away_share, away_days, away_records),
        daily=Daily(passages=passages),
        limits=Limits(p99_s, home_s),
        seed=seed,
    )
    means = Means(
        broker=NATS if cluster else MOSQUITTO,
        peak=peak,
        receivers=1 if cluster else receivers,
        keep_days=keep_days,
        disk_gb=disk_gb,
        home_s=home_s,
        prices=Prices(price_core, price_gb, price_mbit),
    )
    if out is not None:
        make_room(out)
    sync = sync_s(plan.disk)
    ran = run(plan)
    found = figures(ran)
    drawn, faults = scale(found, plan.daily, means, sync), findings(found, plan.limits)
    told = facts(plan, found, drawn, faults)
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        show(found, drawn)
        for fault in faults:
            click.echo(fault)
        click.echo("It does not hold." if faults else "It holds.")
    if out is not None:
        write(out, told, found, ran.course.spans)
    sys.exit(FINDING if faults else 0)


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # tidy up first
    try:
        fleet()
    except BoxError as e:
        click.echo(f"fleet: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)
    except OSError as e:
        click.echo(f"fleet: {e}. Name folders with room by --files and --disk.", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
