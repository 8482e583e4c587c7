"""The builder refuses bad input by name, and the demo gives every outcome."""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.pack import SHIPPED, load_law
from edge.errors import RegistryError
from edge.registry.cache import RegistryCache
from edge.registry.seal import seal_of
from edge.types import Decision, Facts, Outcome
from tests.conftest import DEMO
from tests.tools.registry_orders import KEY, order, registry
from tools.build_registry import build, main
from tools.registry_rows import Rejects, take

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)  # 10:00 in Flanders
EXPECTED = {
    ("BE", "1XEM934"): "out_of_scope",
    ("BE", "1KZE410"): "free_access",
    ("BE", "1HDT725"): "free_access",
    ("BE", "1BVX308"): "permit_possible",
    ("BE", "1AGN662"): "no_access",
    ("BE", "2CRF517"): "exempt",
    ("NL", "VDS41K"): "permitted",
    ("NL", "27BXK4"): "review",
}


def decided(path: Path, country: str, plate: str) -> Decision:
    law = load_law(SHIPPED / "fl-zes.toml", "voorbeeldgem")
    passage = desk_passage(country, AT, plate)
    with RegistryCache.open(path, KEY) as cache:
        return decide(passage, cache.facts(passage), law, desk_clock(AT))


def test_the_demo_vehicles_give_every_outcome(tmp_path) -> None:
    path = registry(tmp_path)
    found = {plate: str(decided(path, *plate).outcome) for plate in EXPECTED}
    assert found == EXPECTED
    assert set(found.values()) == set(Outcome)


def test_every_demo_vehicle_is_decided(tmp_path) -> None:
    path = registry(tmp_path)
    with (DEMO / "vehicles.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            assert decided(path, row["country"], row["plate"]).rule not in {"MISS", "REGISTRY"}


def edited(tmp_path: Path, name: str, old: str, new: str) -> Path:
    text = (DEMO / name).read_text()
    assert old in text
    path = tmp_path / name
    path.write_text(text.replace(old, new, 1))
    return path


def test_a_bad_vehicle_row_is_left_out_with_its_line_and_reason(tmp_path) -> None:
    vehicles = edited(tmp_path, "vehicles.csv", "BE,1BVX308,N1", "BE,1BVX308,N9")
    made = order(tmp_path, vehicles=vehicles, rejects=tmp_path / "rejects.csv")
    build(made)
    with (tmp_path / "rejects.csv").open(newline="") as stream:
        rejects = list(csv.DictReader(stream))
    assert rejects == [{"file": "vehicles.csv", "line": "5", "reason": "category is not known"}]
    assert decided(made.out, "BE", "1BVX308").rule == "MISS"


def test_a_plate_that_stands_twice_belongs_to_nobody(tmp_path) -> None:
    vehicles = edited(tmp_path, "vehicles.csv", "BE,1AGN662", "BE,1-BVX-308")
    made = order(tmp_path, vehicles=vehicles)
    build(made)
    assert decided(made.out, "BE", "1BVX308").rule == "MISS"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("toegekend", "granted", "status is not known"),
        ("2028-02-01", "soon", "line 2"),
        ("demo-0002,demo", ",demo", "record_id is empty"),
        ("BE,2CRF517", "Belgium,2CRF517", "country is not an ISO 3166"),
        ("national", "", "scope is empty"),
    ],
)
def test_a_bad_exemption_row_stops_the_build(tmp_path, old, new, reason) -> None:
    """Without that record someone would be accused wrongly."""
    made = order(tmp_path, exemptions=edited(tmp_path, "exemptions.csv", old, new))
    with pytest.raises(RegistryError, match=reason):
        build(made)
    assert not made.out.exists()


def test_the_same_record_twice_changes_nothing(tmp_path) -> None:
    twice = tmp_path / "exemptions.csv"
    lines = (DEMO / "exemptions.csv").read_text().splitlines(keepends=True)
    twice.write_text("".join([*lines, lines[1]]))
    build(order(tmp_path, exemptions=twice))


