"""How a plate is written, and the one sign that syntax may correct (pure).

Source: RULES 5.4 and 5.5.
"""

import unicodedata

from edge.passage.forms import DIGITS, LETTERS, UMLAUTS
from edge.passage.plate import fits_country

SEALS = frozenset(".:·•‧∙*\N{MINUS SIGN}")
PARTING = frozenset({"Pd", "Zs", "Zl", "Zp", "Cf", "Cc", "Pc"})
"""Unicode categories: dashes, spaces, line ends, invisible signs, underscores."""
SMALL_CAPITAL = "LATIN LETTER SMALL CAPITAL "
CAPITALS = {small: small.upper() for small in (LETTERS + UMLAUTS).lower()}

AS_DIGIT = {
    **{"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "A": "4", "S": "5"},
    **{"G": "6", "T": "17", "Y": "7", "B": "8"},
}
AS_LETTER = {
    **{"0": "ODQC", "1": "ILT", "2": "Z", "4": "A", "5": "S", "6": "G", "7": "TY", "8": "B"},
}
CONFUSABLE = {**AS_DIGIT, **AS_LETTER}
NEVER_WRITTEN = {"NL": {"I": "LT"}}
"""Letters that a country writes nowhere (RULES 5.5), and what looks so when a bar is lost."""
CONFLICTING = "01I"
"""Where a letter must stand these may be several: they count as alternatives, never corrected."""


def normalise(text: str, country: str | None = None) -> str | None:
    """Return a text as a plate key has it; None when it holds what no plate holds.

    Capitals and digits without separators; a German plate keeps its umlauts, and one hyphen
    after the district where something parted the two groups of letters: B-MW 123 is not BM-W 123.
    """
    groups = "".join(map(_plain, unicodedata.normalize("NFKC", text))).split()
    allowed = LETTERS + DIGITS + (UMLAUTS if country == "DE" else "")
    if any(sign not in allowed for group in groups for sign in group):
        return None
    if country == "DE" and len(groups) > 1 and _says_district(*groups[:2]):
        return f"{groups[0]}-{''.join(groups[1:])}"
    return "".join(groups)


def _plain(sign: str) -> str:
    """Return a sign as a capital, and whatever only parts groups as a space."""
    small = unicodedata.name(sign, "").removeprefix(SMALL_CAPITAL)
    if small in LETTERS and len(small) == 1:
        return small
    parts = sign in SEALS or unicodedata.category(sign) in PARTING
    return " " if parts else CAPITALS.get(sign, sign)


def _says_district(first: str, second: str) -> bool:
    return len(first) <= 3 and first.isalpha() and second[0].isalpha()


def corrections(text: str, country: str) -> frozenset[str]:
    """Return the plates of a country that differ from a text in one confusable sign."""
    barred = NEVER_WRITTEN.get(country, {})
    changed = (
        text[:place] + other + text[place + 1 :]
        for place, sign in enumerate(text)
        for other in CONFUSABLE.get(sign, "") + barred.get(sign, "")
    )
    return frozenset(plate for plate in changed if fits_country(plate, country))


def corrected(text: str, country: str) -> str | None:
    """Return the one plate that syntax forces a misspelt text to be.

    None when the text is well formed, when no correction or more than one would fit, and where a
    letter must stand in place of what may be several.
    """
    possible = frozenset() if fits_country(text, country) else corrections(text, country)
    if len(possible) != 1:
        return None
    (plate,) = possible
    was, meant = next(pair for pair in zip(text, plate, strict=True) if len(set(pair)) > 1)
    return None if was in CONFLICTING and meant in LETTERS else plate
