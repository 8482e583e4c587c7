"""`explain`: one vehicle in words, or a case table against the packs."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.explain import explain
from tests.edge.access.test_cases import HEADER, row
from tests.tools.registry_orders import registry

README = Path(__file__).parents[3] / "edge" / "access" / "README.md"
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

DUTCH_VAN = [
    "--zone=utrecht",
    "--at=2028-06-01",
    "--facts",
    "category=N1",
    "vehicle_kind=van",
    "max_mass_kg=3500",
    "fuel=diesel",
    "first_registration=2009-06-30",
    "body_codes=-",
]

BOX = """\
[box]
id = "b-1"
state = "state"
[camera]
id = "c-1"
lane = "in"
[access]
registry = "{registry}"
token_key = "token.key"
[keys]
signing = "box.key"
platform = "platform.key"
storage = "storage.key"
[[zones]]
id = "utrecht"
pack = "nl-ze"
start = 2025-01-01
[uplink]
publisher = "spool"
spool = "stick"
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(explain, list(arguments))


def test_one_vehicle_in_words() -> None:
    result = run(*VAN)
    assert result.exit_code == 0
    said = result.output.splitlines()
    assert said[0] == "permit_possible (hold48, draft), rule FA5"
    assert "only with a paid permission (toelating), and has none" in said[1]
    assert said[2].startswith("Why: A diesel of group A with Euro 5 needs a paid")
    assert said[3].startswith("Source: KO par. 1.1 en par. 1.2 toelating 4")
    assert "als de euronorm V is." in said[4]
    assert "Mark draft: the law is a draft: it decides and is never enforced." in said
    assert "Since: 2027-01-01; before it out_of_scope (not_enforced, draft), rule START" in said


def test_the_day_on_which_the_answer_differs_and_what_it_is_then() -> None:
    later = "Next change: from 2033-01-01 no_access (hold48, draft), rule FA2: From 2033 on"
    assert later in run(*VAN).output
    paid = "exemption=FL-IT-4|zone=voorbeeldgem|2028-01-01..2028-06-01T18:30"
    assert "Next change: from 2028-06-01 18:30 permit_possible" in run(*VAN, paid).output


def test_what_would_change_it_in_words() -> None:
    said = run(*VAN).output
    assert "for this zone and moment, to be asked for by 2028-06-02 10:00: permitted" in said
    assert "FL-IT-3: uitzonderlijke toegang, tot 12 keer per jaar per ZES" in said
    assert "if the Euro norm (emissieklasse) were 6 or higher: free_access (none, FA4)" in said
    assert "if a body code were DIV.codeForBodyWork KG, SF: exempt (none, FX-KRAAN)" in said
    assert "if it were zero-emission: free_access (none, FA1)" in said


def test_an_unknown_fact_is_told_value_by_value() -> None:
    assert (
        "if the Euro norm (emissieklasse) is 4 or lower: no_access (hold48, FA6); "
        "5: permit_possible (hold48, FA5); 6 or higher: free_access (none, FA4)"
    ) in run(*VAN, "euro_norm=").output
    assert (
        "if the first registration (DEI, DET) is before 2027-01-01: free_access (none, FA4); "
        "from 2027-01-01: no_access (hold48, FA3)"
    ) in run(*VAN, "first_registration=", "euro_norm=6").output


def test_what_is_open_but_harmless_and_what_has_expired_are_said() -> None:
    paid = "exemption=NL-ON-DAG|2028-06-01..2028-06-01"
    said = run(*DUTCH_VAN, paid, "body_codes=", "euro_norm=5").output
    assert "review (none), rule SET\nNot decided, and nobody need look" in said
    assert "Next change: from 2028-06-02 06:00 review (manual)" in said
    lorry = run(*DUTCH_VAN, "euro_norm=", "body_codes=").output
    assert "is 5 or lower: still open; 6 or higher: free_access" in lorry
    assert "permission for this zone and moment: still open, but harmless" in lorry
    assert "Next change: none, this pack has expired" in run(*VAN, "--at=2036-01-01").output


def test_a_vehicle_that_complies_needs_nothing() -> None:
    said = run(*VAN, "euro_norm=6").output
    assert "What would change it" not in said
    assert "Next change: from 2033-01-01 no_access" in said


def test_an_answer_that_rests_on_an_announcement_says_so() -> None:
    said = run(*DUTCH_VAN, "euro_norm=6").output
    assert "free_access (none, needs_amendment), rule NV5" in said
    assert "Mark needs_amendment: rests on an announced extension" in said


def test_a_pack_that_is_enforced_tells_how_long_it_holds() -> None:
    said = run(*DUTCH_VAN, "euro_norm=4").output
    assert "It is kept encrypted until 6:00 of the next day" in said
    assert "nothing is held" in run(*VAN).output


