"""What others wrote, on a terminal: it is shown, and never obeyed."""

import json


def printable(text: str) -> str:
    """Return a text in which all that moves, hides or colours is written as JSON would escape it.

    Line ends stay.
    """
    return "".join(
        letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text
    )


def in_a_line(text: str) -> str:
    """Return a text, such as what a file is called, in one line."""
    return printable(text).replace("\n", "\\n")


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1]
