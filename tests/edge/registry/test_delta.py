"""A delta leads to exactly its target, from its own base alone, or nothing is made."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.access.desk import desk_passage
from edge.errors import RegistryError
from edge.registry import delta
from edge.registry.cache import RegistryCache
from edge.registry.content import content_of, written
from edge.registry.delta import apply_delta
from edge.registry.seal import seal_of
from tests.edge.registry.deltas import CHANGES, RENUMBERED, changed, rows_of
from tests.edge.registry.test_cache import AT, altered, copied
from tests.tools.registry_orders import KEY, registry
from tools.make_delta import make_delta


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a base, its target and the delta between them."""
    folder = tmp_path_factory.mktemp("delta")
    base = registry(folder)
    new = changed(base, folder / "new.sqlite")
    make_delta(base, new, folder / "delta")
    return folder


def spoilt(built: Path, to: Path, *statements: str) -> Path:
    """Return the delta after someone wrote to it."""
    to.write_bytes((built / "delta").read_bytes())
    with closing(sqlite3.connect(to)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return to


def refusal(base: Path, changes: Path, folder: Path) -> str:
    """Return why a delta is refused; nothing is left behind and the base is untouched."""
    out = folder / "made" / "registry.sqlite"
    out.parent.mkdir(exist_ok=True)
    before = base.read_bytes(), seal_of(base).read_bytes()
    with pytest.raises(RegistryError) as refused:
        apply_delta(base, changes, out)
    assert (base.read_bytes(), seal_of(base).read_bytes()) == before
    assert not any(out.parent.iterdir())
    assert refused.value.remedy
    return refused.value.cause


def test_a_delta_leads_to_every_row_of_its_target(built, tmp_path) -> None:
    made = tmp_path / "registry.sqlite"
    apply_delta(built / "registry.sqlite", built / "delta", made)
    assert rows_of(made) == rows_of(built / "new.sqlite")
    with (
        RegistryCache.open(made, KEY) as cache,
        RegistryCache.open(built / "new.sqlite", KEY) as new,
    ):
        assert cache.snapshot == new.snapshot
        assert cache.snapshot.sha256 == written(content_of(cache.connection))
        asked = desk_passage("NL", AT, "VDS41K")
        assert cache.facts(asked) == new.facts(asked)


def test_a_box_that_came_by_deltas_numbers_kinds_otherwise_and_takes_the_next_one(
    built, tmp_path
) -> None:
    full = changed(built / "new.sqlite", tmp_path / "full.sqlite", RENUMBERED)
    more = "UPDATE vehicles SET kind = (SELECT min(id) FROM kinds) WHERE valid_to IS NULL"
    last = changed(full, tmp_path / "last.sqlite", (more,))
    make_delta(full, last, tmp_path / "delta")
    on_the_box, made = tmp_path / "two.sqlite", tmp_path / "three.sqlite"
    apply_delta(built / "registry.sqlite", built / "delta", on_the_box)
    apply_delta(on_the_box, tmp_path / "delta", made)
    assert rows_of(made) == rows_of(last)


def test_registries_that_only_number_their_kinds_otherwise_have_an_empty_delta(
    built, tmp_path
) -> None:
    turned = changed(built / "registry.sqlite", tmp_path / "turned.sqlite", RENUMBERED)
    counts = make_delta(built / "registry.sqlite", turned, tmp_path / "delta")
    assert {(count.put, count.gone) for count in counts.values()} == {(0, 0)}


def test_a_delta_for_another_registry_is_refused_by_name(built, tmp_path) -> None:
    named = "UPDATE meta SET value = 'demo-9' WHERE name = 'id'"
    other = changed(built / "registry.sqlite", tmp_path / "registry.sqlite", (named, CHANGES[0]))
    told = "The delta was made for registry demo-1, this is demo-9."
    assert refusal(other, built / "delta", tmp_path) == told


STRANGE = {
    "trigger": (
        "CREATE TRIGGER t AFTER INSERT ON base BEGIN DELETE FROM base; END",
        "holds other tables than make_delta writes",
    ),
    "view": ("CREATE VIEW v AS SELECT 1", "holds other tables"),
    "table": ("CREATE TABLE more (a)", "holds other tables"),
    "index": ("CREATE INDEX i ON exemptions (type)", "holds other tables"),
    "column": ("ALTER TABLE vehicles ADD COLUMN owner TEXT", "holds other tables"),
    "lacking": ("DROP TABLE gone_vehicles", "holds other tables"),
    "schema": ("PRAGMA user_version = 99", "schema 99, this software reads"),
    "sort": ("PRAGMA application_id = 7", "is no delta"),
    "key": ("UPDATE meta SET value = 'x' WHERE name = 'key_check'", "another token key"),
    "content": (
        f"UPDATE meta SET value = '{'0' * 64}' WHERE name = 'content'",
        "does not lead to the content it states",
    ),
    "digest": ("UPDATE meta SET value = '-1' WHERE name = 'content'", "no digest of its target"),
    "count": (
        f"UPDATE meta SET value = '{'9' * 5000}' WHERE name = 'vehicles'",
        "vehicles, it was built with",
    ),
    "age": (
        "UPDATE meta SET value = '2028-06-01T00:00' WHERE name = 'exemptions_as_of'",
        "without UTC offset",
    ),
    "no age": ("DELETE FROM meta WHERE name = 'vehicles_as_of'", "does not state vehicles_as_of"),
    "no base": ("DELETE FROM base", "does not name one registry"),
    "two bases": ("INSERT INTO base VALUES ('b', 'b')", "does not name one registry"),
    "row": ("UPDATE exemptions SET status = 'toegekend'", "does not lead to the content"),
    "absent": (
        "INSERT INTO gone_exemptions VALUES (1, '1', '1')",
        "takes away exemptions that are not there",
    ),
    "kind": ("DELETE FROM kinds", "puts vehicles of a kind it lacks"),
}


@pytest.mark.parametrize(("statement", "told"), STRANGE.values(), ids=STRANGE)
def test_a_delta_that_is_not_what_its_maker_writes_is_refused(
    built, tmp_path, statement, told
) -> None:
    strange = spoilt(built, tmp_path / "delta", statement)
    assert told in refusal(built / "registry.sqlite", strange, tmp_path)


def test_what_is_no_delta_at_all_is_refused(built, tmp_path) -> None:
    text = tmp_path / "text"
    text.write_text("no database")
    for strange in (built / "new.sqlite", text, tmp_path / "absent"):
        assert refusal(built / "registry.sqlite", strange, tmp_path)


def test_a_delta_that_leaves_no_canary_is_refused(built, tmp_path) -> None:
    new = changed(built / "registry.sqlite", tmp_path / "new.sqlite", ("DELETE FROM canaries",))
    make_delta(built / "registry.sqlite", new, tmp_path / "delta")
    told = "The delta leads to a registry without canaries."
    assert refusal(built / "registry.sqlite", tmp_path / "delta", tmp_path) == told


def test_a_base_that_is_not_the_one_sealed_is_refused(built, tmp_path) -> None:
    base = copied(built / "registry.sqlite", tmp_path / "registry.sqlite")
    content = bytearray(base.read_bytes())
    content[-1] ^= 1
    base.write_bytes(content)
    assert "is not the one its seal names" in refusal(base, built / "delta", tmp_path)


def test_a_base_without_its_seal_is_refused(built, tmp_path) -> None:
    base = copied(built / "registry.sqlite", tmp_path / "registry.sqlite")
    seal_of(base).unlink()
    with pytest.raises(RegistryError, match="lacks its seal"):
        apply_delta(base, built / "delta", tmp_path / "out")
    base.unlink()
    with pytest.raises(RegistryError, match="There is no registry file"):
        apply_delta(base, built / "delta", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_trigger_hidden_in_the_base_never_runs(built, tmp_path) -> None:
    base = copied(built / "registry.sqlite", tmp_path / "registry.sqlite")
    altered(base, "CREATE TRIGGER t AFTER DELETE ON vehicles BEGIN DELETE FROM exemptions; END")
    told = "The base is no registry that this software writes."
    assert refusal(base, built / "delta", tmp_path) == told


def test_a_full_disk_leaves_nothing_and_says_so(built, tmp_path, monkeypatch) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.registry.seal.keep", full)
    assert "No space left" in refusal(built / "registry.sqlite", built / "delta", tmp_path)


def test_a_disk_that_fills_up_while_rows_are_put_says_so(built, tmp_path, monkeypatch) -> None:
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "INSERT INTO plain SELECT i, (SELECT min(id) FROM kinds), i FROM n"
    )
    new = changed(built / "registry.sqlite", tmp_path / "new.sqlite", (many,))
    make_delta(built / "registry.sqlite", new, tmp_path / "delta")
    full = f"{delta.OURS_ALONE}PRAGMA max_page_count = 1;"
    monkeypatch.setattr(delta, "OURS_ALONE", full)
    told = refusal(built / "registry.sqlite", tmp_path / "delta", tmp_path)
    assert told.endswith("cannot be written (database or disk is full).")


def test_an_older_file_under_the_name_gives_way_to_the_new_registry(built, tmp_path) -> None:
    made = copied(built / "registry.sqlite", tmp_path / "registry.sqlite")
    apply_delta(built / "registry.sqlite", built / "delta", made)
    with RegistryCache.open(made, KEY) as cache:
        assert cache.snapshot.id == "demo-2"
