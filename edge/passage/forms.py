"""The forms in which countries write their plates, as data (pure). Source: RULES section 5.

In a form, l is a letter, d a digit, n a digit but zero, x either; a capital stands for itself.
Other small letters are alphabets of one country. A form is kept as the signs allowed at each
place, so that it can tell which sign a place forbids.
"""

from collections.abc import Iterator
from typing import NamedTuple

from edge.types import Tint

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
UMLAUTS = "ÄÖÜ"
DUTCH_MODERN = "BDFGHJKLMNPRSTVWXZ"  # no vowels; C and Q look like 0, Y is out of use
ALPHABETS = {
    "l": LETTERS,
    "d": DIGITS,
    "n": DIGITS[1:],
    "x": LETTERS + DIGITS,
    "u": LETTERS + UMLAUTS,  # German districts
    "m": DUTCH_MODERN,
    "h": LETTERS.replace("I", ""),  # Dutch of old: no I (RULES 5.5)
    "t": "OW",  # Dutch trailers
    "y": DUTCH_MODERN + "Y",  # Dutch, of 1978 to 1991
    "f": "ABCDEFGHJKLMNPQRSTVWXYZ",  # French: no I, O, U
    "i": "ABCDEFGHJKLMNPRSTVWXYZ",  # Italian: no I, O, Q, U
    "s": "BCDFGHJKLMNPRSTVWXYZ",  # Spanish: no vowels, no Q
    "p": DIGITS + "ACEFGHJKLMNPRSTUVWXY",  # Polish, right part: no B, D, I, O, Q, Z
    "c": "ABCEHKMOPTXY",  # the letters that Cyrillic and Latin share
    "k": "ABCEHIKMOPTX",  # the same in Ukraine
}

Form = tuple[str, ...]
"""The signs allowed at each place."""


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


DUTCH_OLD = ("LL-DD-DD", "DD-DD-LL", "DD-LL-DD")
DUTCH_MODERN_SERIES = (
    *("LL-DD-LL", "LL-LL-DD", "DD-LL-LL", "DD-LLL-D", "D-LLL-DD", "LL-DDD-L"),
    *("L-DDD-LL", "LLL-DD-L", "L-DD-LLL", "D-LL-DDD", "DDD-LL-D"),
)
SIDECODES = (*DUTCH_OLD, *DUTCH_MODERN_SERIES)
"""The Dutch sidecodes 1 to 14, by their place here."""
EXCLUDED_NL = _codes("GVD KKK KVT LPF NSB PKK PSV TBS SS SD PVV SGP VVD")

BELGIAN = ("nlllddd", "9dddlll", "lllddd", "dddlll")
"""A 9 stands before signs of the owner's own choice, often those of an older plate, either way."""
BELGIAN_CLASSES = "OMWSGTZYVQ"
"""Oldtimer, motorcycle, moped, tractor, taxi, dealer, test, professional, trailer (RULES 5.2)."""

RO_COUNTIES = _codes(
    "B AB AR AG BC BH BN BT BV BR BZ CS CL CJ CT CV DB DJ GL GR GJ HR HD IL IS IF MM MH MS NT OT "
    "PH SM SJ SB SV TR TM TL VS VL VN"
)
CH_CANTONS = _codes("AG AI AR BE BL BS FR GE GL GR JU LU NE NW OW SG SH SO SZ TG TI UR VD VS ZG ZH")
SI_DISTRICTS = _codes("LJ MB CE KR KP NM GO MS SG KK PO")
HR_DISTRICTS = _codes(
    "BJ BM CK DA DE DJ DU GS IM KA KC KR KT KZ MA NA NG OG OS PU PZ RI SB SK SL ST SI VK VT VU "
    "VZ ZD ZG ZU"
)
IE_COUNTIES = _codes(
    "C CE CN CW D DL G KE KK KY L LD LH LK LM LS MH MN MO OY RN SO T TN TS W WD WH WW WX"
)


def form(pattern: str) -> Form:
    """Return the signs that a form allows at each place."""
    return tuple(ALPHABETS.get(sign, sign) for sign in pattern)


def fits(text: str, places: Form) -> bool:
    """True when every sign of a text is allowed at its place."""
    return len(text) == len(places) and all(map(str.__contains__, places, text))


class Series(NamedTuple):
    """Plates of one country: their forms, and the face colours they come in."""

    country: str
    tints: frozenset[Tint]
    forms: tuple[Form, ...]


WHITE, YELLOW = frozenset({Tint.WHITE}), frozenset({Tint.YELLOW})


def _series(country: str, tints: frozenset[Tint], *patterns: str) -> Series:
    return Series(country, tints | {Tint.UNKNOWN}, tuple(dict.fromkeys(map(form, patterns))))


