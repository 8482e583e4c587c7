"""`anpr-edge sync`: trusted updates, with a plain answer."""

import logging
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import msgspec

from edge.cli.plainly import age_words
from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, load
from edge.daemon.wiring_sync import sync as wired
from edge.update.report import Active, FamilyReport, Fault, Fetched, Report

OUTCOMES = {
    "current": "nothing newer for this box",
    "activated": "a new release is in force",
    "rolled_back": "its release was withdrawn; another one is in force",
    "refused": "REFUSED",
    "not_reached": "NOT REACHED",
    "not_followed": "not followed: the configuration names its own",
}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="FOLDER_OR_URL",
    help="Look here, and not at updates.sources; repeatable.",
)
@click.option("--again", is_flag=True, help="Fetch at once what was refused less than a day ago.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def sync(config: Path, sources: tuple[str, ...], again: bool, as_json: bool) -> None:
    """Look for trusted updates: registry, rule packs and models.

    Says what was checked, fetched and refused, what is in force, how old it is and until when it
    may be used. What is refused changes nothing. Exit status: 0 fine, 1 something was refused or
    not reached.
    """
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # the report tells what failed
    report = wired(load(config), SystemClock(), tuple(map(_place, sources)), again).run()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        click.echo("\n".join(told(report)))
    sys.exit(0 if report.fine else 1)


def _place(source: str) -> str:
    """Return an address as it is, a folder by its full name."""
    return source if "://" in source else str(Path(source).absolute())


def told(report: Report) -> Iterator[str]:
    """Yield the lines of a report."""
    for visit in report.visits:
        fault = visit.fault
        says = "proven" if fault is None else _sentence(fault).removeprefix(f"{visit.source} ")
        yield f"source {visit.source}: {says}"
    for family in report.families:
        yield f"{family.family}: {'; '.join(_parts(family))}"
        if family.refused is not None:
            yield f"  {_sentence(family.refused)}"
        yield from (f"  {remark}" for remark in family.remarks)
        if family.active is not None:
            yield f"  {_standing(family.active, report.at)}"
        elif family.outcome != "not_followed":
            yield f"  in force: {_without(family)}"
    yield from report.remarks


def _parts(one: FamilyReport) -> Iterator[str]:
    turned = one.turned_away
    which = "" if turned is None else f" release {turned.number}"
    yield f"{OUTCOMES[one.outcome]}{which}"
    if one.fetched is not None:
        yield _fetched(one.fetched)


def _fetched(what: Fetched) -> str:
    way = {0: "whole", 1: "by a delta"}.get(what.deltas, f"by {what.deltas} deltas")
    return f"release {what.number} fetched {way}, {what.bytes:,} bytes"


def _standing(active: Active, now: datetime) -> str:
    ages = ", ".join(f"{name} {age_words(now - at)} old" for name, at in active.as_of.items())
    until = "" if active.until is None else f", to be used until {_moment(active.until)}"
    over = " (that is over: passages go to review)" if active.until and active.until < now else ""
    since = f"since {_moment(active.since)}"
    held = f": {ages}" if ages else ""
    return f"in force: release {active.number} ({active.id}) {since}{held}{until}{over}"


def _without(one: FamilyReport) -> str:
    """Say what holds without a release. The software's packs and models only before a first."""
    if one.family == "registry":
        return "no registry: every passage is a review"
    return f"the {one.family} of the software" if one.outcome == "current" else "no release"


def _sentence(fault: Fault) -> str:
    return f"{fault.cause} {fault.remedy}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
