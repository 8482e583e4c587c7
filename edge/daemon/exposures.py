"""The reader with an eye on the light: how the plates that it is shown came out goes to the device.

The illuminator follows them; what was read is not changed by it.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edge.housing.words import Plates, Word
from edge.ports import PlateReader
from edge.types import Detection, Image, Reading
from edge.vision.exposure import Exposed, exposed

EVERY_S = 5.0


@dataclass(slots=True)
class ExposedReader:
    """A reader whose plates are judged by their light, too; `say` tells the device's service."""

    reader: PlateReader
    say: Callable[[Word], bool]
    monotonic: Callable[[], float] = time.monotonic
    _seen: Counter[Exposed] = field(default_factory=Counter)
    _due_s: float = 0.0

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        """Return one reading for each detection."""
        self._seen.update(exposed(image, detection.box) for detection in detections)
        if self._seen and self.monotonic() >= self._due_s:
            self._tell()
        return self.reader.read(image, detections)

    def _tell(self) -> None:
        self._due_s = self.monotonic() + EVERY_S
        seen = {one.value: self._seen[one] for one in Exposed}
        if self.say(Plates(**seen)):
            self._seen.clear()
