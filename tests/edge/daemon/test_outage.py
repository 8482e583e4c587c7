from datetime import UTC, datetime

from edge.daemon.outage import GRACE_NS, ROUGH_NS, STEADY_NS, Outage

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


def test_gaps_too_short_to_be_told_are_told_where_they_have_no_end() -> None:
    second = 1_000_000_000
    outage = Outage(0, "It was not heard yet.")
    outage.hear(second, NOW)
    assert outage.fault(ROUGH_NS) is None
    for at in range(ROUGH_NS, 2 * ROUGH_NS, second):
        outage.lose("It started anew.", at)
        outage.hear(at + second // 2, NOW)
        assert outage.fault(at + second // 2) is None
    outage.lose("It started anew.", 2 * ROUGH_NS)
    told = "The device of the box comes and goes. The last time: It started anew."
    assert outage.fault(2 * ROUGH_NS) == told
    outage.hear(2 * ROUGH_NS + second, NOW)
    assert outage.fault(2 * ROUGH_NS + STEADY_NS) == told
    assert outage.fault(2 * ROUGH_NS + STEADY_NS + second) is None


def test_two_gaps_a_while_apart_are_no_loose_cable() -> None:
    second = 1_000_000_000
    outage, told = Outage(0, "It was not heard yet."), set()
    outage.hear(second, NOW)
    for minute in range(1, 60):
        for at in (minute * ROUGH_NS, minute * ROUGH_NS + 20 * second):
            outage.lose("It started anew.", at)
            outage.hear(at + second, NOW)
        told |= {outage.fault(minute * ROUGH_NS + s * second) for s in range(22, 60)}
    assert told == {None}
