"""Pages as HTML: the templates, with every value escaped, in the language of who asks."""

from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from edge import __version__
from edge.panel.parts import COOKIE, language_of, parts_of
from edge.panel.sessions import Session
from edge.panel.words import number, percent, say, written

HERE = Path(__file__).parent
MENU = (
    ("/", "status"),
    ("/live", "live"),
    ("/road", "road"),
    ("/commission", "commission_menu"),
    ("/service", "service"),
)
STATIC = {
    "panel.css": "text/css; charset=utf-8",
    "picture.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "light.js": "text/javascript; charset=utf-8",
    "run.js": "text/javascript; charset=utf-8",
    "road.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Every file that may be asked for, by its name: no path is made of what a caller says."""

_pages = Environment(
    loader=FileSystemLoader(HERE / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, **values: object) -> str:
    """Return a template with its values, each escaped."""
    return _pages.get_template(f"{name}.html.j2").render(**values)


def page(
    request: Request, name: str, session: Session | None = None, status: int = 200, **values: object
) -> Response:
    """Return a page; `t` says a word of `edge.panel.words` in the language of who asks."""
    language = language_of(request)
    text = render(
        name,
        t=partial(say, language),
        number=partial(number, language),
        percent=percent,
        written=partial(written, language),
        language=language,
        path=request.url.path,
        menu=MENU,
        box=parts_of(request).box,
        version=__version__,
        csrf="" if session is None else session.csrf,
        session=session,
        **values,
    )
    return HTMLResponse(text, status)


def seen_other(place: str) -> Response:
    """Return the answer to a form: look there, and do not send it twice."""
    return RedirectResponse(place, 303)


def to_login(request: Request, word: str = "ended") -> Response:
    """Return the way to the login, and take the cookie of a session that is over."""
    known = COOKIE in request.cookies
    answer = seen_other(f"/login?said={word}" if known else "/login")
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return answer


async def static(request: Request) -> Response:
    """Return one of our own files."""
    name = request.path_params["name"]
    kind = STATIC.get(name)
    if kind is None:
        return page(request, "fault", status=404, word="not_found")
    return Response((HERE / "static" / name).read_bytes(), headers={"Content-Type": kind})
