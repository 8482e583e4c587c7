"""What the ends and sides of vehicles look like: lamps, grilles, windows, lettering."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tools.synth.sheets import NAMES, Colour, Sheet

BLACK: Colour = (26, 25, 24)
PLASTIC: Colour = (52, 51, 50)
GLASS: Colour = (74, 66, 58)
CHROME: Colour = (196, 194, 190)
RED: Colour = (42, 36, 165)
AMBER: Colour = (40, 140, 230)
LAMP: Colour = (214, 216, 214)


MODELS = (
    "NORDA", "VELTA", "ORIX", "KARUM", "TESSO", "MARONELL", "TRAVENO", "ALVISSON", "CAMBRIO",
    "LOMBARDE", "2.0 TDE", "QUATRENO", "SPRINTA",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What makes one vehicle different from the next of its kind."""

    colour: Colour
    px_per_m: float
    name: str = ""
    name_colour: Colour = (60, 60, 60)
    font: int = 0
    plate_y: float = 0.45
    plate_x: float = 0.0
    plate_size: tuple[float, float] = (0.52, 0.11)
    bare_plate: bool = False
    wear: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))


def tone(colour: Colour, factor: float) -> Colour:
    """A lighter or darker shade of a colour."""
    b, g, r = (min(255.0, c * factor) for c in colour)
    return b, g, r


def car_rear(look: Look, w: float, h: float) -> Sheet:
    """Boot lid, lamps, bumper and recess for the plate; (w, h) metres."""
    rng, sheet = look.wear, Sheet(w, h, look.colour, look.px_per_m)
    sheet.shade(1.06, 0.8)
    bumper = h * rng.uniform(0.42, 0.55)
    sheet.box(0.16, bumper + 0.015, w - 0.32, 0.014, tone(look.colour, 0.45))
    sheet.box(0, 0, w, h * rng.uniform(0.1, 0.28), PLASTIC, 0.03)
    _recess(sheet, look, w)
    _rear_lamps(sheet, rng, w, h, bumper)
    _badges(sheet, look, w, h)
    if rng.random() < 0.5:
        for x in (0.14, w - 0.34):
            sheet.box(x, 0.13, 0.2, 0.035, tone(RED, 0.8), 0.01)
    if rng.random() < 0.35:
        sheet.box(rng.uniform(0.15, w - 0.5), bumper * 0.6, 0.26, 0.09, (210, 214, 218))
    return sheet.grain(rng, 2.0)


def _recess(sheet: Sheet, look: Look, w: float) -> None:
    """The hollow that holds the plate, with its lamp bar above."""
    if look.bare_plate:
        return
    wide, high = look.plate_size[0] + 0.12, look.plate_size[1] + 0.09
    x, y = w / 2 + look.plate_x - wide / 2, look.plate_y - high / 2
    sheet.box(x, y, wide, high, tone(look.colour, look.wear.uniform(0.35, 0.95)), 0.03)
    if look.wear.random() < 0.5:
        bar = CHROME if look.wear.random() < 0.5 else tone(look.colour, 0.4)
        sheet.box(x + 0.02, y + high, wide - 0.04, 0.035, bar, 0.01)


def _rear_lamps(sheet: Sheet, rng: np.random.Generator, w: float, h: float, bumper: float) -> None:
    """Two red lamp clusters, wide or tall, sometimes joined by a strip."""
    wide, high = rng.uniform(0.2, 0.42), rng.uniform(0.12, 0.26)
    y = min(h - high - 0.02, bumper + rng.uniform(0.03, 0.14))
    for x in (0.03, w - wide - 0.03):
        sheet.box(x, y, wide, high, tone(RED, rng.uniform(0.8, 1.0)), 0.04)
        sheet.box(x + 0.03, y + high * 0.55, wide - 0.06, high * 0.3, tone(RED, 1.5), 0.02)
        if rng.random() < 0.6:
            sheet.box(x + 0.04, y + high * 0.1, wide * 0.5, high * 0.28, LAMP, 0.02)
    if rng.random() < 0.2:
        sheet.box(wide, y + high * 0.6, w - 2 * wide, 0.035, tone(RED, 0.9))


