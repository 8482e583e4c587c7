from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.messages import Ack, to_packet
from firmware_bridge.packet import PacketReader, encode
from firmware_bridge.simulator.faults import NONE, BadLine, Faults
from tests.firmware_bridge.strategies import STREAMS

WIRES = [encode(to_packet(Ack(n), n)) for n in range(1, 200)]


@settings(deadline=None)
@given(STREAMS)
def test_a_good_line_changes_nothing(stream):
    assert BadLine(NONE, seed=1).carry(stream) == stream


def test_doubled_packets_follow_each_other_and_overtake_none():
    arrived = BadLine(Faults(doubled=0.5), seed=1).carry(b"".join(WIRES))
    numbers = [packet.sequence for packet in PacketReader().feed(arrived)]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, 200))
    assert 250 < len(numbers) < 350


@settings(deadline=None)
@given(st.integers(0, 99))
def test_a_line_is_as_bad_as_it_was_ordered_and_the_same_again_for_the_same_seed(seed):
    faults = Faults(lost=0.05, flipped=0.05)
    sent = bytes(range(256)) * 20
    arrived, again = (BadLine(faults, seed).carry(sent) for _ in range(2))
    assert arrived == again
    assert 0.02 < 1 - len(arrived) / len(sent) < 0.08


def test_a_delay_is_within_what_was_ordered():
    line = BadLine(Faults(delay_s=(0.001, 0.002)), seed=1)
    delays = [line.delay_s() for _ in range(100)]
    assert 0.001 <= min(delays) < max(delays) <= 0.002
