"""From the passage to its one signed end, through pipeline, casebook and outbox."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import to_builtins
from msgspec.json import encode

from edge.access.hold import SET_SINCE, WRONG_THEN, Held, State
from edge.casebook import sealed
from edge.casebook.casebook import Casebook
from edge.casebook.entries import Order
from edge.daemon.pipeline import Conclusion
from edge.daemon.release import AT_ONCE
from edge.errors import CasebookError, OutboxError
from edge.feed.outbox import Outbox
from edge.record.envelope import decode_part, split
from edge.record.message import PassageRecord, ResolutionRecord, decode
from edge.types import (
    Consequence,
    Envelope,
    Exemption,
    Facts,
    Outcome,
    Passage,
    Tally,
)
from tests.cases import PLATE, T0
from tests.edge.access.world import DIRTY_VAN
from tests.fakes import ListedRegistry
from tests.site import END, HOUR, LAWS, NOW, OTHER, CutError, Site, cut, snapshot


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.stop()


def resolution(envelope: Envelope) -> ResolutionRecord:
    data = decode(decode_part(split(envelope.jws)[1])).data
    assert isinstance(data, ResolutionRecord)
    return data


def passage_record(conclusion: Conclusion) -> PassageRecord:
    assert conclusion.envelope is not None
    data = decode(decode_part(split(conclusion.envelope.jws)[1])).data
    assert isinstance(data, PassageRecord)
    return data


def granted() -> Exemption:
    span = (T0 - 10 * HOUR, T0 + 20 * HOUR)
    return Exemption("r1", "rdw", "NL-ON-DAG", "toegekend", None, *span, T0 + 5 * HOUR)


def test_an_accused_vehicle_is_held_and_its_record_says_so_without_its_plate(site: Site) -> None:
    record = passage_record(site.passes())
    assert record.consequence == Consequence.HOLD_DAY
    assert "held" in record.marks
    assert (record.plate.text, record.plate.pseudonym) == (None, None)
    (held,) = site.casebook.held()
    assert (held.t0, held.window_end) == (T0, END)
    assert held.candidate.sha256 == site.chain()[0].sha256
    assert {"s1", "1" * 64, "nl-ze", LAWS[0].pack.sha256, "e" * 64, "c" * 64} == set(held.rests_on)


def test_after_the_window_and_with_a_later_registry_it_is_released_with_its_plate(
    site: Site,
) -> None:
    site.passes()
    site.later()
    (envelope,) = site.release.round()
    record = resolution(envelope)
    assert record.state == State.RELEASED
    assert record.outcome == Outcome.NO_ACCESS
    assert record.plate is not None
    assert (record.plate.text, record.plate.country) == (PLATE, "NL")
    assert record.vehicle is not None
    assert record.vehicle.max_mass_kg == 3500
    assert record.registry is not None
    assert record.registry.id == "s2"
    assert record.candidate.sha256 == site.chain()[0].sha256
    assert (record.entered_at, record.window_closed_at) == (T0, END)
    assert site.casebook.held() == []
    assert site.release.round() == []
    site.proven()


def test_a_permit_that_came_within_the_window_withdraws_it_without_its_plate(site: Site) -> None:
    site.passes()
    site.registry.exemptions = (granted(),)
    site.later()
    (envelope,) = site.release.round()
    record = resolution(envelope)
    assert (record.state, record.outcome) == (State.WITHDRAWN, Outcome.PERMITTED)
    assert (record.plate, record.vehicle) == (None, None)
    assert PLATE.encode() not in decode_part(split(envelope.jws)[1])
    assert site.casebook.held() == []


def test_access_that_a_registry_shows_within_the_window_ends_it_at_once(site: Site) -> None:
    site.passes()
    site.registry.exemptions = (granted(),)
    site.later(T0 + 6 * HOUR, T0 + 5 * HOUR)
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.WITHDRAWN
    assert site.casebook.held() == []


def test_access_ends_it_even_while_the_clock_is_not_trusted(site: Site) -> None:
    site.passes()
    site.registry.exemptions = (granted(),)
    site.later(T0 + 6 * HOUR, T0 + 5 * HOUR)
    site.clock.trusted = False
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.WITHDRAWN


def test_a_record_that_vanished_again_was_seen_in_time(site: Site) -> None:
    site.passes()
    rounds = site.release
    site.registry.exemptions = (granted(),)
    site.later(T0 + 6 * HOUR, T0 + 5 * HOUR)
    (envelope,) = rounds.round()
    site.registry.exemptions = ()
    site.later()
    assert rounds.round() == []
    assert resolution(envelope).outcome == Outcome.PERMITTED


def test_a_registry_is_asked_once_while_the_window_is_open(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    site.passes()
    rounds, passage = site.release, site.casebook.passage
    monkeypatch.setattr(
        Casebook, "passage", lambda _, held: opened.append(held.candidate.seq) or passage(held)
    )
    site.later(T0 + 6 * HOUR, T0 + 5 * HOUR)
    assert [rounds.round() for _ in range(5)] == [[]] * 5
    assert opened == [1]
    site.registry.snapshot = snapshot("s3", T0 + 6 * HOUR)
    rounds.round()
    assert opened == [1, 1]


@pytest.mark.parametrize(("then", "state"), [((), "withdrawn"), ("before", "released")])
def test_a_record_that_was_taken_back_after_the_passage_accuses_nobody(
    site: Site, then: object, state: str
) -> None:
    revoked = (replace(granted(), status="ingetrokken"),)
    site.registry.exemptions = revoked if then else ()
    site.passes()
    site.registry.exemptions = revoked
    site.later()
    (envelope,) = site.release.round()
    assert resolution(envelope).state == state


def test_another_record_taken_back_is_told_from_one_that_was_before(site: Site) -> None:
    long_past = replace(granted(), record_id="old", status="ingetrokken")
    site.registry.exemptions = (replace(long_past, valid_to=T0 - HOUR),)
    site.passes()
    site.registry.exemptions = (replace(granted(), record_id="new", status="ingetrokken"),)
    site.later()
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.WITHDRAWN


def test_dates_that_were_changed_beside_a_sealed_passage_release_nothing(site: Site) -> None:
    site.passes()
    with sqlite3.connect(site.folder / "casebook.sqlite") as db:
        (about,) = db.execute("SELECT about FROM held").fetchone()
        earlier = about.replace(b"2028-06-02T05", b"2028-05-30T05")
        assert earlier != about
        db.execute("UPDATE held SET about = ?", (earlier,))
    site.later()
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.WITHDRAWN
    assert resolution(envelope).plate is None


WAITING = {
    "window open": (END - timedelta(seconds=1), END - timedelta(seconds=1)),
    "registry before the end": (NOW, END - timedelta(seconds=1)),
    "registry of the future": (NOW, NOW + HOUR),
    "registry too old": (NOW + timedelta(days=3), END),
}


def test_what_an_older_version_held_is_released_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It told nothing of the clock that dated it, beside the seal or bound to it."""

    def told(held: Held) -> bytes:
        return encode({k: v for k, v in to_builtins(held).items() if k != "dated"})

    with monkeypatch.context() as older:
        older.setattr(sealed, "_place", lambda held: b"held\0" + told(held))
        site.passes()
    (before,) = site.casebook.held()
    with closing(sqlite3.connect(site.folder / "casebook.sqlite")) as db:
        db.execute("UPDATE held SET about = ?", (told(before),))
        db.commit()
    assert [held.dated for held in site.casebook.held()] == [None]
    site.later()
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.RELEASED