def test_a_record_with_two_contents_stops_the_build(tmp_path) -> None:
    twice = tmp_path / "exemptions.csv"
    lines = (DEMO / "exemptions.csv").read_text().splitlines(keepends=True)
    twice.write_text("".join([*lines, lines[1].replace("toegekend", "ingetrokken")]))
    with pytest.raises(RegistryError, match="different contents"):
        build(order(tmp_path, exemptions=twice))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("euro_norm", "euronorm", "lacks column euro_norm, has unknown column euronorm"),
        ("country,plate", "country,kenteken", "lacks column plate"),
        ("power_kw", "stage", "has column stage twice"),
    ],
)
def test_columns_are_refused_by_name(tmp_path, old, new, named) -> None:
    made = order(tmp_path, vehicles=edited(tmp_path, "vehicles.csv", old, new))
    with pytest.raises(RegistryError, match=named):
        build(made)


def facts(path: Path, country: str, plate: str, at: datetime = AT) -> Facts:
    with RegistryCache.open(path, KEY) as cache:
        return cache.facts(desk_passage(country, at, plate))


def with_columns(tmp_path: Path, name: str, columns: str, **cells: str) -> Path:
    """Return a demo table with more columns; the cells of a row are found by its plate."""
    header, *lines = (DEMO / name).read_text().splitlines()
    empty = "," * columns.count(",")
    rows = [f"{line},{next((cells[p] for p in cells if p in line), empty)}" for line in lines]
    path = tmp_path / name
    path.write_text("\n".join([f"{header},{columns}", *rows]) + "\n")
    return path


def test_columns_that_a_table_may_have_are_read(tmp_path) -> None:
    columns = "first_known_use,vehicle_ref"
    cells = {"VDS41K": "2009-12-31,chassis-7"}
    vehicles = with_columns(tmp_path, "vehicles.csv", columns, **cells)
    exemptions = with_columns(tmp_path, "exemptions.csv", "vehicle_ref", VDS41K="CHASSIS 7")
    made = order(tmp_path, vehicles=vehicles, exemptions=exemptions)
    build(made)
    found, other = facts(made.out, "NL", "VDS41K"), facts(made.out, "BE", "1BVX308")
    assert found.vehicle is not None
    assert other.vehicle is not None
    assert found.vehicle.first_known_use == date(2009, 12, 31)
    assert found.vehicle.ref is not None
    assert [record.vehicle_ref for record in found.exemptions] == [found.vehicle.ref]
    assert (other.vehicle.first_known_use, other.vehicle.ref) == (None, None)


def test_an_optional_column_may_stand_only_once(tmp_path) -> None:
    vehicles = with_columns(tmp_path, "vehicles.csv", "vehicle_ref,vehicle_ref")
    with pytest.raises(RegistryError, match="has column vehicle_ref twice"):
        build(order(tmp_path, vehicles=vehicles))


def test_an_exemption_of_the_vehicle_that_bore_the_plate_before_is_recognised(tmp_path) -> None:
    moved = datetime(2028, 3, 1, tzinfo=UTC)
    header = f"{(DEMO / 'vehicles.csv').read_text().splitlines()[0]},vehicle_ref"
    before = "BE,1ZZZ999,N1,,3500,2205,diesel,none,no,4,,,2010-09-03,-,,2028-03-01T00:00Z,old-van"
    since = "BE,1ZZZ999,N1,,3500,2205,diesel,none,no,4,,,2011-09-03,-,2028-03-01T00:00Z,,new-van"
    (tmp_path / "vehicles.csv").write_text("\n".join([header, before, since]) + "\n")
    row = f"{exempt('BE', '1ZZZ999')},old-van"
    first = (DEMO / "exemptions.csv").read_text().splitlines()[0]
    (tmp_path / "exemptions.csv").write_text(f"{first},vehicle_ref\n{row}\n")
    tables = tmp_path / "vehicles.csv", tmp_path / "exemptions.csv"
    made = order(tmp_path, *tables)
    build(made)
    then = facts(made.out, "BE", "1ZZZ999", moved - timedelta(seconds=1))
    now = facts(made.out, "BE", "1ZZZ999", moved)
    assert then.vehicle is not None
    assert now.vehicle is not None
    assert then.vehicle.ref == then.exemptions[0].vehicle_ref
    assert now.vehicle.ref not in {None, now.exemptions[0].vehicle_ref}
    assert now.exemptions == then.exemptions


