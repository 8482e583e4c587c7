"""The case tables that come with our own packs: every row is asked, and every slip is seen."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from edge.access.cases import Case, cases
from edge.access.pack import SHIPPED, load_pack
from edge.access.rules import RulePack
from edge.errors import PackError
from tests.conftest import SHARED

NAMES = ("fl-zes", "nl-ze")
MARKS_ONLY = "van_class6_until_text_2023"
"""The one date that changes no outcome, but a mark."""
ENTRY = re.compile(
    r'\[\[(regel|vrijstelling)\]\]\nid = "([^"]+)"\n(?:als = .*\n)?.*?(?=\n\n|\Z)', re.DOTALL
)
PARAMETER = re.compile(r"\[parameters\.(\w+)\]\nwaarde = (\d{4}-\d\d-\d\d)")
OUTCOME = re.compile(r'uitkomst = "(\w+)"')
OUTCOMES = {"free_access", "permitted", "permit_possible", "no_access"}


@cache
def text_of(name: str) -> str:
    return (SHIPPED / f"{name}.toml").read_text()


def asked(pack: RulePack) -> list[Case]:
    with (SHIPPED / f"{pack.id}.cases.csv").open(encoding="utf-8", newline="") as lines:
        return list(cases(lines, [pack]))


def seen(tmp_path: Path, text: str) -> bool:
    """True when a pack with this text is refused by its proof or by its own table."""
    (tmp_path / "pack.toml").write_text(text)
    try:
        pack = load_pack(tmp_path / "pack.toml")
    except PackError:
        return True
    return not all(case.agrees(case.decided()) for case in asked(pack))


def shifted(name: str) -> Iterator[tuple[str, str, int]]:
    for found in PARAMETER.finditer(text_of(name)):
        if found[1] != MARKS_ONLY:
            yield from ((name, found[1], days) for days in (-1, 1))


def entries(name: str) -> Iterator[tuple[str, str]]:
    return ((name, found[2]) for found in ENTRY.finditer(text_of(name)))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_pack_agrees_with_every_case_of_its_table(name) -> None:
    pack = load_pack(SHIPPED / f"{name}.toml")
    assert [case.id for case in asked(pack) if not case.agrees(case.decided())] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_exemption_and_record_type_answers_a_case_that_names_it(name) -> None:
    pack = load_pack(SHIPPED / f"{name}.toml")
    rows = [row for table in pack.tables.values() for row in table] + list(pack.exemptions)
    known = {row.id for row in rows} | {kind.code for kind in pack.types}
    named = {case.rule_ref for case in asked(pack) if case.decided().rule == case.rule_ref}
    assert known - named == set()


@pytest.mark.parametrize("name", NAMES)
def test_no_case_is_a_copy_of_another(name) -> None:
    with (SHIPPED / f"{name}.cases.csv").open(encoding="utf-8") as lines:
        rows = [line.split(",", 1)[1] for line in lines]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("name", NAMES)
def test_no_case_repeats_the_sentence_of_the_policys_table(name) -> None:
    table = SHARED / "policy" / "decision_cases.csv"
    if not table.is_file():
        pytest.skip("the case table (../shared/policy) is not here")
    theirs = table.read_text()
    for line in (SHIPPED / f"{name}.cases.csv").read_text().splitlines()[1:]:
        assert line.split(",", 1)[1] not in theirs


@pytest.mark.parametrize(("name", "parameter", "days"), [*shifted("fl-zes"), *shifted("nl-ze")])
def test_a_date_of_the_law_that_slipped_by_a_day_is_seen(tmp_path, name, parameter, days) -> None:
    text = text_of(name)
    found = next(found for found in PARAMETER.finditer(text) if found[1] == parameter)
    other = date.fromisoformat(found[2]) + timedelta(days=days)
    assert seen(tmp_path, text[: found.start(2)] + other.isoformat() + text[found.end(2) :])


@pytest.mark.parametrize(("name", "entry"), [*entries("fl-zes"), *entries("nl-ze")])
def test_a_row_with_another_outcome_or_an_exemption_that_was_lost_is_seen(
    tmp_path, name, entry
) -> None:
    text = text_of(name)
    row = next(found for found in ENTRY.finditer(text) if found[2] == entry)
    if row[1] == "vrijstelling":
        assert seen(tmp_path, text[: row.start()] + text[row.end() :])
        return
    now = OUTCOME.search(row[0])
    assert now is not None
    for other in OUTCOMES - {now[1]}:
        swapped = row[0].replace(now[0], f'uitkomst = "{other}"')
        assert seen(tmp_path, text[: row.start()] + swapped + text[row.end() :]), other
