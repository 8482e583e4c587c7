"""The panel as an ASGI application: which page is where, and how a fault is told."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from edge.errors import BoxError, ReportError
from edge.panel import light
from edge.panel.commission import (
    commission,
    finish,
    paper,
    run_so_far,
    start,
    start_run,
    step,
)
from edge.panel.door import Door, choose_language
from edge.panel.guard import Guard
from edge.panel.live import figures, live, still, stream
from edge.panel.paper import page, static, to_login
from edge.panel.parts import (
    COOKIE,
    NotLoggedInError,
    NotOwnError,
    Parts,
    UnreadableError,
    parts_of,
)
from edge.panel.road import apply, propose, road, take_back
from edge.panel.service import ask_stick, fetch_log, service
from edge.panel.status import status

GET, POST = ["GET"], ["POST"]
WORDS = {413: "too_large"}


def application(parts: Parts) -> ASGIApp:
    """Return the panel of a box."""
    door = Door()
    app = Starlette(
        routes=[
            Route("/login", door.show, methods=GET),
            Route("/login", door.enter, methods=POST),
            Route("/logout", door.leave, methods=POST),
            Route("/language/{language}", choose_language, methods=GET),
            Route("/static/{name}", static, methods=GET),
            Route("/", status, methods=GET),
            Route("/live", live, methods=GET),
            Route("/live.mjpg", stream, methods=GET),
            Route("/live.json", figures, methods=GET),
            Route("/live/light", light.light, methods=GET),
            Route("/live/light.json", light.figures, methods=GET),
            Route("/live/light/switch", light.switch, methods=POST),
            Route("/live/light/anew", light.anew, methods=POST),
            Route("/still.jpg", still, methods=GET),
            Route("/road", road, methods=GET),
            Route("/road/change", propose, methods=POST),
            Route("/road/apply", apply, methods=POST),
            Route("/road/back", take_back, methods=POST),
            Route("/commission", commission, methods=GET),
            Route("/commission/begin", start, methods=POST),
            Route("/commission/step", step, methods=POST),
            Route("/commission/run", start_run, methods=POST),
            Route("/commission/run.json", run_so_far, methods=GET),
            Route("/commission/finish", finish, methods=POST),
            Route("/commission/report.{kind}", paper, methods=GET),
            Route("/service", service, methods=GET),
            Route("/service/stick", ask_stick, methods=POST),
            Route("/service/log", fetch_log, methods=POST),
        ],
        exception_handlers={
            NotLoggedInError: _not_logged_in,
            NotOwnError: _not_own,
            UnreadableError: _unreadable,
            ReportError: _not_written,
            BoxError: _unusable,
            HTTPException: _http,
            ClientDisconnect: _hung_up,
        },
    )
    app.state.parts = parts
    return Guard(app)


async def _not_logged_in(request: Request, _: Exception) -> Response:
    return to_login(request)


async def _not_own(request: Request, _: Exception) -> Response:
    return page(request, "fault", status=403, word="not_yours")


async def _unreadable(request: Request, _: Exception) -> Response:
    return page(request, "fault", status=400, word="unreadable")


async def _not_written(request: Request, error: Exception) -> Response:
    return _failed(request, "no_trail", error)


async def _unusable(request: Request, error: Exception) -> Response:
    return _failed(request, "box_unusable", error)


def _failed(request: Request, word: str, error: Exception) -> Response:
    """Tell cause and remedy, to who is logged in alone."""
    session = parts_of(request).sessions.find(request.cookies.get(COOKIE))
    told = "" if session is None else str(error)
    return page(request, "fault", session, 503, word=word, told=told)


async def _hung_up(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody hears it


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return page(
        request, "fault", status=error.status_code, word=WORDS.get(error.status_code, "not_found")
    )
