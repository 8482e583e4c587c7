"""`explain --what-if`: recorded traffic by another day's rules."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from edge.access.decide import decide
from edge.access.desk import desk_clock
from edge.access.rules import Law
from edge.cli.explain import explain
from edge.record.chain import Head, next_link
from edge.record.envelope import seal
from edge.record.message import ModelRef
from edge.record.provenance import Provenance
from edge.record.testimony import Testimony
from edge.types import Envelope, Exemption, Passage, Vehicle, VehicleKind
from tests.chains import Pen
from tests.edge.access.world import AT, flanders, record, utrecht, van
from tests.edge.cli.test_records import a_list, a_stick, an_outbox
from tests.edge.counts.roadside import PLATE, known, seen
from tests.tools.registry_orders import registry

ELECTRIC = van(fuels=frozenset({"electric"}), zero_emission=True)
NEW_LORRY = van(category="N3", euro=6, first_registration=date(2027, 5, 1))


class Witness(Pen):
    """A box that records passages."""

    def saw(
        self,
        vehicle: Vehicle | None,
        *records: Exemption,
        law: Law | None = None,
        passage: Passage | None = None,
    ) -> Envelope:
        law = law or flanders()
        passage = passage or seen(min(law.pack.countries))
        facts = known(vehicle, *records) if passage.doubt is None else None
        decision = decide(passage, facts, law, desk_clock(AT))
        writer = Testimony(
            Provenance(self.box, "t", (ModelRef("m", "0"),), "0" * 64, "c", None),
            {},
            lambda *_: "",
            bytes,
        )
        message = writer.passage(passage, facts, decision, desk_clock(AT), next_link(self.head))
        envelope = seal(message, self.signer)
        self.head = Head(envelope.epoch, envelope.seq, envelope.sha256)
        return envelope


@pytest.fixture
def witness() -> Witness:
    return Witness("box-1")


def run(*words: object) -> Result:
    return CliRunner().invoke(explain, [str(word) for word in words])


def facts(day: str, path: Path, *words: object, zone: str = "voorbeeldgem") -> dict:
    result = run("--what-if", day, path, "--json", *words)
    assert result.exit_code == 0, result.output
    assert PLATE not in result.output
    found: dict = json.loads(result.stdout)["zones"][zone]
    return found


def test_shares_of_every_outcome_now_and_then(tmp_path: Path, witness: Witness) -> None:
    chain = [
        witness.saw(ELECTRIC),
        witness.saw(NEW_LORRY),
        witness.saw(van()),
        witness.saw(van(category="M1")),
        witness.saw(None),
        witness.saw(van(), passage=seen(doubt="too few frames read it")),
    ]
    told = facts("2035-01-01", a_list(tmp_path, chain))
    assert told["scope"] == {"in_scope": 3, "out_of_scope": 1, "unknown_scope": 2}
    assert told["recorded"] == {"free_access": 2, "no_access": 1}
    assert told["again"] == {"free_access": 2, "no_access": 1}
    assert told["then"] == {"free_access": 1, "no_access": 1, "review": 1}
    assert told["review_then_may_be"] == {"exempt or no_access": 1}


def test_a_year_of_registration_is_enough_where_the_law_asks_for_no_more(
    tmp_path: Path, witness: Witness
) -> None:
    """The record of a lorry that complies tells 2027, and 2029 asks for before 2029."""
    told = facts("2029-01-01", a_list(tmp_path, [witness.saw(NEW_LORRY)]))
    assert told["then"] == {"free_access": 1}


def test_a_vehicle_never_becomes_younger_than_its_passage(tmp_path: Path, witness: Witness) -> None:
    unknown = replace(NEW_LORRY, first_registration=None)
    told = facts("2029-01-01", a_list(tmp_path, [witness.saw(unknown)]))
    assert told["then"] == {"free_access": 1}


def test_a_permission_of_a_complying_vehicle_is_kept_by_its_type(
    tmp_path: Path, witness: Witness
) -> None:
    lorry = van(kind=VehicleKind.TRACTOR, category="N3", max_mass_kg=None)
    chain = [witness.saw(lorry, record("NL-ON-DAG"), law=utrecht())]
    told = facts("2030-01-01", a_list(tmp_path, chain), zone="utrecht")
    assert told["then"] == {"permitted": 1}


def test_a_held_vehicle_is_judged_by_all_that_its_record_tells(
    tmp_path: Path, witness: Witness
) -> None:
    withdrawn = record("FL-IT-4", status="ingetrokken")
    told = facts("2029-01-01", a_list(tmp_path, [witness.saw(van(euro=5), withdrawn)]))
    assert (told["recorded"], told["then"]) == ({"permit_possible": 1}, {"permit_possible": 1})


def test_a_zone_that_had_not_begun_is_judged_by_its_law(tmp_path: Path, witness: Witness) -> None:
    law = replace(flanders(), zone=replace(flanders().zone, start=date(2029, 1, 1)))
    told = facts("2029-01-01", a_list(tmp_path, [witness.saw(ELECTRIC, law=law)]))
    assert (told["recorded"], told["then"]) == ({"zone_not_active": 1}, {"free_access": 1})


def test_a_record_that_lies_twice_counts_once(tmp_path: Path, witness: Witness) -> None:
    chain = [witness.saw(ELECTRIC), witness.write()]
    path = a_list(tmp_path, [*chain, chain[0]])
    assert facts("2029-01-01", path)["scope"]["in_scope"] == 1


def test_a_stick_will_do(tmp_path: Path, witness: Witness) -> None:
    path = a_stick(tmp_path, [witness.saw(ELECTRIC)])
    assert facts("2029-01-01", path)["then"] == {"free_access": 1}


def test_an_outbox_is_sealed_and_the_answer_names_what_to_read_instead(
    tmp_path: Path, witness: Witness
) -> None:
    said = run("--what-if", "2029-01-01", an_outbox(tmp_path, [witness.saw(ELECTRIC)]))
    assert said.exit_code == 1
    assert "are sealed" in said.output
    assert "read what the platform received" in said.output


def summary(folder: Path, entries: list[tuple[Envelope, str, str | None]]) -> None:
    found = [
        {"plate": plate, "country": country, "record": {"sha256": envelope.sha256, "seq": 1}}
        for envelope, plate, country in entries
    ]
    (folder / "summary.json").write_bytes(msgspec.json.encode({"passages": found, "clips": []}))


def test_with_a_registry_the_vehicles_of_a_replay_are_looked_up(
    tmp_path: Path, witness: Witness
) -> None:
    """An electric van was recorded, but the registry knows a diesel under this plate."""
    path = registry(tmp_path)
    chain = [witness.saw(ELECTRIC), witness.saw(ELECTRIC, passage=seen(doubt="too few"))]
    a_list(tmp_path, chain)
    summary(tmp_path, [(envelope, "VDS41K", "NL") for envelope in chain])
    files = ("--registry", path, "--token-key", tmp_path / "token.key")
    told = facts("2029-01-01", tmp_path, *files)
    assert told["scope"] == {"in_scope": 1, "out_of_scope": 0, "unknown_scope": 1}
    assert told["recorded"] == {"free_access": 1}
    assert told["again"] == {"permitted": 1}
    said = run("--what-if", "2029-01-01", tmp_path, *files).output
    assert "VDS41K" not in said
    assert "Judged from the records alone" not in said


def test_the_table_says_what_the_records_do_not_tell(tmp_path: Path, witness: Witness) -> None:
    said = run("--what-if", "2029-01-01", a_list(tmp_path, [witness.saw(ELECTRIC)])).output
    assert "Zone voorbeeldgem: 1 in scope, 0 out of scope, 0 not known." in said
    assert "1 (100.0%)" in said
    assert "Judged from the records alone" in said


def test_records_that_cannot_be_read_are_counted_and_exit_1(
    tmp_path: Path, witness: Witness
) -> None:
    path = a_list(tmp_path, [witness.saw(ELECTRIC)])
    path.write_bytes(path.read_bytes() + b"a.b.c\n")
    result = run("--what-if", "2029-01-01", path)
    assert result.exit_code == 1
    assert "1 records cannot be read" in result.output


@pytest.mark.parametrize("words", [[], ["missing"], ["2028"]])
def test_misuse_exits_2(words: list[str]) -> None:
    assert run("--what-if", "2029-01-01", *words).exit_code == 2


def test_what_is_missing_is_said_in_one_sentence(tmp_path: Path, witness: Witness) -> None:
    path = a_list(tmp_path, [witness.write()])
    assert "holds no passages" in run("--what-if", "2029-01-01", path).output
    a_list(tmp_path, [witness.saw(ELECTRIC)])
    files = ("--registry", registry(tmp_path), "--token-key", tmp_path / "token.key")
    assert "a registry is asked by plate" in run("--what-if", "2029-01-01", tmp_path, *files).output
    (tmp_path / "summary.json").write_text("[]")
    assert "is not the summary" in run("--what-if", "2029-01-01", tmp_path, *files).output
    assert run("--what-if", "2029-01-01", tmp_path, *files[:2]).exit_code == 2
