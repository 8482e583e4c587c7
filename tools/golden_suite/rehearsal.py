"""The run folder of a street: pictures, truth, run file and box, as a tester's run has them."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.golden_suite.box import make_box
from tools.golden_suite.drawing import FACES, FPS, Seen, crew_of, encoded, film
from tools.golden_suite.street import Street
from tools.synth.glyphs import drawn_with

AFTER_S = 2.5
"""So long the box waits after the last frame: everybody has gone by then."""
RUN = """\
format = 1
starts_at = {starts_at}
seed = "{name}"
ends_s = {ends_s}
config = "box.toml"
frames = "frames.csv"
"""
TRUTH = ("file", "plate_text", "country", "first_frame", "last_frame", "outcome")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A street that lies drawn in a folder, ready to be played with any models."""

    name: str
    street: Street
    folder: Path

    @property
    def run(self) -> Path:
        """Return the run file."""
        return self.folder / "run.toml"

    @property
    def truth(self) -> Path:
        """Return what really drove by."""
        return self.folder / "truth.csv"


def rehearse(
    name: str, street: Street, folder: Path, on_frame: Callable[[], object] = lambda: None
) -> Rehearsal:
    """Draw a street into an empty folder. Raises FontError where its fonts are not installed."""
    folder.mkdir(parents=True)
    with drawn_with(FACES):
        crew = crew_of(street)
        seen = Seen(crew)
        rows = []
        for number, image in enumerate(film(street, crew, seen)):
            (folder / f"{number:04}.jpg").write_bytes(encoded(image))
            rows.append((f"{number / FPS:.6f}", f"{number:04}.jpg"))
            on_frame()
    _write(folder / "frames.csv", [("at_s", "file"), *rows])
    _write(folder / "truth.csv", [TRUTH, *_truth(street, seen, folder.name)])
    told = {"starts_at": street.starts_at.isoformat(), "ends_s": street.seconds + AFTER_S}
    (folder / "run.toml").write_text(RUN.format(name=name, **told), encoding="utf-8")
    make_box(folder, street)
    return Rehearsal(name, street, folder)


def _truth(street: Street, seen: Seen, file: str) -> list[tuple[object, ...]]:
    """Return a row for each vehicle that must be a passage."""
    return [
        (file, vehicle.plate, vehicle.country, *_span(frames, street), "")
        for vehicle, frames in zip(street.vehicles, seen.frames, strict=True)
        if vehicle.due
    ]


def _span(frames: list[int], street: Street) -> tuple[int, int]:
    """Return the first and the last frame; the whole clip where it is never seen."""
    return (frames[0], frames[-1]) if frames else (0, round(street.seconds * FPS) - 1)


def _write(path: Path, rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)
