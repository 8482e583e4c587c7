"""Count records as they come from boxes: once each, with what is missing between them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from edge.counts.record import Figures
from edge.record.message import CountRecord

FIGURES = (
    *("passages", "unknown_scope_reason", "unknown_scope_country", "operation"),
    *("outcome", "outcome_van", "outcome_truck", "outcome_agricultural", "outcome_other"),
    *("review_reason", "kind", "class", "fuel", "first_registration_year", "country"),
    *("direction", "exemption_type", "day_exemption", "mark"),
    *("warning_candidates", "sanction_candidates", "withdrawn_candidates", "expired_candidates"),
)
WHAT_IF = "what_if_"
LONGEST = 32
PlaceOf = tuple[str, int, int]
"""Box, epoch, seq."""


@dataclass(slots=True)
class Intake:
    """Takes records in, each place of each box once; `notes` says what was left out."""

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
            self.counts.append(record)
            self.strange += len(unfamiliar(record.figures))

    def notes(self) -> Iterator[str]:
        """Yield a sentence for everything that a reader of the figures must know."""
        for (box, epoch), seqs in sorted(by_epoch(self.places).items()):
            yield from (f"Box {box}: {gap}." for gap in gaps(epoch, seqs))
        if self.forked:
            yield f"{self.forked} records stand at a place that another has: only the first counts."
        if self.strange:
            yield f"{self.strange} figures or values of a form unknown here were left out."


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


def familiar(figures: Mapping[str, Mapping[str, int]]) -> Figures:
    """Return the figures that this version knows, in values that can be none but words."""
    return {
        figure: {value: n for value, n in values.items() if n > 0 and is_word(value)}
        for figure, values in figures.items()
        if is_figure(figure)
    }


def unfamiliar(figures: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the figures and values that are left out."""
    strange = [figure for figure in figures if not is_figure(figure)]
    known = (values for figure, values in figures.items() if is_figure(figure))
    return strange + [v for values in known for v, n in values.items() if n < 0 or not is_word(v)]


def is_figure(name: str) -> bool:
    """True for a figure of README.md, whose sums are known and can be protected."""
    digits = name.removeprefix(WHAT_IF).replace("_", "")
    return name in FIGURES or (name.startswith(WHAT_IF) and digits.isascii() and digits.isdigit())


def is_word(value: str) -> bool:
    """True for a value that is safe in a table; a formula or a line break is none."""
    return (
        0 < len(value) <= LONGEST
        and all(c.isascii() and (c.isalnum() or c in "_+-.*") for c in value)
        and value[0] not in "+-."
    )
