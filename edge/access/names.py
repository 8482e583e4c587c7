"""Turns the words of a pack into ranges of numbers. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from edge.access.condition import ANY, Range
from edge.access.packwords import Days, Numbers, ParameterWords
from edge.access.rules import STAGES
from edge.types import BodyCode

T = TypeVar("T")


def bounded(span: Range) -> Range:
    """Return the shared value for "any", which costs nothing to test."""
    return ANY if span == ANY else span


def chosen(word: str, meanings: Mapping[str, T]) -> T:
    """Return the meaning of a word. Raises ValueError for one that has none."""
    if word not in meanings:
        raise ValueError(f"unknown word {word!r}, expected {' or '.join(meanings)}")
    return meanings[word]


def body_code(text: str) -> BodyCode:
    """Read "system:code". Raises ValueError."""
    system, separator, code = text.partition(":")
    if not (system and separator and code):
        raise ValueError(f"{text!r} is not a body code of the form system:code")
    return BodyCode(system, code)


class Names:
    """Resolves the names of parameters to their days."""

    def __init__(self, parameters: Mapping[str, ParameterWords]) -> None:
        self.parameters = parameters

    def day(self, value: object) -> int:
        """Return the ordinal of a day, or of the parameter that names it. Raises ValueError."""
        if isinstance(value, date):
            return value.toordinal()
        found = self.parameters.get(value) if isinstance(value, str) else None
        if found is None or not isinstance(found.waarde, date):
            raise ValueError(f"there is no dated parameter {value!r}")
        return found.waarde.toordinal()

    def days(self, words: Days) -> Range:
        """Return a range of days. Raises ValueError."""
        given = {
            "at_least": words.vanaf,
            "above": words.na,
            "at_most": words.tot_en_met,
            "below": words.voor,
        }
        return bounded(
            Range(**{side: self.day(day) for side, day in given.items() if day is not None})
        )

    def number(self, value: int | str) -> int:
        """Return a number, or the place of a stage in its order. Raises ValueError."""
        if isinstance(value, str):
            if value not in STAGES:
                raise ValueError(f"there is no stage {value!r}")
            return STAGES.index(value)
        return value

    def numbers(self, words: Numbers) -> Range:
        """Return a range of numbers. Raises ValueError."""
        given = {
            "at_least": words.minstens if words.is_ is None else words.is_,
            "above": words.boven,
            "at_most": words.hoogstens if words.is_ is None else words.is_,
            "below": words.onder,
        }
        sides = {side: self.number(value) for side, value in given.items() if value is not None}
        return bounded(Range(**sides))
