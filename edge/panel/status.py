"""The status page: how the box stands, and which vehicles went by."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from edge.panel.paper import page
from edge.panel.parts import language_of, parts_of
from edge.panel.standing import Around, cards, verdict


async def status(request: Request) -> Response:
    """Show the page."""
    parts = parts_of(request)
    session = parts.session(request)
    state = await parts.porthole.state()
    around = Around(datetime.now(UTC), parts.settings.sha256(), parts.trail.waiting())
    found = cards(state, around, language_of(request))
    passages = None if state is None else state.passages
    return page(request, "status", session, cards=found, all=verdict(found), passages=passages)
