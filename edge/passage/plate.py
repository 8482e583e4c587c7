"""What a plate text can tell: its form, its countries, and what carries it (pure).

Source: RULES section 5. Syntax alone proves little: several countries share most forms, and a
personalised Belgian plate may read like any other.
"""

from collections.abc import Callable
from functools import lru_cache

from edge.passage.forms import (
    CH_CANTONS,
    DIGITS,
    DUTCH_OLD,
    EXCLUDED_NL,
    HR_DISTRICTS,
    IE_COUNTIES,
    LETTERS,
    RO_COUNTIES,
    SERIES,
    SI_DISTRICTS,
    SIDECODES,
    UMLAUTS,
    Form,
    fits,
    form,
)
from edge.types import Tint

MIN_LENGTH, MAX_LENGTH = 4, 9
FREE_TEXT = frozenset({"BE"})
"""Where a plate may bear any text its owner likes: syntax forces nothing there (RULES 5.2)."""

TRADE: dict[str, tuple[Form, ...]] = {"BE": tuple(form(f"{c}lllddd") for c in "ZYV")}
STATE: dict[str, tuple[Form, ...]] = {
    "BE": tuple(
        map(
            form,
            ("CDlldd", "CDdddd", "CDddd", "CDlll", "Addd", "Eddd", "Pddd", "EURdddd", "dddEURO"),
        )
    )
}
ANYTHING: dict[str, tuple[Form, ...]] = {"BE": (form("xxxxx"), form("9dddlll"))}
"""Signs of the owner's own choice. One misread letter makes the second of a Spanish plate."""
OLDTIMER: dict[str, tuple[Form, ...]] = {"BE": (form("Olllddd"),)}
TRAILER: dict[str, tuple[Form, ...]] = {
    "NL": (form("tmddmm"), form("ddtmmm")),
    "BE": (form("Qlllddd"),),
    "ES": (form("Rddddsss"),),
}


def _leading_letters(text: str) -> str:
    """Return the letters that a text begins with."""
    return text[: next((i for i, sign in enumerate(text) if sign.isdigit()), len(text))]


def _dutch(text: str) -> bool:
    return sidecode(text) is not None


def _irish(text: str) -> bool:
    year = text[: 2 if text[2].isalpha() else 3]
    issued = year >= "87" or year <= "12" if len(year) == 2 else "131" <= year <= "992"
    return issued and _leading_letters(text[len(year) :]) in IE_COUNTIES


CHECKS: dict[str, Callable[[str], bool]] = {
    "NL": _dutch,
    "FR": lambda text: not (text.startswith("SS") and text[2:3].isdigit()),
    "PL": lambda text: sum(map(str.isdigit, text)) >= 2,
    "RO": lambda text: _leading_letters(text) in RO_COUNTIES,
    "CH": lambda text: text[:2] in CH_CANTONS,
    "SI": lambda text: text[:2] in SI_DISTRICTS,
    "HR": lambda text: text[:2] in HR_DISTRICTS,
    "TR": lambda text: "01" <= text[:2] <= "81",
    "IE": _irish,
}
"""What a well-formed plate must also be."""


def sidecode(text: str) -> int | None:
    """Return the Dutch sidecode, 1 to 14, of a text without separators, None when it has none."""
    shape = "".join("D" if sign.isdigit() else "L" for sign in text)
    for number, written in enumerate(SIDECODES, 1):
        if written.replace("-", "") == shape:
            return number if _is_issued(text, written) else None
    return None


def _is_issued(text: str, written: str) -> bool:
    """True when the Dutch office gives out these letters in this sidecode."""
    if not any(fits(text, f) for s in SERIES if s.country == "NL" for f in s.forms):
        return False
    signs = iter(text)
    groups = "".join(sign if sign == "-" else next(signs) for sign in written).split("-")
    return written in DUTCH_OLD or EXCLUDED_NL.isdisjoint(groups)


@lru_cache(maxsize=4096)
def countries(text: str, tint: Tint = Tint.UNKNOWN) -> frozenset[str]:
    """Return the countries whose plates have this form and face colour."""
    return frozenset(
        series.country
        for series in SERIES
        if tint in series.tints
        and any(fits(text, places) for places in series.forms)
        and CHECKS.get(series.country, bool)(text)
    )


def fits_country(text: str, country: str) -> bool:
    """True when a text is a well-formed plate of a country."""
    return country in countries(text)


def country_of(text: str, tint: Tint = Tint.UNKNOWN) -> str | None:
    """Return the one country a plate can come from, None when several or none fit.

    A guess here would look one vehicle up under another one's plate: a face that seems white
    may be a yellow one in infrared light, so white rules nothing out that the text allows.
    """
    allowed = countries(text, tint)
    possible = countries(text) if tint is Tint.WHITE else allowed
    return next(iter(allowed)) if len(possible) == 1 and allowed == possible else None


def splits(text: str) -> frozenset[str]:
    """Return the German plates, district and hyphen first, that a text without one may be.

    Separators tell German vehicles apart: with more than one split a text is no key (RULES 5.3).
    """
    letters = len(_leading_letters(text))
    return frozenset(
        f"{text[:district]}-{text[district:]}"
        for district in (1, 2, 3)
        if letters - district in (1, 2)
        and not any(sign in UMLAUTS for sign in text[district:])
        and fits_country(text, "DE")
    )


def is_key(country: str, text: str) -> bool:
    """True when country and text name one vehicle and no other."""
    return country != "DE" or len(splits(text)) == 1


def proves_something(country: str, text: str) -> bool:
    """True unless the country lets its owners choose such texts: one sign may be misread."""
    return not _among(ANYTHING, country, text)


def unproven(country: str, text: str) -> str | None:
    """Return why a plate of this series accuses nobody, None for the others; names no plate."""
    if not bound_to_vehicle(country, text):
        return "it belongs to a trade, not to a vehicle"
    if of_the_state(country, text):
        return "the plate may be a diplomat's or an authority's"
    if not proves_something(country, text):
        return "any text of its length may be a plate of that country"
    return None


def may_lack_a_sign(country: str | None, text: str) -> bool:
    """True when a text is what another plate of its country shows while one end of it is hidden.

    The Belgian series of 1973 to 2010 are those of today without their first sign.
    """
    longer = (t for sign in LETTERS + DIGITS for t in (sign + text, text + sign))
    return country is not None and any(fits_country(t, country) for t in longer)


def bound_to_trailer(country: str | None, text: str) -> bool:
    """True when the plate is a trailer's own: it says nothing of the motor vehicle (RULES 5.6)."""
    return country is not None and _among(TRAILER, country, text)


def of_an_oldtimer(country: str | None, text: str) -> bool:
    """True for the plate that a country gives to old vehicles only (RULES 5.2)."""
    return country is not None and _among(OLDTIMER, country, text)


def of_the_state(country: str, text: str) -> bool:
    """True for a diplomat's, an authority's or a court's plate (RULES 5.2)."""
    return _among(STATE, country, text)


def bound_to_vehicle(country: str, text: str) -> bool:
    """True unless the plate is a trade's, moved from vehicle to vehicle (RULES 5.2)."""
    return not _among(TRADE, country, text)


def _among(listed: dict[str, tuple[Form, ...]], country: str, text: str) -> bool:
    return any(fits(text, places) for places in listed.get(country, ()))