def _dutch(pattern: str, letter: str) -> str:
    return pattern.replace("-", "").replace("L", letter).replace("D", "d")


def _german() -> Iterator[str]:
    """Yield 1-3 letters, 1-2 letters, 1-4 digits without a leading zero, at most 8 signs."""
    for district in ("u", "uu", "uuu"):
        for letters in ("l", "ll"):
            for digits in ("n", "nd", "ndd", "nddd"):
                yield from (f"{district}{letters}{digits}{end}" for end in ("", "E", "H"))


def _austrian() -> Iterator[str]:
    """Yield a district of 1-2 letters, then digits and letters, or the other way round."""
    for district in ("l", "ll"):
        for digits in range(1, 6):
            for letters in range(1, 6):
                if 3 <= digits + letters <= 6 and len(district) + digits + letters <= 8:
                    yield district + "l" * letters + "d" * digits
                    if letters <= 3:
                        yield district + "d" * digits + "l" * letters


def _british() -> Iterator[str]:
    """Yield today's form and those of before 2001: a letter first, one last, neither (DVLA INF104).

    Yellow at the rear since 1973, and spelt as Dutch plates are: many vehicles still wear them.
    """
    yield "llddlll"
    for number in ("n", "nd", "ndd"):
        yield from (f"l{number}lll", f"lll{number}l")
    for number in ("n", "nd", "ndd", "nddd"):
        for letters in ("l", "ll", "lll"):
            if 4 <= len(letters) + len(number) <= 6:
                yield letters + number
                yield number + letters
    yield from (f"{area}nddd" for area in ("lIl", "llI", "llZ"))  # Northern Ireland


def _short(patterns: Iterator[str]) -> list[str]:
    return [pattern for pattern in patterns if len(pattern) <= 8]


SERIES = (
    _series("NL", YELLOW, *(_dutch(p, "m") for p in DUTCH_MODERN_SERIES), "yyddmm"),
    _series("NL", YELLOW, *(_dutch(p, "h") for p in DUTCH_OLD)),
    _series("NL", YELLOW | WHITE, "tmddmm", "ddtmmm"),
    _series("BE", WHITE, *BELGIAN),
    _series("BE", WHITE, *(f"{c}lllddd" for c in BELGIAN_CLASSES)),
    _series("BE", WHITE, "CDlldd", "CDdddd", "Addd", "Eddd", "Pddd", "EURdddd", "dddEURO"),
    _series("BE", WHITE, "xxxxx"),
    _series("DE", WHITE, *_short(_german())),
    _series("FR", WHITE, "ffdddff"),
    _series("FR", WHITE, *(f"{'d' * n}{'l' * k}dd" for n in (2, 3, 4) for k in (2, 3))),
    _series("PL", WHITE, "llppppp", "lllpppp", "lllppppp"),
    _series("IT", WHITE, "iidddii"),
    _series("LU", YELLOW, "lldddd", "dddd", "ddddd", "dddddd"),
    _series("GB", WHITE | YELLOW, *_british()),
    _series("ES", WHITE, "ddddsss", "lddddl", "lddddll", "llddddl", "llddddll", "Rddddsss"),
    _series("LT", WHITE, "lllddd", "llddd"),
    _series("SE", WHITE, "lllddx"),
    _series("HU", WHITE, "lllddd", "llllddd"),
    _series("RO", WHITE, "Bddlll", "Bdddlll", "llddlll"),
    _series("BG", WHITE, "cddddcc", "ccddddcc"),
    _series("CZ", WHITE, "dlxdddd"),
    _series("SK", WHITE, "lldddll"),
    _series("PT", WHITE, "llddll", "ddlldd", "ddddll", "lldddd"),
    _series("DK", WHITE | YELLOW, "llddddd"),
    _series("AT", WHITE, *_austrian()),
    _series("CH", WHITE, *("ll" + "d" * n for n in range(2, 7))),
    _series("FI", WHITE, "lllddd", "llldd", "llddd"),
    _series("NO", WHITE, "llddddd"),
    _series("EE", WHITE, "dddlll"),
    _series("LV", WHITE, "lldddd", "llddd"),
    _series("SI", WHITE, "llllddd", "llddlll", "llddldd", "lldlddd"),
    _series("HR", WHITE, "llddddll", "llddddl", "lldddll", "lldddl"),
    _series("UA", WHITE, "kkddddkk"),
    _series("TR", WHITE, "ddldddd", "ddlddddd", "ddllddd", "ddlldddd", "ddllldd", "ddlllddd"),
    _series(
        "IE",
        WHITE,
        *(
            f"{y}{c}{'d' * n}"
            for y in ("dd", "ddd")
            for c in ("l", "ll")
            for n in range(1, 7)
            if len(y) + len(c) + n <= 9
        ),
    ),
)
