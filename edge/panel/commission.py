"""Commissioning: a box is walked through, step by step, until its signed report.

Each step is judged when it is asked for, by what the daemon says at that moment, and is on the
trail before it is kept.
"""

import secrets
import time
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.config import Config
from edge.daemon.shown import PhotoHead
from edge.errors import BoxError
from edge.panel.judged import LEAST_VEHICLES, Seen, begin, judge, no_answer
from edge.panel.paper import page, seen_other
from edge.panel.parts import Parts, UnreadableError, language_of, own_form, parts_of
from edge.panel.report import Picture, Report, Signed, html, is_photographed, pdf
from edge.panel.walk import FOLDER, Finding, Finished, Judged, Photo, Result, Step, Walk, Walks
from edge.panel.words import say
from edge.vision.aim import Light


class Help(NamedTuple):
    """The page where a step is set right, and the word for it."""

    place: str
    word: str


LOOK_S = 20.0
"""So long a vehicle is waited for when the camera is judged."""
PHOTO_S = 15.0
"""So long a photo is asked for: a busy box has no frame to spare for seconds."""
LONGEST_NAME, LONGEST_SAID, LONGEST_TOLD = 80, 120, 300
KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
NOTICES = {"found_no_answer", "finish_open", "finish_name", "settings_broken_do"}
HELPS = {
    Step.CAMERA: Help("/live", "live"),
    Step.ROAD: Help("/road", "road"),
    Step.LIGHT: Help("/live/light", "light"),
}
LIGHTS = {"passed": Light.GREEN, "failed": Light.RED}


async def commission(request: Request) -> Response:
    """Show the walk, with the step that is next, or was asked for, opened."""
    parts = parts_of(request)
    session, walk, config = parts.session(request), _walks(parts).load(), _config(parts)
    sha256 = "" if config is None else config.sha256
    said = request.query_params.get("said", "")
    steps, open_steps = _listed(walk, sha256), () if walk is None else walk.open(sha256)
    wanted = request.query_params.get("step", "")
    at = next((s for s in Step if s == wanted), open_steps[0] if open_steps else None)
    return page(
        request,
        "commission",
        session,
        walk=walk,
        steps=steps,
        at=at,
        lights=LIGHTS,
        helps=HELPS,
        unseen=[] if walk is None or config is None else _unseen(walk, config),
        is_over=walk is not None and not open_steps,
        sign=None if config is None else config.camera.sign,
        least=LEAST_VEHICLES,
        notice=said if said in NOTICES else None,
    )


async def start(request: Request) -> Response:
    """Begin a commissioning; what another found is over."""
    session, _ = await own_form(request)
    parts = parts_of(request)
    walk = Walk(id=secrets.token_hex(8), begun_at=datetime.now(UTC), by=session.by)
    with parts.trail.doing("commissioning_begun", session, walk=walk.id):
        _walks(parts).save(walk)
    return seen_other("/commission")


async def step(request: Request) -> Response:
    """Judge one step, and keep what was found."""
    session, fields = await own_form(request)
    parts, wanted = parts_of(request), _step(fields)
    walk, config = _begun(parts), _config(parts)
    if config is None:
        return seen_other("/commission?said=settings_broken_do")
    finding = await _judged(parts, wanted, config, walk, fields)
    wanting = is_photographed(wanted, finding, config) and finding != no_answer()
    photo = await parts.porthole.photo_within(PHOTO_S) if wanting else None
    if _begun(parts).id != walk.id:  # while a vehicle was waited for, another one began
        return seen_other("/commission")
    now = datetime.now(UTC)
    one = Judged(finding=finding, at=now, by=session.by, settings_sha256=config.sha256)
    with parts.trail.doing("commissioning_step", session, **_told(walk, wanted, finding)):
        _keep(parts, wanted, one, photo)
    stays = finding.result is Result.FAILED or (wanting and photo is None)
    return seen_other(f"/commission?step={wanted}#at" if stays else "/commission#at")


async def start_run(request: Request) -> Response:
    """Begin to count vehicles."""
    session, _ = await own_form(request)
    parts = parts_of(request)
    walk, state = _begun(parts), await parts.porthole.state()
    if state is None or state.bulletin is None:
        return seen_other("/commission?step=run&said=found_no_answer")
    run = begin(state, state.bulletin, datetime.now(UTC))
    with parts.trail.doing("commissioning_run_begun", session, walk=walk.id):
        _walks(parts).save(msgspec.structs.replace(_begun(parts), run=run))
    return seen_other("/commission?step=run#at")


async def run_so_far(request: Request) -> Response:
    """Send how the test run stands."""
    parts = parts_of(request)
    parts.session(request)
    walk, config = _walks(parts).load(), _config(parts)
    if walk is None or config is None:
        return JSONResponse({"says": ""})
    finding = await _judged(parts, Step.RUN, config, walk, {})
    return JSONResponse({"says": say(language_of(request), finding.word, **finding.values)})


