"""What the Dutch register (RDW open data) says of a vehicle: RULES 3.2, 3.4, 4.1, 4.3. Pure.

Every cell is text as exported. A cell that is empty, unreadable or contradicted is unknown, never
a guess: the rules then weigh every value, and nobody is accused on doubt.

| attribute | is | unknown |
|---|---|---|
| category | `europese_voertuigcategorie`; N1G is N1 | N of no Bedrijfsauto, N1 of a trekker |
| kind | of a Bedrijfsauto alone | of any other sort, or maximum mass unknown |
| - van | maximum mass up to 3500 kg | a trekker's sign |
| - trekker | above; type BC, or inrichting opleggertrekker | up to 3500 kg: may be a van |
| - bakwagen | above, and no trekker | every body cell unknown |
| max_mass_kg | `toegestane_maximum_massa_voertuig` | 0, or below massa_rijklaar |
| reference_mass_kg | `massa_rijklaar` + 25 (F-AMB-02) | 2560 up to and with 2660 |
| fuels | `brandstof_omschrijving` of every row | a row without; electric under 0-7 |
| zero_emission | class Z on every row | else; it is never denied (N-AMB-13) |
| euro | class 0-7 (E is 5) of every row that burns | rows differ, A, R, another level |
| hybrid_class | `klasse_hybride_elektrisch_voertuig` | rows that differ |
| first_registration | `datum_eerste_toelating` | no date, or before 1900 |
| body_codes | the four tables of bodies | no bodywork, or a cell unreadable |

What burns is every fuel but electricity, and but hydrogen beside electricity: a fuel cell, which
is no hybrid by itself. An unknown class is left to the pack, which derives it from the date and
marks it (N-AMB-03). Masses, kind and body codes are kept of goods vehicles alone (category N, or
unknown): no rule asks them of others, T included. Stage and power are not in the open data.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from edge.registry.attributes import CATEGORY, HYBRIDS, OLDEST, ROMAN
from edge.types import BodyCode, Vehicle, VehicleKind

GOODS = "Bedrijfsauto".casefold()
TRACTOR_FITTING, TRACTOR_TYPE = "opleggertrekker", "BC"
LIGHT_KG = 3500
READY_TO_REFERENCE_KG = 25
DOUBTED_REFERENCE_KG = range(2560, 2661)
"""An estimate so near to the 2610 kg of the law tells no side (F-AMB-02)."""
NOTHING = frozenset(
    word.casefold()
    for word in ("", "n.v.t.", "onbekend", "niet geregistreerd", "Geen verstrekking in Open Data")
)
FUELS = {
    "benzine": "petrol",
    "diesel": "diesel",
    "elektriciteit": "electric",
    "lpg": "lpg",
    "cng": "cng",
    "lng": "lng",
    "alcohol": "ethanol",
    "waterstof": "hydrogen",
}
CLASSES = {**{str(number): number for number in range(8)}, "E": 5}
ZERO = "Z"
FUEL_CELL = frozenset({"hydrogen", "electric"})
LEVEL = re.compile(r"EURO\s*-?([0-9]|IV|V?I{1,3}|V)(?![0-9IVX])", re.IGNORECASE)
DATE = re.compile("[0-9]{8}")
MASS = re.compile("[0-9]{1,6}")
DIGITS, NUMBER = re.compile("[0-9]{1,2}"), re.compile("[0-9]{1,3}")
TYPE, SPECIAL = re.compile("[A-Z]{2}"), re.compile("[A-Z0-9]{1,4}")


class Fuel(NamedTuple):
    """The cells of a row of brandstof."""

    name: str
    emission_class: str
    level: str
    hybrid: str


class Bodies(NamedTuple):
    """The cells of a vehicle's rows in the four tables that tell what is built on it."""

    types: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()
    specials: tuple[str, ...] = ()
    particulars: tuple[str, ...] = ()


