"""A delta leads to exactly its target, from its own base alone, or nothing is made."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.access.desk import desk_passage
from edge.errors import RegistryError
from edge.registry.cache import RegistryCache
from edge.registry.content import content_of, written
from edge.registry.delta import apply_delta
from edge.registry.seal import seal_of
from tests.edge.registry.deltas import CHANGES, RENUMBERED, changed, rows_of
from tests.edge.registry.test_cache import AT
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


def refusal(base: Path, delta: Path, folder: Path) -> str:
    """Return why a delta is refused; nothing is left behind and the base is untouched."""
    out = folder / "made" / "registry.sqlite"
    out.parent.mkdir(exist_ok=True)
    before = base.read_bytes(), seal_of(base).read_bytes()
    with pytest.raises(RegistryError) as refused:
        apply_delta(base, delta, out)
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
