"""What a plate text can tell: its form and the countries that use that form (pure).

Source: the plate forms of RULES section 5; L is a letter, D a digit.
"""

import re
from typing import NamedTuple

from edge.types import Tint

DUTCH_MODERN = "[BDFGHJKLMNPRSTVWXZ]"  # no vowels; C and Q look like 0, Y is out of use
DUTCH_OLD_FORMS = ("LLDDDD", "DDDDLL", "DDLLDD")
DUTCH_MODERN_FORMS = (
    *("LLDDLL", "LLLLDD", "DDLLLL", "DDLLLD", "DLLLDD", "LLDDDL"),
    *("LDDDLL", "LLLDDL", "LDDLLL", "DLLDDD", "DDDLLD"),
)
SPANISH = "[BCDFGHJKLMNPRSTVWXYZ]"
MIN_LENGTH, MAX_LENGTH = 4, 9


def _form(form: str, letter: str = "[A-Z]") -> str:
    return "".join(letter if c == "L" else "[0-9]" for c in form)


class CountryForms(NamedTuple):
    """The plates of one country: their form, and the face colours they come in."""

    country: str
    pattern: re.Pattern[str]
    tints: frozenset[Tint]


WHITE, YELLOW = frozenset({Tint.WHITE}), frozenset({Tint.YELLOW})


def _forms(country: str, tints: frozenset[Tint], *patterns: str) -> CountryForms:
    return CountryForms(country, re.compile("|".join(patterns)), tints | {Tint.UNKNOWN})


FORMS = (
    _forms("NL", YELLOW, *(_form(f, DUTCH_MODERN) for f in DUTCH_MODERN_FORMS)),
    _forms("NL", YELLOW, *(_form(f) for f in DUTCH_OLD_FORMS)),
    _forms("BE", WHITE, "[1-9][A-Z]{3}[0-9]{3}", "[A-Z]{3}[0-9]{3}", "[0-9]{3}[A-Z]{3}"),
    _forms("BE", WHITE, "[QOMWSGTZYV][A-Z]{3}[0-9]{3}"),
    _forms("DE", WHITE, "(?=.{3,8}$)[A-ZÄÖÜ]{1,3}[A-Z]{1,2}[0-9]{1,4}[HE]?"),
    _forms(
        "FR", WHITE, "[A-HJ-NP-TV-Z]{2}[0-9]{3}[A-HJ-NP-TV-Z]{2}", "[0-9]{2,4}[A-Z]{2,3}[0-9]{2}"
    ),
    _forms("PL", WHITE, "(?=.{7,8}$)(?=.*[0-9].*[0-9])[A-Z]{2,3}[0-9A-Z]{4,5}"),
    _forms("IT", WHITE, "[A-Z]{2}[0-9]{3}[A-Z]{2}"),
    _forms("LU", YELLOW, "[A-Z]{2}[0-9]{4}", "[0-9]{4,6}"),
    _forms("GB", WHITE | YELLOW, "[A-Z]{2}[0-9]{2}[A-Z]{3}"),
    _forms("ES", WHITE, "[0-9]{4}" + SPANISH + "{3}", "[A-Z]{1,2}[0-9]{4}[A-Z]{1,2}"),
    _forms("LT", WHITE, "[A-Z]{3}[0-9]{3}"),
    _forms("SE", WHITE, "[A-Z]{3}[0-9]{2}[0-9A-Z]"),
    _forms("HU", WHITE, "[A-Z]{3}[0-9]{3}", "[A-Z]{4}[0-9]{3}"),
    _forms("RO", WHITE, "B[0-9]{2,3}[A-Z]{3}", "[A-Z]{2}[0-9]{2}[A-Z]{3}"),
    _forms("BG", WHITE, "[A-Z]{1,2}[0-9]{4}[A-Z]{2}"),
    _forms("CZ", WHITE, "[0-9][A-Z][0-9A-Z][0-9]{4}"),
    _forms("SK", WHITE, "[A-Z]{2}[0-9]{3}[A-Z]{2}"),
    _forms("AT", WHITE, "[A-Z]{1,2}[0-9]{1,5}[A-Z]{1,3}"),
    _forms("PT", WHITE, "[A-Z]{2}[0-9]{2}[A-Z]{2}", "[0-9]{2}[A-Z]{2}[0-9]{2}"),
    _forms("DK", WHITE, "[A-Z]{2}[0-9]{5}"),
)


def countries(text: str, tint: Tint = Tint.UNKNOWN) -> frozenset[str]:
    """Return the countries whose plates have this form and face colour."""
    return frozenset(
        forms.country for forms in FORMS if tint in forms.tints and forms.pattern.fullmatch(text)
    )


def country_of(text: str, tint: Tint = Tint.UNKNOWN) -> str | None:
    """Return the one country a plate can come from, None when several or none fit.

    A guess here would look one vehicle up under another one's plate.
    """
    possible = countries(text, tint)
    return next(iter(possible)) if len(possible) == 1 else None


TRADE_PLATES = {"BE": re.compile("[ZYV][A-Z]{3}[0-9]{3}")}


def bound_to_vehicle(country: str, text: str) -> bool:
    """True unless the plate is a trade's, moved from vehicle to vehicle (RULES 5.2)."""
    trade = TRADE_PLATES.get(country)
    return trade is None or trade.fullmatch(text) is None
