"""What `check` and `status` both look at, one thing at a time, and how that is told."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
import msgspec

from edge.access.rules import Law
from edge.casebook.casebook import Casebook
from edge.cli.plainly import age_words
from edge.config import Config
from edge.daemon import damage, wiring
from edge.daemon.health import disk_free
from edge.daemon.inforce import packs_in_force
from edge.daemon.late import LOOK, fault_at
from edge.daemon.storeroom import REMEDY
from edge.daemon.sync import REPORT
from edge.daemon.wiring_law import laws
from edge.errors import BoxError
from edge.registry.token import load_key
from edge.update.report import Active, read_report

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was looked at: what is in force, or what is wrong and its remedy.

    `warnings` are for a person to look at; they make nothing a fault. What is not `known` is
    neither fine nor a fault.
    """

    name: str
    says: str
    remedy: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    known: bool = True


def show(items: Iterable[Item], as_json: bool) -> bool:
    """Print items as they come, or as one JSON object; return whether all are fine."""
    seen = []
    for item in items:
        seen.append(item)
        if not as_json:
            click.echo("\n".join(lines(item)))
    fine = all(item.remedy is None for item in seen)
    if as_json:
        click.echo(json.dumps({"ok": fine, "items": [described(item) for item in seen]}))
    return fine


def looked(name: str, look: Callable[[], Item]) -> Item:
    """Look at one thing; what went wrong is its fault."""
    try:
        return look()
    except BoxError as e:
        return Item(name, e.cause, e.remedy)


def ages(config: Config, now: datetime, as_of: tuple[datetime, datetime]) -> Item:
    """Tell how old a registry is, of whose vehicles and exemptions it is given as of when."""
    hours = ((now - moment).total_seconds() / 3600 for moment in as_of)
    found = dict(zip(("vehicles_h", "exemptions_h"), hours, strict=True))
    says = ", ".join(f"{name[:-2]} {_age(age)}" for name, age in found.items())
    wrong, remedy = _age_fault(found, laws(config.zones, packs_in_force(config)))
    figures = {name: round(age, 1) for name, age in found.items()}
    return Item("registry", f"{says}{wrong}", remedy, figures)


def _age(hours: float) -> str:
    return f"{hours:.0f} h old" if hours >= 0 else f"dated {-hours:.0f} h ahead"


def _age_fault(ages: dict[str, float], laws: tuple[Law, ...]) -> tuple[str, str | None]:
    if min(ages.values()) < 0:
        return ", which lies ahead of this box's clock", "Set the clock, or restore the registry."
    vehicles_h = min(law.pack.max_age_vehicles_h for law in laws)
    exemptions_h = min(law.pack.max_age_exemptions_h for law in laws)
    if ages["vehicles_h"] <= vehicles_h and ages["exemptions_h"] <= exemptions_h:
        return "", None
    allowed = f", where the law allows {vehicles_h:.0f} h and {exemptions_h:.0f} h"
    return allowed, "Bring the box a new registry: until then passages go to review."


def disk(config: Config) -> Item:
    """Tell whether the state of a box can be written, and how much room there is."""
    state = config.box.state
    if not state.is_dir():
        return Item("state", f"{state} is made at the first start")
    if not os.access(state, os.W_OK | os.X_OK):
        return Item("state", f"{state} cannot be written.", "Give this user the right to write.")
    free, least = disk_free(state), config.outbox.min_free_mb * MB
    figures = {"disk_free": free, "min_free": least}
    if free is not None and free < least:
        says = f"{free / MB:.0f} MB are free on the disk of {state}: the outbox grows no more."
        return Item("state", says, REMEDY, figures)
    return Item("state", f"{state} can be written", figures=figures)


def casebook(config: Config) -> Item:
    """Tell who is held, and whether their rows are sound."""
    path = config.box.state / wiring.CASEBOOK
    if not path.exists():
        return Item("casebook", f"{path} is made at the first start")
    with Casebook.attach(path, load_key(config.access.token_key)) as book:
        held, damaged, wrong = len(book.held()), len(book.damaged()), damage.fault(book)
    figures = {"held": held, "damaged": damaged}
    says = f"{held} held" if wrong is None else f"{held} held. {wrong}"
    return Item("casebook", says, None if wrong is None else damage.REMEDY, figures)


def updates(config: Config, now: datetime) -> Item:
    """Tell what the last sync found."""
    if config.updates is None:
        return Item("updates", "none are followed")
    path = config.box.state / "updates" / REPORT
    wrong, report = fault_at(path, now), read_report(path)
    told = [] if report is None else [f"last looked for {age_words(now - report.at)} ago"]
    figures: dict[str, Any] = {} if report is None else {"report": msgspec.to_builtins(report)}
    for one in () if report is None else report.families:
        if one.active is not None:
            told.append(f"{one.family} {one.active.number} ({one.active.id}){_until(one.active)}")
    says = ", ".join(told)
    if wrong is None:
        return Item("updates", says, figures=figures)
    return Item("updates", f"{wrong.rstrip('.')}{'; ' if says else ''}{says}", LOOK, figures)


def _until(one: Active) -> str:
    return "" if one.until is None else f" to be used until {one.until:%Y-%m-%dT%H:%M:%SZ}"


def lines(item: Item) -> Iterator[str]:
    """Yield an item as a person reads it."""
    if item.remedy is None:
        yield f"{'ok' if item.known else '?':6} {item.name}: {item.says}"
    else:
        yield f"fault  {item.name}: {item.says.rstrip('.')}. {item.remedy}"
    yield from (f"warn   {item.name}: {warning}" for warning in item.warnings)


def described(item: Item) -> dict[str, Any]:
    """Return an item as a program reads it."""
    told = {"item": item.name, "ok": item.remedy is None, "says": item.says}
    remedy = {"remedy": item.remedy} if item.remedy else {}
    unknown = {} if item.known else {"known": False}
    return told | remedy | unknown | {"warnings": list(item.warnings)} | item.figures
