"""How well frames agree with a text, whatever its length (pure).

Each frame's slots are aligned with the text by the cheapest edits (Needleman and Wunsch, 1970):
a frame may miss a character or show one too many and still speak for the right text.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.types import Reading

FLOOR = 1e-3  # no single frame may rule a text out by one character
MISSED = 1e-2  # chance that a frame shows nothing of a character: likelier than a wrong one

Floats = NDArray[np.float64]


def evidence(readings: Sequence[Reading], texts: Sequence[str]) -> Floats:
    """Return log P(what a frame's slots show | text): (frames, texts).

    All readings come from one reader: the same slots and the same alphabet.
    """
    alphabet = readings[0].alphabet
    logs = np.log(np.maximum(np.stack([r.slots for r in readings]), FLOOR).astype(np.float64))
    pad = len(alphabet) - 1
    longest = max(map(len, texts))
    signs = np.array(
        [[alphabet.find(c) for c in text.ljust(longest, alphabet[-1])] for text in texts]
    )
    return _aligned(logs[:, :, signs], logs[:, :, pad], np.array([len(text) for text in texts]))


def _aligned(match: Floats, skip: Floats, lengths: NDArray[np.int_]) -> Floats:
    """Return the best alignment's score: match (F, S, T, L), skip (F, S), lengths (T,) -> (F, T).

    A column is the number of characters of the text that the slots so far have shown.
    """
    frames, slots, texts, longest = match.shape
    missed = np.log(MISSED)
    row = np.broadcast_to(np.arange(longest + 1) * missed, (frames, texts, longest + 1)).copy()
    for slot in range(slots):
        before = row
        row = before + skip[:, slot, None, None]
        row[:, :, 1:] = np.maximum(row[:, :, 1:], before[:, :, :-1] + match[:, slot])
        for shown in range(1, longest + 1):
            np.maximum(row[:, :, shown], row[:, :, shown - 1] + missed, out=row[:, :, shown])
    return np.asarray(np.take_along_axis(row, lengths[None, :, None], axis=2)[:, :, 0])


def differing(a: str, b: str) -> int:
    """Return the number of edits between two texts (Levenshtein, 1965)."""
    if a == b:
        return 0
    row = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, cb in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (ca != cb))
    return row[-1]