class Main(NamedTuple):
    """The cells of a row of Gekentekende_voertuigen."""

    sort: str
    fitting: str
    category: str
    first: str
    ready_kg: str
    max_kg: str


class Masses(NamedTuple):
    """The masses of a vehicle, None for what is unknown."""

    maximum: int | None
    reference: int | None


def vehicle(main: Main, fuels: Sequence[Fuel], bodies: Bodies) -> Vehicle:
    """Return what the rows of one vehicle say together; any text is taken."""
    weighed = masses(main.ready_kg, main.max_kg)
    light = is_light(weighed)
    shared = shared_part(main.sort, main.fitting, main.category, light, fuels, bodies)
    kept = weighed if is_goods(shared.category) else Masses(None, None)
    return Vehicle(
        category=shared.category,
        kind=shared.kind,
        max_mass_kg=kept.maximum,
        reference_mass_kg=kept.reference,
        fuels=shared.fuels,
        hybrid_class=shared.hybrid_class,
        zero_emission=shared.zero_emission,
        euro=shared.euro,
        first_registration=day(main.first),
        body_codes=shared.body_codes,
    )


def shared_part(
    sort: str,
    fitting: str,
    category: str,
    light: bool | None,
    fuels: Sequence[Fuel],
    bodies: Bodies,
) -> Vehicle:
    """Return what many vehicles have in common: all but the date and the masses."""
    known = category_of(category)
    if is_goods(known) and known_text(sort).casefold() != GOODS:
        known = None  # the two contradict, or nothing confirms that it carries goods
    if known == "N1" and is_tractor(fitting, bodies.types):
        known = None  # a tractor unit is N2 or N3 (RVV 1990, art. 86c)
    goods = is_goods(known)
    driven = fuels_of(fuels)
    return Vehicle(
        category=known,
        kind=kind_of(sort, fitting, bodies.types, light) if goods else None,
        fuels=driven,
        hybrid_class=hybrid_of(fuels),
        zero_emission=True if all_zero(fuels) else None,
        euro=class_of(fuels, driven),
        body_codes=body_codes(bodies) if goods else None,
    )


def known_text(cell: str) -> str:
    """Return a cell without blanks around it, "" for every way to say nothing."""
    text = cell.strip()
    return "" if text.casefold() in NOTHING else text


def is_goods(category: str | None) -> bool:
    """True for a vehicle that the rules for goods vehicles may concern."""
    return category is None or category.startswith("N")


def category_of(cell: str) -> str | None:
    """Return the European category, None for an unknown one."""
    text = known_text(cell).partition("-")[0]
    if text[:1] in {"M", "N"}:
        text = text.removesuffix("G")  # off-road: M1G is M1
    return text if CATEGORY.fullmatch(text) else None


def kind_of(
    sort: str, fitting: str, types: Iterable[str], light: bool | None
) -> VehicleKind | None:
    """Return the Dutch kind of a vehicle, None for an unknown one."""
    if known_text(sort).casefold() != GOODS:
        return None
    tractor = is_tractor(fitting, types)
    if light is None or (light and tractor):
        return None
    if light:
        return VehicleKind.VAN
    if tractor:
        return VehicleKind.TRACTOR
    told = known_text(fitting) or any(map(known_text, types))
    return VehicleKind.RIGID if told else None


def is_tractor(fitting: str, types: Iterable[str]) -> bool:
    """True where a cell says that the vehicle draws a semi-trailer."""
    bodies = {known_text(cell).upper() for cell in types}
    return TRACTOR_TYPE in bodies or known_text(fitting).casefold() == TRACTOR_FITTING


def masses(ready_kg: str, max_kg: str) -> Masses:
    """Return the maximum mass, and the reference mass as far as it can be estimated."""
    ready, maximum = mass(ready_kg), mass(max_kg)
    if ready is None:
        return Masses(maximum, None)
    if maximum is not None and maximum < ready:
        return Masses(None, None)  # one of the two is wrong
    reference = ready + READY_TO_REFERENCE_KG
    return Masses(maximum, None if reference in DOUBTED_REFERENCE_KG else reference)


