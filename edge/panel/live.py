"""The live view: the picture as motion JPEG, and how well plates are seen in it.

Frames are fetched only while somebody looks: whoever hangs up, logs out or hides the page ends it.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from edge.daemon.shown import Plate
from edge.panel.paper import page
from edge.panel.parts import Parts, language_of, parts_of
from edge.panel.sessions import Session
from edge.panel.words import Language, number, say, written
from edge.vision.advice import advice, figure
from edge.vision.aim import Mark

BOUNDARY = "frame"
PART = f"--{BOUNDARY}\r\nContent-Type: image/jpeg".encode()
EVERY_S, NONE_S = 0.15, 1.0
TOLD_EVERY_S = 600.0
"""Who watches on is on the trail once in so long."""


async def live(request: Request) -> Response:
    """Show the page."""
    parts = parts_of(request)
    session = parts.session(request)
    state = await parts.porthole.state()
    has_picture = state is None or state.in_force.has_picture
    return page(request, "live", session, has_picture=has_picture)


async def stream(request: Request) -> Response:
    """Send the picture, until nobody looks."""
    parts = parts_of(request)
    session = parts.session(request)
    tell_watched(parts, session)
    kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
    return StreamingResponse(_frames(parts, session), media_type=kind)


async def still(request: Request) -> Response:
    """Send one picture without anything drawn in it."""
    parts = parts_of(request)
    tell_watched(parts, parts.session(request))
    look = await parts.porthole.look(drawn=False)
    if look is None:
        return Response(status_code=503)
    return Response(look.jpeg, media_type="image/jpeg")


async def figures(request: Request) -> Response:
    """Send what is seen at this moment: the plate that was seen best, and what to turn."""
    parts = parts_of(request)
    session = parts.session(request)
    tell_watched(parts, session)
    look, language = await parts.porthole.look(), language_of(request)
    if look is None:
        return JSONResponse({"says": say(language, "live_none"), "light": "red", "marks": []})
    best = parts.porthole.best()
    scene = _mark(look.head.scene, language)
    if best is None:
        light = "red" if scene["light"] == "red" else "none"
        return JSONResponse({"says": say(language, "live_wait"), "light": light, "marks": [scene]})
    return JSONResponse(_told(best, language))


def _told(plate: Plate, language: Language) -> dict[str, Any]:
    return {
        "says": say(language, f"live_{plate.light}"),
        "light": plate.light,
        "plate": plate.text,
        "country": plate.country,
        "confidence": f"{number(language, 100 * plate.confidence)} %",
        "marks": [_mark(mark, language) for mark in plate.marks],
    }


def _mark(mark: Mark, language: Language) -> dict[str, str | None]:
    told = advice(mark)
    todo = None if told is None else (told.nl if language == "nl" else told.en)
    name, light = say(language, mark.figure), say(language, mark.light)
    return {
        "name": name,
        "value": written(language, figure(mark)),
        "light": mark.light,
        "light_says": light,
        "todo": todo,
    }


async def _frames(parts: Parts, session: Session) -> AsyncIterator[bytes]:
    while parts.sessions.is_alive(session):
        look = await parts.porthole.look()
        if look is None:
            await asyncio.sleep(NONE_S)
            continue
        size = len(look.jpeg)
        yield b"%s\r\nContent-Length: %d\r\n\r\n%s\r\n" % (PART, size, look.jpeg)
        await asyncio.sleep(EVERY_S)


def tell_watched(parts: Parts, session: Session) -> None:
    """Put on the trail that somebody looks at the road. Raises ReportError."""
    now = time.monotonic()
    if session.watched_s is None or now - session.watched_s > TOLD_EVERY_S:
        parts.trail.write("live_watched", session)
        session.watched_s = now
