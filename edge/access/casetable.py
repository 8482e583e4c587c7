"""The cells of a case table, looked at before a case is made of them. Pure."""

import csv
import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, time

from edge.access.rules import STAGES
from edge.types import Consequence, Outcome, VehicleKind

COLUMNS = (
    *("case_id", "jurisdiction", "date", "category", "reference_mass_kg", "fuel"),
    *("euro_norm_or_stage", "first_registration", "body_code", "exemption", "expected_outcome"),
    *("reason", "source", "certain", "time", "vehicle_kind", "max_mass_kg", "special_code"),
    *("power_kw", "plate_country", "zone", "zone_start", "consequence", "rule_ref"),
)
OPTIONAL = ("marks",)
"""Where it is there, a cell holds all marks of the answer, with + between them."""
FILLED = ("case_id", "jurisdiction", "date", "expected_outcome", "consequence")
NORMS = frozenset({*map(str, range(8)), "EEV", "Z", *STAGES})


def one_of(words: Collection[str]) -> Callable[[str], object]:
    """Return a check that a word is known."""

    def check(text: str) -> None:
        if text not in words:
            raise ValueError(f"is none of {', '.join(sorted(words))}")

    return check


def form(read: Callable[[str], object], name: str) -> Callable[[str], object]:
    """Return a check that a cell can be read, which says what it should have been."""

    def check(text: str) -> None:
        try:
            read(text)
        except ValueError as error:
            raise ValueError(f"is not {name}") from error

    return check


DAY = form(date.fromisoformat, "a date (YYYY-MM-DD)")
NUMBER = form(int, "a whole number")
CHECKS: Mapping[str, Callable[[str], object]] = {
    "date": DAY,
    "first_registration": DAY,
    "zone_start": DAY,
    "time": form(time.fromisoformat, "a time (HH:MM)"),
    "reference_mass_kg": NUMBER,
    "max_mass_kg": NUMBER,
    "power_kw": form(float, "a number"),
    "euro_norm_or_stage": one_of(NORMS),
    "vehicle_kind": one_of(list(VehicleKind)),
    "certain": one_of(("yes", "no")),
    "expected_outcome": one_of(list(Outcome)),
    "consequence": one_of(list(Consequence)),
}


def table_rows(
    lines: Iterable[str], jurisdictions: Collection[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each row with its place in words. Raises ValueError: place, column and cause."""
    reader = csv.DictReader(lines, strict=True)
    checks = {**CHECKS, "jurisdiction": one_of(jurisdictions)}
    empty = True
    try:
        check_header(reader.fieldnames)
        for row in reader:
            empty = False
            place = f"line {reader.line_num}, case {row['case_id'] or '?'}"
            check_row(place, row, checks)
            yield place, row
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num} is not CSV ({error})") from error
    if empty:
        raise ValueError("it holds no cases below its header")


def check_header(names: Iterable[str] | None) -> None:
    """Raise ValueError for a column that is missing or unknown, or when there is no header."""
    if names is None:
        raise ValueError("it is empty; its first line names the columns")
    given = list(names)
    missing = [name for name in COLUMNS if name not in given]
    known = (*COLUMNS, *OPTIONAL)
    for name in given:
        if name not in known or given.count(name) > 1:
            near = difflib.get_close_matches(name, missing, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problem = "unknown" if name not in known else "there twice"
            raise ValueError(f"line 1: column {name!r} is {problem}{hint}")
    if missing:
        raise ValueError(f"line 1 lacks the column {', '.join(missing)}")


def check_row(
    place: str, row: Mapping[str, str], checks: Mapping[str, Callable[[str], object]]
) -> None:
    """Raise ValueError for a row that is too short or long, or a cell that cannot be read."""
    if None in row or None in row.values():
        columns = sum(name is not None for name in row)
        raise ValueError(f"{place}: it has not as many cells as the {columns} columns")
    for name in FILLED:
        if not row[name]:
            raise ValueError(f"{place}, column {name}: it is empty")
    for name, check in checks.items():
        try:
            if row[name]:
                check(row[name])
        except ValueError as error:
            raise ValueError(f"{place}, column {name}: {row[name]!r} {error}") from error