def test_the_file_never_holds_the_name_of_a_vehicle(tmp_path) -> None:
    name = "WZZZ00000TEST7777"
    columns, cells = "first_known_use,vehicle_ref", {"VDS41K": f",{name}"}
    vehicles = with_columns(tmp_path, "vehicles.csv", columns, **cells)
    exemptions = with_columns(tmp_path, "exemptions.csv", "vehicle_ref", VDS41K=name)
    made = order(tmp_path, vehicles=vehicles, exemptions=exemptions)
    build(made)
    assert name.encode() not in made.out.read_bytes().upper()
    assert name not in str(facts(made.out, "NL", "VDS41K"))


def test_an_eev_comes_back_as_a_norm_of_its_own(tmp_path) -> None:
    vehicles = added(tmp_path, "vehicles.csv", van("1ZZZ999").replace("none,no,4,", "none,no,EEV,"))
    made = order(tmp_path, vehicles=vehicles)
    build(made)
    found = facts(made.out, "BE", "1ZZZ999").vehicle
    assert found is not None
    assert (found.eev, found.euro) == (True, None)


def test_a_failed_build_leaves_the_old_registry_and_nothing_else(tmp_path) -> None:
    path = registry(tmp_path)
    before = path.read_bytes(), seal_of(path).read_bytes()
    bad = edited(tmp_path, "exemptions.csv", "toegekend", "granted")
    with pytest.raises(RegistryError):
        build(order(tmp_path, exemptions=bad))
    assert (path.read_bytes(), seal_of(path).read_bytes()) == before
    assert {p.name for p in tmp_path.iterdir()} == {
        *("registry.sqlite", "registry.sqlite.sha256", "token.key", bad.name)
    }


def test_a_registry_is_sealed_and_a_stale_seal_is_never_accepted(tmp_path, monkeypatch) -> None:
    path = registry(tmp_path)
    seal = seal_of(path)
    assert seal.read_text().strip() == hashlib.sha256(path.read_bytes()).hexdigest()
    rename = Path.rename

    def cut(source: Path, target: Path) -> Path:
        if target == path:
            raise OSError("power cut")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", cut)
    later = replace(order(tmp_path), name="demo-2")
    with pytest.raises(RegistryError, match="power cut"):
        build(later)
    with pytest.raises(RegistryError, match="not the one its seal names"):
        RegistryCache.open(path, KEY)


def run(tmp_path: Path, **changed: str) -> Result:
    made = order(tmp_path)
    options = {
        "--vehicles": str(made.vehicles[0]),
        "--exemptions": str(made.exemptions),
        "--key": str(made.key),
        "--id": "demo-1",
        "--vehicles-as-of": "2028-05-31T22:00Z",
        "--exemptions-as-of": "2028-06-01T05:00Z",
        "--out": str(made.out),
        **changed,
    }
    return CliRunner().invoke(main, [part for pair in options.items() for part in pair])


