"""The maintainer's view of a rollout: what every box last told of itself."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from edge.record.active import ActivePack, ActiveRegistry, Family, Updates
from edge.record.chain import Head, next_link
from edge.record.envelope import decode_part, seal, split
from edge.record.message import HealthRecord, ModelRef, ProvenSpan, decode, event
from edge.types import Envelope
from tests.chains import NOW, Pen, carried
from tools.receive import store
from tools.receive.__main__ import receive
from tools.receive.boxes import BoxView, described, table
from tools.receive.growth import Verdict
from tools.receive.store import Store

HOUR = timedelta(hours=1)
NOON_OF_2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
REGISTRY = ActiveRegistry(
    id="2028-06-01",
    sha256="a" * 64,
    vehicles_as_of=NOW - 5 * HOUR,
    exemptions_as_of=NOW - 2 * HOUR,
    vehicles=9,
    exemptions=3,
)
PACK = ActivePack(zone="utrecht", id="nl-ze", version="2028.1", sha256="b" * 64)
FINE = Updates(
    synced_at=NOW,
    reached_at=NOW,
    fault=None,
    families=(Family(family="registry", outcome="current", release=7),),
)
REFUSED = msgspec.structs.replace(
    FINE,
    families=(
        Family(family="registry", outcome="current", release=7),
        Family(family="packs", outcome="refused", release=3, refused=4, reason="Case 12 differs."),
    ),
)


def health(pen: Pen, updates: Updates | None = None, registry: str = REGISTRY.id) -> Envelope:
    """Let a box tell how it stands, as the next record of its chain."""
    link = next_link(pen.head)
    record = HealthRecord(
        **(carried(link, pen.box) | {"software": "anpr-edge 0.1.0"}),
        registry=msgspec.structs.replace(REGISTRY, id=registry),
        packs=(PACK,),
        models=(ModelRef("plate-reader", "c" * 64),),
        config_sha256="d" * 64,
        updates=updates,
        waiting=2,
        waiting_s=7.0,
        held=1,
        disk_free=10**9,
    )
    return follow(pen, event("health", record, id=UUID(int=link.seq), source="/b", time=NOW))


def follow(pen: Pen, message: bytes) -> Envelope:
    envelope = seal(message, pen.signer)
    pen.head = Head(envelope.epoch, envelope.seq, envelope.sha256)
    return envelope


class Fleet:
    """A receiver's database, and the boxes that it has heard of."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "received.sqlite"
        self.pens = {name: Pen(name) for name in ("box-1", "box-2")}
        self.keyring = {kid: key for pen in self.pens.values() for kid, key in pen.keyring.items()}

    def take(self, *envelopes: Envelope) -> list[Verdict]:
        with Store.open(self.db, lambda: self.keyring) as store:
            return store.take([(envelope.box, envelope.jws) for envelope in envelopes])

    def look(self, *words: str) -> Result:
        return CliRunner().invoke(receive, ["--db", str(self.db), "--boxes", *words])

    def rows(self, now: datetime = NOW + HOUR) -> list[dict[str, Any]]:
        with Store.open(self.db) as store:
            return [described(view, now) for view in store.boxes()]


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_each_box_is_shown_as_it_last_told(fleet: Fleet) -> None:
    one, two = fleet.pens.values()
    fleet.take(health(one, registry="old"), one.write(), health(one, FINE, "new"), one.write())
    fleet.take(health(two, FINE))
    first, second = fleet.rows()
    assert (first["box"], second["box"]) == ("box-1", "box-2")
    told = first["health"]
    assert (told["registry"]["id"], told["registry"]["sha256"]) == ("new", "a" * 64)
    assert (told["registry"]["vehicles_age_h"], told["registry"]["exemptions_age_h"]) == (6, 3)
    (pack,) = told["packs"]
    assert pack == {"zone": "utrecht", "id": "nl-ze", "version": "2028.1", "sha256": "b" * 64}
    assert told["updates"]["families"][0]["release"] == 7
    assert (told["waiting"], told["held"], told["disk_free"]) == (2, 1, 10**9)
    assert (first["told_at"], first["told_s"]) == ("2028-06-01T08:00:00Z", 3600)
    assert "seq" not in told


