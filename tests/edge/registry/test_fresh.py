"""A newer registry takes over by itself; a bad one changes nothing."""

import logging
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.access.desk import desk_passage
from edge.registry.accepted import accepted
from edge.registry.cache import RegistryCache
from edge.registry.fresh import FreshRegistry
from edge.registry.seal import seal_of
from edge.registry.vanished import vanished
from tests.edge.registry.test_cache import AT, altered, copied
from tests.tools.registry_orders import KEY, registry


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return registry(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def path(built: Path, tmp_path: Path) -> Path:
    return copied(built, tmp_path / "registry.sqlite")


@pytest.fixture
def fresh(path: Path) -> Iterator[FreshRegistry]:
    with FreshRegistry(path, KEY) as opened:
        yield opened


def named(fresh: FreshRegistry) -> str | None:
    fresh.look()
    fresh.wait()
    return None if fresh.snapshot is None else fresh.snapshot.id


def replaced(path: Path, by: Path) -> None:
    """Put another registry in its place as a fetch does: each file whole, one after the other."""
    by.rename(path)
    seal_of(by).rename(seal_of(path))


def newer(built: Path, folder: Path, name: str = "demo-2") -> Path:
    made = copied(built, folder / "newer.sqlite")
    altered(made, f"UPDATE meta SET value = '{name}' WHERE name = 'id'")
    return made


def test_a_newer_registry_takes_over_without_a_restart(
    fresh: FreshRegistry, path: Path, built: Path, tmp_path: Path
) -> None:
    assert named(fresh) == "demo-1"
    replaced(path, newer(built, tmp_path))
    assert named(fresh) == "demo-2"
    facts = fresh.facts(desk_passage("NL", AT, "VDS41K"))
    assert facts.vehicle is not None
    assert facts.snapshot == fresh.snapshot


def test_its_size_is_that_of_all_its_tables(fresh: FreshRegistry, path: Path) -> None:
    with RegistryCache.open(path, KEY) as cache:
        plain = cache.rows("plain")
        assert plain > 0
        assert fresh.rows("vehicles", "plain") == accepted(cache).vehicles
        assert fresh.rows("vehicles") == accepted(cache).vehicles - plain


def test_one_that_is_withdrawn_while_another_is_held_against_it_keeps_no_other_away(
    path: Path, built: Path, tmp_path: Path
) -> None:
    stands, begun, go_on = [True], threading.Event(), threading.Event()

    def admit(new: RegistryCache, now: RegistryCache | None) -> None:
        if now is not None:
            begun.set()
            assert go_on.wait(20)
            vanished(now, new)

    with FreshRegistry(path, KEY, admit, lambda _: stands[0]) as fresh:
        before = fresh._current
        assert isinstance(before, RegistryCache)
        replaced(path, newer(built, tmp_path))
        fresh.look()
        assert begun.wait(20)
        stands[0] = False
        assert fresh.snapshot is None  # it answers nothing from now on
        stands[0] = True
        go_on.set()
        assert named(fresh) == "demo-2"
        fresh.look()
        with pytest.raises(sqlite3.ProgrammingError):
            before.connection.execute("SELECT 1")


def test_one_that_is_written_over_in_its_place_keeps_no_other_away(
    path: Path, built: Path, tmp_path: Path
) -> None:
    beside: list[RegistryCache | None] = []

    def admit(new: RegistryCache, now: RegistryCache | None) -> None:
        beside.append(now)

    with FreshRegistry(path, KEY, admit) as fresh:
        made = newer(built, tmp_path)
        path.write_bytes(made.read_bytes())
        shutil.copyfile(seal_of(made), seal_of(path))
        assert named(fresh) == "demo-2"
        assert beside == [None, None]


def test_an_unchanged_registry_is_not_opened_again(fresh: FreshRegistry) -> None:
    before = fresh._current
    assert named(fresh) == "demo-1"
    assert fresh._current is before


def test_the_old_one_answers_while_the_new_one_is_opened(
    fresh: FreshRegistry, path: Path, built: Path, tmp_path: Path
) -> None:
    replaced(path, newer(built, tmp_path))
    facts = fresh.facts(desk_passage("NL", AT, "VDS41K"))  # begins to open, and does not wait
    assert facts.fault is None
    assert facts.vehicle is not None
    assert named(fresh) == "demo-2"


def test_a_registry_that_is_refused_changes_nothing_and_is_told(
    fresh: FreshRegistry,
    path: Path,
    built: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad = newer(built, tmp_path)
    seal_of(bad).write_text("0" * 64)
    with caplog.at_level(logging.WARNING):
        replaced(path, bad)
        assert named(fresh) == "demo-1"
    assert "is not the one its seal names" in caplog.text
    assert fresh.facts(desk_passage("NL", AT, "VDS41K")).fault is None


def test_a_seal_that_comes_after_its_registry_is_waited_for(
    fresh: FreshRegistry, path: Path, built: Path, tmp_path: Path
) -> None:
    new = newer(built, tmp_path)
    new.rename(path)
    assert named(fresh) == "demo-1"
    seal_of(new).rename(seal_of(path))
    assert named(fresh) == "demo-2"


def test_a_registry_that_comes_late_is_found(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "late.sqlite"
    with FreshRegistry(path, KEY) as fresh:
        facts = fresh.facts(desk_passage("NL", AT, "VDS41K"))
        assert fresh.snapshot is None
        assert facts.fault is not None
        assert "There is no registry file" in facts.fault
        copied(built, path)
        assert named(fresh) == "demo-1"


def test_a_registry_that_is_taken_away_is_missed_by_nobody_until_the_restart(
    fresh: FreshRegistry, path: Path
) -> None:
    path.unlink()
    assert named(fresh) == "demo-1"
    assert fresh.facts(desk_passage("NL", AT, "VDS41K")).fault is None


def test_a_registry_that_is_written_over_in_place_answers_nothing_until_it_is_proven(
    fresh: FreshRegistry, path: Path, built: Path, tmp_path: Path
) -> None:
    new = newer(built, tmp_path)
    path.write_bytes(new.read_bytes())
    fresh.look()
    assert fresh._current.facts(desk_passage("NL", AT, "VDS41K")).fault is not None
    fresh.wait()
    shutil.copy(seal_of(new), seal_of(path))
    assert named(fresh) == "demo-2"