def test_the_command_prints_a_summary(tmp_path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    assert "N1" in result.output
    assert (tmp_path / "registry.sqlite").exists()


def test_the_command_tells_bad_input_in_one_sentence(tmp_path) -> None:
    bad = edited(tmp_path, "exemptions.csv", "toegekend", "granted")
    result = run(tmp_path, **{"--exemptions": str(bad)})
    assert result.exit_code == 1
    assert "Error: 1 rows of exemptions.csv cannot be read" in result.output


@pytest.mark.parametrize(
    ("option", "value"),
    [("--vehicles", "/nowhere.csv"), ("--exemptions-as-of", "yesterday"), ("--key", "/none")],
)
def test_the_command_refuses_misuse(tmp_path, option, value) -> None:
    assert run(tmp_path, **{option: value}).exit_code == 2


def added(tmp_path: Path, name: str, *lines: str) -> Path:
    path = tmp_path / name
    path.write_text((DEMO / name).read_text() + "".join(f"{line}\n" for line in lines))
    return path


def reasons(tmp_path: Path, *rows: str) -> tuple[list[str], Path]:
    """Build with more vehicle rows; return why each was refused, and the registry."""
    vehicles = added(tmp_path, "vehicles.csv", *rows)
    made = order(tmp_path, vehicles=vehicles, rejects=tmp_path / "rejects.csv")
    build(made)
    with (tmp_path / "rejects.csv").open(newline="") as stream:
        return [row["reason"] for row in csv.DictReader(stream)], made.out


def van(plate: str, country: str = "BE", first: str = "2010-01-01", tail: str = "") -> str:
    return f"{country},{plate},N1,,3300,2015,diesel,none,no,4,,,{first},-,,{tail}"


def exempt(country: str = "NL", plate: str = "VDS41K", scope: str = "national") -> str:
    return f"x-1,demo,x,{country},{plate},FL-IT-3,toegekend,{scope},2028-06-01,,"


def test_an_exemption_table_without_a_row_stops_the_build(tmp_path) -> None:
    """With no record everyone who is exempt would be accused."""
    header = (DEMO / "exemptions.csv").read_text().splitlines()[0]
    (tmp_path / "exemptions.csv").write_text(header + "\n")
    made = order(tmp_path, exemptions=tmp_path / "exemptions.csv")
    with pytest.raises(RegistryError, match=r"exemptions\.csv holds no exemption at all"):
        build(made)
    assert not made.out.exists()


@pytest.mark.parametrize("scope", ["National", "nationaal", "LANDELIJK", "Voorbeeldgem+UTRECHT"])
def test_a_scope_is_read_whatever_its_case(tmp_path, scope) -> None:
    exemptions = edited(tmp_path, "exemptions.csv", "toegekend,voorbeeldgem", f"toegekend,{scope}")
    made = order(tmp_path, exemptions=exemptions)
    build(made)
    assert decided(made.out, "NL", "VDS41K").outcome == "permitted"


@pytest.mark.parametrize(
    "scope",
    [
        *("voorbeeldgem;gent", "voorbeeldgem gent", "ZES Voorbeeldgem", "gemeente Utrecht"),
        *("voorbeeldgem+nowhere", "nation"),
    ],
)
def test_a_scope_that_names_no_known_zone_stops_the_build(tmp_path, scope) -> None:
    """It would silently void the exemption, and the vehicle would be accused."""
    made = order(tmp_path, exemptions=added(tmp_path, "exemptions.csv", exempt(scope=scope)))
    with pytest.raises(RegistryError, match="line 7: scope names what is no known") as refused:
        build(made)
    assert scope not in str(refused.value)
    assert not made.out.exists()


def test_a_zone_of_no_shipped_pack_can_be_named(tmp_path) -> None:
    exemptions = added(tmp_path, "exemptions.csv", exempt(scope="Elders+nergens"))
    result = run(tmp_path, **{"--exemptions": str(exemptions), "--zone": "elders"})
    assert result.exit_code == 1
    made = order(tmp_path, exemptions=exemptions)
    build(replace(made, zones=("elders", "NERGENS")))
    assert made.out.exists()


def test_the_zone_option_is_repeatable(tmp_path) -> None:
    exemptions = added(tmp_path, "exemptions.csv", exempt(scope="Elders"))
    result = run(tmp_path, **{"--exemptions": str(exemptions), "--zone": "ELDERS"})
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("country", "plate"),
    [
        *(("BE", "1-ABC-123*"), ("BE", "12345678901"), ("BE", "---"), ("BE", "1ÀBC123")),
        *(("DE", "BMW 12"), ("DE", "B_MW 12"), ("DE", "-BMW12"), ("DE", "BMW12-")),
        ("DE", "B MW-12"),
    ],
)
def test_a_key_that_no_camera_will_read_is_refused(tmp_path, country, plate) -> None:
    refused, _ = reasons(tmp_path, van(plate, country))
    assert refused == ["plate is empty, or not written as its country writes plates"]
    exemptions = added(tmp_path, "exemptions.csv", exempt(country, plate))
    with pytest.raises(RegistryError, match="line 7: plate is empty, or not written"):
        build(order(tmp_path, exemptions=exemptions))


def test_a_german_plate_with_its_hyphen_is_taken(tmp_path) -> None:
    refused, path = reasons(tmp_path, van("B\u2011MW 12", "DE"))
    assert refused == []
    assert decided(path, "DE", "B-MW 12").rule != "MISS"
    assert decided(path, "DE", "BM-W 12").rule == "MISS"


def test_a_day_in_basic_form_lasts_to_its_end(tmp_path) -> None:
    dates = "2028-06-01,2028-06-01"
    made = order(
        tmp_path, exemptions=edited(tmp_path, "exemptions.csv", dates, "20280601,20280601")
    )
    build(made)
    assert decided(made.out, "NL", "VDS41K").outcome == "permitted"