@pytest.mark.parametrize("why", WAITING)
def test_until_then_it_waits(site: Site, why: str) -> None:
    site.passes()
    site.later(*WAITING[why])
    assert site.release.round() == []
    assert len(site.casebook.held()) == 1


def test_a_clock_that_is_not_trusted_ends_nothing(site: Site) -> None:
    site.passes()
    site.later(NOW + timedelta(days=100))
    site.clock.trusted = False
    assert site.release.round() == []


def test_a_registry_that_cannot_be_read_ends_nothing_until_it_can(site: Site) -> None:
    site.passes()
    site.later()
    site.registry.fault = "the registry cannot be read"
    assert site.release.round() == []
    site.registry.fault = None
    assert len(site.release.round()) == 1


def test_a_registry_swapped_for_an_older_one_in_between_releases_nothing(site: Site) -> None:
    class Swapped(ListedRegistry):
        """Names a fresh snapshot, and answers from an old one."""

        def facts(self, passage: Passage) -> Facts:
            return replace(super().facts(passage), snapshot=snapshot("s1", T0))

    site.passes()
    site.clock.now = NOW
    swapped = Swapped({PLATE: DIRTY_VAN})
    swapped.snapshot = snapshot("s2", END)
    assert replace(site.release, registry=swapped).round() == []


def test_a_registry_that_never_comes_lets_it_expire(site: Site) -> None:
    site.passes()
    site.clock.now = T0 + timedelta(days=14)
    (envelope,) = site.release.round()
    record = resolution(envelope)
    assert (record.state, record.registry, record.plate) == (State.EXPIRED, None, None)
    assert record.outcome == Outcome.NO_ACCESS
    assert site.casebook.held() == []


def test_a_zone_that_is_no_longer_guarded_withdraws(site: Site) -> None:
    site.passes()
    site.laws = ()
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.WITHDRAWN