def _badges(sheet: Sheet, look: Look, w: float, h: float) -> None:
    """An emblem in the middle and model names beside it."""
    rng, y = look.wear, h - look.wear.uniform(0.07, 0.14)
    if abs(look.plate_y - y) > look.plate_size[1] / 2 + 0.08:
        _emblem(sheet, rng, w / 2, y)
    for x in (0.12, w - 0.5):
        if rng.random() < 0.6:
            word = str(rng.choice(MODELS if rng.random() < 0.6 else NAMES[-10:]))
            low = y - rng.uniform(0.0, 0.2)
            sheet.text(word, x + rng.uniform(0, 0.2), low, rng.uniform(0.035, 0.06), CHROME,
                       int(rng.integers(40)), rng.uniform(0.12, 0.34))  # fmt: skip


def _emblem(sheet: Sheet, rng: np.random.Generator, x: float, y: float) -> None:
    """A maker's mark of no maker."""
    marks = (_ring, _three_rings, _bar, _letters, _chevrons, _lozenge)
    marks[int(rng.integers(len(marks)))](sheet, rng, x, y)


def _ring(sheet: Sheet, rng: np.random.Generator, x: float, y: float) -> None:
    sheet.disc(x, y, 0.055, CHROME)
    sheet.disc(x, y, 0.04, tone(GLASS, rng.uniform(0.6, 1.6)))


def _three_rings(sheet: Sheet, _: np.random.Generator, x: float, y: float) -> None:
    for step in range(-1, 2):
        sheet.disc(x + step * 0.07, y, 0.04, CHROME, 0.012)


def _bar(sheet: Sheet, _: np.random.Generator, x: float, y: float) -> None:
    sheet.box(x - 0.09, y - 0.03, 0.18, 0.06, CHROME, 0.03)


def _letters(sheet: Sheet, rng: np.random.Generator, x: float, y: float) -> None:
    word = str(rng.choice(MODELS))
    sheet.text(word, x - 0.2, y - 0.03, 0.06, CHROME, int(rng.integers(30)), width_m=0.4)


def _chevrons(sheet: Sheet, _: np.random.Generator, x: float, y: float) -> None:
    for top in (y, y + 0.05):
        sheet.line((x - 0.08, top - 0.05), (x, top), CHROME, 0.02)
        sheet.line((x, top), (x + 0.08, top - 0.05), CHROME, 0.02)


def _lozenge(sheet: Sheet, _: np.random.Generator, x: float, y: float) -> None:
    tips = ((0, 0.07), (0.06, 0), (0, -0.07), (-0.06, 0))
    sheet.shape(np.array([[x + across, y + up] for across, up in tips]), CHROME)


def car_front(look: Look, w: float, h: float) -> Sheet:
    """Headlamps, grille, bumper and plate holder; (w, h) metres."""
    rng, sheet = look.wear, Sheet(w, h, look.colour, look.px_per_m)
    sheet.shade(1.05, 0.8)
    sheet.box(0, 0, w, h * 0.14, PLASTIC, 0.03)
    low = rng.uniform(0.9, 1.4)
    sheet.box(w / 2 - low / 2, h * 0.1, low, h * 0.24, BLACK, 0.05)
    _grille(sheet, rng, w, h)
    _headlamps(sheet, rng, w, h)
    _intakes(sheet, rng, w, h)
    _holder(sheet, look, w)
    _emblem(sheet, rng, w / 2, h - 0.12)
    return sheet.grain(rng, 2.0)


