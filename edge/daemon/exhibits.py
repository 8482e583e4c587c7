"""What becomes of pictures once their candidate has ended: handed over, or destroyed."""

import logging

from edge.access.hold import Held
from edge.casebook.casebook import Casebook
from edge.errors import EvidenceError
from edge.record.evidence import EvidenceRoom

log = logging.getLogger(__name__)
LOST = "A picture of it is lost or damaged: nobody is accused without it."

REMEDY = (
    "Let the uplink deliver what was released, raise evidence.max_mb, or give the box a larger"
    " disk: until then vehicles are recorded and nobody new is held."
)


def fault(room: EvidenceRoom) -> str | None:
    """Say why no picture can be kept now; None when one can."""
    try:
        return room.fault()
    except EvidenceError as e:
        return e.cause


def are_whole(held: Held, casebook: Casebook, room: EvidenceRoom) -> bool:
    """True when every picture of a candidate is there and is what its record says.

    Raises EvidenceError when the disk does not tell now.
    """
    key = casebook.picture_key(held) if held.evidence else b""
    return all(room.opened(ref.sha256, key) is not None for ref in held.evidence)


def part_with(casebook: Casebook, room: EvidenceRoom) -> None:
    """Hand over the pictures of who was released; destroy all that belong to no candidate.

    What the disk does not let now is done the next time.
    """
    try:
        _hand_over(casebook, room)
        lying = room.held()
        wanted = {ref.sha256 for held in casebook.held() for ref in held.evidence} if lying else ()
        room.destroy(lying.difference(wanted))
    except EvidenceError as e:
        log.warning("%s", e.cause)


def _hand_over(casebook: Casebook, room: EvidenceRoom) -> None:
    for sha256, key in casebook.released().items():
        if key is None:
            log.error("the key of a released picture is damaged: it is lost")
        else:
            room.hand_over(sha256, key)
        casebook.handed_over(sha256)
