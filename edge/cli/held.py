"""`anpr-edge held`: the candidates that wait on this box, and what to do with them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.access.hold import Held
from edge.casebook.casebook import Casebook
from edge.casebook.entries import Order
from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, Config, load
from edge.daemon import damage, wiring
from edge.daemon.release import Release
from edge.feed.opening import TakenError
from edge.feed.outbox import Outbox
from edge.ports import Registry
from edge.record.basis import rests_on
from edge.registry.cache import AbsentRegistry

LONGEST_REASON = 500
CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True
)
JSON = click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
AT_WORK = "The daemon is at work on this box"


def filled(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """Return what was given, without blanks around it; refuse nothing at all, and a novel."""
    if text is not None and not 0 < len(text.strip()) <= LONGEST_REASON:
        raise click.BadParameter(f"give between 1 and {LONGEST_REASON} characters.")
    return None if text is None else text.strip()


RESTS_ON = click.option(
    "--rests-on",
    metavar="ID_OR_SHA",
    callback=filled,
    help="Snapshot, pack, model or configuration: its id, its SHA-256 or the first 8 digits.",
)
NEEDS_RESTS_ON = click.option(
    "--rests-on",
    metavar="ID_OR_SHA",
    callback=filled,
    required=True,
    help="Snapshot, pack, model or configuration: its id, its SHA-256 or the first 8 digits.",
)


@click.group()
def held() -> None:
    """List, withdraw or release the candidates that wait on this box.

    No plate is shown: it leaves the box only in the signed resolution that releases it.
    """


@held.command("list")
@CONFIG
@RESTS_ON
@JSON
def list_held(config: Path, rests_on: str | None, as_json: bool) -> None:
    """List the held candidates, those set aside as damaged, and the standing orders to withdraw."""
    with _attached(load(config)) as casebook:
        orders = casebook.orders()
        rows = [_row(h, orders) for h in casebook.held() if _wanted(h, rests_on)]
        damaged = casebook.damaged()
    if as_json:
        told = [_told(order) for order in orders]
        places = [{"epoch": row.epoch, "seq": row.seq} for row in damaged]
        click.echo(json.dumps({"held": rows, "damaged": places, "orders": told}, indent=2))
        return
    for row in rows:
        shown = ("seq", "zone", "entered_at", "window_end", "state", "snapshot", "pack")
        click.echo("  ".join(str(row[name]) for name in shown))
    for order in orders:
        click.echo(f"to be withdrawn: what rests on {order.rests_on}: {order.reason}")
    for found in damaged:
        click.echo(f"damaged, never released: the candidate of record {damage.place(found)}")
    also = f", {len(damaged)} damaged and set aside" if damaged else ""
    click.echo(f"{len(rows)} held{also}.", err=True)


@held.command()
@CONFIG
@NEEDS_RESTS_ON
@click.option("--reason", required=True, callback=filled, help="Why: it stands in each record.")
@JSON
def withdraw(config: Path, rests_on: str, reason: str, as_json: bool) -> None:
    """Withdraw every candidate that rests on something, now and until the order is lifted.

    Each ends in a signed resolution. Nothing is released on it meanwhile.
    """
    settings = load(config)
    with _attached(settings) as casebook:
        casebook.order(Order(rests_on, reason, datetime.now(UTC)))
        found = sum(_wanted(h, rests_on) for h in casebook.held())
    try:
        with _books(settings) as (outbox, casebook):
            absent = AbsentRegistry("it is not asked")
            done = len(_release(settings, absent, outbox, casebook).withdraw())
    except TakenError:
        facts = {"daemon": True, "withdrawn": 0, "ordered": found}
        _tell(facts, f"{AT_WORK}: it withdraws {found} within minutes.", as_json)
        return
    facts = {"daemon": False, "withdrawn": done, "ordered": 0}
    stands = f"The order on {rests_on} stands until `anpr-edge held lift`."
    _tell(facts, f"{done} withdrawn. {stands}", as_json)


@held.command()
@CONFIG
@NEEDS_RESTS_ON
def lift(config: Path, rests_on: str) -> None:
    """Take an order to withdraw back; what it withdrew stays withdrawn."""
    with _attached(load(config)) as casebook:
        if not casebook.lift(rests_on):
            raise click.UsageError(f"No order names {rests_on}; see `anpr-edge held list`.")
    click.echo(f"The order on {rests_on} no longer stands.")


@held.command()
@CONFIG
@JSON
def release(config: Path, as_json: bool) -> None:
    """Decide once more on every candidate whose time has come, while the daemon is not running."""
    settings = load(config)
    try:
        with (
            _books(settings) as (outbox, casebook),
            wiring.fresh_registry(settings) as registry,
        ):
            rounds = _release(settings, registry, outbox, casebook)
            trusted = rounds.clock.read().trusted
            ended, left = len(rounds.round(at_once=None)), len(rounds.casebook.held())
            damaged = len(rounds.casebook.damaged())
    except TakenError:
        _tell({"daemon": True}, f"{AT_WORK}, and does this every minute.", as_json)
        return
    facts = {"daemon": False, "ended": ended, "held": left, "damaged": damaged}
    aside = f" {damaged} damaged and set aside." if damaged else ""
    why = "" if trusted else " The clock is not trusted, so nothing could be released."
    told = f"{ended} ended, {left} still held.{aside}{why}"
    _tell(facts | {"clock_trusted": trusted}, told, as_json)


@contextmanager
def _books(config: Config) -> Iterator[tuple[Outbox, Casebook]]:
    """Take the chain and the casebook beside it. Raises TakenError while the daemon has them."""
    with wiring.outbox(config) as outbox, wiring.casebook(config, outbox) as casebook:
        yield outbox, casebook


def _release(config: Config, registry: Registry, outbox: Outbox, casebook: Casebook) -> Release:
    signer, clock = wiring.signer(config, outbox), wiring.clock(config, SystemClock())
    cabinet = wiring.Cabinet(config, clock, registry, signer, outbox, casebook)
    return wiring.release(cabinet)


def _attached(config: Config) -> Casebook:
    return Casebook.attach(config.box.state / wiring.CASEBOOK)


def _wanted(found: Held, name: str | None) -> bool:
    return name is None or rests_on(found.rests_on, name)


def _row(found: Held, orders: list[Order]) -> dict[str, object]:
    decision, snapshot = found.decision, found.decision.snapshot
    return {
        "epoch": found.candidate.epoch,
        "seq": found.candidate.seq,
        "sha256": found.candidate.sha256,
        "zone": found.zone,
        "entered_at": found.t0.isoformat(),
        "window_end": found.window_end.isoformat(),
        "expires_at": found.expires_at.isoformat(),
        "state": _state(found, orders),
        "outcome": decision.outcome,
        "consequence": decision.consequence,
        "snapshot": None if snapshot is None else snapshot.id,
        "pack": decision.pack_id,
        "rests_on": found.rests_on,
    }


def _state(found: Held, orders: list[Order]) -> str:
    """Say what a candidate waits for, as this machine's clock has it."""
    now = datetime.now(UTC)
    if any(_wanted(found, order.rests_on) for order in orders):
        return "to be withdrawn"
    if now >= found.expires_at:
        return "expires"
    return "window open" if now < found.window_end else "waits for a later registry"


def _told(order: Order) -> dict[str, str]:
    given = order.given_at.isoformat()
    return {"rests_on": order.rests_on, "reason": order.reason, "given_at": given}


def _tell(facts: Mapping[str, object], sentence: str, as_json: bool) -> None:
    click.echo(json.dumps(facts) if as_json else sentence)