def _intakes(sheet: Sheet, rng: np.random.Generator, w: float, h: float) -> None:
    """Air intakes as wide as a plate and lamp clusters beside them, low on a front."""
    if rng.random() < 0.4:
        wide, high, y = rng.uniform(0.3, 0.6), rng.uniform(0.06, 0.14), h * rng.uniform(0.08, 0.5)
        for x in (0.12, w - 0.12 - wide):
            sheet.box(x, y, wide, high, tone(PLASTIC, rng.uniform(0.4, 1.2)), 0.02)
            for column in np.linspace(x + 0.03, x + wide - 0.03, int(rng.integers(3, 12))):
                sheet.line((column, y + 0.01), (column, y + high - 0.01), PLASTIC, 0.012)
    if rng.random() < 0.3:
        bar = tone(CHROME, rng.uniform(0.7, 1.15))
        sheet.box(w * 0.2, h * rng.uniform(0.2, 0.7), w * 0.6, rng.uniform(0.02, 0.05), bar, 0.01)


def _holder(sheet: Sheet, look: Look, w: float) -> None:
    """The black frame behind a front plate, or bare paint."""
    wide, high = look.plate_size[0] + 0.03, look.plate_size[1] + 0.03
    colour = look.colour if look.bare_plate else BLACK
    sheet.box(w / 2 - wide / 2, look.plate_y - high / 2, wide, high, colour)


def _grille(sheet: Sheet, rng: np.random.Generator, w: float, h: float) -> None:
    """Slats or bars in the middle of a front."""
    wide, high = rng.uniform(0.6, 1.1), h * rng.uniform(0.18, 0.34)
    x, y = w / 2 - wide / 2, h - high - 0.06
    sheet.box(x, y, wide, high, BLACK, 0.04)
    bar = CHROME if rng.random() < 0.5 else PLASTIC
    if rng.random() < 0.7:
        for level in np.linspace(y + 0.03, y + high - 0.03, int(rng.integers(3, 7))):
            sheet.line((x + 0.03, level), (x + wide - 0.03, level), bar, 0.014)
    else:
        for column in np.linspace(x + 0.04, x + wide - 0.04, int(rng.integers(8, 18))):
            sheet.line((column, y + 0.02), (column, y + high - 0.02), bar, 0.014)


def _headlamps(sheet: Sheet, rng: np.random.Generator, w: float, h: float) -> None:
    """Two clear lamps with reflectors and indicators."""
    wide, high = rng.uniform(0.24, 0.42), rng.uniform(0.12, 0.2)
    y = h - high - rng.uniform(0.04, 0.12)
    for x, inner in ((0.03, 0.66), (w - wide - 0.03, 0.34)):
        sheet.box(x, y, wide, high, tone(GLASS, 1.3), 0.05)
        sheet.box(x + 0.02, y + 0.02, wide - 0.04, high - 0.04, tone(LAMP, 0.8), 0.04)
        sheet.disc(x + wide * inner, y + high / 2, high * 0.33, LAMP)
        sheet.disc(x + wide * inner, y + high / 2, high * 0.18, (250, 250, 250))
    if rng.random() < 0.6:
        for x in (0.2, w - 0.2):
            sheet.disc(x, h * 0.24, 0.05, tone(LAMP, 0.75))


def car_side(look: Look, length: float, h: float, wheel: float, nose: float) -> Sheet:
    """Doors, sill and wheels of one flank; transparent below the sill and above the bonnet."""
    sheet = Sheet(length, h, look.colour, look.px_per_m).shade(1.08, 0.78)
    _cut_below(sheet, 0.24)
    sheet.box(0.2, 0.22, length - 0.4, 0.08, PLASTIC, 0.02)
    for x in (length * 0.38, length * 0.6):
        sheet.line((x, 0.28), (x, h), tone(look.colour, 0.5))
        sheet.box(x - 0.28, h - 0.16, 0.18, 0.03, tone(look.colour, 0.6), 0.01)
    sheet.line((0.1, h - 0.2), (length - 1.0, h - 0.24), tone(look.colour, 1.25), 0.015)
    sheet.line((0.1, h - 0.22), (length - 1.0, h - 0.26), tone(look.colour, 0.7), 0.015)
    sheet.cut(np.array([[length - 1.0, h + 0.1], [length - 1.0, h], [length, nose],
                        [length + 0.1, h + 0.1]]))  # fmt: skip
    for x in (0.8, length - 0.85):
        wheel_on(sheet, x, wheel)
    return sheet


