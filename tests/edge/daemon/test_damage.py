"""A candidate whose row rotted on the disk: it alone is set aside, and all others go on."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.access.hold import ALREADY_HELD, HELD, State
from edge.casebook.casebook import Casebook
from edge.casebook.entries import Order
from edge.config import load
from edge.daemon import damage, wiring
from edge.daemon.alarms import Alarms, Watched
from edge.record.envelope import decode_part, split
from edge.record.message import AlarmRecord, ResolutionRecord, decode
from edge.registry.fresh import FreshRegistry
from edge.types import Tally
from tests.cases import KEY, T0
from tests.edge.access.world import DIRTY_VAN
from tests.rot import cell, rot, rot_file, rot_text
from tests.site import HOUR, Site
from tests.street import street_box

PLATES = ("1ZZZ991", "1ZZZ992", "1ZZZ993", "1ZZZ994")
ROTTEN = 2
OTHERS = {1, 3, 4}


def start(folder: Path) -> Site:
    site = Site(folder)
    site.registry.vehicles = dict.fromkeys(PLATES, DIRTY_VAN)
    return site


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A box that holds four candidates, shut down."""
    folder = tmp_path_factory.mktemp("held")
    site = start(folder)
    for plate in PLATES:
        site.passes(plate)
    site.stop()
    return folder


@pytest.fixture
def folder(held: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(held, tmp_path / "box"))


def ended(folder: Path, delivered: bool = False) -> tuple[list[ResolutionRecord], int]:
    """Run rounds until nothing ends any more; return the resolutions, and how many are aside."""
    site = start(folder)
    try:
        hashes = {e.seq: e.sha256 for e in site.chain()}
        if delivered and (head := site.outbox.head()) is not None:
            site.outbox.forget_through(head)
        site.later()
        round_after_round(site)
        site.later(T0 + timedelta(days=15))  # one that was altered to wait has expired by now
        round_after_round(site)
        assert site.casebook.held() == []
        aside = len(site.casebook.damaged())
        if not delivered:
            site.proven()
        found = [decode(decode_part(split(e.jws)[1])).data for e in site.chain()]
    finally:
        site.stop()
    records = [data for data in found if isinstance(data, ResolutionRecord)]
    assert all(r.candidate.sha256 == hashes.get(r.candidate.seq) for r in records)
    return records, aside


def round_after_round(site: Site) -> set[int]:
    """Run rounds; return whose resolutions came."""
    found: set[int] = set()
    while done := site.release.round():
        records = [decode(decode_part(split(e.jws)[1])).data for e in done]
        found |= {r.candidate.seq for r in records}
    return found


def released(records: list[ResolutionRecord]) -> list[int]:
    return [r.candidate.seq for r in records if r.state == State.RELEASED]


def check_it_alone_ended_unreleased(folder: Path) -> None:
    records, aside = ended(folder)
    assert sorted(r.candidate.seq for r in records) == [1, 2, 3, 4]
    assert set(released(records)) == OTHERS
    (record,) = (r for r in records if r.candidate.seq == ROTTEN)
    assert record.state in {State.WITHDRAWN, State.EXPIRED}
    assert record.reason == damage.ROTTED
    assert (record.zone, record.entered_at, record.plate) == ("utrecht", T0, None)
    assert aside == 0


NONSENSE: dict[str, object] = {
    "nothing": None,
    "a number": 7,
    "a place before the chain": 0,
    "a negative number": -(2**63),
    "the largest number": 2**63 - 1,
    "a fraction": 2.5,
    "a text": "x",
    "an empty text": "",
    "bytes": b"\xff\xfe",
    "no bytes": b"",
    "zeros": bytes(300),
    "another thing": b"[]",
    "an empty candidate": b"{}",
    "a deep one": b"[" * 100_000,
}


