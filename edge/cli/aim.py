"""`anpr-edge aim`: how well the camera is aimed, in a terminal, as the panel says it too."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edge.cli.finite import Finite
from edge.config import DEFAULT_PATH, load
from edge.daemon.shown import FOLDER, Plate
from edge.errors import ConfigError
from edge.panel.porthole import Look, Porthole
from edge.panel.serve import NO_PANEL
from edge.panel.words import Language, say
from edge.vision.advice import advice, figure
from edge.vision.aim import Light, Mark

WAIT_S = 20.0
EVERY_S = 0.3
STYLES = {Light.GREEN: "bold green", Light.AMBER: "bold yellow", Light.RED: "bold red"}
SIGNS = {Light.GREEN: "ok", Light.AMBER: "look", Light.RED: "FAULT"}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--once", is_flag=True, help="Look until a plate is seen well, and end.")
@click.option(
    "--wait",
    "wait_s",
    type=Finite(0.1),
    default=WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="With --once: so long at most.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each look.")
def aim(config: Path, once: bool, wait_s: float, as_json: bool) -> None:
    """Tell how well the camera is aimed, and what to turn, until stopped.

    Looks through the socket of the daemon, as the panel does, and shows no plate whole. Exit
    status: 0 a plate is seen well, 1 it is not, or none is seen.
    """
    wanted = load(config)
    if wanted.panel is None:
        raise ConfigError(NO_PANEL, "Add [panel]: README, 'The panel'.")
    if wanted.external is not None:
        cause = "This box has no camera of its own: there is no picture."
        raise ConfigError(cause, "Aim it with the tools of its owner.")
    porthole, language = Porthole(wanted.box.state / FOLDER), wanted.panel.language
    if once:
        light = asyncio.run(_once(porthole, wait_s, language, as_json))
    else:
        light = _for_ever(porthole, language, as_json)
    sys.exit(0 if light is Light.GREEN else 1)


async def _once(porthole: Porthole, wait_s: float, language: Language, as_json: bool) -> Light:
    best = await porthole.best_within(wait_s)
    look = await porthole.look()
    if as_json:
        click.echo(json.dumps(described(look, best)))
    else:
        Console().print(screen(look, best, language))
    return _light(look, best)


def _for_ever(porthole: Porthole, language: Language, as_json: bool) -> Light:
    """Look until Ctrl-C; return the last light."""
    seen = [Light.RED]
    with suppress(KeyboardInterrupt):
        asyncio.run(_watch(porthole, language, as_json, seen))
    return seen[-1]


async def _watch(porthole: Porthole, language: Language, as_json: bool, seen: list[Light]) -> None:
    with Live(console=Console(quiet=as_json), auto_refresh=False) as shown:
        while True:
            look = await porthole.look()
            best = None if look is None else porthole.best()
            seen[:] = [_light(look, best)]
            if as_json:
                click.echo(json.dumps(described(look, best)))
            else:
                shown.update(screen(look, best, language), refresh=True)
            await asyncio.sleep(EVERY_S)


def described(look: Look | None, best: Plate | None) -> dict[str, Any]:
    """Return a look as a program reads it."""
    told: dict[str, Any] = {"picture": look is not None, "light": _light(look, best).value}
    if look is not None:
        told |= {"captured_at": look.head.captured_at.isoformat()}
    if best is not None:
        told |= {"plate": best.text, "country": best.country, "confidence": best.confidence}
    return told | {"marks": [_mark(mark) for mark in _marks(look, best)]}


def screen(look: Look | None, best: Plate | None, language: Language) -> RenderableType:
    """Return a look as a person reads it."""
    if look is None:
        return Text(say(language, "live_none"), style=STYLES[Light.RED])
    light = _light(look, best)
    told = "live_wait" if best is None else f"live_{light.value}"
    table = Table(show_header=False, box=None, pad_edge=False)
    for mark in _marks(look, best):
        sentence = advice(mark)
        todo = "" if sentence is None else getattr(sentence, language)
        sign = Text(SIGNS[mark.light], style=STYLES[mark.light])
        table.add_row(sign, say(language, mark.figure), figure(mark), todo)
    plate = "" if best is None else f" {best.country or ''} {best.text}"
    return Group(Text(f"{say(language, told)}{plate}", style=STYLES[light]), table)


def _marks(look: Look | None, best: Plate | None) -> tuple[Mark, ...]:
    if best is not None:
        return best.marks
    return () if look is None else (look.head.scene,)


def _light(look: Look | None, best: Plate | None) -> Light:
    """Return the light of a look; without a plate it is not green."""
    if best is not None and look is not None:
        return best.light
    return Light.RED if look is None or look.head.scene.light is Light.RED else Light.AMBER


def _mark(mark: Mark) -> dict[str, Any]:
    told = advice(mark)
    todo = {} if told is None else {"todo": {"nl": told.nl, "en": told.en}}
    return {"figure": mark.figure, "value": mark.value, "light": mark.light.value} | todo