def _cut_below(sheet: Sheet, height_m: float) -> None:
    """Make everything below one height transparent."""
    sheet.texture[sheet.at(0, height_m)[1] :] = 0


def wheel_on(sheet: Sheet, x: float, r: float) -> None:
    """A wheel standing on the ground with its arch."""
    sheet.disc(x, r, r + 0.07, BLACK)
    sheet.disc(x, r, r, (30, 30, 30))
    sheet.disc(x, r, r * 0.62, (150, 150, 150))
    for angle in np.linspace(0, 2 * np.pi, 6)[:-1]:
        tip = (x + 0.58 * r * np.cos(angle), r + 0.58 * r * np.sin(angle))
        sheet.line((x, r), tip, (90, 90, 90), 0.05)
    sheet.disc(x, r, r * 0.15, (70, 70, 70))


def window(look: Look, w: float, h: float, frame: float = 0.05) -> Sheet:
    """Glass with a sky reflection in a body-coloured frame."""
    sheet = Sheet(w, h, look.colour, look.px_per_m)
    glass = Sheet(w - 2 * frame, h - 2 * frame, GLASS, look.px_per_m).shade(2.1, 0.5)
    slant = np.array([[0.1, 0], [0.45, h], [0.75, h], [0.4, 0]]) * [w, 1]
    glass.shape(slant, tone(GLASS, 1.75))
    row, column = (sheet.rows - glass.rows) // 2, (sheet.columns - glass.columns) // 2
    sheet.texture[row : row + glass.rows, column : column + glass.columns] = glass.texture
    if look.wear.random() < 0.3:
        sheet.box(w * look.wear.uniform(0.1, 0.8), h * 0.12, 0.13, 0.1, (190, 200, 205), 0.01)
    return sheet


def side_windows(look: Look, length: float, h: float) -> Sheet:
    """Door windows with their pillars."""
    sheet = window(look, length, h)
    for share in (0.36, 0.68):
        sheet.box(length * share, 0, 0.07, h, BLACK)
    return sheet


def plain(look: Look, w: float, h: float, top: float = 1.0, bottom: float = 0.96) -> Sheet:
    """An unadorned painted sheet such as a roof or a bonnet."""
    sheet = Sheet(w, h, look.colour, min(look.px_per_m, 60.0)).shade(top, bottom)
    return sheet.grain(look.wear, 1.5, 2)


def pane(sheet: Sheet, x: float, y: float, w: float, h: float) -> None:
    """A dark rounded window with slanted reflections and a lighter upper edge."""
    sheet.box(x - 0.02, y - 0.02, w + 0.04, h + 0.04, BLACK, 0.06)
    sheet.box(x, y, w, h, tone(GLASS, 0.85), 0.05)
    slant = np.array([[0.08, 0.02], [0.4, 0.98], [0.66, 0.98], [0.34, 0.02]])
    sheet.shape(slant * [w, h] + [x, y], tone(GLASS, 1.15))
    slim = np.array([[0.48, 0.02], [0.8, 0.98], [0.86, 0.98], [0.54, 0.02]])
    sheet.shape(slim * [w, h] + [x, y], tone(GLASS, 1.1))
    sheet.box(x + 0.04, y + h - 0.05, w - 0.08, 0.02, tone(GLASS, 1.7), 0.01)


def rear_window(look: Look, w: float, h: float) -> Sheet:
    """The glass of a tailgate with wiper and high brake lamp."""
    sheet = window(look, w, h)
    sheet.line((w / 2, 0.04), (w / 2 + 0.42, h * 0.3), BLACK, 0.02)
    sheet.box(w / 2 - 0.14, h - 0.045, 0.28, 0.03, tone(RED, 0.8), 0.01)
    return sheet


