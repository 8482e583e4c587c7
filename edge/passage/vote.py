"""The vote: what all frames of one vehicle together say about its plate (pure).

Every text that a frame read, and every text one character away from the best of them, is a
candidate; each frame speaks for each by how well its whole distribution agrees. Frames of one
vehicle are not independent, so many of them count as a few; and one that outweighs all others
counts as one, however many they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.passage.alignment import Floats, evidence
from edge.types import Candidate, Reading

INDEPENDENT_FRAMES = 2.0
VOTERS = 16  # more frames of one vehicle add nothing but time
ROUNDS = 4
MAX_CANDIDATES = 5
FULL_WIDTH_PX = 100.0
LEAST_WHOLE = 0.01  # even a text that is hardly whole is some evidence


@dataclass(frozen=True, slots=True)
class Vote:
    """The winning text, one probability per character, and what else it might be.

    `confidence` is the winner's share of the evidence, not yet calibrated.
    """

    text: str
    chars: tuple[float, ...]
    confidence: float
    candidates: tuple[Candidate, ...]


NO_VOTE = Vote("", (), 0.0, ())


def weight(reading: Reading) -> float:
    """Return how much a reading counts: larger, sharper and surer plates count more.

    The reader's own certainty, of the weakest character and of the whole text, is the sharpness.
    """
    if not reading.chars:
        return 0.0
    size = min(1.5, max(0.2, reading.detection.box.width / FULL_WIDTH_PX))
    sure = max(reading.whole, LEAST_WHOLE)
    return size * min(reading.chars) * float(np.mean(reading.chars)) * sure


def shares(readings: Sequence[Reading]) -> Floats:
    """Return what each reading counts among these: (N,), one to INDEPENDENT_FRAMES in sum.

    The sum is the number of equal weights that would spread as these do (Kish, 1965): beside a
    clear frame a blurred one adds next to nothing.
    """
    weights: Floats = np.maximum([weight(r) for r in readings], 1e-6)
    spread = float(weights.sum() ** 2 / np.square(weights).sum())
    return weights * (min(spread, INDEPENDENT_FRAMES) / float(weights.sum()))


def vote(readings: Sequence[Reading]) -> Vote:
    """Elect a plate text from the readings of one vehicle, in whatever order they came."""
    voters = sorted((r for r in readings if r.text), key=lambda r: (-weight(r), r.text))[:VOTERS]
    if not voters:
        return NO_VOTE
    texts = {reading.text for reading in voters}
    best = _best(_scores(voters, texts))
    for _ in range(ROUNDS):
        scores = _scores(voters, texts | _near(best, voters[0].alphabet[:-1]))
        if best == (best := _best(scores)):
            break
    return _elected(best, scores)


def _scores(voters: Sequence[Reading], texts: set[str]) -> dict[str, float]:
    """Return the pooled evidence for each text: a log probability."""
    weights = shares(voters)
    listed = sorted(texts)
    pooled: Floats = weights @ evidence(voters, listed)
    return dict(zip(listed, pooled.round(9).tolist(), strict=True))


def _best(scores: dict[str, float]) -> str:
    return max(scores, key=lambda text: (scores[text], text))


def _near(text: str, alphabet: str) -> set[str]:
    """Return the texts with one character replaced or left out."""
    places = range(len(text))
    replaced = {text[:i] + sign + text[i + 1 :] for i in places for sign in alphabet}
    return replaced | {text[:i] + text[i + 1 :] for i in places if len(text) > 1}


def _elected(best: str, scores: dict[str, float]) -> Vote:
    odds = {text: float(np.exp(score - scores[best])) for text, score in scores.items()}
    total = sum(odds.values())
    likeliest = sorted(odds, key=lambda text: (text != best, -odds[text], text))
    candidates = tuple(Candidate(t, odds[t] / total) for t in likeliest[:MAX_CANDIDATES])
    chars = tuple(_share(best, place, odds) for place in range(len(best)))
    return Vote(best, chars, candidates[0].probability, candidates)


def _share(text: str, place: int, odds: dict[str, float]) -> float:
    """Return one character's share among all that could stand at its place."""
    before, after = text[:place], text[place + 1 :]
    rivals = [
        share
        for other, share in odds.items()
        if len(other) == len(text) and other.startswith(before) and other.endswith(after)
    ]
    return odds[text] / sum(rivals)
