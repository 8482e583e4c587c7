"""A registry of the open data holds every vehicle of its tables, and one that lost some is told."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.registry.content import content_of, written
from edge.registry.seal import settle
from tools.build_registry import Order, build
from tools.make_registry_data import main as make_registry_data
from tools.reconcile import main

AT = datetime(2028, 6, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Order:
    """Tables with rows that nobody can read, and the registry that was built from them."""
    folder = tmp_path_factory.mktemp("open-data")
    words = ["--vehicles", "3000", "--belgian", "300", "--exemptions", "200", "--dirty", "0.01"]
    drawn = CliRunner().invoke(make_registry_data, [*words, "--seed", "7", "--out", str(folder)])
    assert drawn.exit_code == 0, drawn.output
    key = folder / "token.key"
    key.write_text((b"k" * 32).hex())
    tables = ((folder / "belgian.csv",), folder / "exemptions.csv", key)
    order = Order(*tables, "big", AT, AT, folder / "registry.sqlite", None, (), folder / "rdw")
    build(order)
    return order


def told(order: Order, registry: Path) -> Result:
    words = [registry, "--rdw", order.rdw, "--vehicles", order.vehicles[0]]
    words += ["--exemptions", order.exemptions, "--token-key", order.key]
    return CliRunner().invoke(main, [str(word) for word in words])


def without(order: Order, out: Path, table: str, where: str) -> int:
    """Take rows out of a registry, and let it state what is left."""
    draft = out.with_name("draft")
    shutil.copyfile(order.out, draft)
    with closing(sqlite3.connect(draft)) as db:
        gone = db.execute(f"DELETE FROM {table} WHERE {where}").rowcount
        left = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        meta = ((table, str(left)), ("content", written(content_of(db))))
        db.executemany("UPDATE meta SET value = ?2 WHERE name = ?1", meta)
        db.commit()
    settle(draft, out)
    return int(gone)


def test_what_was_built_lacks_nothing_but_what_the_build_leaves_out(made: Order) -> None:
    result = told(made, made.out)
    assert result.exit_code == 0, result.output
    assert result.output.count("nothing is missing") == 3
    assert "the build leaves out" in result.output


def test_vehicles_of_the_open_data_that_are_gone_are_counted(made: Order, tmp_path: Path) -> None:
    gone = without(made, tmp_path / "registry.sqlite", "plain", "token % 100 = 0")
    assert gone
    result = told(made, tmp_path / "registry.sqlite")
    assert result.exit_code == 1
    counted = [
        int(line.split()[1]) for line in result.output.splitlines() if " are missing" in line
    ]
    assert sum(counted) == gone


def test_no_plate_is_told(made: Order, tmp_path: Path) -> None:
    without(made, tmp_path / "registry.sqlite", "exemptions", "token % 2 AND source <> 'kanarie'")
    result = told(made, tmp_path / "registry.sqlite")
    assert result.exit_code == 1, result.output
    header, *rows = made.exemptions.read_text().splitlines()
    at = header.split(",").index("plate")
    assert not any(row.split(",")[at] in result.output for row in rows)


def test_another_key_is_told_in_one_sentence(made: Order, tmp_path: Path) -> None:
    other = tmp_path / "token.key"
    other.write_text((b"x" * 32).hex())
    words = [str(made.out), "--exemptions", str(made.exemptions), "--token-key", str(other)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert result.output.startswith("reconcile: ")
    assert result.output.count("\n") == 1
