"""Which character was taken for which: two texts aligned by their edits (pure)."""

from collections import Counter
from collections.abc import Iterable, Sequence

NOTHING = ""  # facing a character that was missed, or one that was added
Pair = tuple[str, str]
"""A character that stands on the plate and the one that was read in its place."""


def aligned(stands: str, read: str) -> list[Pair]:
    """Pair the characters of two texts with the fewest edits; a swap is told before a gap.

    Of several such pairings one is taken by the texts alone, whichever of them stands.
    """
    if stands > read:
        return [(one, other) for other, one in _traced(read, stands)]
    return _traced(stands, read)


def _traced(stands: str, read: str) -> list[Pair]:
    costs = _costs(stands, read)
    i, j = len(stands), len(read)
    pairs: list[Pair] = []
    while i or j:
        differs = int(i > 0 and j > 0 and stands[i - 1] != read[j - 1])
        if i and j and costs[i][j] == costs[i - 1][j - 1] + differs:
            i, j = i - 1, j - 1
            pairs.append((stands[i], read[j]))
        elif i and costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
            pairs.append((stands[i], NOTHING))
        else:
            j -= 1
            pairs.append((NOTHING, read[j]))
    return pairs[::-1]


def _costs(a: str, b: str) -> list[list[int]]:
    """Return the edits between all beginnings of two texts (Levenshtein, 1965)."""
    rows = [list(range(len(b) + 1))]
    for i, one in enumerate(a, 1):
        row, above = [i], rows[-1]
        for j, other in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (one != other)))
        rows.append(row)
    return rows


def edits(a: str, b: str) -> int:
    """Count the edits between two texts."""
    return _costs(a, b)[-1][-1]


def confusions(texts: Iterable[Pair]) -> Counter[Pair]:
    """Count what was read for every character of many (stands, read) texts."""
    return Counter(pair for stands, read in texts for pair in aligned(stands, read))


def slips(counted: Counter[Pair]) -> list[tuple[Pair, int]]:
    """Return the confusions that are mistakes, most frequent first."""
    wrong = [(pair, n) for pair, n in counted.items() if pair[0] != pair[1]]
    return sorted(wrong, key=lambda slip: (-slip[1], slip[0]))


def characters(counted: Counter[Pair]) -> Sequence[str]:
    """Return every character that stands or was read, in order."""
    return sorted({char for pair in counted for char in pair} - {NOTHING})
