"""Which country a plate is from: what the frames saw of it, and what its text allows (pure).

The look (band, colour, shape) and the syntax must agree; where they do not, or where several
countries remain, there is no country, and the passage is in doubt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from edge.passage.plate import FREE_TEXT, countries, country_of, fits_country
from edge.passage.spelling import corrected, corrections
from edge.passage.vote import Vote, shares
from edge.types import Reading, Tint

SURE = 0.95  # of the countries that the text allows, one must hold this share
PLAIN = 0.9  # a look this certain contradicts a text of another country
LIKELY = 0.05  # syntax makes no choice that the look all but rules out,
FOREIGN = 0.6  # nor one abroad that the look does not make itself,
MARGIN = 2.0  # nor one against a look that is this much likelier;
HOME = frozenset({"NL", "BE"})  # and these two the look itself must part by as much
CONTESTED = 0.2
"""Share of the frames with a plain look that leaves a country open when they saw another one."""
FLOOR = 1e-3  # no single frame may rule a country out
BY_CHANCE = 0.03  # how often a plate of an unknown country has a given form
NEAR = 0.05  # an alternative this likely, by the likeliest, was seen by the frames,
CONCEIVED = 0.01  # and one less likely than this by none of them: syntax may not put it there
UNKNOWN = ""

SEVERAL = "the country of the plate is not certain"
CONTRADICTED = "the plate looks like one country's and is spelt like another's"


@dataclass(frozen=True, slots=True)
class Origin:
    """The country of a plate; `doubt` says why there is none. `probability` is the country's."""

    country: str | None
    probability: float
    doubt: str | None = None


def looks(readings: Sequence[Reading]) -> dict[str, float]:
    """Pool what the frames saw of the country; empty when none of them can tell.

    Alpha-2 codes and UNKNOWN with probabilities that sum to one.
    """
    telling = [r for r in readings if r.countries]
    if not telling:
        return {}
    codes = sorted({code for r in telling for code, _ in r.countries} | {UNKNOWN})
    weights = shares(telling).tolist()
    pooled = {
        code: sum(w * log(_seen(r, code)) for w, r in zip(weights, telling, strict=True))
        for code in codes
    }
    odds = {code: exp(score - max(pooled.values())) for code, score in pooled.items()}
    return {code: share / sum(odds.values()) for code, share in odds.items()}


def _seen(reading: Reading, code: str) -> float:
    seen = dict(reading.countries)
    return max(FLOOR, 1.0 - sum(seen.values()) if code == UNKNOWN else seen.get(code, 0.0))


def spelt(found: Vote, seen: dict[str, float]) -> str:
    """Return the text, or its one correction where the look is plain and the syntax forces it.

    What the frames themselves hold for the likeliest well-formed text goes before any table, and
    what none of them holds for possible is no correction: another text may be what stands there.
    Nor is a plate corrected that the other country at home, or one the frames also saw, issues.
    """
    country = _plainest(seen)
    if country is None or country in FREE_TEXT or fits_country(found.text, country):
        return found.text
    if countries(found.text) & (HOME | {code for code, p in seen.items() if p >= LIKELY}):
        return found.text
    near = _held_for(found, NEAR)
    formed = [text for text in near if fits_country(text, country)]
    if formed:
        return formed[0] if formed[0] in corrections(found.text, country) else found.text
    forced = corrected(found.text, country)
    return forced if forced in _held_for(found, CONCEIVED) else found.text


def _held_for(found: Vote, least: float) -> list[str]:
    """Return the texts that the frames hold for at least so likely, by the likeliest."""
    return [c.text for c in found.candidates if c.probability >= least * found.confidence]


def origin(text: str, seen: dict[str, float], tint: Tint) -> Origin:
    """Judge the country of a text; the face colour counts only where no frame told more."""
    if not seen:
        return _of_syntax(text, tint)
    allowed = countries(text)
    plainest = _plainest(seen)
    if plainest is not None and plainest not in allowed:
        return Origin(None, 0.0, CONTRADICTED)
    possible = {code: p for code, p in seen.items() if code in allowed}
    best = max(possible, key=lambda code: (possible[code], code), default=UNKNOWN)
    least = LIKELY if best in HOME else FOREIGN
    if best == UNKNOWN or possible[best] < max(least, _against(best, seen)):
        return Origin(None, 0.0, SEVERAL)
    share = possible[best] / (sum(possible.values()) + BY_CHANCE * seen.get(UNKNOWN, 0.0))
    return Origin(best, share) if share >= SURE else Origin(None, share, SEVERAL)


def contested(text: str, country: str, readings: Sequence[Reading]) -> bool:
    """True when many frames each plainly saw another country that issues such a plate."""
    plain = [code for r in readings for code, p in r.countries[:1] if p >= PLAIN]
    others = sum(code != country and fits_country(text, code) for code in plain)
    return others > 0 and others >= CONTESTED * len(plain)


def _against(best: str, seen: dict[str, float]) -> float:
    """Return how likely a country must look to stand against what else the plate looks like."""
    rivals = {code: p for code, p in seen.items() if code not in (best, UNKNOWN)}
    asked = (p * MARGIN if code in HOME else p / MARGIN for code, p in rivals.items())
    return max(asked, default=0.0)


def _plainest(seen: dict[str, float]) -> str | None:
    """Return the country that the plate plainly looks like, None when there is none."""
    return next((code for code, p in seen.items() if code != UNKNOWN and p >= PLAIN), None)


def _of_syntax(text: str, tint: Tint) -> Origin:
    """Judge by the text and the colour of the face: one country fits, or none is named."""
    country = country_of(text, tint)
    return Origin(None, 0.0, SEVERAL) if country is None else Origin(country, SURE)
