"""Whether a confidence means what it says (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.replay.shares import Share

BINS = 10
LEVELS = (0.9, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Claim:
    """A text given out with a confidence, and whether it was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """The claims of one band of confidence [low, high): their mean confidence, how many held."""

    low: float
    high: float
    confidence: float
    right: Share


@dataclass(frozen=True, slots=True)
class Confident:
    """The claims at or above a level: how many of all there are, and how many are wrong."""

    level: float
    coverage: Share
    wrong: Share


def reliability(claims: Sequence[Claim], bins: int = BINS) -> list[Bin]:
    """Sort claims into bands of equal width; the last one holds full confidence, too."""
    groups: list[list[Claim]] = [[] for _ in range(bins)]
    for claim in claims:
        groups[min(bins - 1, max(0, int(claim.confidence * bins)))].append(claim)
    return [_bin(i / bins, (i + 1) / bins, group) for i, group in enumerate(groups)]


def _bin(low: float, high: float, group: Sequence[Claim]) -> Bin:
    mean = sum(c.confidence for c in group) / len(group) if group else (low + high) / 2
    return Bin(low, high, mean, Share(sum(c.right for c in group), len(group)))


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Return the expected calibration error: how far confidence and truth lie apart, on average.

    Source: Naeini and others, Obtaining well calibrated probabilities, AAAI 2015.
    """
    total = sum(b.right.whole for b in bins)
    if not total:
        return None
    return sum(abs(b.right.part - b.confidence * b.right.whole) for b in bins) / total


def confident(claims: Sequence[Claim], level: float, asked: int) -> Confident:
    """Judge the claims at or above a level, of `asked` texts that could have been claimed."""
    sure = [c for c in claims if c.confidence >= level]
    wrong = sum(not c.right for c in sure)
    return Confident(level, Share(len(sure), asked), Share(wrong, len(sure)))


def curve(claims: Sequence[Claim], asked: int) -> list[tuple[float, float]]:
    """Return (coverage, wrong share) for every level, from the surest claims to all of them.

    Claims of one confidence are taken together: no level can tell them apart.
    """
    ordered = sorted(claims, key=lambda c: -c.confidence)
    points: list[tuple[float, float]] = []
    wrong = 0
    for n, claim in enumerate(ordered, 1):
        wrong += not claim.right
        if n == len(ordered) or ordered[n].confidence != claim.confidence:
            points.append((n / asked, wrong / n))
    return points


def thinned(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Keep about `most` points, evenly spread, the last one among them."""
    step = max(1, -(-len(points) // most))
    return list(points[::-1][::step][::-1])
