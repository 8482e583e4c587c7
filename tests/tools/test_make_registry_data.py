"""Made-up tables: the same seed gives the same, the next day differs as asked, shares are true."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from tools import make_registry_data
from tools.make_registry_data import main, make

FILES = [
    *(f"rdw/{name}.csv" for name in ("m9d7-ebf2", "8ys7-d773", "vezc-m2t6", "jhie-znh9")),
    *("rdw/2ba7-embk.csv", "rdw/7ug8-2dtt.csv", "belgian.csv", "exemptions.csv"),
]
SIZE = (4_000, 300, 500)


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("today")
    make(folder, *SIZE, 1, 0, 0)
    return folder


def same(one: Path, other: Path) -> list[bool]:
    return [(one / name).read_bytes() == (other / name).read_bytes() for name in FILES]


def test_the_same_seed_gives_the_same_tables_and_another_gives_others(today, tmp_path) -> None:
    make(tmp_path / "again", *SIZE, 1, 0, 0)
    make(tmp_path / "other", *SIZE, 2, 0, 0)
    assert all(same(today, tmp_path / "again"))
    assert not any(same(today, tmp_path / "other"))


def test_the_tables_do_not_depend_on_how_many_processes_made_them(
    today, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(make_registry_data, "WORTH_ROWS", 0)
    make(tmp_path, *SIZE, 1, 0, 0)
    assert all(same(today, tmp_path))


def test_one_dutch_vehicle_in_ten_carries_goods_in_the_shares_of_the_register(today) -> None:
    vehicles = rows(today, FILES[0])
    goods = [row["kenteken"] for row in vehicles if row["voertuigsoort"] == "Bedrijfsauto"]
    assert len(goods) == len(vehicles) // 10
    types = Counter(
        row["carrosserietype"] for row in rows(today, FILES[2]) if row["kenteken"] in set(goods)
    )
    assert types.most_common(1)[0][0] == "BB"
    assert 0.6 < types["BB"] / types.total() < 0.9
    assert types["BA"] > types["BC"] > types["BD"]


def test_fuels_are_several_for_a_hybrid_and_classes_follow_the_date(today) -> None:
    first = {row["kenteken"]: row["datum_eerste_toelating"] for row in rows(today, FILES[0])}
    fuels = rows(today, FILES[1])
    assert 1.0 < len(fuels) / len({row["kenteken"] for row in fuels}) < 1.3
    assert {row["klasse_hybride_elektrisch_voertuig"] for row in fuels} >= {"", "OVC-HEV"}
    old = {r["emissiecode_omschrijving"] for r in fuels if "0" < first[r["kenteken"]] < "19920101"}
    assert old <= {"0", "", "A", "E", "R", "Z"}
    electric = [r for r in fuels if r["brandstof_omschrijving"] == "Elektriciteit"]
    assert {row["emissiecode_omschrijving"] for row in electric} == {"Z"}


def test_no_plate_is_one_that_a_country_issues(today) -> None:
    assert {len(row["kenteken"]) for row in rows(today, FILES[0])} == {7}
    assert {row["plate"][0] for row in rows(today, "belgian.csv")} == {"0"}


def test_records_are_of_vehicles_in_the_tables_and_some_have_several(today) -> None:
    plates = {("NL", row["kenteken"]) for row in rows(today, FILES[0])}
    plates |= {("BE", row["plate"]) for row in rows(today, "belgian.csv")}
    owners = Counter((row["country"], row["plate"]) for row in rows(today, "exemptions.csv"))
    assert set(owners) <= plates
    assert owners.most_common(1)[0][1] > 1
    assert {row["status"] for row in rows(today, "exemptions.csv")} > {"toegekend", "ingetrokken"}


def test_the_next_day_differs_by_as_many_rows_as_asked(today, tmp_path) -> None:
    make(tmp_path, *SIZE, 1, 100, 0)
    changes = 0
    for name, key in ((FILES[0], "kenteken"), ("belgian.csv", "vehicle_ref"),
                      ("exemptions.csv", "record_id")):  # fmt: skip
        before, after = ({row[key]: row for row in rows(at, name)} for at in (today, tmp_path))
        gone, came = before.keys() - after.keys(), after.keys() - before.keys()
        changed = [k for k in before.keys() & after.keys() if before[k] != after[k]]
        assert gone
        assert came
        assert changed
        changes += len(gone) + len(came) + len(changed)
    assert 90 <= changes <= 110  # a moved Belgian plate is two rows


def test_dirt_comes_only_on_request(today, tmp_path) -> None:
    assert not [row for row in rows(today, FILES[0]) if None in row.values() or None in row]
    make(tmp_path, *SIZE, 1, 0, 0.2)
    dirty = rows(tmp_path, FILES[0])
    assert [row for row in dirty if None in row.values()]
    assert len(dirty) > SIZE[0]
    assert "" in {row["kenteken"] for row in dirty}
    assert same(today, tmp_path)[-1]


def test_the_command_writes_all_tables(tmp_path) -> None:
    options = ["--vehicles=200", "--belgian=10", "--exemptions=20", f"--out={tmp_path / 'out'}"]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    assert all((tmp_path / "out" / name).is_file() for name in FILES)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["--vehicles=10", f"--out={tmp_path / 'file' / 'below'}"])
    assert result.exit_code == 1
    assert "cannot be written" in result.output
