"""From passages to one signed count record for each zone and hour."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.config import Zone
from edge.counts.record import Bookkeeper
from edge.counts.tally import tallies, tallies_of_resolution
from edge.daemon import wiring_law
from edge.daemon.hours import Hours
from edge.daemon.minutely import Minutely
from edge.record.envelope import decode_part, split
from edge.record.message import CountRecord, decode
from edge.types import Envelope
from tests.cases import PLATE, T0
from tests.rot import cell, rot, rot_file
from tests.site import HOUR, LAWS, OTHER, CutError, Site, cut

NEXT = T0 + HOUR + timedelta(minutes=5)


class CountingSite(Site):
    """A box that counts."""

    def start(self) -> None:
        super().start()
        self.pipeline = replace(self.pipeline, count=tallies)

    @property
    def hours(self) -> Hours:
        line = self.pipeline
        bookkeeper = Bookkeeper(line.testimony.provenance, line.testimony.draw)
        parts = (line.registry, bookkeeper, line.signer, line.outbox, line.casebook)
        return Hours(line.laws, line.clock, *parts)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[CountingSite]:
    made = CountingSite(tmp_path)
    yield made
    made.stop()


def count_of(envelope: Envelope) -> CountRecord:
    data = decode(decode_part(split(envelope.jws)[1])).data
    assert isinstance(data, CountRecord)
    return data


def test_an_hour_is_signed_once_it_is_over_and_is_part_of_the_chain(site: CountingSite) -> None:
    site.passes()
    site.passes(OTHER, T0 + timedelta(minutes=20))
    site.clock.now = T0 + timedelta(minutes=59)
    assert site.hours.close() == []
    site.clock.now = NEXT
    (envelope,) = site.hours.close()
    record = count_of(envelope)
    assert (record.zone, record.since, record.until) == ("utrecht", T0, T0 + HOUR)
    assert record.figures["outcome"] == {"no_access": 2}
    assert record.figures["sanction_candidates"] == {"decided": 2}
    assert site.hours.close() == []
    site.proven()


def test_what_the_box_worked_stands_in_the_record(site: CountingSite) -> None:
    site.clock.now = T0 + timedelta(minutes=30)
    site.hours.work(1200, 18000)
    site.passes(at=T0 + timedelta(minutes=40))
    site.clock.now = NEXT
    (envelope,) = site.hours.close()
    told = count_of(envelope).availability
    assert told["uptime"] == pytest.approx(1200 / 3600, abs=1e-4)
    assert (told["frames"], told["announced"], told["read_rate"]) == (18000, 1, 1)


def test_an_hour_without_traffic_is_told_too(site: CountingSite) -> None:
    site.clock.now = T0 + timedelta(minutes=30)
    site.hours.work(60, 900)
    site.clock.now = NEXT
    (envelope,) = site.hours.close()
    assert "outcome" not in count_of(envelope).figures


def test_a_clock_that_is_not_trusted_ends_no_hour(site: CountingSite) -> None:
    site.passes()
    site.clock.now, site.clock.trusted = NEXT, False
    assert site.hours.close() == []
    site.clock.trusted = True
    assert len(site.hours.close()) == 1


def test_whoever_is_concluded_later_is_in_a_second_record_of_that_hour(
    site: CountingSite,
) -> None:
    site.passes()
    site.clock.now = NEXT
    site.hours.close()
    site.passes(OTHER)
    site.clock.now = NEXT
    (envelope,) = site.hours.close()
    assert count_of(envelope).since == T0
    assert count_of(envelope).figures["outcome"] == {"no_access": 1}


def test_a_zone_that_is_not_in_force_yet_leaves_figures_and_no_record_of_a_passage(
    site: CountingSite,
) -> None:
    later = Zone(id="utrecht", pack="nl-ze", start=T0.date() + timedelta(days=30))
    site.laws = wiring_law.laws((later,))
    site.stop()
    site.start()
    conclusion = site.passes()
    assert conclusion.envelope is None
    assert site.chain() == []
    site.clock.now = NEXT
    (envelope,) = site.hours.close()
    figures = count_of(envelope).figures
    assert figures["outcome"] == {"zone_not_active": 1}
    assert figures["class"] == {"4": 1}
    assert figures["what_if_2030_01_01"] == {"no_access": 1}
    assert site.casebook.held() == []


def test_the_end_of_a_candidate_is_counted(site: CountingSite) -> None:
    site.passes()
    site.clock.now = NEXT
    site.hours.close()
    site.later()
    rounds = replace(site.release, count=tallies_of_resolution, laws=LAWS)
    assert len(rounds.round()) == 1
    site.clock.now += HOUR + timedelta(minutes=6)
    (envelope,) = site.hours.close()
    assert count_of(envelope).figures == {"sanction_candidates": {"released": 1}}


def test_a_cut_before_the_record_is_stored_counts_nothing_twice(
    site: CountingSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.passes()
    site.clock.now = NEXT
    with monkeypatch.context() as m:
        m.setattr(type(site.outbox), "append", cut)
        with pytest.raises(CutError):
            site.hours.close()
    site.stop()
    site.start()
    assert site.hours.close() == []
    counts = [count_of(e) for e in site.chain() if e.kind == "count"]
    assert [record.figures["outcome"] for record in counts] == [{"no_access": 1}]
    site.proven()


def test_no_figure_holds_a_plate(site: CountingSite) -> None:
    site.passes()
    site.clock.now = NEXT
    (envelope,) = site.hours.close()
    assert PLATE.encode() not in decode_part(split(envelope.jws)[1])


NONSENSE: tuple[object, ...] = (None, 0, -7, 2**62, 2.5, "", "x\n", b"x", b"\xff")
TIMES = ("soon", "2028-06-01", "2028-13-01T08:00:00.000000+00:00", "2028-06-01T08:00:00.000000")


class Idle:
    """Alarms and health that have nothing to say."""

    def look(self) -> None:
        return None

    look_at_urgent = look


def first_row(path: Path) -> tuple[str, str]:
    with closing(sqlite3.connect(path)) as db:
        figure, value = db.execute("SELECT figure, value FROM hours WHERE rowid = 1").fetchone()
    return str(figure), str(value)


@pytest.mark.parametrize(
    ("column", "value"),
    [(c, v) for c in ("zone", "hour", "figure", "value", "n") for v in NONSENSE]
    + [("hour", v) for v in TIMES],
    ids=repr,
)
def test_a_figure_that_rotted_is_lost_alone_and_the_box_counts_on(
    site: CountingSite, column: str, value: object
) -> None:
    site.passes()
    site.passes(OTHER, T0 + timedelta(minutes=20))
    site.stop()
    path = site.folder / "casebook.sqlite"
    figure, lost = first_row(path)
    rot(path, "hours", column, value)
    site.start()
    assert len(site.casebook.damaged_figures()) == 1
    site.passes(OTHER, T0 + timedelta(minutes=40))  # the same figures again: none is refused
    site.clock.now = NEXT
    (envelope,) = site.hours.close()
    figures = count_of(envelope).figures
    assert count_of(envelope).since == T0
    assert (figure, lost) == ("operation", "announced")
    assert figures["operation"].get("announced") == (None if column == "n" else 1)
    assert figures["operation"]["settled"] == 3
    assert figures["outcome"] == {"no_access": 3}
    assert site.hours.close() == []
    site.proven()


def test_an_hour_that_rotted_whole_keeps_nobody_from_the_end(site: CountingSite) -> None:
    site.passes()
    site.stop()
    rot(site.folder / "casebook.sqlite", "hours", "hour", "2028-06-01T")
    site.start()
    site.later()
    minutely = Minutely(Idle(), Idle(), site.hours, site.release, Idle())  # type: ignore[arg-type]
    minutely.step(0)
    assert len(site.casebook.damaged_figures()) == 1
    assert site.casebook.held() == []
    assert T0 not in {hour for _, hour in site.casebook.hours_open()}


def test_a_figure_that_rotted_in_the_file_does_not_stop_its_hour(site: CountingSite) -> None:
    site.passes()
    site.stop()
    path = site.folder / "casebook.sqlite"
    rot_file(path, cell(path, "value", 1, "hours"), 0, ord("~"))
    site.start()
    site.clock.now = NEXT
    assert len(site.hours.close()) == 1
    assert site.hours.close() == []
