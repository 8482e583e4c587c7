"""The annotated video: every frame with what the box read in it and what it concluded.

It is drawn and encoded on a thread of its own, a few frames behind: a replay does not wait for it.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from edge.closing import Closing
from edge.daemon.pipeline import Conclusion
from edge.errors import ReportError
from edge.types import Frame, Image, Outcome, Reading

FONT = cv2.FONT_HERSHEY_SIMPLEX
INK, PAPER, FOUND = (255, 255, 255), (30, 30, 30), (80, 220, 255)
PALE, CLEAR = (120, 120, 120), 0.9
"""What one frame reads less surely than CLEAR stands on PALE, with a question mark."""
COLOURS = {
    Outcome.FREE_ACCESS: (90, 180, 60),
    Outcome.EXEMPT: (180, 150, 40),
    Outcome.PERMITTED: (200, 120, 60),
    Outcome.PERMIT_POSSIBLE: (40, 150, 235),
    Outcome.NO_ACCESS: (60, 60, 220),
    Outcome.OUT_OF_SCOPE: (130, 130, 130),
    Outcome.REVIEW: (200, 90, 170),
}
LINES = 5
BEHIND = 8
"""So many frames may wait to be drawn: 22 MB of 1280 x 720."""


class Film(Closing):
    """Writes `annotated.mp4` (MPEG-4 part 2: any player; browsers may not show it)."""

    def __init__(self, path: Path, fps: float) -> None:
        """Write to a path at the clip's own frame rate."""
        self._path, self._fps = path, fps
        self._writer: cv2.VideoWriter | None = None
        self._latest: deque[Conclusion] = deque(maxlen=LINES)
        self._studio = ThreadPoolExecutor(1, "film")
        self._waiting: deque[Future[None]] = deque()

    def close(self) -> None:
        """Finish the file. Raises ReportError as `show` does."""
        self._studio.shutdown()
        if self._writer is not None:
            self._writer.release()
        self._wait_for(0)

    def show(
        self, frame: Frame, readings: Sequence[Reading], concluded: Sequence[Conclusion]
    ) -> None:
        """Add one frame. Raises ReportError when this one, or one before, cannot be written."""
        self._wait_for(BEHIND)
        self._waiting.append(self._studio.submit(self._add, frame, readings, tuple(concluded)))

    def _wait_for(self, most: int) -> None:
        """Wait until no more than so many frames are to be drawn."""
        while len(self._waiting) > most:
            self._waiting.popleft().result()

    def _add(
        self, frame: Frame, readings: Sequence[Reading], concluded: Sequence[Conclusion]
    ) -> None:
        self._latest.extend(concluded)
        canvas = np.ascontiguousarray(frame.image).copy()
        for reading in readings:
            _draw_reading(canvas, reading)
        for row, conclusion in enumerate(self._latest):
            _draw_conclusion(canvas, conclusion, row)
        self._opened(canvas).write(canvas)

    def _opened(self, canvas: Image) -> cv2.VideoWriter:
        if self._writer is None:
            size = (canvas.shape[1], canvas.shape[0])
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._path), codec, self._fps, size)
            if not self._writer.isOpened():
                raise ReportError(
                    f"The annotated video cannot be written, of {size[0]} x {size[1]} pixels.",
                    "Leave it out with --no-video; or leave out a first picture that is too small.",
                )
        return self._writer


def _draw_reading(canvas: Image, reading: Reading) -> None:
    corners = np.array(reading.detection.corners, np.int32).reshape(-1, 1, 2)
    cv2.polylines(canvas, [corners], True, FOUND, 2, cv2.LINE_AA)
    box = reading.detection.box
    if reading.text:
        is_clear = reading.whole >= CLEAR
        text, paper = (reading.text, PAPER) if is_clear else (f"{reading.text}?", PALE)
        _label(canvas, text, (int(box.x1), max(22, int(box.y1) - 8)), 0.7, paper)


def _draw_conclusion(canvas: Image, conclusion: Conclusion, row: int) -> None:
    plate = f"{conclusion.passage.country or '??'} {conclusion.passage.plate}"
    outcome = conclusion.decision.outcome
    text = f"{plate}  {outcome.replace('_', ' ')}"
    _label(canvas, text, (16, canvas.shape[0] - 20 - 34 * row), 0.7, COLOURS[outcome])


def _label(
    canvas: Image, text: str, at: tuple[int, int], size: float, paper: tuple[int, int, int]
) -> None:
    (width, height), base = cv2.getTextSize(text, FONT, size, 2)
    x, y = at
    cv2.rectangle(canvas, (x - 5, y - height - 6), (x + width + 5, y + base), paper, cv2.FILLED)
    cv2.putText(canvas, text, (x, y), FONT, size, INK, 2, cv2.LINE_AA)
