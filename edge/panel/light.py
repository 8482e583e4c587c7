"""Light and focus: the illuminator tried at its levels, and the lens turned until it is sharpest.

Nothing here need be ended: the firmware service goes back to the light of the box by itself.
"""

import math
import time
from typing import Any, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.daemon.shown import LAMP, LampNote, Level, StateHead
from edge.errors import BoxError, ReportError
from edge.panel.live import tell_watched
from edge.panel.paper import page, seen_other
from edge.panel.parts import Parts, UnreadableError, language_of, own_form, parts_of
from edge.panel.trial import LENSES, PICTURE, PLATE, TRIED, Lit, Trial
from edge.panel.words import Language, percent, say, written
from edge.settings import write

PLACE = "/live/light"
NONE = "-"
DIGITS = {PICTURE: 1, PLATE: 2}
LEVELS: tuple[Level, ...] = get_args(Level)


async def light(request: Request) -> Response:
    """Show the page."""
    parts = parts_of(request)
    session, state = parts.session(request), await parts.porthole.state()
    return page(
        request,
        "light",
        session,
        levels=LEVELS,
        tried=TRIED,
        lenses=LENSES,
        without=_without(parts, state),
        has_picture=state is None or state.in_force.has_picture,
    )


async def switch(request: Request) -> Response:
    """Let the light shine as is asked, for a while."""
    session, fields = await own_form(request)
    parts = parts_of(request)
    level = next((one for one in LEVELS if one == fields.get("level")), None)
    if level is None:
        raise UnreadableError
    if _without(parts, await parts.porthole.state()) is None:
        with parts.trail.doing("light_tried", session, level=level):
            _leave(parts, LampNote(level))
        parts.trial.switch(level, time.monotonic())
    return seen_other(PLACE)


async def anew(request: Request) -> Response:
    """Begin anew to look for the sharpest."""
    await own_form(request)
    parts_of(request).trial.focus_anew()
    return seen_other(PLACE)


async def figures(request: Request) -> Response:
    """Send what is seen at this moment, and at each level of the light."""
    parts = parts_of(request)
    session = parts.session(request)
    tell_watched(parts, session)
    look, trial, language = await parts.porthole.look(), parts.trial, language_of(request)
    now_s = time.monotonic()
    if look is not None:
        trial.take(look.head, parts.porthole.best(trial.since_s(now_s)), now_s)
    return JSONResponse(
        {
            "says": _says(trial, None if look is None else look.head.illuminator, language),
            "levels": {one: _row(trial.seen.get(one), language) for one in TRIED},
            "lenses": {one: _lens(trial, one, language) for one in LENSES},
        }
    )


def _without(parts: Parts, state: StateHead | None) -> str | None:
    """Return why the light cannot be tried; None where it can."""
    try:
        if parts.settings.config().firmware is None:
            return "found_light_without"
    except BoxError:
        return "settings_broken"
    if state is None or state.bulletin is None:
        return "daemon_off"
    housing = state.bulletin.housing
    if housing is None or housing.fault is not None:
        return "found_light_unheard"
    return "light_absent" if housing.illuminator is None else None


def _leave(parts: Parts, note: LampNote) -> None:
    try:
        write(parts.folder / LAMP, msgspec.json.encode(note).decode())
    except OSError as e:
        cause = f"The light cannot be asked for ({e.strerror})."
        raise ReportError(cause, "Look at the disk of the box.") from e


def _says(trial: Trial, shines: float | None, language: Language) -> str:
    if shines is None:
        return say(language, "light_unknown")
    level, left_s = percent(shines), trial.left_s(time.monotonic())
    if left_s:
        return say(language, "light_tried", level=level, left=math.ceil(left_s))
    return say(language, "light_own", level=level)


def _row(lit: Lit | None, language: Language) -> list[str]:
    if lit is None:
        return [NONE] * len(Lit._fields)
    return [NONE if share is None else percent(share) for share in lit]


def _lens(trial: Trial, name: str, language: Language) -> dict[str, Any]:
    now, best = trial.now.get(name), trial.best.get(name)
    digits = DIGITS[name]
    told: dict[str, Any] = {"now": NONE, "best": NONE, "share": 0.0}
    if best is not None:
        told["best"] = written(language, f"{best:.{digits}f}")
    if now is not None and best:
        told |= {"now": written(language, f"{now:.{digits}f}"), "share": round(now / best, 3)}
    return told
