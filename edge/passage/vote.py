"""The vote: what all frames of one vehicle together say about its plate (pure).

Each character is voted on by itself, with the reader's whole distribution as evidence;
frames of one vehicle are not independent, so many of them count as a few.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.types import Candidate, Reading

INDEPENDENT_FRAMES = 2.0
FLOOR = 1e-3  # no single frame may rule a character out
MAX_CANDIDATES = 5
FULL_WIDTH_PX = 100.0


@dataclass(frozen=True, slots=True)
class Vote:
    """The winning text, one probability per character, and what else it might be."""

    text: str
    chars: tuple[float, ...]
    confidence: float
    candidates: tuple[Candidate, ...]


NO_VOTE = Vote("", (), 0.0, ())


def weight(reading: Reading) -> float:
    """Return how much a reading counts: larger and surer plates count more."""
    if not reading.chars:
        return 0.0
    size = min(1.5, max(0.2, reading.detection.box.width / FULL_WIDTH_PX))
    return size * min(reading.chars) * float(np.mean(reading.chars))


def vote(readings: Sequence[Reading]) -> Vote:
    """Elect a plate text from the readings of one vehicle.

    The length is elected first, by weight; then each character of that length.
    """
    by_length: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.text:
            by_length[len(reading.text)].append(reading)
    if not by_length:
        return NO_VOTE
    shares = _shares({n: sum(map(weight, group)) for n, group in by_length.items()})
    length = max(shares, key=lambda n: (shares[n], n))
    group = by_length[length]
    return _elected(_posterior(group), group[0].alphabet[:-1], shares[length])


def _shares(weights: dict[int, float]) -> dict[int, float]:
    """Sharpen the lengths' weights into shares that sum to one: a rare length is a slip."""
    squares = {n: w * w for n, w in weights.items()}
    total = sum(squares.values())
    return {n: (w / total if total else 1 / len(squares)) for n, w in squares.items()}


def _posterior(readings: Sequence[Reading]) -> NDArray[np.float64]:
    """Pool the characters' distributions: (length, alphabet without pad), rows sum to one."""
    weights = np.array([weight(r) for r in readings])
    weights = np.maximum(weights, 1e-6)
    weights *= min(len(readings), INDEPENDENT_FRAMES) / weights.sum()
    logs = np.stack([np.log(_characters(r)) for r in readings])
    pooled = (logs * weights[:, None, None]).sum(axis=0)
    odds = np.exp(pooled - pooled.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float64)


def _characters(reading: Reading) -> NDArray[np.float64]:
    """Return the slots that hold characters, without the pad: (length, alphabet - 1)."""
    pad = len(reading.alphabet) - 1
    held = reading.slots[reading.slots.argmax(axis=1) != pad, :pad]
    spread = np.maximum(held, FLOOR).astype(np.float64)
    return np.asarray(spread / spread.sum(axis=1, keepdims=True))


def _elected(posterior: NDArray[np.float64], alphabet: str, share: float) -> Vote:
    best = posterior.argmax(axis=1)
    chars = posterior.max(axis=1)
    text = "".join(alphabet[c] for c in best)
    confidence = float(chars.prod()) * share
    others = _one_character_away(posterior, text, alphabet, confidence)
    candidates = (Candidate(text, confidence), *others)
    return Vote(text, tuple(float(c) for c in chars), confidence, candidates[:MAX_CANDIDATES])


def _one_character_away(
    posterior: NDArray[np.float64], text: str, alphabet: str, confidence: float
) -> list[Candidate]:
    """Return the texts with one character replaced by its runner-up, likeliest first."""
    runner_up = np.argsort(posterior, axis=1)[:, -2]
    texts = [
        Candidate(
            text[:i] + alphabet[c] + text[i + 1 :],
            confidence * float(posterior[i, c] / posterior[i].max()),
        )
        for i, c in enumerate(runner_up)
    ]
    return sorted(texts, key=lambda c: -c.probability)
