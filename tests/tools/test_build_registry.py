"""The builder refuses bad input by name, and the demo gives every outcome."""

import csv
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.pack import SHIPPED, load_law
from edge.errors import RegistryError
from edge.registry.cache import RegistryCache
from edge.registry.seal import seal_of
from edge.types import Decision, Outcome
from tests.conftest import DEMO
from tests.tools.registry_orders import KEY, order, registry
from tools.build_registry import build, main

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
    assert rejects == [
        {"file": "vehicles.csv", "line": "5", "reason": "category 'N9' is not known"}
    ]
    assert decided(made.out, "BE", "1BVX308").rule == "MISS"


def test_a_plate_that_stands_twice_belongs_to_nobody(tmp_path) -> None:
    vehicles = edited(tmp_path, "vehicles.csv", "BE,1AGN662", "BE,1-BVX-308")
    made = order(tmp_path, vehicles=vehicles)
    build(made)
    assert decided(made.out, "BE", "1BVX308").rule == "MISS"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("toegekend", "granted", "status 'granted' is not known"),
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
        if target == seal:
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
        "--vehicles": str(made.vehicles),
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
