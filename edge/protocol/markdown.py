"""Writes the document as Markdown (CommonMark with the tables of GitHub)."""

import html
import re
from collections.abc import Iterator

from edge.protocol.document import (
    Blank,
    Block,
    Bullets,
    Code,
    Document,
    Inline,
    Language,
    Prose,
    Table,
)

SPECIAL = re.compile(r"[\\`*{}\[\]|#~!]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
NAME = re.compile(r"[\w.:/+-]+")
ORDERED = re.compile(r"^(\d+)([.)])(?=\s|$)")


def markdown(document: Document, language: Language) -> str:
    """Return the document in one language."""
    lines = [f"# {escaped(document.title.say(language))}", ""]
    lines += [escaped(document.subtitle.say(language)), ""]
    for number, section in enumerate(document.sections, 1):
        lines += [f"## {number}. {escaped(section.title.say(language))}", ""]
        for block in section.blocks:
            lines += [*_block(block, language), ""]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Return a text in which nothing is markup: neither Markdown nor HTML, nor a table's pipe."""
    text = html.escape(SPECIAL.sub(r"\\\g<0>", text), quote=False)
    return f"\\{text}" if text.startswith(("-", "+", "=")) else ORDERED.sub(r"\1\\\2", text)


def _block(block: Block, language: Language) -> Iterator[str]:
    match block:
        case Prose():
            yield _inline(block.text, language)
        case Bullets():
            yield from (f"- {_inline(item, language)}" for item in block.items)
        case Table():
            yield from _table(block, language)


def _table(table: Table, language: Language) -> Iterator[str]:
    yield f"*{escaped(table.caption.say(language))}*"
    yield ""
    yield _row([escaped(name.say(language)) for name in table.head])
    yield _row(["---"] * len(table.head))
    for row in table.rows:
        yield _row([_inline(cell, language) for cell in row])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _inline(text: Inline, language: Language) -> str:
    words = text.say(language)
    match text:
        case Blank():
            return f"**[{escaped(words)}]**"
        case Code() if NAME.fullmatch(words):
            return f"`{words}`"
        case _:
            return escaped(words)
