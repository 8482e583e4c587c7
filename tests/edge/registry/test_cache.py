"""The registry on the box: every damage is refused at the door, every fault is a fact."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.pack import SHIPPED, load_law, shipped
from edge.access.rules import Law, Zone
from edge.errors import RegistryError
from edge.registry.cache import AbsentRegistry, RegistryCache
from edge.registry.content import content_of, written
from edge.registry.seal import seal_of
from edge.registry.token import token
from tests.tools.registry_orders import EXEMPTIONS_AS_OF, KEY, VEHICLES_AS_OF, registry

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
JOURNAL_BEGINS = bytes.fromhex("d9d505f920a163d7 ffffffff")
"""What a journal begins with once SQLite brought it to the disk."""


def copied(source: Path, to: Path) -> Path:
    shutil.copy(seal_of(source), seal_of(to))
    return Path(shutil.copy(source, to))


def resealed(path: Path) -> None:
    """Seal a registry that was spoilt on purpose, so that the deeper checks must find it."""
    seal_of(path).write_text(hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return registry(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return copied(built, tmp_path / "registry.sqlite")


@pytest.fixture
def cache(built: Path) -> Iterator[RegistryCache]:
    with RegistryCache.open(built, KEY) as opened:
        yield opened


def altered(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    resealed(path)


def refusal(path: Path, key: bytes = KEY) -> str:
    with pytest.raises(RegistryError) as refused:
        RegistryCache.open(path, key)
    assert refused.value.remedy
    return refused.value.cause


def test_a_known_plate_comes_with_all_its_records(cache) -> None:
    facts = cache.facts(desk_passage("NL", AT, "VDS41K"))
    assert facts.vehicle is not None
    assert facts.vehicle.euro == 4
    assert [record.type for record in facts.exemptions] == ["FL-IT-3"]
    assert facts.fault is None


def test_an_unknown_plate_is_a_fact_not_a_fault(cache) -> None:
    facts = cache.facts(desk_passage("NL", AT, "27BXK4"))
    assert (facts.vehicle, facts.exemptions, facts.fault) == (None, (), None)


def test_the_same_plate_of_another_country_is_another_vehicle(cache) -> None:
    assert cache.facts(desk_passage("BE", AT, "VDS41K")).vehicle is None


def test_a_plate_without_a_country_is_never_looked_up(cache) -> None:
    facts = cache.facts(desk_passage(None, AT, "VDS41K"))
    assert facts.vehicle is None
    assert facts.fault == "the country of the plate is unknown"


def test_the_snapshot_names_its_rows_and_the_age_of_its_sources(cache) -> None:
    snapshot = cache.snapshot
    assert snapshot.id == "demo-1"
    assert snapshot.sha256 == written(content_of(cache.connection))
    assert (snapshot.vehicles_as_of, snapshot.exemptions_as_of) == (
        VEHICLES_AS_OF,
        EXEMPTIONS_AS_OF,
    )


def test_a_vehicle_is_found_only_while_it_holds_the_plate(copy) -> None:
    key = token(KEY, "NL", "VDS41K")
    start, end = int(AT.timestamp()), int((AT + timedelta(hours=1)).timestamp())
    altered(copy, f"UPDATE vehicles SET valid_from = {start}, valid_to = {end} WHERE token = {key}")
    with RegistryCache.open(copy, KEY) as cache:
        found = [
            cache.facts(desk_passage("NL", AT + timedelta(seconds=s), "VDS41K")).vehicle is not None
            for s in (-1, 0, 3599, 3600)
        ]
    assert found == [False, True, True, False]


def test_two_vehicles_on_one_plate_are_a_fault(copy) -> None:
    key = token(KEY, "NL", "VDS41K")
    altered(
        copy,
        f"INSERT INTO vehicles SELECT token, 7, valid_to, kind, 1, 1, 1, 1, 1 FROM vehicles "
        f"WHERE token = {key}",
        "UPDATE meta SET value = value + 1 WHERE name = 'vehicles'",
    )
    with RegistryCache.open(copy, KEY) as cache:
        assert cache.facts(desk_passage("NL", AT, "VDS41K")).fault is not None


def test_a_missing_file_is_refused(tmp_path) -> None:
    assert "no registry file" in refusal(tmp_path / "none.sqlite")


def test_a_file_that_is_no_database_is_refused(tmp_path) -> None:
    (tmp_path / "registry.sqlite").write_bytes(b"not a database at all" * 400)
    resealed(tmp_path / "registry.sqlite")
    assert "not a database" in refusal(tmp_path / "registry.sqlite")


def test_an_empty_file_is_refused(tmp_path) -> None:
    (tmp_path / "registry.sqlite").touch()
    resealed(tmp_path / "registry.sqlite")
    assert "schema 0" in refusal(tmp_path / "registry.sqlite")


def test_another_schema_is_refused(copy) -> None:
    altered(copy, "PRAGMA user_version = 9")
    assert "schema 9" in refusal(copy)


def test_a_file_of_the_first_version_is_refused_with_its_remedy(copy) -> None:
    lost = (("kinds", "eev"), ("vehicles", "first_used"), ("vehicles", "ref"))
    dropped = [f"ALTER TABLE {table} DROP COLUMN {name}" for table, name in lost]
    altered(copy, "DROP VIEW every_vehicle", *dropped, "PRAGMA user_version = 1")
    with pytest.raises(RegistryError) as refused:
        RegistryCache.open(copy, KEY)
    assert refused.value.cause == "The registry has schema 1, this software reads 3."
    assert "build the registry again" in refused.value.remedy


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused(copy, share) -> None:
    content = copy.read_bytes()
    copy.write_bytes(content[: int(len(content) * share)])
    resealed(copy)
    assert "damaged" in refusal(copy)


def test_a_garbled_page_is_refused(copy) -> None:
    content = bytearray(copy.read_bytes())
    content[2 * 4096 : 3 * 4096] = b"\xff" * 4096
    copy.write_bytes(content)
    resealed(copy)
    assert "damaged" in refusal(copy)


@pytest.mark.parametrize("table", ["vehicles", "exemptions", "canaries"])
def test_lost_rows_are_refused(copy, table) -> None:
    altered(copy, f"DELETE FROM {table} WHERE token = (SELECT min(token) FROM {table})")
    assert f"{table}, it was built with" in refusal(copy)


def test_an_emptied_exemption_table_is_refused(copy) -> None:
    altered(copy, "DELETE FROM exemptions")
    assert "holds 0 exemptions" in refusal(copy)


def test_a_missing_table_or_column_is_refused(copy) -> None:
    altered(copy, "ALTER TABLE exemptions DROP COLUMN scope")
    assert "exemptions lacks scope" in refusal(copy)
    altered(copy, "DROP TABLE exemptions")
    assert "exemptions lacks" in refusal(copy)


@pytest.mark.parametrize("name", ["id", "exemptions_as_of", "key_check", "exemptions"])
def test_a_file_that_does_not_state_what_it_holds_is_refused(copy, name) -> None:
    altered(copy, f"DELETE FROM meta WHERE name = '{name}'")
    assert f"does not state {name}" in refusal(copy)


def test_a_wrong_token_key_is_refused_and_never_answers_not_found(copy) -> None:
    assert "another token key" in refusal(copy, b"x" * 32)


def test_the_file_is_not_written_to(cache) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        cache.connection.execute("DELETE FROM exemptions")


def test_a_fault_at_look_up_is_a_fact(built) -> None:
    cache = RegistryCache.open(built, KEY)
    cache.close()
    facts = cache.facts(desk_passage("NL", AT, "VDS41K"))
    assert facts.vehicle is None
    assert facts.fault is not None
    assert "VDS41K" not in facts.fault


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE exemptions SET type = hex(zeroblob(50000))",
        "UPDATE kinds SET body_codes = 'a:' || hex(zeroblob(50000))",
    ],
)
def test_what_no_record_could_carry_is_a_fault(copy, statement) -> None:
    """A passage whose record is too long to leave would stop the box, and every start of it."""
    altered(copy, statement)
    with RegistryCache.open(copy, KEY) as cache:
        facts = cache.facts(desk_passage("NL", AT, "VDS41K"))
    assert facts.fault is not None
    assert len(facts.fault) < 200
    assert (facts.vehicle, facts.exemptions) == (None, ())


def test_a_registry_overwritten_while_open_is_a_fault(copy, tmp_path) -> None:
    """`cp old new` keeps the file and changes what is in it: stale rows would answer as fresh."""
    other = copied(copy, tmp_path / "other.sqlite")
    altered(other, "DELETE FROM exemptions", "INSERT INTO meta VALUES ('note', 'another')")
    with RegistryCache.open(copy, KEY) as cache:
        assert cache.facts(desk_passage("NL", AT, "VDS41K")).fault is None
        copy.write_bytes(other.read_bytes())
        os.utime(copy, ns=(0, 0))
        facts = cache.facts(desk_passage("NL", AT, "VDS41K"))
    assert facts.fault == "the registry file was changed while it was open"
    assert (facts.vehicle, facts.exemptions) == (None, ())


def test_a_registry_replaced_by_another_file_goes_on_answering_what_was_opened(copy, built) -> None:
    with RegistryCache.open(copy, KEY) as cache:
        shutil.copy(built, copy.with_name("draft")).rename(copy)
        assert cache.facts(desk_passage("NL", AT, "VDS41K")).fault is None


def test_what_lies_beside_the_registry_changes_no_answer(copy, built) -> None:
    """SQLite would want to play a journal back that a program left behind."""
    writer = sqlite3.connect(copy, isolation_level=None)
    writer.execute("BEGIN")
    writer.execute("UPDATE exemptions SET status = 'afgewezen'")
    journal = copy.with_name(f"{copy.name}-journal")
    left = journal.read_bytes()
    writer.close()
    shutil.copy(built, copy)
    journal.write_bytes(JOURNAL_BEGINS + left[len(JOURNAL_BEGINS) :])
    with RegistryCache.open(copy, KEY) as cache:
        facts = cache.facts(desk_passage("NL", AT, "VDS41K"))
    assert [record.status for record in facts.exemptions] == ["toegekend"]


def test_a_registry_cut_short_while_open_is_a_fault_and_not_the_end_of_the_box(copy) -> None:
    with RegistryCache.open(copy, KEY) as cache:
        os.truncate(copy, 512)
        facts = cache.facts(desk_passage("NL", AT, "VDS41K"))
    assert facts.fault is not None
    assert (facts.vehicle, facts.exemptions) == (None, ())


def test_a_registry_changed_between_proof_and_opening_is_refused(copy, built, monkeypatch) -> None:
    def swapped(path: Path, stream: BinaryIO) -> None:
        shutil.copy(built, path.with_name("draft")).rename(path)

    monkeypatch.setattr("edge.registry.cache.prove", swapped)
    assert "changed while it was opened" in refusal(copy)


def test_a_flipped_bit_is_refused_at_the_door(copy) -> None:
    content = copy.read_bytes()
    at = content.index(b"toegekend")
    flipped = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    copy.write_bytes(flipped)
    assert "not the one its seal names" in refusal(copy)


def test_a_registry_without_its_seal_is_refused(copy) -> None:
    seal_of(copy).unlink()
    assert "lacks its seal" in refusal(copy)


def test_a_seal_that_cannot_be_read_is_refused(copy) -> None:
    seal_of(copy).write_bytes(b"\xff\xfe")
    assert "cannot be read" in refusal(copy)


@pytest.mark.parametrize("status", ["'uoegekend'", "'Toegekend'", "''", "7", "x'00'"])
def test_an_unknown_status_is_a_fault_and_never_means_not_granted(copy, status) -> None:
    altered(copy, f"UPDATE exemptions SET status = {status}")
    with RegistryCache.open(copy, KEY) as cache:
        assert cache.facts(desk_passage("NL", AT, "VDS41K")).fault is not None


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("exemptions", "scope = x'ff'"),
        ("exemptions", "scope = ''"),
        ("exemptions", "scope = 'voorbeeldgem+'"),
        ("exemptions", "valid_from = 'soon'"),
        ("exemptions", "valid_from = 1.5"),
        ("exemptions", "valid_to = 'soon'"),
        ("exemptions", "valid_to = valid_from"),
        ("exemptions", "valid_to = 1e17"),
        ("exemptions", "requested_at = x'00'"),
        ("exemptions", "type = ''"),
        ("exemptions", "vehicle_ref = 'chassis'"),
        ("exemptions", "vehicle_ref = 1.5"),
        ("vehicles", "valid_from = 0.5"),
        ("vehicles", "valid_to = 'never'"),
        ("vehicles", "kind = 999"),
        ("vehicles", "kind = 'x'"),
        ("vehicles", "first_registered = 'old'"),
        ("vehicles", "first_registered = 99999999999"),
        ("vehicles", "first_used = 'old'"),
        ("vehicles", "first_used = 99999999999"),
        ("vehicles", "ref = 'chassis'"),
        ("vehicles", "ref = x'00'"),
        ("vehicles", "max_mass_kg = 'heavy'"),
        ("vehicles", "reference_mass_kg = -1"),
        ("kinds", "category = x'00'"),
        ("kinds", "category = 'Q1'"),
        ("kinds", "kind = 'bus'"),
        ("kinds", "fuels = 5"),
        ("kinds", "fuels = x'00'"),
        ("kinds", "fuels = ''"),
        ("kinds", "hybrid_class = 'PHEV'"),
        ("kinds", "zero_emission = 2"),
        ("kinds", "euro = 'six'"),
        ("kinds", "euro = 9"),
        ("kinds", "eev = 2"),
        ("kinds", "eev = 'yes'"),
        ("kinds", "eev = 1"),
        ("kinds", "stage = 'VIII'"),
        ("kinds", "power_kw = 'strong'"),
        ("kinds", "power_kw = -1"),
        ("kinds", "body_codes = 'F7'"),
        ("kinds", "body_codes = x'00'"),
    ],
)
def test_a_malformed_row_is_a_fault_and_never_an_exception(copy, table, change) -> None:
    altered(copy, f"UPDATE OR IGNORE {table} SET {change}")
    with RegistryCache.open(copy, KEY) as cache:
        facts = cache.facts(desk_passage("NL", AT, "VDS41K"))
    assert facts.fault is not None
    assert (facts.vehicle, facts.exemptions) == (None, ())


@pytest.mark.parametrize(
    ("value", "said"),
    [("'2028-06-01T05:00:00'", "without UTC offset"), ("'noon'", "damaged"), ("5", "damaged")],
)
@pytest.mark.parametrize("name", ["vehicles_as_of", "exemptions_as_of"])
def test_an_age_that_is_no_moment_is_refused(copy, name, value, said) -> None:
    altered(copy, f"UPDATE meta SET value = {value} WHERE name = '{name}'")
    assert said in refusal(copy)


def test_a_registry_whose_only_exemptions_are_canaries_is_refused(copy) -> None:
    altered(
        copy,
        "DELETE FROM exemptions WHERE token NOT IN (SELECT token FROM canaries)",
        "UPDATE meta SET value = (SELECT count(*) FROM exemptions) WHERE name = 'exemptions'",
    )
    assert "no exemption but made-up ones" in refusal(copy)


def test_an_absent_registry_says_why() -> None:
    facts = AbsentRegistry("there is no file").facts(desk_passage("NL", AT, "VDS41K"))
    assert (facts.fault, facts.snapshot) == ("there is no file", None)


def test_the_file_holds_no_plate_and_no_type_of_a_person(built) -> None:
    content = built.read_bytes()
    strange: list[bytes] = [b"VDS41K", b"1BVX308", b"KANARIE", b"ROLSTOEL", b"HANDICAP", KEY]
    assert not [word for word in strange if word in content]


def test_the_canaries_sing(cache) -> None:
    laws = {
        pack.jurisdiction: Law(pack, Zone("test", "test", "test", pack.valid_from))
        for pack in shipped()
    }
    canaries = cache.canaries()
    assert {canary.outcome for canary in canaries} >= {"free_access", "exempt", "no_access"}
    for canary in canaries:
        at = datetime.fromtimestamp(canary.at, UTC)
        passage = desk_passage(canary.country, at)
        facts, clock = cache.facts_of(canary.token, at), desk_clock(max(at, EXEMPTIONS_AS_OF))
        decision = decide(passage, facts, laws[canary.jurisdiction], clock)
        assert decision.outcome == canary.outcome


def test_a_type_in_lower_case_weighs_the_same(copy) -> None:
    altered(copy, "UPDATE exemptions SET type = lower(type)")
    passage = desk_passage("BE", AT, "2CRF517")
    with RegistryCache.open(copy, KEY) as cache:
        law = load_law(SHIPPED / "fl-zes.toml", "voorbeeldgem")
        assert decide(passage, cache.facts(passage), law, desk_clock(AT)).outcome == "exempt"
