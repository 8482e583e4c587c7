"""How often a vote like this one is right: a logistic curve over a few grounds (pure).

Fitted by `tools.calibrate_reads` for one reader and pinned beside it (Platt, 1999). No ground
may speak against itself: every coefficient is at least zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import exp, floor, log, prod
from typing import Annotated, NamedTuple

import msgspec

from edge.errors import ModelError
from edge.passage.vote import VOTERS, weight
from edge.types import Reading

SUFFIX = ".calibration.json"
"""A reader's file name with this suffix in place of its own is the calibration's."""
LIMIT = 8.0  # log odds beyond which a ground says no more
LARGEST = 50.0  # no fit comes near it: a larger coefficient is damage
Speaks = Annotated[float, msgspec.Meta(ge=0, le=LARGEST)]
REMEDY = "Run `python -m tools.calibrate_reads`: it must run again whenever the reader changes."


class Grounds(NamedTuple):
    """What speaks for a vote; each ground is larger where the text is surer."""

    margin: float
    """Log odds of the winner against all other candidates."""
    agreement: float
    """Share of the frames, by weight, that read exactly the winner."""
    frames: float
    """Logarithm of their number."""
    clearest: float
    """Log odds of the surest of them."""
    whole: float
    """Log odds, on average, that the text is all that stands there, by the reader itself."""
    form: float
    """One when the text is a well-formed plate, of its country if that is known."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The coefficients of the grounds. The default takes the vote's own share as it is."""

    intercept: Annotated[float, msgspec.Meta(ge=-LARGEST, le=LARGEST)] = 0.0
    margin: Speaks = 1.0
    agreement: Speaks = 0.0
    frames: Speaks = 0.0
    clearest: Speaks = 0.0
    whole: Speaks = 0.0
    form: Speaks = 0.0

    def probability(self, grounds: Grounds) -> float:
        """Return the probability that the whole plate is right."""
        terms = (getattr(self, name) * value for name, value in grounds._asdict().items())
        return 1.0 / (1.0 + exp(-min(max(self.intercept + sum(terms), -30.0), 30.0)))


UNFITTED = Calibration()


class Fitted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file beside a reader: the curve, and which reader it was fitted on."""

    reader_sha256: str
    calibration: Calibration
    tracks: Annotated[int, msgspec.Meta(ge=1)]
    seed: int


def grounds(
    readings: Sequence[Reading], texts: frozenset[str], share: float, well_formed: bool
) -> Grounds:
    """Return what speaks for a plate: the readings voted on, and those texts that mean it.

    `share` is its share of the evidence among all that it may be.
    """
    agreeing = [r for r in readings if r.text in texts]
    total = sum(map(weight, readings))
    return Grounds(
        margin=log_odds(share),
        agreement=sum(map(weight, agreeing)) / total if total else 0.0,
        frames=log(min(max(1, len(agreeing)), VOTERS)),
        clearest=max((log_odds(prod(r.chars) * r.whole) for r in agreeing), default=-LIMIT),
        whole=_mean([log_odds(r.whole) for r in agreeing]),
        form=float(well_formed),
    )


def rounded_down(probability: float) -> float:
    """Return a probability in hundredths: rounded up it could seem to reach a level."""
    return floor(probability * 100) / 100


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, kept within LIMIT."""
    if not 0.0 < probability < 1.0:
        return -LIMIT if probability <= 0.0 else LIMIT
    return min(max(log(probability / (1.0 - probability)), -LIMIT), LIMIT)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else -LIMIT


def fitted(content: bytes, reader_sha256: str) -> Fitted:
    """Read a calibration file for one reader.

    Raises ModelError when it is malformed, lacks a ground or was fitted on another reader.
    """
    try:
        found = msgspec.json.decode(content, type=Fitted)
        # What no field takes is looked at here only: it may be no text at all.
        named = msgspec.json.decode(content)["calibration"].keys()
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise ModelError(f"The calibration of the reader is malformed: {e}.", REMEDY) from e
    if wrong := named ^ {field.name for field in fields(Calibration)}:
        listed = ", ".join(sorted(wrong))
        raise ModelError(f"The calibration lacks, or should not have: {listed}.", REMEDY)
    if found.reader_sha256 != reader_sha256:
        raise ModelError("The calibration was fitted on another reader.", REMEDY)
    return found
