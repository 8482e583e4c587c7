"""What a bilingual document is made of. Pure values; markdown.py and page.py write them down.

Every text is said in Dutch and in English at once, so neither language can fall behind.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")


class Words(NamedTuple):
    """One text in both languages."""

    nl: str
    en: str

    def say(self, language: Language) -> str:
        """Return the text in one language."""
        return self.nl if language == "nl" else self.en


TO_FILL_IN = Words("in te vullen", "to be filled in")


@dataclass(frozen=True, slots=True)
class Blank:
    """Something only a person can say: printed as a blank, and listed at the end.

    `key` is the key of the configuration that fills it, where there is one.
    """

    what: Words
    key: str = ""
    shown: Words = TO_FILL_IN

    def say(self, language: Language) -> str:
        """Return what stands in the blank."""
        return self.shown.say(language)


@dataclass(frozen=True, slots=True)
class Code:
    """A name or a hash, the same in both languages."""

    text: str

    def say(self, language: Language) -> str:
        """Return the text."""
        return self.text


Inline: TypeAlias = Words | Blank | Code


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: Inline


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences."""

    items: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of a row names the row."""

    caption: Words
    head: tuple[Words, ...]
    rows: tuple[tuple[Inline, ...], ...]


Block: TypeAlias = Prose | Bullets | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter; `id` is its anchor."""

    id: str
    title: Words
    blocks: tuple[Block, ...]

    def blanks(self) -> Iterator[Blank]:
        """Yield what a person must fill in here, in the order of the text."""
        for block in self.blocks:
            yield from (text for text in _inlines(block) if isinstance(text, Blank))


@dataclass(frozen=True, slots=True)
class Document:
    """The whole: a title, what it is, its chapters."""

    title: Words
    subtitle: Words
    sections: tuple[Section, ...]


def _inlines(block: Block) -> Iterator[Inline]:
    match block:
        case Prose():
            yield block.text
        case Bullets():
            yield from block.items
        case Table():
            yield from (cell for row in block.rows for cell in row)


def plain(text: str) -> str:
    """Return a text of the configuration on one line, without characters that nobody sees."""
    seen = ("" if unicodedata.category(c) == "Cf" else c for c in text)
    shown = (" " if unicodedata.category(c).startswith("C") else c for c in "".join(seen))
    return " ".join("".join(shown).split())


def said(text: str | None, what: Words, key: str) -> Inline:
    """Return a text of the configuration as it stands there, or a blank."""
    words = plain(text or "")
    return Words(words, words) if words else Blank(what, key)


def both(text: object) -> Words:
    """Return a name, number or date, which is the same in both languages."""
    words = plain(str(text))
    return Words(words, words)
