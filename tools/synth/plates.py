"""Synthetic plates: a valid text of a country, and the plate that shows it."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tools.synth.layout import paint_face
from tools.synth.styles import COUNTRIES, EXCLUDED_NL, LETTERS, Form
from tools.synth.wear import wear_plate

Image = npt.NDArray[np.uint8]

SEPARATORS = " -.:*°"
ANY_BREAK = 0.12
"""How many plates of two lines break where no group ends, as Austrian ones do."""
DASH_KEPT = 0.3
"""How many keep the dash at which they break."""
DIGITS = "0123456789"
SMALLEST_RENDER_PX = 56


@dataclass(frozen=True, slots=True)
class PlateSpec:
    """What one plate says and how it is laid out; `rows` keep the separators of each line."""

    country: str
    text: str
    lines: int
    style: str
    rows: tuple[str, ...]

    @property
    def row_texts(self) -> tuple[str, ...]:
        """The characters of each line without separators."""
        return tuple(normalised(row) for row in self.rows)

    @property
    def size_mm(self) -> tuple[int, int]:
        """Width and height in millimetres."""
        country = COUNTRIES[self.country]
        return country.size if self.lines == 1 else country.size_two


def normalised(written: str) -> str:
    """Take the separators out of a written plate."""
    return "".join(char for char in written if char not in SEPARATORS)


def draw_spec(
    rng: np.random.Generator,
    country: str | None = None,
    lines: int | None = None,
    style: str | None = None,
) -> PlateSpec:
    """Draw a random plate whose text follows the syntax of its country."""
    code = country or _draw_country(rng)
    issued = COUNTRIES[code]
    forms = [form for form in issued.forms if style in (None, form.style)]
    if not forms:
        raise ValueError(f"{code} has no plates of style {style!r}.")
    weights = np.array([form.weight for form in forms])
    form = forms[int(rng.choice(len(forms), p=weights / weights.sum()))]
    written = _issued_text(rng, code, form)
    count = lines or (2 if rng.random() < issued.two_line else 1)
    rows = _broken(written, rng) if count == 2 else (written,)
    return PlateSpec(code, normalised(written), len(rows), form.style, rows)


def spec_for(country: str, text: str, lines: int = 1, style: str = "car") -> PlateSpec:
    """Lay out a given text as its country would write it."""
    plain = normalised(text)
    written = next(
        (spaced for form in COUNTRIES[country].forms if (spaced := _spaced(form, country, plain))),
        _spaced_by_class(plain),
    )
    rows = _rows(written, lines, 0)
    return PlateSpec(country, plain, len(rows), style, rows)


def render_plate(
    spec: PlateSpec, height_px: int, rng: np.random.Generator, worn: bool = True
) -> Image:
    """Render the tight face of a plate in its true proportions.

    Returns (height_px, W, 3) uint8 BGR; `worn` adds bolts, dirt, holder, shadow and glare.
    """
    width_mm, height_mm = spec.size_mm
    drawn_px = max(height_px, SMALLEST_RENDER_PX * spec.lines)
    face = paint_face(spec.country, spec.style, spec.rows, drawn_px / height_mm, rng)
    face = wear_plate(face, rng) if worn else face
    width_px = max(1, round(height_px * width_mm / height_mm))
    if face.shape[:2] == (height_px, width_px):
        return face
    return cv2.resize(face, (width_px, height_px), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _draw_country(rng: np.random.Generator) -> str:
    """Draw a country by its share."""
    shares = np.array([issued.drawn for issued in COUNTRIES.values()])
    return tuple(COUNTRIES)[int(rng.choice(len(shares), p=shares / shares.sum()))]


def _issued_text(rng: np.random.Generator, country: str, form: Form) -> str:
    """Fill a form until the result is one that the country issues."""
    while True:
        written = "".join(_fill(rng, sign, country, form) for sign in form.pattern)
        groups = written.split("-")
        if country != "NL" or not EXCLUDED_NL.intersection(groups):
            return written


def _fill(rng: np.random.Generator, sign: str, country: str, form: Form) -> str:
    """Fill one sign of a form."""
    if sign == "z":
        return str(rng.choice(COUNTRIES[country].districts))
    choices = {"l": form.letters, "d": DIGITS, "n": DIGITS[1:]}.get(sign, sign)
    return choices[int(rng.integers(len(choices)))]


def _broken(written: str, rng: np.random.Generator) -> tuple[str, ...]:
    """Break a written plate into two lines as one country or another does."""
    if rng.random() < ANY_BREAK:
        inner = range(2, len(written) - 2)
        ends = [i for i in inner if not {written[i - 1], written[i]} & set(SEPARATORS)]
        if ends:
            at = ends[int(rng.integers(len(ends)))]
            return (written[:at], written[at:])
    first, last = _rows(written, 2, int(rng.integers(3)))
    dashed = written[len(first) : len(first) + 1] == "-" and rng.random() < DASH_KEPT
    return (f"{first}-" if dashed else first, last)


def _rows(written: str, lines: int, choice: int) -> tuple[str, ...]:
    """Break a written plate into one line, or into two at one of its separators."""
    breaks = [i for i, char in enumerate(written) if char in SEPARATORS]
    if lines == 1:
        return (written,)
    if not breaks:
        middle = len(written) // 2
        return (written[:middle], written[middle:])
    balanced = sorted(breaks, key=lambda i: abs(2 * i + 1 - len(written)))
    at = balanced[1] if choice == 1 and len(balanced) > 1 else balanced[0]
    kept = "*" if written[at] == "*" else ""
    return (written[:at] + kept, written[at + 1 :])


def _spaced(form: Form, country: str, plain: str) -> str | None:
    """Write a plain text in a form, or None where it does not fit."""
    districts = sorted(COUNTRIES[country].districts, key=len, reverse=True)
    for district in districts if "z" in form.pattern else ("",):
        pattern = form.pattern.replace("z", district)
        if len(normalised(pattern)) == len(plain):
            chars = iter(plain)
            filled = [(sign, sign if sign in SEPARATORS else next(chars)) for sign in pattern]
            if all(_fits(sign, char) for sign, char in filled):
                return "".join(char for _, char in filled)
    return None


def _fits(sign: str, char: str) -> bool:
    """Whether a character may stand where a form has this sign, any letter for a letter."""
    choices = {"l": LETTERS, "d": DIGITS, "n": DIGITS}.get(sign, sign)
    return char in choices


def _spaced_by_class(plain: str) -> str:
    """Part a text of no known form where letters and digits meet."""
    parts = [
        f"-{char}" if i and (char in LETTERS) != (plain[i - 1] in LETTERS) else char
        for i, char in enumerate(plain)
    ]
    return "".join(parts)
