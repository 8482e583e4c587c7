"""The commissioning report: one page as HTML and as PDF, with nothing that a plate is read from."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import NamedTuple
from unicodedata import combining, normalize

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from edge import __version__
from edge.config import Config
from edge.panel.paper import render
from edge.panel.walk import Judged, Result, Step, Walk
from edge.panel.words import Language, say, written

MARKS = {Result.PASSED: "ok", Result.FAILED: "x", Result.NONE: "-"}
COLOURS = {Result.PASSED: (10, 107, 54), Result.FAILED: (179, 20, 28), Result.NONE: (71, 82, 95)}
QUOTES = str.maketrans("“”", '""')
WIDE_MM, NARROW_MM, PHOTO_MM, LINE_MM = 190.0, 60.0, 92.0, 4.2


class Picture(NamedTuple):
    """A photo for the report: of which step, when (UTC), the JPEG."""

    step: Step
    at: datetime
    jpeg: bytes


class Row(NamedTuple):
    """A step as the report tells it."""

    name: str
    result: Result
    result_says: str
    says: str
    figures: str
    judged: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What the technician ends with: who, where, when (UTC)."""

    technician: str
    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report tells, in one language."""

    walk: Walk
    config: Config
    pictures: tuple[Picture, ...]
    signed: Signed
    language: Language

    @property
    def fit(self) -> bool:
        """True when no step failed and none is open."""
        found = [self.walk.of(step, self.config.sha256) for step in Step]
        return all(one is not None and one.finding.result is not Result.FAILED for one in found)

    def say(self, word: str, **values: object) -> str:
        """Return a word in the language of the report."""
        return say(self.language, word, **values)

    def verdict(self) -> str:
        """Return the verdict."""
        return self.say("report_fit" if self.fit else "report_unfit")

    def facts(self) -> list[tuple[str, str]]:
        """Return what the report is of: names and what they are."""
        config, signed = self.config, self.signed
        camera = config.camera
        device = camera.id if config.external is None else config.external.product
        lanes = ", ".join(
            f"{one.name} ({self.say(one.direction or 'both')})" for one in camera.lanes
        )
        region = "-" if camera.region is None else _corners(camera.region)
        found = [
            ("box", config.box.id),
            ("place", signed.place),
            ("zones", ", ".join(zone.id for zone in config.zones)),
            ("camera", device),
            ("report_sign", camera.sign or "-"),
            ("region", region),
            ("report_lanes", lanes or "-"),
            ("hash", config.sha256),
            ("technician", signed.technician),
            ("time", _moment(signed.at)),
            ("report_id", self.walk.id),
            ("report_software", f"anpr-edge {__version__}"),
        ]
        return [(self.say(word), value) for word, value in found]

    def rows(self) -> list[Row]:
        """Return the steps."""
        found = ((step, self.walk.of(step, self.config.sha256)) for step in Step)
        return [self._row(step, one) for step, one in found if one is not None]

    def _row(self, step: Step, one: Judged) -> Row:
        finding = one.finding
        figures = "; ".join(
            f"{self.say(f.figure)} {written(self.language, f.value)} ({self.say(f.light)})"
            for f in finding.figures
        )
        return Row(
            self.say(f"step_{step}"),
            finding.result,
            self.say(f"result_{finding.result}"),
            self.say(finding.word, **finding.values),
            figures,
            f"{_moment(one.at)}, {one.by}",
        )

    def captions(self) -> list[tuple[Picture, str]]:
        """Return the photos with what stands below each."""
        return [
            (one, f"{self.say(f'step_{one.step}')}, {_moment(one.at)}") for one in self.pictures
        ]


def html(report: Report) -> bytes:
    """Return a report as one HTML file that needs nothing beside it."""
    photos = [(b64encode(one.jpeg).decode(), says) for one, says in report.captions()]
    return render(
        "report",
        t=partial(say, report.language),
        language=report.language,
        report=report,
        photos=photos,
    ).encode()


def pdf(report: Report) -> bytes:
    """Return a report as PDF; letters that its font has not lose their accents."""
    paper = FPDF(format="A4")
    paper.set_creation_date(report.signed.at)
    paper.set_title(_plain(f"{report.say('commission')} {report.config.box.id}"))
    paper.set_lang(report.language)
    paper.set_margin(10)
    paper.set_auto_page_break(True, 12)
    paper.add_page()
    _head(paper, report)
    for name, value in report.facts():
        _pair(paper, name, value)
    paper.ln(3)
    for row in report.rows():
        _step(paper, row)
    _photos(paper, report)
    _write(paper, report.say("report_note"), 8)
    return bytes(paper.output())


def _head(paper: FPDF, report: Report) -> None:
    _write(paper, f"{report.say('commission')} {report.config.box.id}", 18, bold=True)
    paper.set_text_color(*COLOURS[Result.PASSED if report.fit else Result.FAILED])
    _write(paper, report.verdict(), 13, bold=True)
    paper.set_text_color(0)
    paper.ln(2)


def _pair(paper: FPDF, name: str, value: str) -> None:
    top, page = paper.get_y(), paper.page
    _write(paper, name, 9, width_mm=NARROW_MM, bold=True)
    low = paper.get_y()
    if paper.page == page:
        paper.set_y(top)
    paper.set_x(paper.l_margin + NARROW_MM)
    _write(paper, value, 9, width_mm=WIDE_MM - NARROW_MM)
    paper.set_y(max(low, paper.get_y()) if paper.page == page else paper.get_y())


def _step(paper: FPDF, row: Row) -> None:
    if paper.will_page_break(4 * LINE_MM):
        paper.add_page()
    paper.set_text_color(*COLOURS[row.result])
    _write(paper, f"[{MARKS[row.result]}] {row.name}: {row.result_says}", 11, bold=True)
    paper.set_text_color(0)
    for says in (row.says, row.figures):
        if says:
            _write(paper, says, 9)
    paper.set_text_color(90)
    _write(paper, row.judged, 8)
    paper.set_text_color(0)
    paper.ln(1.5)


def _photos(paper: FPDF, report: Report) -> None:
    """Draw the photos beside each other, each with its words below."""
    if not report.pictures:
        return
    if paper.will_page_break(PHOTO_MM * 0.8):
        paper.add_page()
    top, low = paper.get_y() + 2, 0.0
    for index, (one, says) in enumerate(report.captions()):
        left = paper.l_margin + index * (WIDE_MM - PHOTO_MM)
        drawn = paper.image(BytesIO(one.jpeg), left, top, w=PHOTO_MM, alt_text=_plain(says))
        paper.set_xy(left, top + drawn.rendered_height + 1)
        _write(paper, says, 8, width_mm=PHOTO_MM)
        low = max(low, paper.get_y())
    paper.set_y(low + 2)


def _write(
    paper: FPDF, text: str, size_pt: float, *, width_mm: float = WIDE_MM, bold: bool = False
) -> None:
    paper.set_font("Helvetica", "B" if bold else "", size_pt)
    paper.multi_cell(
        width_mm,
        max(LINE_MM, size_pt * 0.45),
        _plain(text),
        align="L",
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
    )


def _plain(text: str) -> str:
    """Return a text in the letters of the fonts that every reader of PDF has (Latin-1)."""
    return "".join(_letter(one) for one in text.translate(QUOTES))


def _letter(one: str) -> str:
    if _is_latin(one):
        return one
    bare = "".join(part for part in normalize("NFKD", one) if not combining(part))
    return bare if bare and _is_latin(bare) else "?"


def _is_latin(text: str) -> bool:
    return text.isascii() or all(" " <= one <= "\xff" for one in text)


def _corners(polygon: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in polygon)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
