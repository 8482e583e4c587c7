"""Count records as they come from boxes: once each, with what is missing between them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from edge.counts.record import Figures
from edge.counts.words import Words, known_value
from edge.record.message import CountRecord

PlaceOf = tuple[str, int, int]
"""Box, epoch, seq."""


@dataclass(slots=True)
class Intake:
    """Takes records in, each place of each box once; `notes` says what was left out."""

    words: Words
    counts: list[CountRecord] = field(default_factory=list)
    places: dict[PlaceOf, str] = field(default_factory=dict)
    repeated: int = 0
    forked: int = 0
    strange: int = 0

    def take(self, place: PlaceOf, sha256: str, record: CountRecord | None) -> None:
        """Take one record of any kind; None is one that is no count."""
        if place in self.places:
            self.repeated += self.places[place] == sha256
            self.forked += self.places[place] != sha256
            return
        self.places[place] = sha256
        if record is not None:
            self.strange += strange(record.figures, self.words)
            figures = familiar(record.figures, self.words)
            self.counts.append(msgspec.structs.replace(record, figures=figures))

    def notes(self) -> Iterator[str]:
        """Yield a sentence for everything that a reader of the figures must know."""
        for (box, epoch), seqs in sorted(by_epoch(self.places).items()):
            yield from (f"Box {box}: {gap}." for gap in gaps(epoch, seqs))
        if self.forked:
            yield f"{self.forked} records stand at a place that another has: only the first counts."
        if self.strange:
            yield (
                f"{self.strange} values are not on the lists of this version: they stand under "
                "other, or are left out where the whole figure is unknown."
            )


def by_epoch(places: Iterable[PlaceOf]) -> dict[tuple[str, int], list[int]]:
    """Return the seqs of each box and epoch in order."""
    found: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for box, epoch, seq in sorted(places):
        found[box, epoch].append(seq)
    return found


def gaps(epoch: int, seqs: Iterable[int]) -> Iterator[str]:
    """Yield what is missing between the records of one epoch."""
    for before, after in pairwise(seqs):
        if after - before == 2:
            yield f"record {epoch}/{before + 1} is missing, and what it may have counted"
        elif after - before > 2:
            first, last = before + 1, after - 1
            yield f"records {epoch}/{first} to {last} are missing, and what they may have counted"


def familiar(figures: Mapping[str, Mapping[str, int]], known: Words) -> Figures:
    """Return the figures of the list, their strange values summed as `other`."""
    found: Figures = {}
    for figure, values in figures.items():
        for value, n in values.items():
            name = known_value(figure, value, known)
            if name is not None and n > 0:
                sums = found.setdefault(figure, {})
                sums[name] = sums.get(name, 0) + n
    return found


def strange(figures: Mapping[str, Mapping[str, int]], known: Words) -> int:
    """Return how many values are not what they may be."""
    cells = [
        (figure, value, n) for figure, values in figures.items() for value, n in values.items()
    ]
    return sum(n < 0 or known_value(figure, value, known) != value for figure, value, n in cells)