def van_rear(look: Look, w: float, h: float) -> Sheet:
    """Two tall doors with hinges, lamps in the corners, step, lettering; (w, h) metres."""
    rng, sheet = look.wear, Sheet(w, h, look.colour, look.px_per_m)
    sheet.shade(1.04, 0.86)
    sheet.line((w / 2, 0.3), (w / 2, h - 0.06), tone(look.colour, 0.4), 0.02)
    sheet.box(0, 0, w, 0.24, PLASTIC, 0.03)
    if rng.random() < 0.6:
        for x in (0.2, w / 2 + 0.06):
            pane(sheet, x, h * 0.6, w / 2 - 0.26, h * 0.3)
    for x in (0.03, w - 0.16):
        low = rng.uniform(0.5, 0.9)
        sheet.box(x, low, 0.13, 0.5, RED, 0.03)
        sheet.box(x + 0.02, low + 0.34, 0.09, 0.13, AMBER, 0.02)
        sheet.box(x + 0.02, low + 0.04, 0.09, 0.1, LAMP, 0.02)
    for x in (0.03, w - 0.1):
        for y in (0.5, h * 0.55, h * 0.86):
            sheet.box(x, y, 0.07, 0.08, tone(look.colour, 0.6))
    sheet.box(0.12, 0.235, w - 0.24, 0.02, tone(look.colour, 0.5))
    sheet.box(w / 2 + 0.05, h * 0.44, 0.05, 0.16, BLACK, 0.02)
    if look.name:
        sheet.text(look.name, 0.3, h * 0.46, 0.16, look.name_colour, look.font, w - 0.6)
        sheet.text("015 55 01 23", 0.45, h * 0.38, 0.09, look.name_colour, look.font, w - 0.9)
    _recess(sheet, look, w)
    return sheet.grain(rng, 2.0)


def van_front(look: Look, w: float, h: float) -> Sheet:
    """A tall van nose: big grille, lamps at the sides; (w, h) metres."""
    sheet = car_front(look, w, h)
    sheet.box(0, 0, w, 0.2, PLASTIC, 0.03)
    _holder(sheet, look, w)
    return sheet


def van_side(look: Look, length: float, h: float, wheel: float) -> Sheet:
    """A long painted flank with sliding door and big lettering."""
    sheet = Sheet(length, h, look.colour, look.px_per_m).shade(1.05, 0.82)
    _cut_below(sheet, 0.28)
    sheet.box(0.1, 0.28, length - 0.2, 0.12, PLASTIC)
    for x in (length * 0.45, length * 0.68):
        sheet.line((x, 0.4), (x, h - 0.15), tone(look.colour, 0.5), 0.02)
    wheel_on(sheet, 0.95, wheel)
    return sheet


def van_words(sheet: Sheet, look: Look) -> None:
    """Big lettering on a van's flank."""
    wide, high = sheet.columns / sheet.px_per_m, sheet.rows / sheet.px_per_m
    sheet.text(look.name, 0.5, high * 0.55, 0.42, look.name_colour, look.font, wide * 0.7)


def box_words(sheet: Sheet, look: Look) -> None:
    """The owner's name on the long side of a box body."""
    wide, high = sheet.columns / sheet.px_per_m, sheet.rows / sheet.px_per_m
    sheet.text(look.name, 0.8, high * 0.4, 0.7, look.name_colour, look.font, wide * 0.6)


def bus_words(sheet: Sheet, look: Look) -> None:
    """The operator's name under a bus's windows."""
    sheet.text(look.name, 2.0, sheet.rows / sheet.px_per_m * 0.22, 0.4, look.name_colour, look.font)


def box_rear(look: Look, w: float, h: float) -> Sheet:
    """Rear doors of a box body with locking bars; (w, h) metres."""
    rng, sheet = look.wear, Sheet(w, h, look.colour, look.px_per_m)
    sheet.shade(1.03, 0.93)
    edge = tone(look.colour, 0.7)
    for x in (0.0, w - 0.07):
        sheet.box(x, 0, 0.07, h, edge)
    sheet.box(0, h - 0.1, w, 0.1, edge)
    sheet.line((w / 2, 0), (w / 2, h), tone(look.colour, 0.4), 0.025)
    for x in (w * 0.25, w * 0.42, w * 0.58, w * 0.75):
        sheet.line((x, 0.1), (x, h - 0.1), tone(CHROME, 0.85), 0.035)
    if look.name:
        sheet.text(look.name, 0.25, h * 0.55, 0.34, look.name_colour, look.font, w - 0.5)
    if rng.random() < 0.7:
        for x in np.linspace(0.1, w - 0.3, 6):
            sheet.box(x, 0.03, 0.18, 0.06, tone(RED, 1.2))
    return sheet.grain(rng, 2.5, 3)


