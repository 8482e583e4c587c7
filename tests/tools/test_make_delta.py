"""The maker of deltas refuses what is not whole, and says what it made."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.errors import RegistryError
from edge.registry.seal import seal_of
from tests.edge.registry.deltas import changed
from tests.edge.registry.test_cache import altered, copied
from tests.tools.registry_orders import registry
from tools.make_delta import main, make_delta


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    base = registry(folder)
    return base, changed(base, folder / "new.sqlite")


def test_the_command_counts_what_it_wrote_and_proves_that_it_leads_there(pair, tmp_path) -> None:
    out = tmp_path / "delta"
    done = CliRunner().invoke(main, [*map(str, pair), "--out", str(out), "--check"])
    assert done.exit_code == 0, done.output
    told = done.output.splitlines()
    rows = {line.split("│")[1].strip(): line.split("│")[2:4] for line in told if "│" in line}
    assert {name: [*map(int, cells)] for name, cells in rows.items()} == {
        "vehicles": [2, 1],
        "plain": [1, 0],
        "exemptions": [1, 1],
        "canaries": [1, 1],
    }
    assert "it gives every row of" in done.output
    assert "bytes" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["delta"]


def refused(base: Path, new: Path, folder: Path) -> str:
    out = folder / "out"
    out.mkdir()
    with pytest.raises(RegistryError) as told:
        make_delta(base, new, out / "delta")
    assert not any(out.iterdir())
    return told.value.cause


def test_a_registry_without_its_seal_is_refused(pair, tmp_path) -> None:
    base, new = pair
    bare = copied(new, tmp_path / "new.sqlite")
    seal_of(bare).unlink()
    assert "lacks its seal" in refused(base, bare, tmp_path)


def test_a_registry_that_lost_rows_is_refused(pair, tmp_path) -> None:
    base, new = pair
    lesser = copied(new, tmp_path / "new.sqlite")
    altered(lesser, "DELETE FROM vehicles WHERE token = (SELECT min(token) FROM vehicles)")
    assert "vehicles, it was built with" in refused(base, lesser, tmp_path)


def test_registries_of_two_keys_are_refused(pair, tmp_path) -> None:
    base, new = pair
    other = copied(new, tmp_path / "new.sqlite")
    altered(other, "UPDATE meta SET value = 'other' WHERE name = 'key_check'")
    assert "different token keys" in refused(base, other, tmp_path)


def test_a_registry_with_a_table_of_its_own_is_refused(pair, tmp_path) -> None:
    base, new = pair
    other = copied(new, tmp_path / "new.sqlite")
    altered(other, "CREATE TABLE notes (text)")
    assert "holds other tables than a registry" in refused(base, other, tmp_path)


def test_a_fault_is_told_in_one_sentence(pair, tmp_path) -> None:
    base, new = pair
    out = tmp_path / "absent" / "delta"
    done = CliRunner().invoke(main, [str(base), str(new), "--out", str(out)])
    assert done.exit_code == 1
    assert "cannot be written" in done.output