async def finish(request: Request) -> Response:
    """End the commissioning with its report; its hashes are on the trail."""
    session, fields = await own_form(request)
    parts = parts_of(request)
    walk, config, walks = _begun(parts), _config(parts), _walks(parts)
    if config is None:
        return seen_other("/commission?said=settings_broken_do")
    if walk.open(config.sha256):
        return seen_other("/commission?said=finish_open")
    technician = _line(fields.get("technician", ""), LONGEST_NAME)
    place = _line(fields.get("place", ""), LONGEST_SAID)
    if not technician or not place:
        return seen_other("/commission?said=finish_name")
    signed = Signed(technician, place, datetime.now(UTC))
    report = Report(walk, config, _pictures(walks, walk), signed, language_of(request))
    done = Finished(
        technician=technician,
        place=place,
        at=signed.at,
        fit=report.fit,
        html_sha256=walks.keep("html", html(report)),
        pdf_sha256=walks.keep("pdf", pdf(report)),
    )
    with parts.trail.doing("commissioned", session, **_sworn(walk, config, done)):
        walks.save(msgspec.structs.replace(walk, finished=done))
    return seen_other("/commission")


async def paper(request: Request) -> Response:
    """Send the report as a file."""
    parts, kind = parts_of(request), request.path_params["kind"]
    session, walk = parts.session(request), _walks(parts).load()
    done = None if walk is None else walk.finished
    if done is None or kind not in KINDS:
        return page(request, "fault", session, 404, word="not_found")
    name = done.html_sha256 if kind == "html" else done.pdf_sha256
    found = _walks(parts).paper(kind, name)
    if found is None:
        return page(request, "fault", session, 404, word="report_gone")
    title = f"{parts.box}-{done.at:%Y%m%dT%H%M%SZ}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{title}"'}
    return Response(found, headers=headers, media_type=KINDS[kind])


async def _judged(
    parts: Parts, wanted: Step, config: Config, walk: Walk, fields: dict[str, str]
) -> Finding:
    best = await parts.porthole.best_within(LOOK_S) if wanted is Step.CAMERA else None
    state = await parts.porthole.state()
    if state is None or state.bulletin is None:
        return no_answer()
    return judge(
        wanted,
        Seen(
            state=state,
            told=state.bulletin,
            config=config,
            now=datetime.now(UTC),
            clock_trusted=parts.clock.read().trusted,
            begun_at=walk.begun_at,
            best=best,
            run=walk.run,
            agreed=fields.get("agreed") == "yes",
            said=_line(fields.get("said", ""), LONGEST_SAID),
            light_is_tried=parts.trial.left_s(time.monotonic()) > 0,
        ),
    )


def _keep(parts: Parts, step: Step, one: Judged, photo: tuple[PhotoHead, bytes] | None) -> None:
    """Keep what a step found, beside what others found meanwhile. Raises ReportError."""
    walks, walk = _walks(parts), _begun(parts)
    photos = {taken: kept for taken, kept in walk.photos.items() if taken is not step}
    if photo is not None:
        photos[step] = Photo(walks.keep("jpg", photo[1]), photo[0].captured_at)
    steps = {**walk.steps, step: one}
    walks.save(msgspec.structs.replace(walk, steps=steps, photos=photos, finished=None))


def _sworn(walk: Walk, config: Config, done: Finished) -> dict[str, str]:
    """Return what the trail says of the end: by these hashes the platform knows the report."""
    return {
        "walk": walk.id,
        "fit": "yes" if done.fit else "no",
        "technician": done.technician,
        "place": done.place,
        "settings": config.sha256,
        "html": done.html_sha256,
        "pdf": done.pdf_sha256,
    }


def _told(walk: Walk, wanted: Step, finding: Finding) -> dict[str, str]:
    """Return what the trail says of a step."""
    shown = ", ".join(f"{one.figure} {one.value}" for one in finding.figures)
    says = _line(f"{say('en', finding.word, **finding.values)} {shown}", LONGEST_TOLD)
    result = finding.result.value
    return {"walk": walk.id, "step": wanted.value, "result": result, "says": says}


def _listed(walk: Walk | None, sha256: str) -> list[tuple[Step, Judged | None]]:
    return [(one, None if walk is None else walk.of(one, sha256)) for one in Step]


def _unseen(walk: Walk, config: Config) -> list[Step]:
    """Return the steps that have no photo and should."""
    return [
        step
        for step, one in _listed(walk, config.sha256)
        if one and is_photographed(step, one.finding, config) and step not in walk.photos
    ]


def _pictures(walks: Walks, walk: Walk) -> tuple[Picture, ...]:
    found = ((one, walks.paper("jpg", photo.sha256)) for one, photo in walk.photos.items())
    return tuple(Picture(one, walk.photos[one].at, jpeg) for one, jpeg in found if jpeg is not None)


def _walks(parts: Parts) -> Walks:
    return Walks(parts.folder / FOLDER)


def _begun(parts: Parts) -> Walk:
    found = _walks(parts).load()
    if found is None:
        raise UnreadableError
    return found


def _config(parts: Parts) -> Config | None:
    try:
        return parts.settings.config()
    except BoxError:
        return None


def _step(fields: dict[str, str]) -> Step:
    try:
        return Step(fields.get("step", ""))
    except ValueError:
        raise UnreadableError from None


def _line(text: str, longest: int) -> str:
    """Return a text of a person as one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]