@pytest.mark.parametrize("change", ["gone", "ambiguous"])
def test_what_is_in_doubt_now_is_withdrawn_with_the_reason(site: Site, change: str) -> None:
    site.passes()
    vehicle = None if change == "gone" else replace(DIRTY_VAN, euro=None, first_registration=None)
    site.registry.vehicles = {} if vehicle is None else {PLATE: vehicle}
    site.later()
    (envelope,) = site.release.round()
    record = resolution(envelope)
    assert (record.state, record.outcome) == (State.WITHDRAWN, Outcome.REVIEW)
    assert record.reason
    assert (record.plate, record.vehicle) == (None, None)


def test_after_a_restart_and_another_boot_in_the_middle_of_the_window_it_ends_the_same(
    site: Site,
) -> None:
    site.passes()
    site.stop()
    site.clock.boot, site.clock.boot_id = NOW - timedelta(minutes=3), "another"
    site.start()
    site.clock.now = END - HOUR
    assert site.release.round() == []
    site.later()
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.RELEASED
    site.proven()


@pytest.mark.parametrize("set_by_s", [600, -600])
def test_who_was_dated_by_a_clock_that_was_set_right_since_is_not_accused(
    site: Site, set_by_s: int
) -> None:
    site.passes()
    site.clock.boot += timedelta(seconds=set_by_s)  # the same moment has another date now
    site.later()
    (envelope,) = site.release.round()
    record = resolution(envelope)
    assert (record.state, record.plate) == (State.WITHDRAWN, None)
    assert record.reason == SET_SINCE


def test_a_clock_that_was_brought_right_by_seconds_changes_nothing(site: Site) -> None:
    site.passes()
    site.clock.boot += timedelta(seconds=50)
    site.later()
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.RELEASED


def test_who_was_dated_in_a_boot_whose_clock_was_proven_wrong_is_not_accused(site: Site) -> None:
    site.passes()
    site.clock.boot, site.clock.boot_id = NOW - timedelta(minutes=3), "another"
    site.clock.wrong_boots = ("boot",)
    site.later()
    (envelope,) = site.release.round()
    record = resolution(envelope)
    assert (record.state, record.reason) == (State.WITHDRAWN, WRONG_THEN)


def test_a_second_passage_that_day_is_recorded_and_not_held(site: Site) -> None:
    site.passes()
    second = passage_record(site.passes(at=T0 + 5 * HOUR))
    assert second.outcome == Outcome.NO_ACCESS
    assert second.consequence == Consequence.NONE
    assert "already_held" in second.marks
    assert second.vehicle is not None
    assert second.vehicle.max_mass_kg is None
    (held,) = site.casebook.held()
    assert (held.t0, held.window_end) == (T0, END)


def test_a_passage_after_the_first_was_withdrawn_that_day_is_let_go_too(site: Site) -> None:
    site.passes()
    site.casebook.order(Order("s1", "The snapshot was bad.", T0))
    assert len(site.release.withdraw()) == 1
    again = passage_record(site.passes(at=T0 + 5 * HOUR))
    assert "already_held" in again.marks
    assert site.casebook.held() == []


def test_another_vehicle_and_another_day_are_held(site: Site) -> None:
    site.passes()
    site.passes(OTHER)
    midnight = datetime(2028, 6, 1, 22, tzinfo=UTC)
    site.passes(at=midnight)
    assert "already_held" in passage_record(site.passes(at=midnight - HOUR)).marks
    assert [held.t0 for held in site.casebook.held()] == [T0, T0, midnight]


def test_whatever_rests_on_what_is_withdrawn_is_withdrawn_and_the_rest_is_not(site: Site) -> None:
    site.passes()
    site.registry.snapshot = snapshot("s3", T0)
    site.passes(OTHER)
    site.casebook.order(Order("1" * 10, "The snapshot lacked an exemption.", T0))
    (envelope,) = site.release.withdraw()
    record = resolution(envelope)
    assert (record.state, record.reason) == ("withdrawn", "The snapshot lacked an exemption.")
    assert (record.plate, record.vehicle, record.registry) == (None, None, None)
    assert [held.candidate.seq for held in site.casebook.held()] == [2]
    site.proven()


def test_an_order_is_carried_out_whatever_the_clock_says(site: Site) -> None:
    site.passes()
    site.clock.trusted = False
    site.casebook.order(Order("s1", "Bad.", T0))
    assert len(site.release.round()) == 1


def test_nobody_is_released_on_a_registry_that_is_itself_to_be_withdrawn(site: Site) -> None:
    site.passes()
    site.casebook.order(Order("s2", "It lost its exemptions.", T0))
    site.later()
    assert site.release.round() == []
    site.casebook.lift("s2")
    assert len(site.release.round()) == 1


def test_what_was_kept_and_cannot_be_opened_is_withdrawn(site: Site) -> None:
    site.passes()
    site.casebook._db.execute("UPDATE held SET sealed = zeroblob(200)")
    site.later()
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.WITHDRAWN


