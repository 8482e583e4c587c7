"""The data protocol of one box: its chapters in order, and what is left to fill in."""

from collections.abc import Iterator
from typing import NamedTuple

from edge.protocol import items, parties, places, safeguards
from edge.protocol.basis import Basis
from edge.protocol.document import Blank, Code, Document, Inline, Prose, Section, Table, Words
from edge.protocol.fields import fields

TITLE = Words("Dataprotocol", "Data protocol")
NO_KEY = Words("geen: alleen in dit document", "none: in this document only")


class Open(NamedTuple):
    """A blank, and the chapter where it stands."""

    chapter: Words
    blank: Blank


def protocol(basis: Basis) -> Document:
    """Return the whole document of a box."""
    chapters = (
        parties.parties(basis),
        places.purposes(basis),
        places.camera(basis),
        places.zones(basis),
        places.law(basis),
        items.data_items(basis),
        items.retention(basis),
        parties.recipients(basis),
        parties.formats(basis),
        safeguards.measures(basis),
        safeguards.people(basis),
        safeguards.rights(basis),
        safeguards.risks(basis),
        fields(),
    )
    box, day = basis.config.box.id, basis.made_on
    subtitle = Words(
        f"Doos {box}, gemaakt op {day} uit de configuratie die van kracht is.",
        f"Box {box}, made on {day} from the configuration in force.",
    )
    return Document(TITLE, subtitle, (*chapters, _left(chapters)))


def open_points(chapters: tuple[Section, ...]) -> Iterator[Open]:
    """Yield every blank once, with the first chapter it stands in."""
    told: set[Words] = set()
    for chapter in chapters:
        for blank in chapter.blanks():
            if blank.what not in told:
                told.add(blank.what)
                yield Open(chapter.title, blank)


def _left(chapters: tuple[Section, ...]) -> Section:
    rows: tuple[tuple[Inline, ...], ...] = tuple(
        (point.blank.what, point.chapter, _where(point.blank)) for point in open_points(chapters)
    )
    head = (
        Words("Wat", "What"),
        Words("Hoofdstuk", "Chapter"),
        Words("Sleutel in box.toml", "Key in box.toml"),
    )
    nothing = Prose(Words("Er staat niets meer open.", "Nothing is left open."))
    table = Table(
        Words("Nog in te vullen of te bezien", "Still to fill in or to look at"), head, rows
    )
    title = Words("Open punten", "Open points")
    return Section("open", title, (table if rows else nothing,))


def _where(blank: Blank) -> Inline:
    return Code(blank.key) if blank.key else NO_KEY