def truck_bar(look: Look, w: float, h: float) -> Sheet:
    """Under-run bar with lamps and the plate's place; (w, h) metres."""
    sheet = Sheet(w, h, (58, 56, 54), look.px_per_m).shade(1.1, 0.7)
    for x in (0.1, w - 0.55):
        sheet.box(x, h * 0.2, 0.45, h * 0.55, tone(RED, 0.9), 0.02)
        sheet.box(x + 0.15, h * 0.3, 0.12, h * 0.35, AMBER, 0.02)
    sheet.box(0.02, h - 0.06, w - 0.04, 0.05, (90, 88, 86))
    return sheet


def truck_front(look: Look, w: float, h: float) -> Sheet:
    """A flat cab: windscreen, grille, bumper lamps; (w, h) metres."""
    rng, sheet = look.wear, Sheet(w, h, look.colour, look.px_per_m)
    sheet.shade(1.05, 0.85)
    sheet.box(0.1, h * 0.56, w - 0.2, h * 0.32, tone(GLASS, 0.8), 0.06)
    sheet.shape(np.array([[0.3, 0.56], [0.45, 0.88], [0.62, 0.88], [0.5, 0.56]]) * [w, h],
                tone(GLASS, 1.4))  # fmt: skip
    sheet.box(0.35, h * 0.28, w - 0.7, h * 0.22, BLACK, 0.04)
    for y in np.linspace(h * 0.3, h * 0.48, 5):
        sheet.line((0.4, y), (w - 0.4, y), PLASTIC, 0.03)
    sheet.box(0, 0, w, h * 0.2, tone(look.colour, 0.6), 0.04)
    for x in (0.06, w - 0.44):
        sheet.box(x, h * 0.07, 0.38, 0.2, tone(LAMP, 0.9), 0.05)
    sheet.text(look.name or "NORDA", w / 2 - 0.4, h * 0.5, 0.1, CHROME, look.font, 0.8)
    return sheet.grain(rng, 2.0)


def bus_end(look: Look, w: float, h: float) -> Sheet:
    """The end of a bus: window, destination sign, lamps, engine grille; (w, h) metres."""
    rng, sheet = look.wear, Sheet(w, h, look.colour, look.px_per_m)
    sheet.shade(1.03, 0.88)
    sheet.box(0.15, h * 0.5, w - 0.3, h * 0.3, tone(GLASS, 0.8), 0.08)
    sheet.box(0.3, h * 0.84, w - 0.6, 0.28, BLACK, 0.02)
    sheet.text(str(rng.choice(NAMES)), 0.6, h * 0.855, 0.17, AMBER, look.font, w - 1.2)
    sheet.box(0.5, h * 0.2, w - 1.0, h * 0.2, PLASTIC, 0.03)
    for y in np.linspace(h * 0.22, h * 0.38, 7):
        sheet.line((0.55, y), (w - 0.55, y), BLACK, 0.03)
    for x in (0.08, w - 0.34):
        sheet.box(x, h * 0.2, 0.26, 0.3, RED, 0.06)
        sheet.disc(x + 0.13, h * 0.34, 0.09, AMBER)
    sheet.box(0, 0, w, h * 0.1, PLASTIC)
    return sheet.grain(rng, 2.0)


def bus_side(look: Look, length: float, h: float, wheel: float) -> Sheet:
    """A row of windows above a painted flank."""
    sheet = Sheet(length, h, look.colour, min(look.px_per_m, 90.0)).shade(1.03, 0.85)
    _cut_below(sheet, 0.3)
    for x in np.arange(0.3, length - 1.3, 1.35):
        sheet.box(x, h * 0.45, 1.25, h * 0.38, tone(GLASS, 0.9), 0.06)
    for x in (1.9, length - 2.6):
        wheel_on(sheet, x, wheel)
    return sheet


