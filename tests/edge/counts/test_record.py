from datetime import timedelta

from edge.counts.record import Bookkeeper, availability, figures_of
from edge.record.message import GENESIS, CountRecord, decode
from edge.record.provenance import Provenance
from edge.types import ClockReading, Link, Snapshot, Tally
from tests.edge.access.world import AT, flanders, van
from tests.edge.counts.roadside import PLATE, known, seen, tallied

SNAPSHOT = Snapshot("s", "0" * 64, AT - timedelta(hours=30), AT - timedelta(hours=2))


def test_tallies_sum_to_the_figures_of_their_zone_and_hour() -> None:
    later = AT + timedelta(hours=1)
    tallies = [
        Tally("a", AT, "passages", "in_scope"),
        Tally("a", AT, "passages", "in_scope", 2),
        Tally("a", later, "passages", "in_scope"),
        Tally("b", AT, "passages", "out_of_scope"),
    ]
    assert figures_of(tallies) == {
        ("a", AT): {"passages": {"in_scope": 3}},
        ("a", later): {"passages": {"in_scope": 1}},
        ("b", AT): {"passages": {"out_of_scope": 1}},
    }


def test_availability_states_the_read_rate_and_the_age_of_the_registry() -> None:
    figures = {"operation": {"seconds": 1800, "frames": 9, "announced": 8, "settled": 6}}
    assert availability(figures, SNAPSHOT, AT) == {
        "uptime": 0.5,
        "frames": 9,
        "announced": 8,
        "settled": 6,
        "read_rate": 0.75,
        "vehicles_age_h": 30,
        "exemptions_age_h": 2,
    }


def test_without_registry_or_traffic_nothing_is_made_up() -> None:
    told = availability({}, None, AT)
    assert told == {"uptime": 0, "frames": 0, "announced": 0, "settled": 0}


def test_a_count_record_holds_the_hour_its_place_and_no_plate() -> None:
    tallies = tallied(seen(), known(van()), flanders())[1]
    figures = figures_of(tallies)["voorbeeldgem", AT]
    keeper = Bookkeeper(Provenance("b1", "test", (), "0" * 64, "camera-1", None), bytes)
    now = ClockReading(AT + timedelta(hours=1), 0, 0, "boot", "test", True, 1.0)
    message = keeper.count("voorbeeldgem", AT, figures, SNAPSHOT, now, Link(1, 1, GENESIS))
    record = decode(message).data
    assert isinstance(record, CountRecord)
    assert (record.zone, record.since, record.until) == ("voorbeeldgem", AT, now.now)
    assert record.figures["outcome"] == {"no_access": 1}
    assert record.availability["exemptions_age_h"] == 3
    assert (record.box, record.epoch, record.seq, record.prev) == ("b1", 1, 1, GENESIS)
    assert PLATE.encode() not in message
