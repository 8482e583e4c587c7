"""The attributes of RULES 1.1 and the records of RULES 1.5 as text columns. Pure.

An empty cell is unknown; "-" in `body_codes` says that the vehicle is known to have none.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime

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
VEHICLE_EXTRAS = ("first_known_use", "vehicle_ref")
"""Columns that a table of vehicles may leave out."""
CATEGORY = re.compile(r"[MN][123]|L\d?e?\w*|O[1-4]|[TC]\d?(\.\d)?[ab]?|[RS]\d?[ab]?")
FUELS = frozenset(["diesel", "petrol", "lpg", "cng", "lng", "ethanol", "electric", "hydrogen"])
HYBRIDS = frozenset({"none", "OVC-HEV", "NOVC-HEV", "OVC-FCHV", "NOVC-FCHV"})
STAGES = ("I", "II", "IIIa", "IIIb", "IV", "V")
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}
NO_NUMBER = frozenset({"Z", "EEV"})
"""Norms that are no Euro number: zero-emission, and one that the law weighs (F-AMB-11)."""
BODY_SYSTEMS = frozenset(
    {
        *("DIV.nationalBuildup", "DIV.codeForBodyWork", "RDW.bijzonderheid"),
        *("EU.bodywork", "EU.digits", "EU.special"),
    }
)
"""The systems of body codes (RULES 1.1): F5 of one is not F5 of another."""
NUMBER = re.compile("[0-9]{1,9}")
STATUSES = frozenset(
    ["toegekend", "in_behandeling", "afgewezen", "buiten_behandeling", "ingetrokken"]
)
NATIONAL = frozenset({"national", "nationaal", "landelijk"})
OLDEST = date(1900, 1, 1)
"""Before it there were no vehicles: an older first registration is a mistake."""


class RefusedError(ValueError):
    """A cell that cannot be taken; `reason` names its column and never its value.

    The text of the error shows the value, for the person who typed it: never log it, for a
    cell in the wrong column may be a plate.
    """

    def __init__(self, column: str, expectation: str, value: str = "") -> None:
        shown = f" {value!r}" if value else ""
        super().__init__(f"{column}{shown} {expectation}")
        self.reason = f"{column} {expectation}"


def vehicle(row: Mapping[str, str]) -> Vehicle:
    """Read the attributes of a vehicle. Raises RefusedError that names the column."""
    text = {name: (row.get(name) or "").strip() for name in (*VEHICLE_FIELDS, *VEHICLE_EXTRAS)}
    norm = text["euro_norm"].upper()
    return Vehicle(
        category=matching("category", text["category"], CATEGORY),
        kind=kind_named(text["vehicle_kind"]),
        max_mass_kg=number("max_mass_kg", text["max_mass_kg"]),
        reference_mass_kg=number("reference_mass_kg", text["reference_mass_kg"]),
        fuels=fuels(text["fuel"]),
        hybrid_class=one_of("hybrid_class", text["hybrid_class"], HYBRIDS),
        zero_emission=True if norm == "Z" else truth("is_ze", text["is_ze"]),
        euro=None if norm in NO_NUMBER else euro(norm),
        stage=one_of("stage", text["stage"], frozenset(STAGES)),
        power_kw=power(text["power_kw"]),
        first_registration=day("first_registration", text["first_registration"]),
        body_codes=body_codes(text["body_codes"]),
        first_known_use=day("first_known_use", text["first_known_use"]),
        eev=norm == "EEV",
        ref=reference(text["vehicle_ref"]),
    )


def exemption(row: Mapping[str, str]) -> Exemption:
    """Read an exemption record. Raises RefusedError that names the column."""
    text = {name: (value or "").strip() for name, value in row.items()}
    for name in ("record_id", "type", "status", "valid_from"):
        if not text.get(name):
            raise RefusedError(name, "is empty")
    start, end = span(text)
    return Exemption(
        record_id=text["record_id"],
        source=text.get("source", ""),
        type=text["type"].upper(),
        status=one_of("status", text["status"], STATUSES) or "",
        scope=scope(text["scope"]),
        valid_from=start,
        valid_to=end,
        requested_at=asked(text.get("requested_at", "")),
        vehicle_ref=reference(text.get("vehicle_ref", "")),
    )


def span(text: Mapping[str, str]) -> tuple[datetime, datetime | None]:
    """Read when a record holds. Raises RefusedError that names the column."""
    kind, begin, end = text["type"], text["valid_from"], text["valid_to"]
    moment("valid_from", begin, TIMEZONE)
    try:
        start, until = interval(kind, begin, end, TIMEZONE)
    except (ValueError, OverflowError) as error:
        raise RefusedError("valid_to", "is not an ISO 8601 time") from error
    if until is not None and until <= start:
        raise RefusedError("valid_to", "does not lie after valid_from")
    return start, until


def asked(text: str) -> datetime | None:
    """Read when a record was asked for. Raises RefusedError."""
    return moment("requested_at", text, TIMEZONE) if text else None


def moment(name: str, text: str, timezone: str) -> datetime:
    """Read an ISO 8601 time as UTC. Raises RefusedError."""
    try:
        return moment_of(text, timezone)
    except (ValueError, OverflowError) as error:
        raise RefusedError(name, "is not an ISO 8601 time") from error


def scope(text: str) -> frozenset[str] | None:
    """Read "national", or a set of zones and municipalities. Raises RefusedError."""
    names = frozenset(name.strip() for name in text.split("+") if name.strip())
    if not NATIONAL.isdisjoint(name.casefold() for name in names):
        return None
    if not names:
        raise RefusedError("scope", "is empty: say national, or name the zones")
    return names


def fuels(text: str) -> frozenset[str] | None:
    """Read fuels separated by "+". Raises RefusedError."""
    words = frozenset(word for word in text.lower().split("+") if word)
    if strange := sorted(words - FUELS):
        raise RefusedError("fuel", "is not known", strange[0])
    return words or None


def body_codes(text: str) -> frozenset[BodyCode] | None:
    """Read "system:code" separated by spaces. Raises RefusedError."""
    if not text:
        return None
    pairs = [word.partition(":") for word in text.split() if word != "-"]
    if any(not (system and code) for system, _, code in pairs):
        raise RefusedError("body_codes", "is not of the form system:code, as EU.digits:27")
    if strange := sorted({system for system, _, _ in pairs} - BODY_SYSTEMS):
        known = ", ".join(sorted(BODY_SYSTEMS))
        raise RefusedError("body_codes", f"is of no known system ({known})", strange[0])
    return frozenset(BodyCode(system, code) for system, _, code in pairs)


def euro(norm: str) -> int | None:
    """Read a Euro norm or emission class: Arabic and Roman are the same. Raises RefusedError."""
    if not norm:
        return None
    if norm in ROMAN:
        return ROMAN[norm]
    if len(norm) == 1 and norm in "01234567":
        return int(norm)
    raise RefusedError("euro_norm", "is not known", norm)


def reference(text: str) -> str | None:
    """Read the name of a vehicle itself, None for an empty cell. Raises RefusedError."""
    if text and not any(map(str.isalnum, text)):
        raise RefusedError("vehicle_ref", "names no vehicle")
    return text or None


def number(name: str, text: str) -> int | None:
    """Read a positive whole number. Raises RefusedError."""
    if not text:
        return None
    if not NUMBER.fullmatch(text) or int(text) == 0:
        raise RefusedError(name, "is not a positive whole number", text)
    return int(text)


def power(text: str) -> float | None:
    """Read kilowatts. Raises RefusedError."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise RefusedError("power_kw", "is not a number") from error
    if not 0 < value < 10_000:
        raise RefusedError("power_kw", "is not a plausible power")
    return value


