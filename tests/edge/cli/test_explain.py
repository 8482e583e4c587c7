"""`explain`: one vehicle in words, or a case table against the packs."""

import json

from click.testing import CliRunner, Result

from edge.cli.explain import explain
from tests.edge.access.test_cases import HEADER, row
from tests.tools.registry_orders import registry

VAN = [
    "--zone=voorbeeldgem",
    "--at=2028-06-01T10:00",
    "--facts",
    "category=N1",
    "fuel=diesel",
    "euro_norm=5",
    "first_registration=2014-06-30",
    "body_codes=-",
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(explain, list(arguments))


def test_one_vehicle_in_words() -> None:
    result = run(*VAN)
    assert result.exit_code == 0
    assert "permit_possible (hold48, draft), rule FA5" in result.output
    assert "euronorm V is" in result.output


def test_one_vehicle_in_json() -> None:
    answer = json.loads(run(*VAN, "--json").output)
    assert (answer["outcome"], answer["rule"], answer["zone"]) == (
        "permit_possible",
        "FA5",
        "voorbeeldgem",
    )


def test_a_registered_record_on_the_command_line() -> None:
    granted = "exemption=FL-IT-4|zone=voorbeeldgem|2028-01-01..2028-12-31"
    assert "permitted (none, draft)" in run(*VAN, granted).output


def test_a_plate_is_looked_up_in_a_registry(tmp_path) -> None:
    path = registry(tmp_path)
    files = (f"--registry={path}", f"--token-key={tmp_path / 'token.key'}")
    asked = ("--zone=voorbeeldgem", "--at=2028-06-01T10:00", *files)
    assert "permitted (none, draft), rule FL-IT-3" in run(*asked, "--plate=NL:VDS-41-K").output
    assert "rule MISS" in run(*asked, "--plate=NL:27BXK4").output


def test_a_plate_needs_a_country_and_a_registry() -> None:
    assert "not of the form" in run("--zone=utrecht", "--plate=27BXK4").output
    assert "needs --registry" in run("--zone=utrecht", "--plate=NL:27BXK4").output


def test_a_registry_that_cannot_be_opened_is_one_sentence(tmp_path) -> None:
    path = registry(tmp_path)
    (tmp_path / "other.key").write_text("00" * 32)
    files = (f"--registry={path}", f"--token-key={tmp_path / 'other.key'}")
    result = run("--zone=voorbeeldgem", "--plate=NL:27BXK4", *files)
    assert result.exit_code == 1
    assert "another token key" in result.output


def test_a_time_that_is_none_is_misuse() -> None:
    assert run("--zone=utrecht", "--at=noon").exit_code == 2


def test_a_fact_left_out_is_unknown() -> None:
    assert "Not known or not certain" in run(*VAN[:-1], "fuel=").output


def test_a_misspelt_fact_is_refused_with_a_suggestion() -> None:
    result = run(*VAN, "kategory=N1")
    assert result.exit_code == 2
    assert "did you mean category?" in result.output


def test_a_bad_value_is_refused() -> None:
    result = run(*VAN, "fuel=kerosene")
    assert result.exit_code == 2
    assert "'kerosene' is not known" in result.output


def test_an_unknown_zone_is_refused_with_a_suggestion() -> None:
    assert "did you mean rotterdam?" in run("--zone=roterdam").output


def test_nothing_asked_is_misuse() -> None:
    assert run().exit_code == 2


def test_a_table_on_which_we_agree(tmp_path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text(f"{HEADER}\n{row(body='F7')}\n")
    result = run("--cases", str(table))
    assert (result.exit_code, result.output) == (0, "1 of 1 cases agree.\n")


def test_a_mismatch_is_printed_and_fails(tmp_path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text(f"{HEADER}\n{row()}\n")
    result = run("--cases", str(table))
    assert result.exit_code == 1
    assert "X-1 (certain, FX-F7): expected exempt/none, got no_access/hold48" in result.output
    told = json.loads(run("--cases", str(table), "--json").output)
    assert told["mismatches"][0]["got"]["rule"] == "FB3"


def test_a_table_that_cannot_be_read_is_one_sentence(tmp_path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("a,b\n1,2\n")
    result = run("--cases", str(table))
    assert result.exit_code == 1
    assert "cannot be run" in result.output