@pytest.mark.parametrize("end", ["9999-12-31", "99991231", "9999-12-31T23:59:59-05:00"])
def test_an_end_in_the_year_9999_is_open_in_both_tables(tmp_path, end) -> None:
    refused, path = reasons(tmp_path, van("1ABC123", tail=end))
    assert refused == []
    assert decided(path, "BE", "1ABC123").outcome == "no_access"
    dates = "2028-06-01,2028-06-01"
    exemptions = edited(tmp_path, "exemptions.csv", dates, f"2028-06-01,{end}")
    made = order(tmp_path, exemptions=exemptions)
    build(made)
    assert decided(made.out, "NL", "VDS41K").outcome == "permitted"


def test_a_type_in_lower_case_is_the_same_and_tells_nothing_of_a_person(tmp_path) -> None:
    made = order(
        tmp_path, exemptions=edited(tmp_path, "exemptions.csv", "FL-VR-ROLSTOEL", "fl-vr-rolstoel")
    )
    build(made)
    assert decided(made.out, "BE", "2CRF517").outcome == "exempt"
    assert b"rolstoel" not in made.out.read_bytes().lower()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (van("1ABC123").replace("3300", str(2**70)), "max_mass_kg is not a positive whole number"),
        (van("1ABC123").replace(",-,,", ",-,0001-01-01,"), "valid_from is not an ISO 8601 time"),
    ],
)
def test_an_overflow_refuses_the_row_and_not_the_build(tmp_path, row, reason) -> None:
    refused, path = reasons(tmp_path, row)
    assert refused == [reason]
    assert decided(path, "BE", "1ABC123").rule == "MISS"


@pytest.mark.parametrize("error", [OverflowError, ValueError])
def test_any_other_fault_of_a_cell_is_noted_without_its_text(error) -> None:
    def add(line: int, row: Mapping[str, str]) -> None:
        raise error(row["plate"])

    rejects = Rejects(None)
    take(DEMO / "vehicles.csv", add, rejects, lambda read: None)
    assert rejects.first(DEMO / "vehicles.csv") == "line 2: the row cannot be read"


def test_an_overflow_in_an_exemption_stops_the_build_in_one_sentence(tmp_path) -> None:
    bad = edited(tmp_path, "exemptions.csv", "2028-02-01,", "0001-01-01,")
    result = run(tmp_path, **{"--exemptions": str(bad)})
    assert result.exit_code == 1
    assert "line 2: valid_from is not an ISO 8601 time" in " ".join(result.output.split())


@pytest.mark.parametrize(
    "second",
    [
        van("1-AGN-662").replace("N1", "N9"),
        van("1AGN662") + ",,",
        "be,1AGN662,N1",
        van("1AGN662", first="1899-12-31"),
        van("1AGN662").replace("3300", str(2**70)),
    ],
)
def test_a_refused_second_row_of_a_plate_leaves_its_first_out_too(tmp_path, second) -> None:
    """The plate has a newer vehicle of which nothing is known: the old one is not accused."""
    refused, path = reasons(tmp_path, second)
    assert len(refused) == 1
    assert decided(path, "BE", "1AGN662").rule == "MISS"


def test_a_first_registration_before_1900_is_refused_by_its_column(tmp_path) -> None:
    refused, _ = reasons(tmp_path, van("1ABC123", first="1899-12-31"))
    assert refused == ["first_registration lies before 1900"]


@pytest.mark.parametrize("cell", range(16))
def test_no_cell_of_a_refused_row_is_told_to_anyone(tmp_path, cell) -> None:
    """A table whose columns slipped has plates where other values belong."""
    cells = van("1ABC123").split(",")
    cells[cell] = "1-QQQ-777*"
    vehicles = added(tmp_path, "vehicles.csv", ",".join(cells))
    rejects = tmp_path / "rejects.csv"
    result = run(tmp_path, **{"--vehicles": str(vehicles), "--rejects": str(rejects)})
    assert "1 rows of vehicles.csv left out" in result.output
    assert "QQQ" not in result.output + rejects.read_text()


def test_a_table_without_its_header_tells_no_plate(tmp_path) -> None:
    (tmp_path / "vehicles.csv").write_text(van("1QQQ777") + "\n")
    result = run(tmp_path, **{"--vehicles": str(tmp_path / "vehicles.csv")})
    assert result.exit_code == 1
    assert "lacks column plate" in " ".join(result.output.split())
    assert "QQQ" not in result.output