@pytest.mark.parametrize("what", NONSENSE)
@pytest.mark.parametrize("column", ["epoch", "seq", "about", "sealed"])
def test_nonsense_in_a_cell_ends_that_candidate_alone(folder: Path, column: str, what: str) -> None:
    rot(folder / "casebook.sqlite", "held", column, NONSENSE[what], ROTTEN)
    check_it_alone_ended_unreleased(folder)


@pytest.mark.parametrize("column", ["epoch", "seq", "about", "sealed"])
def test_a_text_that_is_none_ends_that_candidate_alone(folder: Path, column: str) -> None:
    rot_text(folder / "casebook.sqlite", column, b"\xff\xfe{", ROTTEN)
    check_it_alone_ended_unreleased(folder)


@pytest.mark.parametrize("seq", [0x12, 0x42, 3])
def test_a_place_that_changed_in_the_file_and_not_in_its_index_is_withdrawn(
    folder: Path, seq: int
) -> None:
    path = folder / "casebook.sqlite"
    rot_file(path, cell(path, "about", ROTTEN), -1, seq)
    check_it_alone_ended_unreleased(folder)


def test_an_index_that_changed_and_not_its_row_costs_that_candidate_alone(folder: Path) -> None:
    entry = bytes([4, 9, 1, 1, ROTTEN, ROTTEN])  # lengths and types; epoch 1 has no byte of its own
    rot_file(folder / "casebook.sqlite", entry, 4, 0x42)
    check_it_alone_ended_unreleased(folder)


def test_a_text_where_a_candidate_was_is_none_though_it_says_the_same(folder: Path) -> None:
    path = folder / "casebook.sqlite"
    rot(path, "held", "about", cell(path, "about", ROTTEN).decode(), ROTTEN)
    check_it_alone_ended_unreleased(folder)


ALTERED = {
    "its seq": ('"seq":2', '"seq":3'),
    "its epoch": ('"epoch":1', '"epoch":5'),
    "its hash": ('"sha256":"', '"sha256":"f'),
    "a moment without a zone": ('"t0":"2028-06-01T08:00:00Z"', '"t0":"2028-06-01T08:00:00"'),
    "the year it was seen": ('"t0":"2028', '"t0":"9028'),
    "the last year": ('"t0":"2028-06-01', '"t0":"9999-12-31'),
    "the end of its window": ('"window_end":"2028', '"window_end":"2027'),
    "a later end": ('"window_end":"2028', '"window_end":"3028'),
    "its longest time": ('"expires_at":"2028', '"expires_at":"2018'),
    "a time that never ends": ('"expires_at":"2028', '"expires_at":"9028'),
    "its zone": ('"zone":"utrecht"', '"zone":"utrecit"'),
    "a tester's": ('"replayed":false', '"replayed":true'),
    "its rule": ('"rule":"', '"rule":"x'),
    "its pack": ('"pack_id":"nl-ze"', '"pack_id":"nm-ze"'),
}


