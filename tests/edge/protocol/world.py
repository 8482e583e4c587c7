"""A box whose protocol is made: a configuration in text, changed line by line."""

from datetime import date
from pathlib import Path

from edge.config import load
from edge.protocol.basis import Basis, gathered
from edge.protocol.document import Document, Inline, Prose, Section, Table
from edge.protocol.protocol import protocol

DAY = date(2026, 11, 25)
BOX = """\
[box]
id = "b1"
[access]
registry = "r.sqlite"
token_key = "token.key"
[keys]
signing = "box.pem"
platform = "platform.jwk"
storage = "storage.key"
"""
DUTCH = '[[zones]]\nid = "rotterdam"\npack = "nl-ze"\n'
FLEMISH = '[[zones]]\nid = "voorbeeldgem"\npack = "fl-zes"\n'


def basis(folder: Path, text: str) -> Basis:
    path = folder / "box.toml"
    path.write_text(BOX + text, encoding="utf-8")
    return gathered(load(path), DAY)


def made(folder: Path, text: str) -> Document:
    return protocol(basis(folder, text))


def chapter(document: Document, name: str) -> Section:
    return next(section for section in document.sections if section.id == name)


def rows(section: Section) -> list[tuple[Inline, ...]]:
    tables = (block for block in section.blocks if isinstance(block, Table))
    return [row for table in tables for row in table.rows]


def row(section: Section, named: str) -> tuple[Inline, ...]:
    return next(found for found in rows(section) if found[0].say("en").startswith(named))


def words(section: Section) -> str:
    said = [cell.say("en") for found in rows(section) for cell in found]
    for block in section.blocks:
        if isinstance(block, Prose):
            said.append(block.text.say("en"))
        elif not isinstance(block, Table):
            said += [item.say("en") for item in block.items]
    return "\n".join(said)


def left(document: Document) -> dict[str, str]:
    """What is open, by its English words: the key that fills it."""
    return {blank.what.en: blank.key for section in document.sections for blank in section.blanks()}
