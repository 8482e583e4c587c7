"""What the panel is put together from, and what every page asks of a request."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import Request

from edge.panel.journal import COMMAND
from edge.panel.porthole import Porthole
from edge.panel.sessions import Session, Sessions, is_own
from edge.panel.throttle import Throttle
from edge.panel.trail import Trail
from edge.panel.trial import Trial
from edge.panel.words import LANGUAGES, Language
from edge.ports import Clock
from edge.record.envelope import TrustedKey
from edge.record.password import PasswordHash
from edge.settings import Settings

COOKIE, TONGUE = "__Host-anpr", "__Host-language"
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 12


class NotLoggedInError(Exception):
    """Nobody is logged in."""


class NotOwnError(Exception):
    """A form that was not made for this session, or comes from elsewhere."""


class UnreadableError(Exception):
    """A form that no page of ours sends."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one box's panel."""

    box: str
    settings: Settings
    folder: Path
    password: PasswordHash
    platform: TrustedKey
    clock: Clock
    trail: Trail
    porthole: Porthole
    language: Language = "nl"
    sessions: Sessions = field(default_factory=Sessions)
    throttle: Throttle = field(default_factory=Throttle)
    trial: Trial = field(default_factory=Trial)
    journal: tuple[str, ...] = COMMAND

    def session(self, request: Request) -> Session:
        """Return who asks. Raises NotLoggedInError."""
        found = self.sessions.find(request.cookies.get(COOKIE))
        if found is None:
            raise NotLoggedInError
        return found


def parts_of(request: Request) -> Parts:
    """Return the parts that a request is answered with."""
    found: Parts = request.app.state.parts
    return found


def language_of(request: Request) -> Language:
    """Return the language that was chosen, or that of the box."""
    chosen = request.cookies.get(TONGUE)
    return next((one for one in LANGUAGES if one == chosen), parts_of(request).language)


def address_of(request: Request) -> str:
    """Return the address that asks."""
    return request.client.host if request.client else ""


def check_origin(request: Request) -> None:
    """Raise NotOwnError for a form that another place sends. Source: Fetch metadata, RFC 6454."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    if site != "same-origin" or origin not in {None, f"https://{host}"}:
        raise NotOwnError


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form, each once. Raises UnreadableError, NotOwnError."""
    check_origin(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise UnreadableError
    try:
        text = (await request.body()).decode()
        found = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise UnreadableError from None
    return {name: values[0] for name, values in found.items()}


async def own_form(request: Request) -> tuple[Session, dict[str, str]]:
    """Return who sends a form, and its fields.

    Raises NotLoggedInError, UnreadableError, or NotOwnError where it was not made for him.
    """
    session = parts_of(request).session(request)
    fields = await form_of(request)
    if not is_own(session, fields.get("csrf", "")):
        raise NotOwnError
    return session, fields