@pytest.mark.parametrize("what", ALTERED)
def test_what_is_told_in_clear_and_was_altered_is_not_believed(folder: Path, what: str) -> None:
    path, (old, new) = folder / "casebook.sqlite", ALTERED[what]
    about = cell(path, "about", ROTTEN).decode()
    assert old in about
    rot(path, "held", "about", about.replace(old, new).encode(), ROTTEN)
    check_it_alone_ended_unreleased(folder)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_byte_of_a_row_keeps_the_others_from_their_end(
    held: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = Path(shutil.copytree(held, tmp_path_factory.mktemp("rot") / "box"))
    path = folder / "casebook.sqlite"
    column = data.draw(st.sampled_from(["about", "sealed"]))
    was = cell(path, column, ROTTEN)
    at = data.draw(st.integers(0, len(was) - 1))
    byte = data.draw(st.integers(0, 255))
    rot(path, "held", column, was[:at] + bytes([byte]) + was[at + 1 :], ROTTEN)
    with Casebook.attach(path) as book:
        told = book.held()
    records, aside = ended(folder)
    assert sorted(r.candidate.seq for r in records) == [1, 2, 3, 4]
    assert aside == 0
    if ROTTEN in released(records):  # only where what was told and sealed came through it unharmed
        with Casebook.attach(held / "casebook.sqlite") as book:
            assert told == book.held()
    assert set(released(records)) >= OTHERS


def test_without_its_record_it_is_kept_aside_and_the_others_end(folder: Path) -> None:
    rot(folder / "casebook.sqlite", "held", "about", b"{", ROTTEN)
    site = start(folder)
    head = site.outbox.head()
    assert head is not None
    site.outbox.forget_through(head)
    site.later()
    assert round_after_round(site) == OTHERS
    (row,) = site.casebook.damaged()
    assert damage.place(row) == "1/2"
    site.stop()


def test_a_place_that_rotted_is_told_by_what_is_sealed_even_without_its_record(
    folder: Path,
) -> None:
    rot(folder / "casebook.sqlite", "held", "seq", 7, ROTTEN)
    records, aside = ended(folder, delivered=True)
    assert (sorted(r.candidate.seq for r in records), aside) == ([1, 2, 3, 4], 0)
    assert set(released(records)) == OTHERS


def test_a_record_that_speaks_of_no_candidate_ends_none(folder: Path) -> None:
    path = folder / "casebook.sqlite"
    rot(path, "held", "about", b"{", ROTTEN)
    rot(path, "held", "seq", 5, ROTTEN)
    site = start(folder)
    site.passes(PLATES[0], T0 + HOUR)  # record 5: let go, for it is held already
    site.later()
    assert round_after_round(site) == OTHERS
    assert len(site.casebook.damaged()) == 1
    site.stop()


def test_a_damaged_one_is_withdrawn_whatever_the_clock_says(folder: Path) -> None:
    rot(folder / "casebook.sqlite", "held", "about", b"{", ROTTEN)
    site = start(folder)
    site.clock.trusted = False
    assert round_after_round(site) == {ROTTEN}
    site.stop()


@pytest.mark.parametrize("column", ["given_at", "reason"])
@pytest.mark.parametrize("value", [None, 7, "", "soon", b"\xff"])
def test_an_order_stands_whatever_became_of_its_date_and_reason(
    folder: Path, column: str, value: object
) -> None:
    site = start(folder)
    site.casebook.order(Order("s1", "It was bad.", T0))
    site.stop()
    rot(folder / "casebook.sqlite", "orders", column, value)
    records, _ = ended(folder)
    assert {r.state for r in records} == {"withdrawn"}
    assert len(records) == len(PLATES)


def test_an_order_whose_object_cannot_be_read_stops_nothing(folder: Path) -> None:
    site = start(folder)
    site.casebook.order(Order("s9", "It was bad.", T0))
    site.stop()
    rot(folder / "casebook.sqlite", "orders", "rests_on", 9)
    records, _ = ended(folder)
    assert len(records) == len(PLATES)


def test_an_alarm_tells_it_once_and_again_when_one_more_is_damaged(folder: Path) -> None:
    path = folder / "casebook.sqlite"
    rot(path, "held", "about", b"{", ROTTEN)
    site = start(folder)
    line, watched = site.pipeline, Watched(lambda: damage.fault(site.casebook), damage.REMEDY)
    alarms = Alarms(
        {"casebook": watched}, site.clock, line.testimony, line.signer, site.outbox, site.casebook
    )
    (raised,) = alarms.look()
    record = decode(decode_part(split(raised.jws)[1])).data
    assert isinstance(record, AlarmRecord)
    assert record.cause == "1 held candidate is damaged and set aside: record 1/2."
    assert "held list" in record.remedy
    assert alarms.look() == []
    rot(path, "held", "seq", None, 3)
    (raised,) = alarms.look()
    assert b"record 1/?, 1/2." in decode_part(split(raised.jws)[1])
    assert json.loads(decode_part(split(raised.jws)[1]))["data"]["alarm"] == "casebook"
    site.stop()


def test_the_daemon_watches_its_casebook(folder: Path, tmp_path: Path) -> None:
    rot(folder / "casebook.sqlite", "held", "about", b"{", ROTTEN)
    config = load(street_box(tmp_path / "street").config)
    site = start(folder)
    line, registry = site.pipeline, cast(FreshRegistry, site.registry)
    parts = (config, site.clock, registry, line.signer, site.outbox, site.casebook)
    alarms = wiring.alarms(wiring.Cabinet(*parts))
    assert alarms.watched["casebook"].fault() == damage.fault(site.casebook) is not None
    site.stop()


FRESH = "1ZZZ995"


def marked(site: Site, plate: str, at: datetime) -> bool:
    """Let a vehicle pass again; return whether it became a candidate (else it was let go)."""
    site.registry.vehicles[plate] = DIRTY_VAN
    marks = site.passes(plate, at).decision.marks
    assert (HELD in marks) != (ALREADY_HELD in marks)
    return HELD in marks


@pytest.mark.parametrize("what", NONSENSE)
@pytest.mark.parametrize("column", ["zone", "day", "n"])
def test_of_whom_a_mark_of_the_day_may_be_is_let_go_and_nobody_else(
    folder: Path, column: str, what: str
) -> None:
    rot(folder / "casebook.sqlite", "days", column, NONSENSE[what], ROTTEN)
    site = start(folder)
    assert marked(site, FRESH, T0 + HOUR)
    assert marked(site, PLATES[ROTTEN - 1], T0 + HOUR) is ((column, what) == UNSEEN)
    assert not marked(site, PLATES[0], T0 + HOUR)
    site.proven()
    site.stop()


UNSEEN = ("zone", "a text")
"""What is the name of a zone is believed: nothing else tells that it was another."""


@pytest.mark.parametrize("what", NONSENSE)
def test_a_mark_that_may_be_anybodys_lets_go_everybody_that_day_and_no_longer(
    folder: Path, what: str
) -> None:
    rot(folder / "casebook.sqlite", "days", "token", NONSENSE[what], ROTTEN)
    site = start(folder)
    assert not marked(site, PLATES[ROTTEN - 1], T0 + HOUR)
    assert not marked(site, FRESH, T0 + HOUR)
    site.later(T0 + timedelta(days=1))
    assert marked(site, FRESH, T0 + timedelta(days=1))
    site.stop()


def test_a_mark_that_rotted_in_the_file_does_not_stop_the_marks_of_a_later_week(
    folder: Path,
) -> None:
    path = folder / "casebook.sqlite"
    rot_file(path, cell(path, "token", ROTTEN, "days"), 3, ord("x"))
    site = start(folder)
    site.later(T0 + timedelta(days=8), T0 + timedelta(days=8))
    assert marked(site, FRESH, T0 + timedelta(days=8))
    assert len(site.casebook._marks()) == 1
    site.stop()


@pytest.mark.parametrize(
    ("table", "column", "value", "told"),
    [
        ("days", "n", "x", "1 mark of a day is damaged: whose it may be is let go."),
        ("hours", "n", "x", "1 counted figure is damaged and in no count record: utrecht "),
        ("hours", "hour", "soon", "in no count record: utrecht ?."),
        ("hours", "zone", 7, "in no count record: ? 2028-06-01T08:00Z."),
        ("book", "sealed", b"{", "The record that was written down last is damaged."),
    ],
)
def test_what_else_is_damaged_is_told(
    folder: Path, table: str, column: str, value: object, told: str
) -> None:
    site = start(folder)
    site.casebook.count([Tally("utrecht", T0, "passages", "in_scope")])
    assert damage.fault(site.casebook) is None
    site.stop()
    rot(folder / "casebook.sqlite", table, column, value)
    with Casebook.attach(folder / "casebook.sqlite", KEY) as book:
        assert told in str(damage.fault(book))
