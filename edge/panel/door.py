"""The door: logging in with the password of the box or a pass of the platform, and out."""

import asyncio
import math
from collections import deque

from starlette.requests import Request
from starlette.responses import Response

from edge.errors import RecordError, ReportError
from edge.panel.paper import MENU, page, seen_other, to_login
from edge.panel.parts import (
    COOKIE,
    TONGUE,
    Parts,
    address_of,
    form_of,
    language_of,
    own_form,
    parts_of,
)
from edge.panel.throttle import Refusals
from edge.panel.words import LANGUAGES, long
from edge.record.panelpass import open_pass

SAID = {"ended", "logged_out"}
MOST_TRYING, LONGEST = 3, 200
MOST_USED = 1000
"""So many used passes are remembered, whatever the time: a clock set back revives none."""
YEAR_S = 31_536_000


class Door:
    """Lets people in; one password is tried at a time, for each takes 16 MB and 50 ms."""

    def __init__(self) -> None:
        """Stand closed."""
        self._one = asyncio.Lock()
        self._trying = 0
        self._used: deque[str] = deque(maxlen=MOST_USED)
        self._refusals = Refusals()

    async def show(self, request: Request) -> Response:
        """Show the login."""
        said = request.query_params.get("said", "")
        return _login(request, said=said if said in SAID else None)

    async def enter(self, request: Request) -> Response:
        """Take a password or a pass."""
        fields = await form_of(request)
        if fields.get("pass"):
            return self._by_pass(request, fields["pass"].strip())
        return await self._by_password(request, fields.get("password", ""))

    async def leave(self, request: Request) -> Response:
        """End the session."""
        session, _ = await own_form(request)
        parts = parts_of(request)
        parts.trail.write("logout", session)
        parts.sessions.end(request.cookies.get(COOKIE))
        return to_login(request, "logged_out")

    async def _by_password(self, request: Request, password: str) -> Response:
        parts, address = parts_of(request), address_of(request)
        wait_s = parts.throttle.wait_s(address)
        if wait_s > 0:
            wait = long(language_of(request), math.ceil(wait_s))
            return _login(request, 429, fault="wait", wait=wait)
        if self._trying >= MOST_TRYING:
            return _login(request, 429, fault="busy")
        self._trying += 1
        try:
            async with self._one:
                right = await asyncio.to_thread(parts.password.is_of, password[:LONGEST])
        finally:
            self._trying -= 1
        if right:
            parts.throttle.succeed(address)
            return _enter(request, "password")
        parts.throttle.fail(address)
        self._tell_refused(parts, "password")
        return _login(request, 403, fault="wrong")

    def _by_pass(self, request: Request, raw: str) -> Response:
        parts = parts_of(request)
        now = parts.clock.read()
        try:
            found = open_pass(raw.encode("utf-8", "replace"), parts.box, parts.platform, now)
        except RecordError as e:
            self._tell_refused(parts, "pass")
            return _login(request, 403, fault="bad_pass", cause=e.cause)
        if found.jti in self._used:
            self._tell_refused(parts, "used_pass")
            return _login(request, 403, fault="used_pass")
        self._used.append(found.jti)
        return _enter(request, f"token:{found.sub}")

    def _tell_refused(self, parts: Parts, with_what: str) -> None:
        times = self._refusals.count(with_what)
        if times:
            parts.trail.write("login_refused", with_what=with_what, times=str(times))


async def choose_language(request: Request) -> Response:
    """Remember a language, and go back to the page of the menu that was left."""
    wanted = request.path_params["language"]
    back = request.query_params.get("back", "")
    places = {place for place, _ in MENU} | {"/login"}
    answer = seen_other(back if back in places else "/")
    if wanted in LANGUAGES:
        answer.set_cookie(
            TONGUE, wanted, YEAR_S, path="/", secure=True, httponly=True, samesite="strict"
        )
    return answer


def _enter(request: Request, by: str) -> Response:
    """Begin a session; the one that this browser had ends, or nobody could end it any more."""
    parts = parts_of(request)
    token, session = parts.sessions.begin(by)
    try:
        parts.trail.write("login", session)
    except ReportError:
        parts.sessions.end(token)
        raise
    parts.sessions.end(request.cookies.get(COOKIE))
    answer = seen_other("/")
    answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def _login(
    request: Request,
    status: int = 200,
    *,
    said: str | None = None,
    fault: str | None = None,
    wait: str = "",
    cause: str = "",
) -> Response:
    return page(request, "login", None, status, said=said, fault=fault, wait=wait, cause=cause)
