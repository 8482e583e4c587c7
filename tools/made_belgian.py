"""Draws a Belgian table of attributes, and exemption records of both countries.

No open data of Belgian vehicles exists (RULES 4.4): all of this is made up. A plate begins with 0,
which no Belgian plate does.
"""

import string
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from edge.registry.attributes import VEHICLE_EXTRAS, VEHICLE_FIELDS

HEADER = ",".join(("country", "plate", *VEHICLE_FIELDS, "valid_from", "valid_to", *VEHICLE_EXTRAS))
EXEMPTIONS_HEADER = (
    "record_id,source,issuer,country,plate,type,status,scope,valid_from,valid_to,requested_at,"
    "vehicle_ref"
)
EPOCH = date(1970, 1, 1)
CATEGORIES = (
    *((0.55, "M1", (900, 2200)), (0.33, "N1", (1100, 2600)), (0.03, "N2", (2300, 6500))),
    *((0.07, "N3", (7000, 16000)), (0.02, "T1", (2500, 9000))),
)
BODIES = ("-", "-", "-", "-", "-", "DIV.nationalBuildup:F7", "DIV.codeForBodyWork:KG", "")
STAGES = ("I", "II", "IIIa", "IIIb", "IV", "V", "")
LIGHT_YEARS = (1993, 1997, 2001, 2006, 2011, 2015)
DUTCH_TYPES = (
    *("NL-ON-DAG",) * 6,
    *("NL-ON-PARTICULIER",) * 5,
    *("NL-ON-HANDICAP", "NL-ON-BIJZ13", "NL-ON-NIETVERKRIJGBAAR", "NL-ON-LEVERTIJD"),
    *("NL-ON-BEDRIJFSECON", "NL-ON-HARDHEID", "NL-ON-NETCONGESTIE", "NL-VR-ROLSTOEL"),
)
FLEMISH_TYPES = (
    *("FL-IT-1", "FL-IT-2", "FL-IT-3", "FL-IT-3", "FL-IT-3", "FL-IT-4", "FL-IT-5", "FL-IT-6"),
    *("FL-VR-ADR", "FL-VR-NOODGROEP", "FL-VR-PRIO", "FL-VR-UITZ", "FL-VR-ROLSTOEL"),
)
MUNICIPAL = frozenset({"NL-ON-DAG", "NL-ON-HARDHEID"})
TOWNS = ("utrecht", "amsterdam", "rotterdam", "den-haag", "eindhoven", "tilburg+eindhoven")
STATUSES = (
    *("toegekend",) * 16,
    "in_behandeling",
    "afgewezen",
    "buiten_behandeling",
    "ingetrokken",
)


def plate(number: int) -> str:
    """Return the made-up plate of a vehicle by its number."""
    letters, digits = divmod(number, 1000)
    text = ""
    for _ in range(3):
        letters, place = divmod(letters, 26)
        text = string.ascii_uppercase[place] + text
    return f"0{text}{digits:03}"


DRAWS, RECORD_DRAWS = 8, 4
"""Numbers between 0 and 1 that a vehicle, and a record, is made of."""


def lines(rows: Iterable[tuple[int, Sequence[float]]]) -> Iterator[str]:
    """Yield the lines of numbers with their draws; some plates move to another in 2025."""
    for number, draws in rows:
        if draws[7] < 0.03:
            yield vehicle(number, draws, ("", "2025-03-01"), "a")
            yield vehicle(number, draws[::-1], ("2025-03-01", ""), "b")
        else:
            yield vehicle(number, draws, ("", ""), "")


def vehicle(number: int, draws: Sequence[float], held: tuple[str, str], which: str) -> str:
    """Return the line of one vehicle."""
    a, b, c, d, e, f, g, _ = draws
    category, (low, high) = category_of(a)
    born = EPOCH + timedelta(days=8_000 + int(12_400 * b**0.7))
    reference = low + int((high - low) * c)
    fuel = "electric" if d < 0.06 else "petrol" if d < 0.06 + 0.5 * (category == "M1") else "diesel"
    norm = sum(born.year >= year for year in LIGHT_YEARS)
    tractor = category == "T1"
    return (
        f"BE,{plate(number)},{category},,{reference + int(1500 * e)},{reference},{fuel},none,"
        f"{'yes' if fuel == 'electric' else 'no'},"
        f"{'' if tractor or fuel == 'electric' or f < 0.03 else norm},"
        f"{STAGES[int(f * 7)] if tractor else ''},{60 + int(120 * g) if tractor else ''},{born},"
        f"{BODIES[int(e * 8)]},{held[0]},{held[1]},{born if g < 0.9 else ''},be-{number}{which}\n"
    )


def category_of(share: float) -> tuple[str, tuple[int, int]]:
    """Return the category that a number between 0 and 1 stands for, and its span of masses."""
    for part, category, span in CATEGORIES:
        share -= part
        if share < 0:
            return category, span
    return CATEGORIES[0][1:]


def record(number: int, country: str, owner: str, draws: Sequence[float]) -> str:
    """Return the line of one exemption record."""
    a, b, c, d = draws
    types = DUTCH_TYPES if country == "NL" else FLEMISH_TYPES
    kind = types[int(a * len(types))]
    start = date(2025, 1, 1) + timedelta(days=int(1000 * b))
    end = start if kind == "NL-ON-DAG" else start + timedelta(days=365 * (1 + int(c * 4)))
    scope = "national"
    if kind in MUNICIPAL:
        scope = TOWNS[int(c * len(TOWNS))]
    elif kind.startswith("FL-IT"):
        scope = "voorbeeldgem"
    return (
        f"{number:08d},{'rdw' if country == 'NL' else 'vl'},loket,{country},{owner},{kind},"
        f"{STATUSES[int(d * len(STATUSES))]},{scope},{start},{end if c < 0.9 else ''},{start},\n"
    )
