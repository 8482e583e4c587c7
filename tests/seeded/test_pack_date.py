"""A pack with one date off by a day is found before it is published, whichever date it is.

Every date of every shipped pack is shifted by a day in both directions: where it stands, one place
at a time; and at all places with the same date at once, as a consistent mistake would be.
"""

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.access.cases import cases
from edge.access.pack import SHIPPED, load_pack
from edge.errors import PackError
from tests.tools.publish.workshop import Workshop, finished, workshop
from tools.publish.of_packs import LAW, calendar_of, parcel_of, refuse_other_days

__all__ = ["finished", "workshop"]

NAMES = ("fl-zes", "nl-ze")
DAYS = (-1, 1)
PEN = ("packs-1", "packs-2", "online")
PROSE = {"bron", "tekst", "uitleg", "titel"}
"""What a pack quotes for a reader; no rule asks it."""
WITHOUT_EFFECT = {
    "sinds": "it says when the maintainer filled something in, and no rule asks it",
    "bekendgemaakt": "the list was published 30 months ahead, 18 are needed, and the issuer alone "
    "asks whether a vehicle was bought before",
}


class Place(NamedTuple):
    """One date of a pack: where it stands in the text."""

    key: str
    day: date
    start: int
    end: int


@cache
def text_of(name: str) -> str:
    return (SHIPPED / f"{name}.toml").read_text()


@cache
def places(name: str) -> tuple[Place, ...]:
    """Return every date of a pack that is a value; several may stand on a line."""
    found, text = [], text_of(name)
    for line in re.finditer(r"^(\w+) = (.*)$", text, re.MULTILINE):
        if line[1] not in PROSE:
            for day in re.finditer(r"\d{4}-\d\d-\d\d", line[2]):
                start = line.start(2) + day.start()
                found.append(Place(line[1], date.fromisoformat(day[0]), start, start + 10))
    return tuple(found)


def effective(name: str) -> Iterator[Place]:
    return (place for place in places(name) if place.key not in WITHOUT_EFFECT)


def shifted(name: str, chosen: list[Place], days: int) -> str:
    text = text_of(name)
    for place in chosen:
        moved = (place.day + timedelta(days=days)).isoformat()
        text = text[: place.start] + moved + text[place.end :]
    return text


def refused(tmp_path: Path, name: str, text: str) -> bool:
    """True when a pack of this text cannot be loaded, or is not the law of the calendar."""
    (tmp_path / f"{name}.toml").write_text(text)
    try:
        pack = load_pack(tmp_path / f"{name}.toml")
    except PackError:
        return True
    return not all(case.agrees(case.decided()) for case in calendar_of(pack, LAW / f"{name}.csv"))


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_packs_are_the_law_of_their_calendars(name) -> None:
    refuse_other_days(load_pack(SHIPPED / f"{name}.toml"), LAW / f"{name}.csv")


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("name", NAMES)
def test_every_date_that_slipped_at_one_place_is_found(tmp_path, name, days) -> None:
    chosen = list(effective(name))
    assert len(chosen) >= 40
    missed = [p for p in chosen if not refused(tmp_path, name, shifted(name, [p], days))]
    assert missed == []


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("name", NAMES)
def test_every_date_that_slipped_everywhere_at_once_is_found(tmp_path, name, days) -> None:
    chosen = list(effective(name))
    for day in sorted({place.day for place in chosen}):
        same = [place for place in chosen if place.day == day]
        if not borders_no_answer(name, same):
            assert refused(tmp_path, name, shifted(name, same, days)), day


def borders_no_answer(name: str, same: list[Place]) -> bool:
    """True for a border between two derived norms whose vehicles the law treats alike.

    Euro 0 and 1 are denied alike, Euro 3 and 4 are free alike on petrol and denied alike on
    diesel; in the Netherlands classes 0 to 4 are denied alike. Such a border moved as a whole
    changes no answer; moved on one side only it leaves a gap or an overlap, which is refused.
    """
    alike = {"fl-zes": {(0, 1), (3, 4)}, "nl-ze": {(0, 1), (1, 2), (2, 3), (3, 4)}}[name]
    if any(place.key != "eerste_datum" for place in same):
        return False
    norms = [norm_at(text_of(name), place) for place in same]
    pairs = zip(norms[::2], norms[1::2], strict=True)
    return all((min(pair), max(pair)) in alike for pair in pairs)


def norm_at(text: str, place: Place) -> int:
    """Return the derived norm whose border a date is."""
    return int(re.findall(r"^norm = (\d)$", text[: place.start], re.MULTILINE)[-1])


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", WITHOUT_EFFECT)
def test_a_date_that_is_left_out_changes_no_answer(tmp_path, name, key, days) -> None:
    chosen = [place for place in places(name) if place.key == key]
    assert not chosen or not refused(tmp_path, name, shifted(name, chosen, days))


@pytest.mark.parametrize("name", NAMES)
def test_every_date_stands_in_the_calendar_with_the_day_before_its_first_instant_and_itself(
    name,
) -> None:
    asked = calendar_of(load_pack(SHIPPED / f"{name}.toml"), LAW / f"{name}.csv")
    by_name = {case.id: case for case in asked}
    edges = {case.id.removesuffix("-first") for case in asked if case.id.endswith("-first")}
    spans = [edge for edge in edges if f"{edge}-before" in by_name]
    assert len(spans) >= 20
    for edge in spans:
        before, first, day = (by_name[f"{edge}-{word}"] for word in ("before", "first", "day"))
        assert (first.at - before.at, day.at - first.at) == (
            timedelta(seconds=1),
            timedelta(hours=12),
        )
        assert before.expected != first.expected == day.expected


def test_such_a_pack_is_not_published_and_its_case_is_named(workshop: Workshop) -> None:
    folder = workshop.folder / "packs"
    shutil.copytree(SHIPPED, folder)
    pack, table = folder / "nl-ze.toml", folder / "nl-ze.cases.csv"
    late = pack.read_text().replace("waarde = 2026-12-31", "waarde = 2027-01-01")
    pack.write_text(late)
    # The same hand that slipped in the pack slips in the table that travels with it.
    table.write_text(table.read_text().replace("2027-01-01", "2027-01-02"))
    with table.open(encoding="utf-8") as lines:
        assert all(case.agrees(case.decided()) for case in cases(lines, [load_pack(pack)]))
    said = workshop.run("packs", "--from", folder, keys=PEN)
    assert said.code == 1
    named = "NL-van-class-5-ends-first must end in no_access/hold_day and ends in free_access/none"
    assert f"Pack nl-ze is not the law of its calendar: {named} by NV6" in said.err
    assert said.err.count("\n") == 1
    assert workshop.run("show").out.count("  no release yet") == 3


def test_the_same_packs_without_the_slip_may_be_published(tmp_path) -> None:
    assert set(parcel_of(SHIPPED, "law").files) >= {"nl-ze.toml", "fl-zes.cases.csv"}
