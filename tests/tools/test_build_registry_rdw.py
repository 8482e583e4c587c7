"""From the Dutch open data to a box: the same facts, however many parts and processes."""

import csv
import shutil
import sqlite3
import tracemalloc
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.access.desk import desk_passage
from edge.errors import RegistryError
from edge.registry.cache import RegistryCache
from edge.registry.content import content_of, written
from edge.registry.rdw import Bodies, Fuel, Main, vehicle
from edge.registry.seal import seal_of
from edge.types import Facts, Vehicle
from tests.tools.registry_orders import KEY, order
from tools import build_registry
from tools.build_registry import Order, build, main
from tools.make_registry_data import make
from tools.rdw_tables import BODIES, DATASETS, DIGITS, FUELS, PARTICULARS, SPECIALS, VEHICLES

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
VEHICLE_ROWS, BELGIANS, RECORDS = 1_500, 60, 80
NEEDED = [(d, column) for d in DATASETS for column in ("kenteken", *d.columns)]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up tables that nobody changes."""
    folder = tmp_path_factory.mktemp("tables")
    make(folder, VEHICLE_ROWS, BELGIANS, RECORDS, 1, 0, 0)
    return folder


@pytest.fixture
def data(tables: Path, tmp_path: Path) -> Path:
    """Made-up tables that a test may spoil."""
    return shutil.copytree(tables, tmp_path / "data")


def ordered(data: Path, folder: Path) -> Order:
    made = order(folder, data / "belgian.csv", data / "exemptions.csv", folder / "rejects.csv")
    return replace(made, rdw=data / "rdw")


@pytest.fixture(scope="module")
def built(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that nobody changes."""
    made = ordered(tables, tmp_path_factory.mktemp("built"))
    build(made)
    return made.out


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def cells_of(data: Path, dataset) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for row in read(dataset.file(data / "rdw")):
        found[row["kenteken"]].append(tuple(row[column] for column in dataset.columns))
    return found


def expected(data: Path) -> dict[str, Vehicle]:
    """Return every Dutch vehicle as the open data show it, joined in the plainest way."""
    fuels, *built = (cells_of(data, d) for d in (FUELS, BODIES, DIGITS, SPECIALS, PARTICULARS))
    return {
        plate: vehicle(
            Main(*cells),
            [Fuel(*fuel) for fuel in fuels[plate]],
            Bodies(*(tuple(cell for (cell,) in of[plate]) for of in built)),
        )
        for plate, (cells, *_) in cells_of(data, VEHICLES).items()
    }


def asked(path: Path, plates: Iterable[str], country: str = "NL") -> dict[str, Facts]:
    with RegistryCache.open(path, KEY) as cache:
        return {plate: cache.facts(desk_passage(country, AT, plate)) for plate in plates}


def test_every_vehicle_comes_back_as_its_rows_say(tables, built) -> None:
    vehicles = expected(tables)
    assert len(vehicles) == VEHICLE_ROWS
    found = asked(built, vehicles)
    assert {plate: facts.vehicle for plate, facts in found.items()} == vehicles
    assert {v.kind for v in vehicles.values()} > {None}
    assert any(facts.exemptions for facts in found.values())


def test_the_belgian_table_lies_in_the_same_file(tables, built) -> None:
    plates = {row["plate"] for row in read(tables / "belgian.csv")}
    found = asked(built, plates, "BE")
    assert all(facts.vehicle is not None for facts in found.values())


def test_the_content_that_the_parts_add_up_to_is_that_of_the_file(built) -> None:
    with closing(sqlite3.connect(built)) as connection:
        stated = connection.execute("SELECT value FROM meta WHERE name = 'content'").fetchone()[0]
        assert stated == written(content_of(connection))


def test_nine_vehicles_in_ten_lie_in_the_small_table(built) -> None:
    with closing(sqlite3.connect(built)) as connection:
        plain, full = (
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("plain", "vehicles")
        )
    assert plain > 5 * full
    with RegistryCache.open(built, KEY) as cache:
        assert cache.rows("plain") == plain


def content(path: Path) -> str:
    with RegistryCache.open(path, KEY) as cache:
        return cache.snapshot.sha256


@pytest.mark.parametrize("limits", [{"PART_BYTES": 4096}, {"WORTH_BYTES": 0, "PART_BYTES": 65536}])
def test_many_parts_and_processes_make_the_same_registry(
    data, tmp_path, built, monkeypatch, limits
) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(build_registry, name, value)
    made = ordered(data, tmp_path)
    writer, _ = build(made)
    assert content(made.out) == content(built)
    assert sum(writer.summary.values()) >= VEHICLE_ROWS + BELGIANS