def test_a_round_takes_a_few_and_the_next_ones_the_rest(site: Site) -> None:
    plates = [f"{n}ZZY999" for n in range(1, 10)] + ["1ZZX999", "2ZZX999"]
    site.registry.vehicles = dict.fromkeys(plates, DIRTY_VAN)
    for plate in plates:
        site.passes(plate)
    site.later()
    rounds = [len(site.release.round()) for _ in range(3)]
    assert rounds == [AT_ONCE, len(plates) - AT_ONCE, 0]
    candidates = [e for e in site.chain() if e.kind == "resolution"]
    assert len({resolution(e).candidate.seq for e in candidates}) == len(plates)
    site.proven()


def test_what_an_ending_counts_is_written_down_with_it(site: Site) -> None:
    site.passes()
    site.tallies = [Tally("utrecht", T0, "candidates", "released")]
    site.later()
    site.release.round()
    assert site.casebook.counted("utrecht", T0) == site.tallies


def test_a_cut_between_casebook_and_outbox_is_made_good_at_the_next_start(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as m:
        m.setattr(Outbox, "append", cut)
        with pytest.raises(CutError):
            site.passes()
    assert site.chain() == []
    written = site.casebook.intent()
    site.stop()
    site.start()
    assert site.chain() == [written]
    assert site.casebook.intent() is None
    assert len(site.casebook.held()) == 1
    with monkeypatch.context() as m:
        m.setattr(Outbox, "append", cut)
        site.later()
        with pytest.raises(CutError):
            site.release.round()
    site.stop()
    site.start()
    assert [e.kind for e in site.chain()] == ["passage", "resolution"]
    assert site.casebook.held() == []
    assert site.release.round() == []
    site.proven()


def test_a_cut_before_the_casebook_leaves_neither(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as m:
        m.setattr(Casebook, "_hold", cut)
        with pytest.raises(CutError):
            site.passes()
    site.stop()
    site.start()
    assert (site.chain(), site.casebook.held()) == ([], [])


def test_a_cut_after_the_outbox_repeats_nothing(site: Site) -> None:
    conclusion = site.passes()
    site.stop()
    site.start()
    assert site.chain() == [conclusion.envelope]
    assert site.casebook.intent() is None


def test_an_intent_that_was_delivered_and_forgotten_is_done(site: Site) -> None:
    conclusion = site.passes()
    assert conclusion.envelope is not None
    head = site.outbox.head()
    assert head is not None
    site.outbox.forget_through(head)
    site.stop()
    site.start()
    assert site.casebook.intent() is None
    assert site.chain() == []


def test_an_outbox_that_does_not_belong_to_the_casebook_is_told_with_the_remedy(
    site: Site,
) -> None:
    site.passes()
    site.passes(OTHER)
    site.stop()
    (site.folder / "outbox.sqlite").rename(site.folder / "lost.sqlite")
    with pytest.raises(CasebookError, match="lacks record 2") as told:
        site.start()
    assert "same moment" in told.value.remedy
    site.stop()
    (site.folder / "outbox.sqlite").unlink()
    (site.folder / "lost.sqlite").rename(site.folder / "outbox.sqlite")
    site.start()


def test_after_an_outbox_that_was_full_the_record_is_not_made_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutboxError("The disk is full: the record was not taken.", "Make room.")

    with monkeypatch.context() as m:
        m.setattr(Outbox, "append", full)
        with pytest.raises(OutboxError):
            site.passes()
        with pytest.raises(CasebookError, match="not in the outbox yet"):
            site.passes(OTHER)
    site.stop()
    site.start()
    assert len(site.chain()) == len(site.casebook.held()) == 1


def test_no_plate_is_on_the_disk_until_it_is_released(site: Site) -> None:
    site.passes()
    site.passes(OTHER)
    site.clock.now = END - HOUR
    site.release.round()
    files = b"".join(p.read_bytes() for p in site.folder.iterdir())
    assert not any(plate.encode() in files for plate in (PLATE, OTHER))


def test_every_held_mark_has_one_resolution_and_no_other_record_has_one(site: Site) -> None:
    plates = [f"{n % 10}ZZ{'XYWV'[n // 10]}999" for n in range(20)]
    for n, plate in enumerate(plates):
        site.registry.vehicles[plate] = (
            DIRTY_VAN if n % 2 else replace(DIRTY_VAN, euro=None, first_registration=None)
        )
        site.passes(plate)
    site.later()
    while site.release.round():
        pass
    data = [decode(decode_part(split(e.jws)[1])).data for e in site.chain()]
    held = [d.seq for d in data if isinstance(d, PassageRecord) and "held" in d.marks]
    ended = [d.candidate.seq for d in data if isinstance(d, ResolutionRecord)]
    assert sorted(ended) == held
    assert len(held) == 10
