"""A deny list decides as the full registry does, or says nothing of whom that one clears."""

import csv
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.evaluate import OPEN
from edge.access.pack import SHIPPED, load_law, shipped
from edge.registry.cache import RegistryCache
from edge.registry.content import content_of, written
from edge.registry.delta import apply_delta
from edge.types import BodyCode, Consequence, Decision, Outcome
from tests.conftest import DEMO
from tests.edge.access.test_properties import (
    INPUTS,
    LAW,
    MOMENTS,
    TYPES,
    VEHICLES,
    partly_known,
    records,
)
from tests.edge.access.world import AT, facts, flanders, utrecht, van
from tests.edge.registry.deltas import restate
from tests.edge.registry.test_cache import altered, copied, refusal, resealed
from tests.tools.registry_orders import EXEMPTIONS_AS_OF, KEY, VEHICLES_AS_OF, order, registry
from tools.build_registry import build
from tools.deny_list import Sieve, keep_listed, span, spans
from tools.make_delta import make_delta

ELECTRIC = van(fuels=frozenset({"electric"}), zero_emission=True, euro=None)


def listed(source: Path, to: Path, *statements: str) -> Path:
    copied(source, to)
    with closing(sqlite3.connect(to)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
        keep_listed(connection, Sieve(spans(shipped(), VEHICLES_AS_OF, EXEMPTIONS_AS_OF)))
        restate(connection)
        connection.commit()
        connection.execute("VACUUM")
    resealed(to)
    return to


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return registry(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def short(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return listed(full, tmp_path_factory.mktemp("short") / "registry.sqlite")


def harmless(decision: Decision) -> bool:
    return decision.outcome in OPEN or decision.consequence is Consequence.NONE


@settings(max_examples=300, deadline=None)
@given(
    LAW,
    VEHICLES,
    st.sets(st.sampled_from(INPUTS), max_size=3),
    MOMENTS,
    st.integers(0, 35 * 24),
    records(tuple(TYPES)),
    st.none() | st.dates(date(1985, 1, 1), date(2034, 1, 1)),
)
def test_whom_the_list_leaves_out_the_full_registry_clears_as_long_as_it_may_be_used(
    law, vehicle, unknown, as_of, hours, granted, used
) -> None:
    vehicle = replace(partly_known(vehicle, unknown), first_known_use=used)
    sieve = Sieve([span(law().pack, as_of, as_of)])
    if not sieve.stays(vehicle, recorded=bool(granted)):
        at = as_of + timedelta(hours=hours)
        known = facts(vehicle, *granted, at=as_of)
        for country in ("NL", "BE", "DE"):
            passage = desk_passage(country, at)
            decision = decide(passage, known, law(), desk_clock(at))
            # By a law that has run out nobody is accused, listed or not.
            assert harmless(decision) or decision.rule == "PACK"


@pytest.mark.parametrize(
    ("vehicle", "stays"),
    [
        (van(), True),
        (ELECTRIC, False),
        (van(category="M1"), False),
        (van(euro=6), False),
        (van(euro=6, first_registration=AT.date() + timedelta(days=1)), True),  # no such vehicle
        (van(euro=None, first_registration=None), True),
        (van(max_mass_kg=None, category="M1"), False),
    ],
)
def test_only_a_vehicle_that_is_cleared_for_certain_is_left_out(vehicle, stays) -> None:
    assert Sieve([span(flanders().pack, AT, AT)]).stays(vehicle, recorded=False) is stays


def test_a_vehicle_on_the_list_of_exempt_types_stays_where_its_plate_has_records() -> None:
    crane = van(body_codes=frozenset({BodyCode("DIV.codeForBodyWork", "KG")}))
    sieve = Sieve([span(flanders().pack, AT, AT)])
    assert [sieve.stays(crane, recorded) for recorded in (False, True)] == [False, True]


def test_a_vehicle_whose_time_ends_while_the_registry_may_be_used_stays() -> None:
    pack, at = utrecht().pack, AT.replace(year=2027, month=12, day=20)
    fives = van(euro=5, first_registration=date(2014, 1, 1))
    later, sooner = at.replace(year=2026), at.replace(year=2026, month=11, day=1)
    assert not Sieve([span(pack, sooner, sooner)]).stays(fives, recorded=False)
    assert Sieve([span(pack, later, later)]).stays(fives, recorded=False)


def test_every_plate_of_the_register_is_decided_alike_or_was_cleared(full, short) -> None:
    laws = {
        "BE": load_law(SHIPPED / "fl-zes.toml", "voorbeeldgem"),
        "NL": load_law(SHIPPED / "nl-ze.toml", "utrecht"),
    }
    with (DEMO / "vehicles.csv").open(newline="") as stream:
        plates = [(row["country"], row["plate"]) for row in csv.DictReader(stream)]
    left_out = 0
    with RegistryCache.open(full, KEY) as whole, RegistryCache.open(short, KEY) as deny:
        for country, plate in plates:
            for law in laws.values():
                passage, clock = desk_passage(country, AT, plate), desk_clock(AT)
                ours = decide(passage, deny.facts(passage), law, clock)
                theirs = decide(passage, whole.facts(passage), law, clock)
                if deny.facts(passage).vehicle is None:
                    left_out += 1
                    assert harmless(theirs)
                    assert (ours.outcome, ours.consequence) == (Outcome.REVIEW, Consequence.NONE)
                else:
                    assert (ours.outcome, ours.rule) == (theirs.outcome, theirs.rule)
                    assert deny.facts(passage).exemptions == whole.facts(passage).exemptions
    assert 0 < left_out < 2 * len(plates)


def test_a_plate_that_is_not_on_the_list_is_nobodys_work_and_says_why(short) -> None:
    with RegistryCache.open(short, KEY) as deny:
        passage = desk_passage("BE", AT, "1ZZZ999")
        decision = decide(passage, deny.facts(passage), flanders(), desk_clock(AT))
    assert (decision.outcome, decision.consequence) == (Outcome.REVIEW, Consequence.NONE)
    assert "is a deny list" in decision.reason


def test_the_list_holds_nothing_of_those_left_out_but_its_canaries(full, short) -> None:
    with closing(sqlite3.connect(short)) as connection:
        tables = ("vehicles", "exemptions", "kinds", "canaries")
        held = {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}
        orphans = (
            "SELECT count(*) FROM exemptions WHERE token NOT IN (SELECT token FROM every_vehicle)"
        )
        assert connection.execute(orphans).fetchone() == (0,)
        canaries = "SELECT count(*) FROM every_vehicle JOIN canaries USING (token)"
        assert connection.execute(canaries).fetchone() == (held["canaries"],)
    with closing(sqlite3.connect(full)) as connection:
        for table in ("vehicles", "kinds"):
            assert held[table] < connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_two_vehicles_on_one_plate_at_once_stay_though_each_is_cleared(full, tmp_path) -> None:
    twice = (
        "INSERT INTO vehicles SELECT token, 5, NULL, kind, first_registered, max_mass_kg, "
        "reference_mass_kg, first_used, ref FROM vehicles"
    )
    both = listed(full, tmp_path / "registry.sqlite", twice)
    with closing(sqlite3.connect(full)) as connection:
        plates = connection.execute("SELECT count(*) FROM vehicles").fetchone()[0]
    with closing(sqlite3.connect(both)) as connection:
        assert connection.execute("SELECT count(*) FROM vehicles").fetchone()[0] == 2 * plates


def test_a_deny_list_comes_to_its_next_version_by_a_delta(full, short, tmp_path) -> None:
    made = tmp_path / "registry.sqlite"
    make_delta(full, short, tmp_path / "delta")
    apply_delta(full, tmp_path / "delta", made)
    with RegistryCache.open(made, KEY) as deny, RegistryCache.open(full, KEY) as whole:
        assert (deny.snapshot.listed, whole.snapshot.listed) == (True, False)


def test_the_builder_makes_a_deny_list_for_the_packs_it_is_given(tmp_path) -> None:
    made = replace(order(tmp_path), deny_list=(SHIPPED / "nl-ze.toml",))
    writer, _ = build(made)
    with RegistryCache.open(made.out, KEY) as deny:
        assert deny.snapshot.listed
        assert deny.snapshot.sha256 == written(content_of(deny.connection))
        assert deny.facts(desk_passage("NL", AT, "VDS41K")).exemptions
    assert writer.counts["vehicles"] + writer.counts["plain"] < sum(writer.summary.values())


def test_a_scope_that_is_not_known_is_refused(short, tmp_path) -> None:
    copy = copied(short, tmp_path / "registry.sqlite")
    altered(copy, "UPDATE meta SET value = 'partly' WHERE name = 'scope'")
    assert refusal(copy) == "The registry states a scope that is not known."
