"""What all frames of one vehicle say: its plate, its country, and why it may be doubted (pure)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from edge.passage.calibration import Grounds, grounds
from edge.passage.country import SEVERAL, Origin, contested, looks, origin, spelt
from edge.passage.plate import countries, fits_country, is_key, unproven
from edge.passage.spelling import corrected
from edge.passage.vote import Vote, vote
from edge.types import Candidate, Reading, Tint

LEGIBLE = 0.8  # at least one frame must be this sure of the whole text by itself
CLOSE = 0.1  # an alternative this likely, by the likeliest, leaves the vote open
AGREED = 0.8
CONSISTENT_READS = 2  # a corrected reading needs a second frame (RULES 5.5)


@dataclass(frozen=True, slots=True)
class Finding:
    """The plate and its country; `read_as` is what stood there before syntax corrected it.

    `meaning` holds the texts that speak for it: what was read as well, where syntax forces the
    correction. `consistent` counts the frames that read one of them, `wholly` is how sure the
    surest of these is that no character is missing.
    """

    vote: Vote
    read_as: str | None
    meaning: frozenset[str]
    origin: Origin
    grounds: Grounds
    consistent: int
    wholly: float


def find(readings: Sequence[Reading]) -> Finding:
    """Elect the plate of one vehicle and judge its country."""
    found, seen = vote(readings), looks(readings)
    text = spelt(found, seen)
    where = origin(text, seen, face(readings))
    if where.country is not None and contested(text, where.country, readings):
        where = Origin(None, where.probability, SEVERAL)
    meaning = _meaning(text, found.text, where.country)
    settled = as_spelt(found, text, meaning, where.country)
    well_formed = where.country is not None or bool(countries(text))
    ways = (meaning, meaning | {found.text})
    counted = [grounds(readings, way, settled.confidence, well_formed) for way in ways]
    return Finding(
        vote=settled,
        read_as=None if text == found.text else found.text,
        meaning=meaning,
        origin=where,
        # Leaving out frames that saw little must not make a text any surer than they would.
        grounds=Grounds(*map(min, *counted)),
        consistent=sum(1 for reading in readings if reading.text in meaning),
        wholly=max((r.whole for r in readings if r.text in meaning), default=0.0),
    )


def _meaning(text: str, read: str, country: str | None) -> frozenset[str]:
    """Return the texts that mean the plate: what was read as well, where syntax leaves no choice.

    An I on a Dutch plate may be a T or an L: a frame that reads it speaks for neither.
    """
    forced = country is not None and corrected(read, country) == text
    return frozenset({text, read}) if forced else frozenset({text})


def as_spelt(found: Vote, text: str, meaning: frozenset[str], country: str | None) -> Vote:
    """Put the text first, with its share among all that a plate of its country may say.

    A sign that syntax put there is as sure as the frames held it for, not as what it replaced.
    """
    meant = sum(c.probability for c in found.candidates if c.text in meaning)
    others = [c for c in found.candidates if c.text not in meaning]
    rivals = [
        c
        for c in others
        if c.text != found.text and (country is None or fits_country(c.text, country))
    ]
    possible = max(meant, 1.0 - sum(c.probability for c in others if c not in rivals))
    share = min(1.0, meant / possible) if meant else 0.0
    seen = next((c.probability for c in found.candidates if c.text == text), 0.0)
    chars = tuple(
        p if was == sign else seen
        for p, was, sign in zip(found.chars, found.text, text, strict=True)
    )
    less = (Candidate(c.text, c.probability / possible) for c in rivals if possible)
    candidates = (Candidate(text, share), *less)
    return Vote(text, chars, share, candidates)


def face(readings: Sequence[Reading]) -> Tint:
    """Return the face colour most frames agree on; disagreement is no colour."""
    tints = Counter(reading.tint for reading in readings)
    tints.pop(Tint.UNKNOWN, None)
    if not tints:
        return Tint.UNKNOWN
    (most, count), *_ = tints.most_common()
    return most if count >= AGREED * tints.total() else Tint.UNKNOWN


def open_question(finding: Finding) -> str | None:
    """Return why a finding may not be used, None when nothing speaks against it.

    The sentence names no plate.
    """
    country, text = finding.origin.country, finding.vote.text
    if _is_close(finding.vote):
        return "more than one reading is possible"
    if finding.wholly < LEGIBLE:
        return "no frame shows the whole plate clearly: a character may be missing"
    if finding.read_as is not None and finding.consistent < CONSISTENT_READS:
        return "syntax corrected one character, and no second frame agrees"
    if country is None:
        return finding.origin.doubt
    if not is_key(country, text):
        return "without its separator the German plate may be one of several"
    return unproven(country, text)


def _is_close(found: Vote) -> bool:
    rivals = [c.probability for c in found.candidates[1:]]
    return bool(rivals) and max(rivals) >= CLOSE * found.confidence
