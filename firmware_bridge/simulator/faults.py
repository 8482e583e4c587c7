"""What a bad line does to bytes, to order and by a seed."""

import random
import re
from dataclasses import dataclass

PACKET = re.compile(rb"\0*[^\0]*\0?", re.DOTALL)
"""A packet with its delimiters, or what a read left of one."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares are per byte, but `doubled` is per packet; every packet waits `delay_s` to arrive."""

    lost: float = 0.0
    flipped: float = 0.0
    doubled: float = 0.0
    delay_s: tuple[float, float] = (0.0, 0.0)


NONE = Faults()


class BadLine:
    """One direction of a line."""

    def __init__(self, faults: Faults, seed: int) -> None:
        """Do the same to the same bytes for the same seed."""
        self.faults = faults
        self._chance = random.Random(seed)

    def carry(self, wire: bytes) -> bytes:
        """Return what arrives of these packets; they never overtake each other."""
        return b"".join(map(self._carried, PACKET.findall(wire)))

    def delay_s(self) -> float:
        """Return how long the next packet travels."""
        return self._chance.uniform(*self.faults.delay_s)

    def _carried(self, packet: bytes) -> bytes:
        again = self._chance.random() < self.faults.doubled
        return b"".join(self._damaged(packet) for _ in range(1 + again))

    def _damaged(self, wire: bytes) -> bytes:
        if not self.faults.lost and not self.faults.flipped:
            return wire
        kept = (byte for byte in wire if self._chance.random() >= self.faults.lost)
        return bytes(self._flipped(byte) for byte in kept)

    def _flipped(self, byte: int) -> int:
        if self._chance.random() >= self.faults.flipped:
            return byte
        return byte ^ 1 << self._chance.randrange(8)