def is_light(weighed: Masses) -> bool | None:
    """True where the law speaks of a van (bestelauto), None where the mass is unknown."""
    return None if weighed.maximum is None else weighed.maximum <= LIGHT_KG


def mass(cell: str) -> int | None:
    """Return kilograms, None for what is no positive whole number."""
    text = cell.strip()
    return int(text) or None if text.isascii() and MASS.fullmatch(text) else None


def fuels_of(rows: Sequence[Fuel]) -> frozenset[str] | None:
    """Return what drives the vehicle, None when one row does not say, or they contradict."""
    words = {FUELS.get(known_text(row.name).casefold()) for row in rows}
    found = frozenset(word for word in words if word is not None)
    if not found or len(found) < len(words):
        return None
    numbered = any(known_text(row.emission_class).upper() in CLASSES for row in rows)
    clean = found <= FUEL_CELL and "electric" in found
    return None if clean and numbered else found


def all_zero(rows: Sequence[Fuel]) -> bool:
    """True when the register says of every row that it emits nothing, and nothing contradicts."""
    return bool(rows) and all(
        known_text(row.emission_class).upper() == ZERO and level(row.level) is None for row in rows
    )


def class_of(rows: Sequence[Fuel], fuels: frozenset[str] | None) -> int | None:
    """Return the emission class that all fuels share that burn, None for an unknown one."""
    if fuels is None:
        return None
    clean = FUEL_CELL if "electric" in fuels else frozenset[str]()
    burning = [row for row in rows if FUELS[known_text(row.name).casefold()] not in clean]
    found = {one_class(row) for row in burning}
    return found.pop() if len(found) == 1 else None


def one_class(row: Fuel) -> int | None:
    """Return the class of one row, None when it is no number or its level is another."""
    stated, told = CLASSES.get(known_text(row.emission_class).upper()), level(row.level)
    return None if told is not None and told != stated else stated


def level(cell: str) -> int | None:
    """Return the number of an uitlaatemissieniveau, as 6 of "EURO 6d-TEMP"."""
    found = LEVEL.search(known_text(cell))
    if found is None:
        return None
    text = found.group(1).upper()
    return ROMAN[text] if text in ROMAN else int(text)


def hybrid_of(rows: Iterable[Fuel]) -> str | None:
    """Return the class of a hybrid, None where no row or several say one."""
    words = {known_text(row.hybrid).upper() for row in rows} - {""}
    word = words.pop() if len(words) == 1 else ""
    return word if word in HYBRIDS else None


def day(cell: str) -> date | None:
    """Return a date of the form YYYYMMDD, None for what is none."""
    text = cell.strip()
    if not DATE.fullmatch(text):
        return None
    try:
        found = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return found if found >= OLDEST else None


def body_codes(bodies: Bodies) -> frozenset[BodyCode] | None:
    """Return the body codes, None when a cell of them cannot be read or there is no bodywork."""
    if not bodies.types:
        return None
    read = (
        ("EU.bodywork", bodies.types, TYPE),
        ("EU.digits", bodies.digits, DIGITS),
        ("EU.special", bodies.specials, SPECIAL),
        ("RDW.bijzonderheid", bodies.particulars, NUMBER),
    )
    found = {
        code_of(system, cell, form) for system, cells, form in read for cell in dict.fromkeys(cells)
    }
    codes = frozenset(code for code in found if code is not None)
    return codes if len(codes) == len(found) else None


def code_of(system: str, cell: str, form: re.Pattern[str]) -> BodyCode | None:
    """Return one body code, None for a cell that holds none."""
    text = known_text(cell).upper()
    if not (text.isascii() and form.fullmatch(text)):
        return None
    if system == "EU.digits":
        return BodyCode(system, text.zfill(2))
    return BodyCode(system, str(int(text)) if form is NUMBER else text)
