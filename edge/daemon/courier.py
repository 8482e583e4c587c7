"""The courier: brings the pictures of who was released to the authority, until it has them.

A file leaves the box only on the platform's signed word that it is stored. What did not arrive
is sent again, ever less often; sent twice it is the same file, by its hash.
"""

import logging
import threading
from collections.abc import Callable

from edge.daemon.uplink import DOUBLINGS, Time
from edge.errors import EvidenceError, FeedError, RecordError
from edge.ports import EvidencePublisher
from edge.record.evidence import EvidenceRoom
from edge.record.message import EvidenceReceipt

log = logging.getLogger(__name__)
TIME = Time()
LOOK_S, RETRY_S, RETRY_LIMIT_S = 5.0, 2.0, 900.0


class Courier:
    """Delivers what lies in a room and was released."""

    def __init__(
        self,
        room: EvidenceRoom,
        publisher: EvidencePublisher,
        read_receipt: Callable[[bytes], EvidenceReceipt],
        time: Time = TIME,
    ) -> None:
        """Take files from a room to a publisher; `read_receipt` verifies its word."""
        self._room, self._publisher, self._read_receipt = room, publisher, read_receipt
        self._time, self._failures = time, 0

    def run(self, stopped: threading.Event) -> None:
        """Deliver until told to stop."""
        while not stopped.wait(self.pause_s()):
            try:
                self.round()
            except EvidenceError as e:
                log.warning("%s", e.cause)
                self._failures += 1

    def round(self) -> int:
        """Try to deliver every file once, until the way is closed; return how many are left.

        Raises EvidenceError when the disk does not tell.
        """
        waiting = self._room.released()
        done = 0
        try:
            for sha256 in waiting:
                done += self._is_delivered(sha256)
            self._failures = 0
        except FeedError as e:
            log.warning("%s", e.cause)
            self._failures += 1
        return len(waiting) - done

    def pause_s(self) -> float:
        """Return how long to wait before the next round, spread so that boxes do not march."""
        if not self._failures:
            return LOOK_S
        longest = min(RETRY_LIMIT_S, RETRY_S * float(2 ** min(self._failures, DOUBLINGS)))
        return longest * (0.5 + self._time.draw() / 2)

    def _is_delivered(self, sha256: str) -> bool:
        try:
            return self._deliver(sha256)
        except (RecordError, EvidenceError) as e:  # another file may do better
            log.warning("%s", e.cause)
            return False

    def _deliver(self, sha256: str) -> bool:
        age = self._room.read(sha256)
        if age is None:
            log.error("a released picture is damaged on the disk, and stays there")
            return False
        word = self._publisher.deliver(sha256, age)
        if word is None:
            return False
        if self._read_receipt(word).evidence != sha256:
            raise RecordError("A receipt came for another picture.", "The picture is kept.")
        self._room.forget(sha256)
        return True