def test_when_a_box_was_last_heard_is_told_by_the_receivers_clock(fleet: Fleet) -> None:
    (pen, _) = fleet.pens.values()
    started = datetime.now(UTC).replace(microsecond=0)
    chain = pen.chain(3)
    fleet.take(chain[0])
    fleet.take(chain[2])  # it waits for the second, and was heard all the same
    with sqlite3.connect(fleet.db) as db:
        db.execute("UPDATE records SET received_at = '2000-01-01T00:00:00.000Z'")
    db.close()
    (row,) = fleet.rows()
    assert datetime.fromisoformat(row["heard_at"]) >= started


@pytest.fixture
def then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the receiver take what comes at the time of the boxes."""
    monkeypatch.setattr(store, "_now", lambda: NOW.isoformat().replace("+00:00", "Z"))


def lying(pen: Pen, by: timedelta, proven: ProvenSpan | None) -> Envelope:
    """Let a box tell how it stands under a clock that is off."""
    link = next_link(pen.head)
    plain = health(Pen(pen.box))
    record = decode(decode_part(split(plain.jws)[1])).data
    told = msgspec.structs.replace(record, **carried(link, pen.box), proven=proven)
    message = event("health", told, id=UUID(int=link.seq), source="/b", time=NOW + by)
    return follow(pen, message)


@pytest.mark.usefixtures("then")
@pytest.mark.parametrize(
    ("by", "says"),
    [
        (-timedelta(minutes=10), "at least 600 s behind when it showed 2028-06-01T07:50:00Z"),
        (timedelta(minutes=10), "at least 600 s ahead when it showed 2028-06-01T08:10:00Z"),
    ],
)
def test_a_box_whose_clock_is_proven_wrong_is_a_finding(fleet: Fleet, by, says) -> None:
    (pen, other) = fleet.pens.values()
    fleet.take(lying(pen, by, ProvenSpan(not_before=NOW, not_after=NOW)), health(other, FINE))
    result = fleet.look()
    assert result.exit_code == 1
    assert f"box-1: its clock was {says}, or the clock of a receiver is wrong\n" in result.output
    assert "box-2: its clock" not in result.output
    first, second = fleet.rows()
    assert (first["skew_s"], second["skew_s"]) == (by.total_seconds(), 0.0)


@pytest.mark.usefixtures("then")
def test_a_record_that_comes_before_it_was_written_proves_its_clock_ahead(fleet: Fleet) -> None:
    (pen, _) = fleet.pens.values()
    fleet.take(lying(pen, timedelta(minutes=10), None))
    assert "at least 600 s ahead" in fleet.look().output


@pytest.mark.usefixtures("then")
@pytest.mark.parametrize("by", [-HOUR, -timedelta(days=3), timedelta(seconds=50)])
def test_a_record_that_was_long_under_way_proves_nothing(fleet: Fleet, by) -> None:
    (pen, _) = fleet.pens.values()
    fleet.take(lying(pen, by, ProvenSpan(not_before=NOW + by - HOUR, not_after=None)))
    assert fleet.look().exit_code == 0


@pytest.mark.usefixtures("then")
def test_a_refused_update_is_a_finding_with_its_reason(fleet: Fleet) -> None:
    (pen, _) = fleet.pens.values()
    fleet.take(health(pen, FINE))
    assert fleet.look().exit_code == 0
    fleet.take(health(pen, REFUSED))
    result = fleet.look()
    assert result.exit_code == 1
    assert "box-1: packs 4 refused: Case 12 differs.\n" in result.output
    as_json = fleet.look("--json")
    assert as_json.exit_code == 1
    (row,) = json.loads(as_json.output)
    assert row["health"]["updates"]["families"][1]["reason"] == "Case 12 differs."
    fleet.take(health(pen, FINE))
    assert fleet.look().exit_code == 0


def test_a_family_that_was_not_reached_and_a_report_that_cannot_be_read_are_findings(
    fleet: Fleet,
) -> None:
    one, two = fleet.pens.values()
    lost = Family(family="models", outcome="not_reached", release=2, reason="No source answers.")
    fleet.take(health(one, msgspec.structs.replace(FINE, families=(lost,))))
    fleet.take(health(two, msgspec.structs.replace(FINE, fault="The report is damaged.")))
    result = fleet.look()
    assert result.exit_code == 1
    assert "box-1: models not reached: No source answers.\n" in result.output
    assert "box-2: The report is damaged.\n" in result.output


@pytest.mark.usefixtures("then")
def test_until_when_a_release_may_be_used_is_shown_and_its_end_is_a_finding(fleet: Fleet) -> None:
    (pen, _) = fleet.pens.values()
    soon = datetime.now(UTC) + HOUR
    for until, exit_code in ((soon, 0), (NOON_OF_2000, 1)):
        family = Family(family="registry", outcome="current", release=7, until=until)
        fleet.take(health(pen, msgspec.structs.replace(FINE, families=(family,))))
        result = fleet.look()
        assert result.exit_code == exit_code
        assert f"{until:%m-%d %H:%M}" in result.output
    over = "box-1: registry 7 was to be used until 2000-01-01T12:00:00Z: passages go to review\n"
    assert over in result.output


def test_a_box_that_told_nothing_of_itself_is_listed(fleet: Fleet) -> None:
    (pen, _) = fleet.pens.values()
    fleet.take(*pen.chain(2))
    (row,) = fleet.rows()
    assert row["heard_at"] is not None
    assert (row["health"], row["told_at"]) == (None, None)
    result = fleet.look()
    assert result.exit_code == 0
    assert "box-1" in result.output


def test_a_health_record_of_another_content_is_as_none(fleet: Fleet) -> None:
    (pen, _) = fleet.pens.values()
    link = next_link(None)
    data = f'"box":"box-1","epoch":{link.epoch},"seq":{link.seq},"prev":"{link.prev}"'
    fleet.take(follow(pen, f'{{"type":"anpr-edge.health.v1","data":{{{data}}}}}'.encode()))
    (row,) = fleet.rows()
    assert row["health"] is None


def test_what_a_box_says_cannot_command_the_terminal(fleet: Fleet) -> None:
    (pen, _) = fleet.pens.values()
    ugly = "\x1b[2J[red]gone[/red]\n\x9b"
    families = (Family(family="packs", outcome="refused", release=1, refused=2, reason=ugly),)
    fleet.take(health(pen, msgspec.structs.replace(FINE, families=families), registry=ugly))
    output = fleet.look().output
    assert not {"\x1b", "\x9b"} & set(output)
    assert "packs 2 refused: ?[2J[red]gone[/red]??" in output


def test_the_table_has_one_row_for_each_box_and_marks_what_was_refused(fleet: Fleet) -> None:
    one, two = fleet.pens.values()
    fleet.take(health(one, REFUSED), *two.chain(1))
    with Store.open(fleet.db) as store:
        found = table(store.boxes(), NOW + HOUR)
    cells = {str(column.header): [str(cell) for cell in column.cells] for column in found.columns}
    assert cells["box"] == ["box-1", "box-2"]
    assert cells["registry"] == ["2028-06-01", "-"]
    assert cells["age h"] == ["6/3", "-"]
    assert cells["in use"] == ["anpr-edge 0.1.0, nl-ze 2028.1, plate-reader", "-"]
    assert cells["until"] == ["-", "-"]
    assert cells["releases"] == ["registry 7, packs 3!", "-"]


def test_in_a_narrow_terminal_no_heading_is_broken() -> None:
    out = StringIO()
    view = BoxView("voorbeeldgem-in-01", NOW, None)
    Console(width=80, file=out).print(table([view], NOW + HOUR))
    heading = next(line for line in out.getvalue().splitlines() if "heard" in line)
    assert {"registry", "in", "use", "releases"} <= set(heading.split())


def test_the_last_word_is_found_without_reading_every_record(fleet: Fleet) -> None:
    (pen, _) = fleet.pens.values()
    fleet.take(health(pen))
    with sqlite3.connect(fleet.db) as db:
        plan = db.execute(
            "EXPLAIN QUERY PLAN SELECT jws FROM records h WHERE h.box = ? AND h.kind = 'health'"
            " ORDER BY h.epoch DESC, h.seq DESC LIMIT 1",
            ("box-1",),
        ).fetchall()
    db.close()
    assert "USING INDEX health" in str(plan)


def test_a_database_that_is_not_there_is_misuse(fleet: Fleet) -> None:
    assert fleet.look().exit_code == 2
    assert not fleet.db.exists()
