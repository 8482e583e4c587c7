"""Service: what the updates brought, an update from a stick, and the log."""

import os
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from edge.errors import ReportError
from edge.panel.journal import journal
from edge.panel.paper import page, seen_other
from edge.panel.parts import language_of, own_form, parts_of
from edge.panel.words import ago

STICK = "stick"
"""The file that asks for an update from a stick: it is changed, and what it says is never read."""
NOTICES = {"stick_asked", "log_none"}


async def service(request: Request) -> Response:
    """Show the page."""
    parts = parts_of(request)
    session = parts.session(request)
    state = await parts.porthole.state()
    updates = None if state is None else state.updates
    looked = None
    if updates is not None and updates.synced_at is not None:
        seconds = (datetime.now(UTC) - updates.synced_at).total_seconds()
        looked = ago(language_of(request), seconds)
    said = request.query_params.get("said", "")
    notice = said if said in NOTICES else None
    return page(request, "service", session, updates=updates, looked=looked, notice=notice)


async def ask_stick(request: Request) -> Response:
    """Ask for an update from a stick: systemd sees the file change, and starts what is allowed."""
    session, _ = await own_form(request)
    parts = parts_of(request)
    with parts.trail.doing("stick_asked", session):
        _ask(parts.folder / STICK)
    return seen_other("/service?said=stick_asked")


def _ask(place: Path) -> None:
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_TRUNC
        with os.fdopen(os.open(place, flags, 0o660), "w") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")
    except OSError as e:
        cause = f"The request could not be written ({e.strerror})."
        raise ReportError(cause, "Look at the disk of the box.") from e


async def fetch_log(request: Request) -> Response:
    """Send the log of the services as a file."""
    session, _ = await own_form(request)
    parts = parts_of(request)
    parts.trail.write("log_fetched", session)
    told = await journal(parts.journal)
    if told is None:
        return seen_other("/service?said=log_none")
    name = f"{parts.box}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(told, media_type="text/plain; charset=utf-8", headers=headers)
