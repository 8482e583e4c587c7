from datetime import UTC, datetime

from edge.daemon.outage import GRACE_NS, STEADY_NS, Outage

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)


def test_a_short_gap_is_none_a_long_one_is_told_and_its_end_once_it_is_steady() -> None:
    outage = Outage(0, "It was not heard yet.")
    assert outage.fault(GRACE_NS - 1) is None
    outage.hear(GRACE_NS - 1, NOW)
    outage.lose("The cable is out.", GRACE_NS)
    assert outage.fault(2 * GRACE_NS - 1) is None
    assert outage.fault(2 * GRACE_NS) == "The device of the box is not heard. The cable is out."
    outage.hear(3 * GRACE_NS, NOW)
    assert outage.fault(3 * GRACE_NS + STEADY_NS - 1) is not None
    assert outage.fault(3 * GRACE_NS + STEADY_NS) is None
    assert outage.over() == "The device of the box is heard again since 2028-06-01T08:00:00Z."


def test_a_loose_cable_is_told_once() -> None:
    outage, told = Outage(0, "It is out."), set()
    for n in range(1, 1000):
        outage.lose("It is out.", n * GRACE_NS * 3)
        told.add(outage.fault(n * GRACE_NS * 3 + GRACE_NS))
        outage.hear(n * GRACE_NS * 3 + 2 * GRACE_NS, NOW)
        told.add(outage.fault(n * GRACE_NS * 3 + 2 * GRACE_NS))
    assert told == {"The device of the box is not heard. It is out."}