def test_an_error_in_a_process_of_its_own_arrives_whole(data, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(build_registry, "WORTH_BYTES", 0)
    with (data / "belgian.csv").open("ab") as stream:
        stream.write(b"\xff\n")
    with pytest.raises(RegistryError, match=r"belgian\.csv cannot be read") as refused:
        build(ordered(data, tmp_path))
    assert refused.value.remedy.startswith("Correct the file")


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(("dataset", "column"), NEEDED)
def test_a_needed_column_that_is_gone_is_named_and_the_old_registry_stays(
    data, tmp_path, dataset, column
) -> None:
    made = ordered(data, tmp_path)
    made.out.write_text("the old one")
    spoil(dataset.file(data / "rdw"), column, "iets_anders")
    with pytest.raises(RegistryError, match=rf"{dataset.name}\.csv lacks column {column}\b"):
        build(made)
    assert made.out.read_text() == "the old one"
    assert {path.name for path in tmp_path.iterdir()} == {"data", "registry.sqlite", "token.key"}


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_missing_dataset_is_named(data, tmp_path, dataset) -> None:
    dataset.file(data / "rdw").unlink()
    with pytest.raises(RegistryError, match=rf"lacks {dataset.name}\.csv"):
        build(ordered(data, tmp_path))


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_without_a_row_or_cut_short_is_refused(data, tmp_path, dataset) -> None:
    """Who is exempt by a body code that was lost would be accused."""
    path = dataset.file(data / "rdw")
    whole = path.read_text()
    path.write_text(whole.partition("\n")[0] + "\n")
    with pytest.raises(RegistryError, match=rf"{dataset.name}\.csv holds no row at all"):
        build(ordered(data, tmp_path))
    path.write_text(whole[:-2])
    with pytest.raises(RegistryError, match=rf"{dataset.name}\.csv ends in the middle of a row"):
        build(ordered(data, tmp_path))
    path.write_text("")
    with pytest.raises(RegistryError, match=rf"{dataset.name}\.csv lacks column kenteken"):
        build(ordered(data, tmp_path))


def test_a_column_that_stands_twice_is_refused(data, tmp_path) -> None:
    spoil(FUELS.file(data / "rdw"), "brandstof_volgnummer", "Emissieklasse")
    with pytest.raises(RegistryError, match="has column emissiecode_omschrijving twice"):
        build(ordered(data, tmp_path))


def test_a_table_without_its_header_tells_no_plate(data, tmp_path) -> None:
    path = BODIES.file(data / "rdw")
    path.write_text(path.read_text().partition("\n")[2])
    with pytest.raises(RegistryError) as refused:
        build(ordered(data, tmp_path))
    assert str(refused.value).startswith("vezc-m2t6.csv lacks column kenteken, lacks column carr")
    assert "Z0" not in str(refused.value)


def test_names_as_the_portal_shows_them_and_more_columns_are_read(data, tmp_path, built) -> None:
    for dataset in DATASETS:
        path = dataset.file(data / "rdw")
        header, _, rest = path.read_text().partition("\n")
        shown = header.replace("emissiecode_omschrijving", "Emissieklasse")
        shown = ",".join(name.replace("_", " ").capitalize() for name in shown.split(","))
        wider = "".join(f"{line},x\n" for line in rest.splitlines())
        path.write_text(f"{shown},Nog iets\n{wider}", encoding="utf-8-sig")
    made = ordered(data, tmp_path)
    build(made)
    assert content(made.out) == content(built)


def test_a_plate_with_hyphens_is_the_same_plate(data, tmp_path, built) -> None:
    plate = read(VEHICLES.file(data / "rdw"))[7]["kenteken"]
    spoil(VEHICLES.file(data / "rdw"), plate, f"{plate[:2]}-{plate[2:]}".lower())
    made = ordered(data, tmp_path)
    build(made)
    assert content(made.out) == content(built)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_torn_row_of_any_table_leaves_its_vehicle_out(data, tmp_path, dataset) -> None:
    """Nobody knows what the rest of the row would have said."""
    path = dataset.file(data / "rdw")
    plate = read(path)[0]["kenteken"]
    line = path.read_text().splitlines()[1]
    spoil(path, line, line + ",")
    made = ordered(data, tmp_path)
    _, rejects = build(made)
    assert asked(made.out, [plate])[plate].vehicle is None
    reason = "row does not have as many cells as the header"
    assert read(tmp_path / "rejects.csv") == [{"file": path.name, "line": "2", "reason": reason}]
    assert rejects.counts[path] == 1


def test_a_row_without_a_plate_is_noted_and_tells_none(data, tmp_path) -> None:
    path = VEHICLES.file(data / "rdw")
    plate = read(path)[3]["kenteken"]
    spoil(path, plate, f"{plate}*QQQ777")
    made = ordered(data, tmp_path)
    build(made)
    reason = "kenteken is empty, or not written as a plate"
    assert read(tmp_path / "rejects.csv") == [{"file": path.name, "line": "5", "reason": reason}]
    assert asked(made.out, [plate])[plate].vehicle is None


@pytest.mark.parametrize("limits", [{}, {"PART_BYTES": 4096}])
def test_a_plate_that_stands_twice_belongs_to_nobody(data, tmp_path, monkeypatch, limits) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(build_registry, name, value)
    path = VEHICLES.file(data / "rdw")
    twice = path.read_text().splitlines()[4]
    with path.open("a") as stream:
        stream.write(twice + "\n")
    other = read(path)[9]["kenteken"]
    with (data / "belgian.csv").open("a") as stream:
        row = read(data / "belgian.csv")[0] | {"country": "NL", "plate": other}
        csv.DictWriter(stream, list(row)).writerow(row)
    made = ordered(data, tmp_path)
    build(made)
    plates = [twice.partition(",")[0], other]
    assert [facts.vehicle for facts in asked(made.out, plates).values()] == [None, None]
    refused = read(tmp_path / "rejects.csv")
    assert {row["reason"] for row in refused} == {
        "plate stands twice with this start; all its rows are left out"
    }
    assert len(refused) == 2


def test_dirty_tables_are_built_without_their_dirt(tmp_path) -> None:
    make(tmp_path / "dirty", VEHICLE_ROWS, BELGIANS, RECORDS, 1, 0, 0.05)
    make(tmp_path / "clean", VEHICLE_ROWS, BELGIANS, RECORDS, 1, 0, 0)
    made = ordered(tmp_path / "dirty", tmp_path)
    _, rejects = build(made)
    assert rejects.counts[VEHICLES.file(tmp_path / "dirty" / "rdw")] > 20
    clean = expected(tmp_path / "clean")
    found = {plate: facts.vehicle for plate, facts in asked(made.out, clean).items()}
    known = {plate: one for plate, one in found.items() if one is not None}
    assert len(clean) * 0.7 < len(known) < len(clean)
    for plate, one in known.items():
        # A cell of nonsense is unknown; it never turns into another value.
        assert (one.category, one.first_registration) in {
            (category, first)
            for category in (clean[plate].category, None)
            for first in (clean[plate].first_registration, None)
        }


def test_no_file_of_a_build_holds_a_plate(tables, tmp_path, monkeypatch) -> None:
    spilled: list[bytes] = []
    settle = build_registry.settle

    def looked(draft: Path, out: Path) -> None:
        spilled.extend(path.read_bytes() for path in draft.parent.iterdir() if path.is_file())
        settle(draft, out)

    monkeypatch.setattr(build_registry, "settle", looked)
    build(ordered(tables, tmp_path))
    plates = [row["kenteken"].encode() for row in read(VEHICLES.file(tables / "rdw"))]
    plates += [row["plate"].encode() for row in read(tables / "belgian.csv")]
    assert len(spilled) > len(DATASETS)
    everything = b"\n".join(spilled)
    assert not [plate for plate in plates if plate in everything]
    assert b"ROLSTOEL" not in everything
    assert b"HANDICAP" not in everything


def peak(folder: Path, vehicles: int) -> int:
    """Return the most memory that a build of so many vehicles takes."""
    folder.mkdir()
    make(folder, vehicles, 10, 10, 1, 0, 0)
    made = ordered(folder, folder)
    build(made)  # caches and modules are there the second time
    tracemalloc.start()
    build(made)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_tables(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(build_registry, "PART_BYTES", 1 << 16)
    monkeypatch.setattr("tools.registry_spill.BLOCK", 8)
    small, large = peak(tmp_path / "small", 4_000), peak(tmp_path / "large", 16_000)
    assert large < 2 * small


def test_the_parts_follow_the_size_of_the_tables() -> None:
    sizes = [0, build_registry.PART_BYTES, 100 * build_registry.PART_BYTES, 10**15]
    assert [build_registry.part_bits(size) for size in sizes] == [0, 1, 7, 10]


def run(made: Order, *more: str):
    options = {
        "--exemptions": str(made.exemptions),
        "--key": str(made.key),
        "--id": "demo-1",
        "--vehicles-as-of": "2028-05-31T22:00Z",
        "--exemptions-as-of": "2028-06-01T05:00Z",
        "--out": str(made.out),
    }
    return CliRunner().invoke(main, [*(part for pair in options.items() for part in pair), *more])


def test_the_command_takes_both_kinds_of_tables_and_tells_categories_and_classes(
    tables, tmp_path, built
) -> None:
    made = ordered(tables, tmp_path)
    belgian = str(tables / "belgian.csv")
    result = run(made, "--rdw", str(made.rdw), "--vehicles", belgian)
    assert result.exit_code == 0, result.output
    assert content(made.out) == content(built)
    text = " ".join(result.output.replace("│", " ").split())
    vans = [v for v in expected(tables).values() if v.category == "N1"]
    assert f"NL N1 {len(vans)} 0:" in text
    assert f"Z: {sum(v.zero_emission is True for v in vans)} " in text
    assert "BE N1" in text
    assert f"{RECORDS + 2} exemption records" in text


def test_no_vehicle_table_at_all_is_misuse(tables, tmp_path) -> None:
    result = run(ordered(tables, tmp_path))
    assert result.exit_code == 2
    assert "Give --rdw, --vehicles, or both" in result.output


def test_the_seal_of_a_built_registry_is_beside_it(built) -> None:
    assert seal_of(built).is_file()