def tractor_rear(look: Look, w: float, h: float) -> Sheet:
    """Two tall tyres, an axle and a cab; transparent between."""
    sheet = Sheet(w, h, BLACK, look.px_per_m).clear()
    sheet.box(w * 0.2, 0.6, w * 0.6, 0.9, tone(look.colour, 0.9), 0.05)
    sheet.box(w * 0.22, 1.4, w * 0.56, h - 1.45, tone(GLASS, 1.2), 0.08)
    sheet.box(w * 0.18, h - 0.2, w * 0.64, 0.2, look.colour, 0.05)
    for x in (0.02, w - 0.52):
        sheet.box(x, 0, 0.5, 1.6, (34, 33, 32), 0.12)
        for y in np.arange(0.06, 1.5, 0.14):
            sheet.line((x, y), (x + 0.5, y + 0.08), (58, 56, 54), 0.035)
    for x in (w * 0.2, w * 0.72):
        sheet.box(x, 1.5, 0.14, 0.12, RED, 0.03)
    return sheet


def tractor_side(look: Look, length: float, h: float) -> Sheet:
    """Big and small wheel, bonnet and cab of a tractor."""
    sheet = Sheet(length, h, BLACK, min(look.px_per_m, 100.0)).clear()
    sheet.box(0.9, 0.7, length - 1.0, 0.75, look.colour, 0.1)
    sheet.box(0.6, 1.3, 1.4, h - 1.35, tone(GLASS, 1.2), 0.1)
    sheet.box(0.5, h - 0.18, 1.6, 0.18, look.colour, 0.05)
    wheel_on(sheet, 0.85, 0.8)
    wheel_on(sheet, length - 0.6, 0.5)
    return sheet


def motorcycle_end(look: Look, w: float, h: float, plate_y: float) -> Sheet:
    """Tyre, mudguard, lamp, handlebar and perhaps a rider; transparent between."""
    rng, sheet = look.wear, Sheet(w, h, BLACK, look.px_per_m).clear()
    sheet.box(w / 2 - 0.08, 0, 0.16, 0.62, (32, 31, 30), 0.07)
    sheet.box(w / 2 - 0.11, 0.45, 0.22, plate_y - 0.3, tone(look.colour, 0.8), 0.04)
    sheet.box(w / 2 - 0.13, plate_y + 0.12, 0.26, 0.1, tone(RED, 1.3), 0.03)
    sheet.box(w / 2 - 0.16, plate_y + 0.2, 0.32, 0.14, look.colour, 0.05)
    sheet.line((0.03, 1.0), (w - 0.03, 1.0), PLASTIC, 0.04)
    for x in (0.1, w - 0.1):
        sheet.disc(x, plate_y + 0.14, 0.04, AMBER)
    if h > 1.4:
        sheet.box(w / 2 - 0.22, plate_y + 0.3, 0.44, h - plate_y - 0.55, _cloth(rng), 0.1)
        sheet.disc(w / 2, h - 0.15, 0.14, _cloth(rng))
    return sheet


def _cloth(rng: np.random.Generator) -> Colour:
    """The colour of a jacket or a helmet."""
    grey = float(rng.uniform(25, 210))
    return grey, grey * float(rng.uniform(0.8, 1.1)), grey


def motorcycle_side(look: Look, length: float, h: float) -> Sheet:
    """Two wheels, engine, tank and saddle; transparent between."""
    sheet = Sheet(length, h, BLACK, min(look.px_per_m, 100.0)).clear()
    for x in (0.32, length - 0.32):
        wheel_on(sheet, x, 0.3)
    sheet.box(0.5, 0.3, length - 1.0, 0.35, PLASTIC, 0.08)
    sheet.box(0.2, 0.62, length - 0.7, 0.22, look.colour, 0.1)
    return sheet
