"""From samples to figures: what is found, read and claimed on single pictures (pure)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from edge.replay.reliability import (
    LEVELS,
    Bin,
    Claim,
    Confident,
    calibration_error,
    confident,
    curve,
    reliability,
    thinned,
)
from edge.replay.shares import Share
from edge.replay.truth import UNFOLDED, folded
from tools.score_reads.alignment import Pair, confusions
from tools.score_reads.bands import BREAKDOWNS, banded
from tools.score_reads.samples import Sample, Seen

MATCH, TIGHT = 0.4, 0.5  # overlap from which a box counts as found
CURVE_POINTS = 400
ISO = {"B": "BE"}  # the labels name Belgium by its oval sign


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """Single pictures: boxes found, texts exact, and boxes where no plate is labelled.

    `frames` counts the pictures that were searched: crops are not. `textless` are plates that the
    labels give without a text, on the same pictures.
    """

    plates: int
    found: int
    found_tight: int
    with_text: int
    exact: int
    frames: int
    false_boxes: int
    textless: int
    textless_found: int


@dataclass(frozen=True, slots=True)
class Trust:
    """What confidence is worth: `asked` texts stood there, claims were made of some."""

    asked: int
    bins: tuple[Bin, ...]
    error: float | None
    confident: tuple[Confident, ...]
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Countries:
    """The country of Dutch and Belgian plates, judged where a plate was read at all."""

    right: int
    wrong: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One band: boxes found, and texts exact of those that the labels give."""

    band: str
    found: Share
    exact: Share


@dataclass(frozen=True, slots=True)
class FrameFigures:
    """All figures of single pictures."""

    counts: FrameCounts
    trust: Trust
    countries: Countries
    breakdowns: dict[str, tuple[Breakdown, ...]]
    confusions: Counter[Pair]


def frame_figures(looked: Sequence[Seen]) -> FrameFigures:
    """Work out all figures of single pictures."""
    samples = [sample for each in looked for sample in each.samples]
    return FrameFigures(
        counts=frame_counts(looked),
        trust=trust(claims(samples), sum(s.plate.text is not None for s in samples)),
        countries=countries(samples),
        breakdowns=breakdowns(samples),
        confusions=confusions(_texts(samples)),
    )


def frame_counts(looked: Sequence[Seen]) -> FrameCounts:
    """Count plates and boxes."""
    samples = [sample for each in looked for sample in each.samples]
    return FrameCounts(
        plates=len(samples),
        found=sum(s.overlap >= MATCH for s in samples),
        found_tight=sum(s.overlap >= TIGHT for s in samples),
        with_text=sum(s.plate.text is not None for s in samples),
        exact=sum(_exact(s) for s in samples),
        frames=sum(each.searched for each in looked),
        false_boxes=sum(each.stray for each in looked),
        textless=sum(len(each.textless) for each in looked),
        textless_found=sum(covered >= MATCH for each in looked for covered in each.textless),
    )


def _exact(sample: Sample) -> bool:
    return sample.answer is not None and sample.answer.right


def claims(samples: Sequence[Sample]) -> list[Claim]:
    """Return what was claimed of labelled texts; where nothing was read nothing is claimed."""
    answers = [s.answer for s in samples if s.answer is not None and s.answer.text]
    return [Claim(a.confidence, a.right) for a in answers]


def trust(made: Sequence[Claim], asked: int) -> Trust:
    """Judge claims by their confidence."""
    bins = reliability(made)
    return Trust(
        asked=asked,
        bins=tuple(bins),
        error=calibration_error(bins),
        confident=tuple(confident(made, level, asked) for level in LEVELS),
        curve=tuple(thinned(curve(made, asked), CURVE_POINTS)),
    )


def countries(samples: Sequence[Sample]) -> Countries:
    """Compare countries on plates of the Netherlands and Belgium, where they decide the look-up."""
    told = Counter(
        "unknown" if s.answer.country is None else s.answer.country == ISO.get(truth, truth)
        for s in samples
        if s.answer is not None and (truth := s.plate.country) in UNFOLDED
    )
    return Countries(told[True], told[False], told["unknown"])


def breakdowns(samples: Sequence[Sample]) -> dict[str, tuple[Breakdown, ...]]:
    """Break recall and exactness down by all that is known of the plates."""
    groups = {name: banded(samples, band) for name, band in BREAKDOWNS.items()}
    return {
        name: tuple(_breakdown(band, group) for band, group in bands.items())
        for name, bands in groups.items()
        if bands
    }


def _breakdown(band: str, group: Sequence[Sample]) -> Breakdown:
    with_text = [s for s in group if s.plate.text is not None]
    return Breakdown(
        band,
        Share(sum(s.overlap >= MATCH for s in group), len(group)),
        Share(sum(_exact(s) for s in with_text), len(with_text)),
    )


def _texts(samples: Sequence[Sample]) -> list[Pair]:
    """Return (stands, read) of every plate that was found, folded alike where no form tells."""
    return [
        (folded(s.plate.text, s.plate.country), folded(s.answer.text, s.plate.country))
        for s in samples
        if s.answer is not None and s.plate.text is not None
    ]
