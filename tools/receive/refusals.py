"""What is refused: counted by box and reason, and of each some kept as evidence."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

UNKNOWN = ""
"""Stands for every box that has no key here: whoever makes names up fills no tables."""
KEPT_OF_EACH = 1000


class Tally(NamedTuple):
    """Whose messages were refused, and why."""

    box: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was refused, the box of its topic, and the point of the checklist."""

    box: str
    jws: bytes
    reason: str
    cause: str


def by_reason(refusals: Iterable[Refusal], known: Collection[str]) -> dict[Tally, list[Refusal]]:
    """Sort refusals by box and reason; `known` are the boxes that are counted by their names."""
    found: defaultdict[Tally, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        box = refusal.box if refusal.box in known else UNKNOWN
        found[Tally(box, refusal.reason)].append(refusal)
    return found
