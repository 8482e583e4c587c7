"""What to turn where a figure of `edge.vision.aim` is not green, in Dutch and in English (pure)."""

from typing import NamedTuple

from edge.vision.aim import Mark


class Sentence(NamedTuple):
    """The same in both languages."""

    nl: str
    en: str


ADVICE = {
    "nearer": Sentence(
        "Zoom in of hang de camera dichterbij, tot het kenteken minstens 90 pixels breed is.",
        "Zoom in or bring the camera nearer, until the plate is at least 90 pixels wide.",
    ),
    "farther": Sentence(
        "Zoom uit of kijk verder de weg op: zo groot past een kenteken niet lang in beeld.",
        "Zoom out or look farther down the road: a plate this large is not in sight for long.",
    ),
    "anticlockwise": Sentence(
        "Het kenteken hangt links lager: draai de camera om zijn as, tegen de klok in gezien van"
        " achteren.",
        "Its left end is lower: turn the camera about its axis, anticlockwise as seen from behind.",
    ),
    "clockwise": Sentence(
        "Het kenteken hangt rechts lager: draai de camera om zijn as, met de klok mee gezien van"
        " achteren.",
        "Its right end is lower: turn the camera about its axis, clockwise as seen from behind.",
    ),
    "less_aside": Sentence(
        "De camera kijkt te schuin: hang hem dichter bij de rijlijn of kijk verder weg.",
        "The camera looks too much from the side: bring it nearer to the lane, or look farther.",
    ),
    "focus": Sentence(
        "Draai aan de scherpstelring tot dit getal niet meer stijgt. Rijdt het voertuig: neem een"
        " kortere sluitertijd.",
        "Turn the focus ring until this figure rises no more. If the vehicle moves: take a shorter"
        " shutter time.",
    ),
    "more_light": Sentence(
        "Het kenteken is te donker: richt de verlichting erop, of verhoog versterking of"
        " sluitertijd.",
        "The plate is too dark: point the illuminator at it, or raise gain or shutter time.",
    ),
    "less_light": Sentence(
        "Het kenteken is overbelicht: verlaag versterking, sluitertijd of verlichting.",
        "The plate is overexposed: lower gain, shutter time or the illuminator.",
    ),
    "cleaner_light": Sentence(
        "De tekens steken weinig af: maak het glas schoon en kijk of er licht in de lens valt.",
        "The characters stand out little: clean the glass, and keep light out of the lens.",
    ),
    "glare": Sentence(
        "Licht spiegelt in het kenteken: draai de verlichting iets weg van de lens.",
        "Light is mirrored in the plate: turn the illuminator a little away from the lens.",
    ),
    "scene_dark": Sentence(
        "Het beeld is donker: haal de dop van de lens, of zet de verlichting aan.",
        "The picture is dark: take the cap off the lens, or switch the illuminator on.",
    ),
    "scene_bright": Sentence(
        "Het beeld is te licht: verkort de sluitertijd, en kijk niet tegen de zon in.",
        "The picture is too light: shorten the shutter time, and do not look into the sun.",
    ),
}
UNITS = {"width_px": "px", "roll_deg": "°", "side_deg": "°"}
PERCENT = {"exposure", "contrast", "glare", "scene"}


def advice(mark: Mark) -> Sentence | None:
    """Return what to turn; None where nothing is to be turned."""
    return None if mark.advice is None else ADVICE[mark.advice]


def figure(mark: Mark) -> str:
    """Return a figure with its unit: `96 px`, `3°`, `54 %`, `0.82`."""
    if mark.figure in PERCENT:
        return f"{mark.value:.0%}".replace("%", " %")
    unit = UNITS.get(mark.figure)
    if unit is None:
        return f"{mark.value:.2f}"
    return f"{mark.value:z.0f}{'' if unit == '°' else ' '}{unit}"
