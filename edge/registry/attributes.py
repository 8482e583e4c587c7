"""The attributes of RULES 1.1 and the records of RULES 1.5 as text columns. Pure.

An empty cell is unknown; "-" in `body_codes` says that the vehicle is known to have none.
"""

import re
from collections.abc import Mapping
from datetime import date

from edge.access.calendar import interval, moment_of
from edge.types import BodyCode, Exemption, Vehicle, VehicleKind

TIMEZONE = "Europe/Brussels"
"""Local time of a record without an offset; Amsterdam keeps the same clock."""
VEHICLE_FIELDS = (
    "category",
    "vehicle_kind",
    "max_mass_kg",
    "reference_mass_kg",
    "fuel",
    "hybrid_class",
    "is_ze",
    "euro_norm",
    "stage",
    "power_kw",
    "first_registration",
    "body_codes",
)
CATEGORY = re.compile(r"[MN][123]|L\d?e?\w*|O[1-4]|[TC]\d?(\.\d)?[ab]?|[RS]\d?[ab]?")
FUELS = frozenset(["diesel", "petrol", "lpg", "cng", "lng", "ethanol", "electric", "hydrogen"])
HYBRIDS = frozenset({"none", "OVC-HEV", "NOVC-HEV", "OVC-FCHV", "NOVC-FCHV"})
STAGES = ("I", "II", "IIIa", "IIIb", "IV", "V")
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}
EEV = 5
"""An EEV counts as Euro V (F-AMB-11)."""
STATUSES = frozenset(
    ["toegekend", "in_behandeling", "afgewezen", "buiten_behandeling", "ingetrokken"]
)
NATIONAL = "national"


def vehicle(row: Mapping[str, str]) -> Vehicle:
    """Read the attributes of a vehicle. Raises ValueError that names the column."""
    text = {name: (row.get(name) or "").strip() for name in VEHICLE_FIELDS}
    norm = text["euro_norm"].upper()
    return Vehicle(
        category=matching("category", text["category"], CATEGORY),
        kind=VehicleKind(text["vehicle_kind"]) if text["vehicle_kind"] else None,
        max_mass_kg=number("max_mass_kg", text["max_mass_kg"]),
        reference_mass_kg=number("reference_mass_kg", text["reference_mass_kg"]),
        fuels=fuels(text["fuel"]),
        hybrid_class=one_of("hybrid_class", text["hybrid_class"], HYBRIDS),
        zero_emission=True if norm == "Z" else truth("is_ze", text["is_ze"]),
        euro=None if norm == "Z" else euro(norm),
        stage=one_of("stage", text["stage"], frozenset(STAGES)),
        power_kw=power(text["power_kw"]),
        first_registration=day("first_registration", text["first_registration"]),
        body_codes=body_codes(text["body_codes"]),
    )


def exemption(row: Mapping[str, str]) -> Exemption:
    """Read an exemption record. Raises ValueError that names the column."""
    text = {name: (value or "").strip() for name, value in row.items()}
    for name in ("record_id", "type", "status", "valid_from"):
        if not text.get(name):
            raise ValueError(f"{name} is empty")
    start, end = interval(text["type"], text["valid_from"], text["valid_to"], TIMEZONE)
    if end is not None and end <= start:
        raise ValueError("valid_to does not lie after valid_from")
    asked = text.get("requested_at", "")
    return Exemption(
        record_id=text["record_id"],
        source=text.get("source", ""),
        type=text["type"],
        status=one_of("status", text["status"], STATUSES) or "",
        scope=scope(text["scope"]),
        valid_from=start,
        valid_to=end,
        requested_at=moment_of(asked, TIMEZONE) if asked else None,
    )


def scope(text: str) -> frozenset[str] | None:
    """Read "national", or a set of zones and municipalities. Raises ValueError."""
    if text == NATIONAL:
        return None
    names = frozenset(name.strip() for name in text.split("+") if name.strip())
    if not names:
        raise ValueError("scope is empty: say national, or name the zones")
    return names


def fuels(text: str) -> frozenset[str] | None:
    """Read fuels separated by "+". Raises ValueError."""
    words = frozenset(word for word in text.lower().split("+") if word)
    if strange := sorted(words - FUELS):
        raise ValueError(f"fuel {strange[0]!r} is not known")
    return words or None


def body_codes(text: str) -> frozenset[BodyCode] | None:
    """Read "system:code" separated by spaces. Raises ValueError."""
    if not text:
        return None
    pairs = [word.partition(":") for word in text.split() if word != "-"]
    if any(not (system and code) for system, _, code in pairs):
        raise ValueError(f"body_codes {text!r} is not of the form system:code")
    return frozenset(BodyCode(system, code) for system, _, code in pairs)


def euro(norm: str) -> int | None:
    """Read a Euro norm or emission class: Arabic and Roman are the same. Raises ValueError."""
    if not norm:
        return None
    if norm == "EEV":
        return EEV
    if norm in ROMAN:
        return ROMAN[norm]
    if len(norm) == 1 and norm in "01234567":
        return int(norm)
    raise ValueError(f"euro_norm {norm!r} is not known")


def number(name: str, text: str) -> int | None:
    """Read a positive whole number. Raises ValueError."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ValueError(f"{name} {text!r} is not a positive whole number")
    return int(text)


def power(text: str) -> float | None:
    """Read kilowatts. Raises ValueError."""
    if not text:
        return None
    value = float(text)
    if not 0 < value < 10_000:
        raise ValueError(f"power_kw {text!r} is not a plausible power")
    return value


def day(name: str, text: str) -> date | None:
    """Read an ISO date. Raises ValueError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ValueError(f"{name} {text!r} is not a date") from error


def truth(name: str, text: str) -> bool | None:
    """Read yes or no. Raises ValueError."""
    words = {"": None, "yes": True, "no": False, "true": True, "false": False}
    if text.lower() not in words:
        raise ValueError(f"{name} {text!r} is neither yes nor no")
    return words[text.lower()]


def one_of(name: str, text: str, known: frozenset[str]) -> str | None:
    """Return a known word, None for an empty cell. Raises ValueError."""
    if text and text not in known:
        raise ValueError(f"{name} {text!r} is not known")
    return text or None


def matching(name: str, text: str, pattern: re.Pattern[str]) -> str | None:
    """Return a word of a known form, None for an empty cell. Raises ValueError."""
    if text and not pattern.fullmatch(text):
        raise ValueError(f"{name} {text!r} is not known")
    return text or None