def kind_named(text: str) -> VehicleKind | None:
    """Read the Dutch kind of a vehicle. Raises RefusedError."""
    try:
        return VehicleKind(text) if text else None
    except ValueError as error:
        raise RefusedError("vehicle_kind", "is not known") from error


def day(name: str, text: str) -> date | None:
    """Read an ISO date since 1900. Raises RefusedError."""
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError as error:
        raise RefusedError(name, "is not a date") from error
    if found is not None and found < OLDEST:
        raise RefusedError(name, "lies before 1900")
    return found


def truth(name: str, text: str) -> bool | None:
    """Read yes or no. Raises RefusedError."""
    words = {"": None, "yes": True, "no": False, "true": True, "false": False}
    if text.lower() not in words:
        raise RefusedError(name, "is neither yes nor no", text)
    return words[text.lower()]


def one_of(name: str, text: str, known: frozenset[str]) -> str | None:
    """Return a known word, None for an empty cell. Raises RefusedError."""
    if text and text not in known:
        raise RefusedError(name, "is not known", text)
    return text or None


def matching(name: str, text: str, pattern: re.Pattern[str]) -> str | None:
    """Return a word of a known form, None for an empty cell. Raises RefusedError."""
    if text and not pattern.fullmatch(text):
        raise RefusedError(name, "is not known", text)
    return text or None
