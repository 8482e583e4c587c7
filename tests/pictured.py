"""A box in Utrecht whose candidates have pictures: noise, sealed to two keys of an authority."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from pyrage import x25519

from edge.daemon.photographer import Photographer
from edge.daemon.pipeline import Conclusion
from edge.passage.tracker import Tracker
from edge.record.age import Recipients
from edge.record.evidence import Budget, EvidenceRoom
from edge.types import Image
from tests.cases import PLATE, T0
from tests.fakes import detection, frame, reading
from tests.site import Site

AUTHORITY = [x25519.Identity.generate() for _ in range(2)]
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
LONGEST = timedelta(days=30)


class PicturedSite(Site):
    """A site whose configuration names recipients; every passage is seen by the photographer."""

    budget, kept_in, size = Budget(reserve=0), "evidence", (360, 640)

    def start(self) -> None:
        super().start()
        self.room = EvidenceRoom(self.folder / self.kept_in, "b1", self.budget)
        keys = Recipients([str(key.to_public()) for key in AUTHORITY])
        self.pipeline = replace(self.pipeline, photographer=Photographer(self.room, keys, LONGEST))

    def passes(self, plate: str = PLATE, at: datetime = T0) -> Conclusion:
        seen, found, tracker = frame(0, image=noise(self.size)), detection(), Tracker(1.0)
        tracker.update(seen, [reading(plate, found)])
        self.pipeline.photographer.see(seen, [found], tracker.followed)
        return super().passes(plate, at)

    def files(self) -> set[str]:
        folder = self.folder / "evidence"
        return {path.name for path in folder.iterdir()} if folder.exists() else set()

    def lying(self) -> bytes:
        """Return all that lies in the state folder: files, journals and logs."""
        return b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())


def noise(size: tuple[int, int]) -> Image:
    return np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
