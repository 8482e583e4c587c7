"""The album: the frames in which the vehicles in sight were seen best, and no others (pure).

A frame is kept as it came, not copied and not encoded; once its vehicle has gone it is let go of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.passage.track import Track
from edge.types import Box, Detection, Frame, Image

MOST = 12
"""Frames at most: 75 MB at 1920 x 1080. Beyond it the oldest goes: its vehicle has no picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame, and where plates were found in it.

    `image` is (H, W, 3) uint8 BGR and read-only.
    """

    image: Image
    plates: tuple[Box, ...]


class Album:
    """Remembers one frame for each vehicle in sight that was not announced yet."""

    def __init__(self) -> None:
        """Begin empty."""
        self._shots: dict[int, Shot] = {}

    def take(self, frame: Frame, found: Sequence[Detection], tracks: Sequence[Track]) -> None:
        """Keep a frame if one of the vehicles is seen best in it; forget those that none needs."""
        shot = Shot(frame.image, tuple(detection.box for detection in found))
        best = {track.best.frame for track in tracks if not track.announced}
        known = {**self._shots, frame.index: shot}
        wanted = [(index, shot) for index, shot in known.items() if index in best]
        self._shots = dict(wanted[-MOST:])

    def shot(self, frame: int) -> Shot | None:
        """Return a frame by its index; None when it is not, or no longer, here."""
        return self._shots.get(frame)
