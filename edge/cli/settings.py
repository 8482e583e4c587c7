"""`anpr-edge settings`: region and lanes in a terminal, as the panel has them."""

import getpass
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from edge.config import DEFAULT_PATH
from edge.daemon.shown import FOLDER
from edge.errors import ConfigError
from edge.panel.serve import NO_PANEL
from edge.panel.trail import Person, Trail
from edge.panel.words import percent
from edge.settings import Change, Drawing, Proposal, Settings, Shape, drawing_of

CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True
)
JSON = click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
BASE = click.option(
    "--base", metavar="SHA256", help="Only while these settings are in force: `show` tells them."
)
DRAWING = click.argument("drawing", type=click.File("rb"))
NUMBER = click.argument("number", type=click.IntRange(0, 999_999))


@click.group()
def settings() -> None:
    """Show, compare, change and take back the region and the lanes of this box.

    A drawing is JSON: what `show --json` tells as `drawing`, changed at will; `-` reads it from
    standard input. What is put in force is on the audit trail, and the daemon takes it over within
    seconds.
    """


@settings.command()
@CONFIG
@JSON
def show(config: Path, as_json: bool) -> None:
    """Show what is in force, and each version that can be taken back."""
    kept = _kept(config)
    now, versions = kept.config(), kept.versions()
    drawing = drawing_of(now.camera)
    if as_json:
        told = [one._asdict() for one in versions]
        _say({"sha256": now.sha256, "drawing": msgspec.to_builtins(drawing), "versions": told})
        return
    click.echo(f"in force: {now.sha256}")
    click.echo(f"  region: {_corners(drawing.region)}")
    for lane in drawing.lanes:
        click.echo(f"  lane {lane.name}: {_corners(lane.polygon)} {lane.direction or ''}".rstrip())
    for version in versions:
        click.echo(f"{version.said}{'  (in force)' if version.in_force else ''}")
    click.echo(f"0: nothing drawn, as in {config.name}{'' if versions else '  (in force)'}")


@settings.command()
@CONFIG
@DRAWING
@JSON
def diff(config: Path, drawing: BinaryIO, as_json: bool) -> None:
    """Show what a drawing would change. Exit status: 0 nothing, 1 something."""
    proposal = _kept(config).propose(_read(drawing))
    _tell(proposal.changes, as_json, {})
    sys.exit(1 if proposal.changes else 0)


@settings.command()
@CONFIG
@DRAWING
@BASE
@JSON
def apply(config: Path, drawing: BinaryIO, base: str | None, as_json: bool) -> None:
    """Put a drawing in force, whole or not at all, and show what changed."""
    kept = _kept(config)
    _put(kept, kept.propose(_read(drawing)), base, as_json)


@settings.command()
@CONFIG
@NUMBER
@BASE
@JSON
def rollback(config: Path, number: int, base: str | None, as_json: bool) -> None:
    """Put an earlier version in force again, 0 for nothing drawn, and show what changed."""
    kept = _kept(config)
    _put(kept, kept.earlier(number), base, as_json, version=str(number))


def _put(
    kept: Settings, proposal: Proposal, base: str | None, as_json: bool, **details: str
) -> None:
    before = kept.sha256()
    if base is not None and base != before:
        raise ConfigError(
            "Other settings are in force than those of --base: somebody changed them meanwhile.",
            "Look again with `anpr-edge settings show`.",
        )
    if not proposal.changes and before is not None:
        _tell((), as_json, {"sha256": before})
        return
    who = Person(f"terminal:{getpass.getuser()}"[:100])
    state = kept.without_drawing().box.state
    action = "settings_taken_back" if details else "settings_changed"
    with Trail(state / FOLDER).doing(action, who, before=before or "", **details):
        after = kept.apply(proposal.text, datetime.now(UTC), who.by)
    _tell(proposal.changes, as_json, {"before": before, "sha256": after})


def _kept(config: Path) -> Settings:
    kept = Settings(config)
    if kept.without_drawing().panel is None:
        raise ConfigError(NO_PANEL, "Write region and lanes into its configuration.")
    return kept


def _read(file: BinaryIO) -> Drawing:
    try:
        return msgspec.json.decode(file.read(), type=Drawing)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as e:
        raise ConfigError(
            f"That is no drawing ({e}).", "Take `drawing` of `anpr-edge settings show --json`."
        ) from e


def _tell(changes: Sequence[Change], as_json: bool, more: dict[str, Any]) -> None:
    if as_json:
        told = [
            {"lane": one.lane, "before": _described(one.before), "after": _described(one.after)}
            for one in changes
        ]
        _say({"changes": told, **more})
        return
    for one in changes:
        absent = "whole picture" if one.lane is None else "none"
        name = "region" if one.lane is None else f"lane {one.lane}"
        click.echo(f"{name}: {_shape(one.before, absent)} -> {_shape(one.after, absent)}")
    if not changes:
        click.echo("Nothing changes.")
    else:
        click.echo(f"in force: {more['sha256']}" if more else "Not in force yet.")


def _shape(shape: Shape | None, absent: str) -> str:
    if shape is None:
        return absent
    way = f", {shape.direction}" if shape.direction else ""
    return f"{shape.corners} corners, {percent(shape.share)} of the picture{way}"


def _described(shape: Shape | None) -> dict[str, Any] | None:
    return None if shape is None else shape._asdict()


def _corners(polygon: Sequence[tuple[float, float]] | None) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in polygon) if polygon else "whole picture"


def _say(told: dict[str, Any]) -> None:
    click.echo(json.dumps(told, indent=2))