def test_one_vehicle_in_json() -> None:
    answer = json.loads(run(*VAN, "--json").output)
    assert (answer["outcome"], answer["rule"], answer["zone"]) == (
        "permit_possible",
        "FA5",
        "voorbeeldgem",
    )
    assert answer["text"] == answer["text_nl"]
    assert answer["text_en"] == answer["reason"]
    assert (answer["at"], answer["snapshot"]) == ("2028-06-01T10:00:00+02:00", None)
    assert answer["next_change"] == {
        "at": "2033-01-01T00:00:00+01:00",
        "outcome": "no_access",
        "consequence": "hold48",
        "rule": "FA2",
        "reason": answer["next_change"]["reason"],
    }
    norm = next(one for one in answer["alternatives"] if one["fact"] == "euro_norm")
    assert norm == {
        "fact": "euro_norm",
        "unknown": False,
        "values": [],
        "from": "6",
        "below": None,
        "outcome": "free_access",
        "consequence": "none",
        "rules": ["FA4"],
    }
    asked = next(one for one in answer["alternatives"] if one["fact"] == "record")
    assert asked["until"] == "2028-06-02T10:00:00+02:00"
    assert asked["names"] == {"FL-IT-3": "uitzonderlijke toegang, tot 12 keer per jaar per ZES"}


def test_every_documented_key_is_there_and_no_other() -> None:
    table = README.read_text().partition("| key | what |\n|---|---|\n")[2].partition("\n\n")[0]
    first = "".join(line.split("|")[1] for line in table.splitlines())
    keys = set(re.findall(r"`(\w+)`", first))
    assert keys == set(json.loads(run(*VAN, "--json").output))


def test_a_registered_record_on_the_command_line() -> None:
    granted = "exemption=FL-IT-4|zone=voorbeeldgem|2028-01-01..2028-12-31"
    assert "permitted (none, draft)" in run(*VAN, granted).output


def test_a_plate_is_looked_up_in_a_registry(tmp_path) -> None:
    path = registry(tmp_path)
    files = (f"--registry={path}", f"--token-key={tmp_path / 'token.key'}")
    asked = ("--zone=voorbeeldgem", "--at=2028-06-01T10:00", *files)
    said = run(*asked, "--plate=NL:VDS-41-K").output
    assert "permitted (none, draft), rule FL-IT-3" in said
    assert '"uitzonderlijke toegang, tot 12 keer per jaar per ZES"' in said
    assert "VDS" not in said
    missing = run(*asked, "--plate=NL:27BXK4").output
    assert "rule MISS" in missing
    assert "What would change it: a registry that holds it" in missing


def test_a_plate_is_looked_up_in_the_registry_in_force_on_a_box(tmp_path: Path) -> None:
    path = registry(tmp_path)
    config = tmp_path / "box.toml"
    config.write_text(BOX.format(registry=path.name))
    asked = ("--zone=utrecht", "--at=2028-06-01T10:00", "--plate=NL:VDS41K", f"--config={config}")
    assert "Registry demo-1: " in run(*asked).output
    (tmp_path / "token.key").unlink()
    assert "The token key" in run(*asked).output


def test_any_moment_is_judged_with_the_registry_of_now_and_that_is_said(tmp_path) -> None:
    path = registry(tmp_path)
    files = (f"--registry={path}", f"--token-key={tmp_path / 'token.key'}")
    for at in ("2027-02-01", "2034-02-01"):
        said = run("--zone=voorbeeldgem", f"--at={at}", *files, "--plate=NL:VDS-41-K").output
        assert "rule STALE" not in said
        assert "exemptions as of 2028-06-01 07:00; past and future moments are judged" in said
    answer = json.loads(run("--zone=voorbeeldgem", *files, "--plate=NL:VDS-41-K", "--json").output)
    assert answer["snapshot"]["exemptions_as_of"] == "2028-06-01T05:00:00+00:00"


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("a,b\n1,2\n", "column 'a' is unknown"),
        (f"{HEADER}\n", "it holds no cases"),
        (f"{HEADER}\n{row().replace('FL', 'FR', 1)}\n", "line 2, case X-1, column jurisdiction"),
    ],
)
def test_a_table_that_cannot_be_run_is_one_sentence_and_misuse(tmp_path, text, told) -> None:
    table = tmp_path / "cases.csv"
    table.write_text(text)
    result = run("--cases", str(table))
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {table} cannot be run: ")
    assert told in result.output
    assert len(result.output.splitlines()) == 1


def test_a_text_that_only_tells_the_law_is_not_shown_as_a_quotation() -> None:
    van = ("category=N1", "vehicle_kind=van", "max_mass_kg=3000", "fuel=diesel", "euro_norm=5")
    asked = ("--zone=utrecht", "--at=2027-06-01T10:00", "--facts", *van)
    said = run(*asked, "first_registration=2014-06-30", "body_codes=-").output
    assert "In short (nl): Tot en met" in said
