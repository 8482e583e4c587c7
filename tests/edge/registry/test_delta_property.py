"""Whatever two registries hold, the delta between them leads from one exactly to the other."""

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import RegistryError
from edge.registry.delta import apply_delta
from edge.registry.schema import APPLICATION, META, TABLES, VERSION
from edge.registry.seal import settle
from tests.edge.registry.deltas import changed, restate, rows_of
from tests.tools.registry_orders import registry
from tools.make_delta import make_delta

SMALL = st.integers(0, 3)
"""Few keys, so that the same ones stand in both registries with other rows."""
CELL = st.one_of(st.none(), st.integers(0, 2), st.just(-(2**63)), st.just(2**63 - 1))
TEXT = st.sampled_from(["", "a", "b", "é", "a+b"])
KIND = st.tuples(
    *(st.sampled_from([None, "M1", "N1"]), st.none(), st.sampled_from([None, "diesel"])),
    *(st.none(), st.none(), SMALL, st.none(), st.sampled_from([None, 1.0, 1.5])),
    *(TEXT, st.just(0)),
)
VEHICLE = st.tuples(SMALL, SMALL, CELL, st.integers(0, 2), CELL, CELL, CELL, CELL, CELL)
PLAIN = st.tuples(st.integers(4, 7), st.integers(0, 2), CELL)
EXEMPTION = st.tuples(
    *(SMALL, TEXT, TEXT, TEXT, TEXT, st.one_of(st.none(), TEXT)),
    *(st.integers(0, 2**40), CELL, CELL, CELL),
)
CANARY = st.tuples(st.integers(90, 93), TEXT, TEXT, SMALL, TEXT)
REAL = (7, "always", "", "FL-IT-3", "toegekend", None, 0, None, None, None)
"""A registry without a record is refused."""
SURE = (99, "BE", "FL", 0, "no_access")
REGISTRY = st.tuples(
    st.lists(KIND, min_size=3, max_size=5),
    st.lists(VEHICLE, max_size=12, unique_by=lambda row: row[:2]),
    st.lists(PLAIN, max_size=4, unique_by=lambda row: row[:1]),
    st.lists(EXEMPTION, max_size=6, unique_by=lambda row: row[:3]),
    st.lists(CANARY, max_size=3, unique_by=lambda row: row[:1]),
)


def written(rows, path: Path, name: str) -> Path:
    kinds, vehicles, plain, exemptions, canaries = rows
    draft = path.with_suffix(".draft")
    with closing(sqlite3.connect(draft)) as connection, connection:
        connection.executescript(TABLES)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.executemany(
            f"INSERT INTO kinds VALUES ({', '.join('?' * 11)})",
            [(number, *kind) for number, kind in enumerate(kinds)],
        )
        filled = {
            "vehicles": vehicles,
            "plain": plain,
            "exemptions": [*exemptions, REAL],
            "canaries": [*canaries, SURE],
        }
        for table, found in filled.items():
            for row in found:
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        facts = dict.fromkeys(META, "") | {
            "id": name,
            "key_check": "same",
            "vehicles_as_of": "2028-06-01T00:00:00+00:00",
            "exemptions_as_of": "2028-06-01T00:00:00+00:00",
        }
        connection.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
        restate(connection)
    settle(draft, path)
    return path


@settings(max_examples=40, deadline=None)
@given(REGISTRY, REGISTRY)
def test_a_delta_leads_from_any_registry_exactly_to_any_other(one, other) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        base, new = written(one, folder / "base", "1"), written(other, folder / "new", "2")
        delta, made = folder / "delta", folder / "made"
        make_delta(base, new, delta)
        before = base.read_bytes()
        apply_delta(base, delta, made)
        assert rows_of(made) == rows_of(new)
        assert base.read_bytes() == before
        if rows_of(base)["meta"][1] != rows_of(new)["meta"][1]:  # their contents
            with pytest.raises(RegistryError, match="was made for registry 1, this is 2"):
                apply_delta(new, delta, folder / "wrong")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    base = registry(folder)
    new = changed(base, folder / "new.sqlite")
    make_delta(base, new, folder / "delta")
    return base, folder / "delta"


@settings(max_examples=80, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_a_delta_with_a_flipped_bit_or_cut_short_leads_to_its_target_or_nowhere(
    pair, at, bit, cut
) -> None:
    base, delta = pair
    with TemporaryDirectory() as name:
        folder = Path(name)
        spoilt, made = folder / "delta", folder / "made" / "registry.sqlite"
        made.parent.mkdir()
        content = bytearray(delta.read_bytes())
        place = int(at * len(content))
        if cut:
            del content[place:]
        else:
            content[place] ^= 1 << bit
        spoilt.write_bytes(content)
        try:
            apply_delta(base, spoilt, made)
        except RegistryError:
            assert not any(made.parent.iterdir())
        else:
            # A bit that holds no row, or one of the words that only name the registry.
            assert tables_of(made) == tables_of(base.parent / "new.sqlite")


def tables_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    return {name: rows for name, rows in rows_of(path).items() if name != "meta"}
