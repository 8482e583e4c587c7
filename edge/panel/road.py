"""The road: region, lanes and directions, drawn on the picture, seen as a difference, in force."""

from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from edge.errors import BoxError, ConfigError
from edge.panel.paper import page, seen_other
from edge.panel.parts import Parts, UnreadableError, own_form, parts_of
from edge.panel.sessions import Session
from edge.settings import Drawing, drawing_of

NOTICES = {"applied", "stale"}
SHOWN_VERSIONS = 8


async def road(request: Request) -> Response:
    """Show what is in force, ready to be drawn anew."""
    parts = parts_of(request)
    session = parts.session(request)
    said = request.query_params.get("said", "")
    return _page(request, parts, session, notice=said if said in NOTICES else None)


async def propose(request: Request) -> Response:
    """Show what a drawing would change; nothing changes yet."""
    session, fields = await own_form(request)
    parts, drawing = parts_of(request), _drawing(fields)
    try:
        proposal = parts.settings.propose(drawing)
    except ConfigError as e:
        return _page(
            request, parts, session, drawing=drawing, fault=f"{e.cause} {e.remedy}", status=422
        )
    return page(
        request,
        "change",
        session,
        changes=proposal.changes,
        drawing=msgspec.json.encode(drawing).decode(),
        base=parts.settings.sha256() or "",
    )


async def apply(request: Request) -> Response:
    """Put a drawing in force that was looked at before."""
    session, fields = await own_form(request)
    parts, before = parts_of(request), parts_of(request).settings.sha256() or ""
    if fields.get("base") != before:
        return seen_other("/road?said=stale")
    try:
        proposal = parts.settings.propose(_drawing(fields))
        with parts.trail.doing("settings_changed", session, before=before):
            parts.settings.apply(proposal.text, datetime.now(UTC), session.by)
    except ConfigError as e:
        return _page(request, parts, session, fault=f"{e.cause} {e.remedy}", status=422)
    return seen_other("/road?said=applied")


async def take_back(request: Request) -> Response:
    """Put an earlier version in force again."""
    session, fields = await own_form(request)
    parts, number = parts_of(request), fields.get("number", "")
    if not (number.isascii() and number.isdecimal()) or len(number) > 9:
        raise UnreadableError
    before = parts.settings.sha256() or ""
    try:
        earlier = parts.settings.earlier(int(number))
        with parts.trail.doing("settings_taken_back", session, before=before, version=number):
            parts.settings.apply(earlier.text, datetime.now(UTC), session.by)
    except ConfigError as e:
        return _page(request, parts, session, fault=f"{e.cause} {e.remedy}", status=422)
    return seen_other("/road?said=applied")


def _drawing(fields: dict[str, str]) -> Drawing:
    try:
        return msgspec.json.decode(fields.get("drawing", ""), type=Drawing)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise UnreadableError from None


def _page(
    request: Request, parts: Parts, session: Session, status: int = 200, **values: object
) -> Response:
    drawn = values.pop("drawing", None) or _in_force(parts)
    return page(
        request,
        "road",
        session,
        status,
        drawing=msgspec.json.encode(drawn).decode(),
        versions=parts.settings.versions()[:SHOWN_VERSIONS],
        sha256=parts.settings.sha256(),
        **{"notice": None, "fault": None, **values},
    )


def _in_force(parts: Parts) -> Drawing:
    try:
        return drawing_of(parts.settings.config().camera)
    except BoxError:
        return Drawing()
