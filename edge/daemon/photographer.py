"""The photographer: keeps the pictures of who is held, and of everybody else nothing."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from edge.daemon.machine import Sealer
from edge.errors import EvidenceError
from edge.passage.album import Album
from edge.passage.track import Track
from edge.record.age import Recipients
from edge.record.evidence import EvidenceRoom, Exhibits
from edge.types import Detection, Frame, Passage
from edge.vision.pictures import pictures

log = logging.getLogger(__name__)
NOBODY = Recipients(())
UNSEEN = "There is no picture of the vehicle."


class Photographer:
    """Watches beside the pipeline. Without a room it keeps nothing, and asks for nothing."""

    def __init__(
        self,
        room: EvidenceRoom | None = None,
        recipients: Sealer = NOBODY,
        longest: timedelta = timedelta(days=366),
    ) -> None:
        """Seal to the recipients; `longest` is how long a picture may be kept."""
        self._room, self._recipients, self.longest = room, recipients, longest
        self._album = Album()

    def afresh(self) -> "Photographer":
        """Return a photographer with the same room that has seen nothing yet."""
        return Photographer(self._room, self._recipients, self.longest)

    def see(self, frame: Frame, found: Sequence[Detection], tracks: Sequence[Track]) -> None:
        """Remember the frame, in memory, as long as it shows a vehicle in sight best."""
        if self._room is not None:
            self._album.take(frame, found, tracks)

    def keep(self, passage: Passage) -> Exhibits:
        """Make the pictures of a passage durable, for the authority's eyes alone.

        Raises EvidenceError when that is not possible: then nobody is accused.
        """
        if self._room is None:
            return Exhibits()
        try:
            return self._kept(passage, self._room)
        except EvidenceError as e:
            log.warning("a candidate is let go: %s", e.cause)
            raise

    def _kept(self, passage: Passage, room: EvidenceRoom) -> Exhibits:
        shot = None if passage.foreign else self._album.shot(passage.best_frame)
        if shot is None:
            raise EvidenceError(UNSEEN, "Nothing is to be done: the passage is recorded.")
        taken = pictures(shot, passage.best.box)
        return room.keep({name: self._recipients.seal(jpeg) for name, jpeg in taken})
