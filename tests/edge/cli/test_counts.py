"""`counts`: what may be published of the count records of boxes."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result

from edge.cli.counts import counts
from edge.counts.record import Bookkeeper, Figures
from edge.record.chain import Head, next_link
from edge.record.envelope import seal
from edge.record.message import event
from edge.record.provenance import Provenance
from edge.types import ClockReading, Envelope, Snapshot
from tests.chains import Pen
from tests.edge.cli.test_records import STORES, a_list, keys_file, storage_key

HOUR = datetime(2028, 6, 1, 8, tzinfo=UTC)
ZONE = "utrecht"
BUSY: Figures = {
    "passages": {"in_scope": 100, "out_of_scope": 60},
    "operation": {"announced": 160, "settled": 160, "seconds": 3600, "frames": 90},
    "outcome": {"free_access": 70, "exempt": 20, "no_access": 10},
    "sanction_candidates": {"decided": 10},
}
QUIET: Figures = {
    "passages": {"in_scope": 30, "out_of_scope": 10},
    "operation": {"announced": 40, "settled": 40, "seconds": 3600},
    "outcome": {"free_access": 20, "exempt": 2, "no_access": 8},
}


class Clerk(Pen):
    """A box that counts."""

    def count(self, figures: Figures, hour: datetime = HOUR, zone: str = ZONE) -> Envelope:
        keeper = Bookkeeper(Provenance(self.box, "t", (), "0" * 64, "c", None), bytes)
        link = next_link(self.head)
        now = ClockReading(hour + timedelta(hours=1), 0, 0, "b", "t", True, 1.0)
        snapshot = Snapshot("s", "0" * 64, HOUR, HOUR)
        envelope = seal(keeper.count(zone, hour, figures, snapshot, now, link), self.signer)
        self.head = Head(envelope.epoch, envelope.seq, envelope.sha256)
        return envelope


def run(*words: object) -> Result:
    return CliRunner().invoke(counts, [str(word) for word in words])


def facts(*words: object) -> dict:
    result = run(*words, "--format", "json")
    assert result.exit_code == 0, result.output
    found: dict = json.loads(result.stdout)
    return found


def cell(told: dict, figure: str, value: str, period: int = 0) -> int | None:
    count: int | None = told["periods"][period]["figures"][figure][value]["count"]
    return count


@pytest.fixture
def clerk() -> Clerk:
    return Clerk("box-1")


@pytest.mark.parametrize("store", ["list", "outbox", "stick"])
def test_counts_are_summed_wherever_the_records_lie(
    tmp_path: Path, clerk: Clerk, store: str
) -> None:
    hours = [HOUR, HOUR + timedelta(hours=1), HOUR + timedelta(days=40)]
    path = STORES[store](tmp_path, [clerk.count(BUSY, hour) for hour in hours])
    told = facts(path, "--storage-key", storage_key(tmp_path))
    assert [period["period"] for period in told["periods"]] == ["2028-06", "2028-07"]
    assert cell(told, "outcome", "free_access") == 140
    assert told["periods"][0]["compliance"]["share_free_access"] == 0.7
    assert told["periods"][0]["compliance"]["share_with_exemptions"] == 0.9
    assert told["periods"][0]["availability"]["hours_missing"] == 718
    assert told["notes"] == []


def test_a_reader_learns_what_is_needed_to_compare_zones(tmp_path: Path, clerk: Clerk) -> None:
    zone = facts(a_list(tmp_path, [clerk.count(BUSY)]))["periods"][0]["zone"]
    assert zone["municipality"] == "Utrecht"
    assert (zone["start"], zone["warn_until"]) == ("2025-01-01", "2025-06-30")
    unknown = a_list(tmp_path, [clerk.count(BUSY, zone="elsewhere")])
    assert facts(unknown)["periods"][0]["zone"] == {"zone": "elsewhere"}


CONFIG = """
[box]
id = "box-1"
[access]
registry = "r.sqlite"
token_key = "t.key"
[keys]
signing = "b.pem"
platform = "p.jwk"
storage = "storage.key"
[[zones]]
id = "elsewhere"
pack = "fl-zes"
start = 2028-01-01
municipality = "Elders"
privacy = "pseudonym"
"""


def test_the_configuration_says_more_of_its_own_zones(tmp_path: Path, clerk: Clerk) -> None:
    (tmp_path / "box.toml").write_text(CONFIG)
    path = a_list(tmp_path, [clerk.count(BUSY, zone="elsewhere")])
    zone = facts(path, "--config", tmp_path / "box.toml")["periods"][0]["zone"]
    assert (zone["municipality"], zone["jurisdiction"], zone["enforced"]) == ("Elders", "FL", False)
    assert zone["warn_until"] is None
    assert "privacy" not in zone


def test_one_month_or_one_zone_can_be_asked_for(tmp_path: Path, clerk: Clerk) -> None:
    chain = [
        clerk.count(BUSY),
        clerk.count(BUSY, HOUR + timedelta(days=40)),
        clerk.count(BUSY, zone="delft"),
    ]
    path = a_list(tmp_path, chain)
    assert len(facts(path)["periods"]) == 3
    assert len(facts(path, "--month", "2028-06")["periods"]) == 2
    (only,) = facts(path, "--month", "2028-07", "--zone", ZONE)["periods"]
    assert (only["period"], only["zone"]["zone"]) == ("2028-07", ZONE)
    assert run(path, "--zone", "gouda").exit_code == 1


def test_by_hour(tmp_path: Path, clerk: Clerk) -> None:
    chain = [clerk.count(BUSY), clerk.count(BUSY, HOUR + timedelta(hours=2))]
    told = facts(a_list(tmp_path, chain), "--hourly", "--month", "2028-06")
    assert [p["period"] for p in told["periods"]] == ["2028-06-01T08:00Z", "2028-06-01T10:00Z"]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_small_count_is_withheld_in_every_form(tmp_path: Path, clerk: Clerk, form: str) -> None:
    path = a_list(tmp_path, [clerk.count(QUIET)])
    shown = run(path, "--format", form)
    assert shown.exit_code == 0
    told = facts(path)
    assert cell(told, "outcome", "exempt") is None
    assert cell(told, "outcome", "no_access") is None
    assert told["periods"][0]["figures"]["outcome"]["exempt"]["share"] is None
    assert told["periods"][0]["compliance"]["share_with_exemptions"] is None
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(shown.stdout)))
        (exempt,) = (row for row in rows if (row["figure"], row["value"]) == ("outcome", "exempt"))
        assert (exempt["count"], exempt["share"], exempt["withheld"]) == ("", "", "yes")
        assert list(rows[0]) == [
            *("zone", "period", "figure", "value", "count", "share", "of", "withheld")
        ]
    if form == "table":
        assert "withheld: below 5" in shown.output
    assert cell(facts(path, "--k", 1), "outcome", "exempt") == 2


def test_two_hours_that_are_small_apart_are_counted_together(tmp_path: Path, clerk: Clerk) -> None:
    chain = [clerk.count(QUIET, HOUR + timedelta(hours=n)) for n in range(3)]
    assert cell(facts(a_list(tmp_path, chain)), "outcome", "exempt") == 6


def test_a_record_that_lies_twice_counts_once_and_a_gap_is_stated(
    tmp_path: Path, clerk: Clerk
) -> None:
    chain = [clerk.count(BUSY, HOUR + timedelta(hours=n)) for n in range(4)]
    path = a_list(tmp_path, [chain[0], chain[0], chain[1], chain[3], chain[1]])
    told = facts(path)
    assert cell(told, "outcome", "free_access") == 210
    assert told["notes"] == ["Box box-1: record 1/3 is missing, and what it may have counted."]
    assert "1/3 is missing" in run(path, "--format", "csv").stderr
    assert "1/3 is missing" in run(path).output


def test_records_of_other_kinds_are_no_gap(tmp_path: Path, clerk: Clerk) -> None:
    chain = [clerk.count(BUSY), clerk.write(), clerk.count(BUSY, HOUR + timedelta(hours=1))]
    assert facts(a_list(tmp_path, chain))["notes"] == []


def test_with_keys_only_proven_records_count(tmp_path: Path, clerk: Clerk) -> None:
    forger = Clerk("box-1")
    path = a_list(tmp_path, [clerk.count(BUSY), forger.count(QUIET, HOUR + timedelta(hours=1))])
    keys = keys_file(tmp_path, clerk)
    proven = run(path, "--keys", keys, "--format", "json")
    assert proven.exit_code == 1
    assert "line 2" in proven.stderr
    assert "key that is not trusted" in proven.stderr
    assert cell(json.loads(proven.stdout), "outcome", "free_access") == 70
    assert run(a_list(tmp_path, [clerk.count(BUSY)]), "--keys", keys).exit_code == 0


def impossible(clerk: Clerk, **changes: object) -> Envelope:
    """Return a signed record of a count that cannot be."""
    good = clerk.count(BUSY)
    from edge.record.envelope import decode_part, split
    from edge.record.message import decode

    data = msgspec.structs.replace(decode(decode_part(split(good.jws)[1])).data, **changes)
    return seal(event("count", data, id=UUID(int=1), source="/b", time=HOUR), clerk.signer)


@pytest.mark.parametrize(
    "changes",
    [
        {"until": HOUR + timedelta(days=1)},
        {"until": HOUR},
        {"since": datetime(2028, 6, 1, 8)},
        {"zone": "=cmd()"},
        {"figures": "none"},
    ],
)
def test_a_count_that_cannot_be_is_refused_and_the_others_are_shown(
    tmp_path: Path, clerk: Clerk, changes: dict
) -> None:
    path = a_list(tmp_path, [clerk.count(BUSY), impossible(clerk, **changes)])
    result = run(path, "--format", "json")
    assert result.exit_code == 1
    assert "line 2: The content is not that of a count." in result.stderr
    assert cell(json.loads(result.stdout), "outcome", "free_access") == 70


def test_where_nothing_was_counted_it_is_said_in_one_sentence(tmp_path: Path, clerk: Clerk) -> None:
    result = run(a_list(tmp_path, [clerk.write()]))
    assert result.exit_code == 1
    assert "holds no count records" in str(result.exception)


@pytest.mark.parametrize("words", [["--month", "2028-13"], ["--month", "june"], ["--k", "0"]])
def test_misuse_exits_2(tmp_path: Path, clerk: Clerk, words: list[str]) -> None:
    assert run(a_list(tmp_path, [clerk.count(BUSY)]), *words).exit_code == 2


def test_the_table_tells_up_time_before_it_tells_traffic(tmp_path: Path, clerk: Clerk) -> None:
    told = run(a_list(tmp_path, [clerk.count(BUSY)])).output
    assert told.startswith("Zone utrecht, 2028-06: 1 reporting, in operation 0.1% of the time;")
    assert "719 hours are missing, which says nothing of their traffic." in told
    assert "share_free_access: 70.00%" in told
