"""What plates of each country look like and how their texts are formed."""

from dataclasses import dataclass, field

Colour = tuple[int, int, int]
"""Blue, green, red in 0..255."""

WHITE: Colour = (238, 238, 236)
YELLOW: Colour = (30, 185, 245)
BLUE: Colour = (150, 75, 20)
DARK_BLUE: Colour = (95, 40, 15)
LIGHT_BLUE: Colour = (225, 170, 90)
GREEN: Colour = (60, 130, 40)
LIGHT_GREEN: Colour = (120, 200, 90)
BLACK: Colour = (25, 25, 25)
RUBINE: Colour = (45, 25, 145)
RED: Colour = (40, 35, 190)
BAND_BLUE: Colour = (160, 60, 10)
BAND_AZURE: Colour = (240, 145, 15)
"""What a camera makes of the same band where the light is good."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
COMMON = "ABCDEFGHJKLMNPRSTUVWXYZ"
NO_VOWELS = "BCDFGHJKLMNPRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Form:
    """One way a country writes its plates.

    In `pattern`, l is a letter of `letters`, d a digit, n a digit but zero, z a district code;
    a space, a dash, a dot, a colon (a dash below a small seal), a degree sign (a small emblem) or
    an asterisk (seals) parts groups; anything else stands for itself.
    """

    pattern: str
    weight: float = 1.0
    style: str = "car"
    letters: str = COMMON


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of a plate face and its characters."""

    face: Colour = WHITE
    ink: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Country:
    """A country's plates; sizes are width and height in millimetres."""

    band: str
    forms: tuple[Form, ...]
    code: str = ""
    size: tuple[int, int] = (520, 110)
    size_two: tuple[int, int] = (340, 210)
    two_line: float = 0.18
    paints: dict[str, Paint] = field(default_factory=dict)
    districts: tuple[str, ...] = ()
    own_strokes: float = 0.25
    gaps: float = 0.1
    slender: float = 0.0
    bar_ones: float = 0.0
    captioned: float = 0.0
    aspect: tuple[float, float] = (0.5, 0.64)
    drawn: float = 0.01

    def paint(self, style: str) -> Paint:
        """Colours of a style; the ordinary ones where the style has none of its own."""
        return self.paints.get(style, self.paints.get("car", Paint()))


def _codes(words: str) -> tuple[str, ...]:
    """Codes written apart by spaces."""
    return tuple(words.split())


NL_NEW = "BDFGHJKLNPRSTVXZ"
NL_OLD = "ABDEFGHJKLMNPRSTUVXYZ"
NL_FORMS = (
    Form("ll-dd-dd", 0.5, "car", NL_OLD),
    Form("dd-dd-ll", 0.5, "car", NL_OLD),
    Form("dd-ll-dd", 0.6, "car", NL_OLD),
    Form("ll-dd-dd", 1.2, "historic", NL_OLD),
    Form("dd-dd-ll", 1.2, "historic", NL_OLD),
    Form("dd-ll-dd", 0.6, "historic", NL_OLD),
    Form("ll-dd-ll", 1.2, "car", NL_NEW),
    Form("ll-ll-dd", 1.2, "car", NL_NEW),
    Form("dd-ll-ll", 1.4, "car", NL_NEW),
    Form("dd-lll-d", 1.6, "car", NL_NEW),
    Form("d-lll-dd", 1.6, "car", NL_NEW),
    Form("ll-ddd-l", 1.6, "car", NL_NEW),
    Form("l-ddd-ll", 1.4, "car", NL_NEW),
    Form("lll-dd-l", 0.8, "car", NL_NEW),
    Form("l-dd-lll", 0.6, "car", NL_NEW),
    Form("d-ll-ddd", 0.4, "car", NL_NEW),
    Form("ddd-ll-d", 0.4, "car", NL_NEW),
    Form("V-ddd-ll", 0.9, "car", NL_NEW),
    Form("Vll-dd-l", 0.7, "car", NL_NEW),
    Form("d-Vll-dd", 0.6, "car", NL_NEW),
    Form("dd-Vl-ll", 0.4, "car", NL_NEW),
    Form("dd-Bll-d", 0.7, "car", NL_NEW),
    Form("Bl-ddd-l", 0.6, "car", NL_NEW),
    Form("Bl-ll-dd", 0.4, "car", NL_NEW),
    Form("Ol-dd-ll", 0.35, "trailer", NL_NEW),
    Form("dd-Wl-ll", 0.25, "trailer", NL_NEW),
    Form("ll-ddd-l", 0.3, "trailer", NL_NEW),
    Form("l-ddd-ll", 0.3, "taxi", NL_NEW),
    Form("dd-lll-d", 0.3, "taxi", NL_NEW),
    Form("ll-ddd-l", 0.3, "taxi", NL_NEW),
    Form("ll-dd-dd", 0.3, "dealer", NL_NEW),
    Form("ddd-ll-d", 0.2, "dealer", NL_NEW),
)
NL_PAINTS = {
    "car": Paint(YELLOW),
    "taxi": Paint(LIGHT_BLUE),
    "trailer": Paint(WHITE),
    "dealer": Paint(LIGHT_GREEN),
    "historic": Paint(DARK_BLUE, WHITE),
}

BE_FORMS = (
    Form("1:lll-ddd", 4, "car", LETTERS),
    Form("2:lll-ddd", 4, "car", LETTERS),
    Form("1:lll-ddd", 2.5, "bright", LETTERS),
    Form("2:lll-ddd", 2.5, "bright", LETTERS),
    Form("n:lll-ddd", 1, "car", LETTERS),
    Form("8:lll-ddd", 0.5, "bright", LETTERS),
    Form("9:lll-ddd", 0.5, "car", LETTERS),
    Form("9:ddd-lll", 0.4, "black", LETTERS),
    Form("lll:ddd", 2.2, "car", LETTERS),
    Form("lll:ddd", 1.2, "bright", LETTERS),
    Form("9:ddd-lll", 0.3, "car", LETTERS),
    Form("lll-ddd", 1.2, "black", LETTERS),
    Form("1:lll-ddd", 0.8, "black", LETTERS),
    Form("ddd:lll", 1.0, "car", LETTERS),
    Form("ddd-lll", 0.6, "bright", LETTERS),
    Form("ldlld", 0.2, "car", LETTERS),
    Form("ldddl", 0.2, "bright", LETTERS),
    Form("dd.l.dd", 0.2, "car", LETTERS),
    Form("Q:lll-ddd", 0.8, "trailer", LETTERS),
    Form("O:lll-ddd", 0.4, "historic", LETTERS),
    Form("M:lll-ddd", 0.8, "motorcycle", LETTERS),
    Form("G:lll-ddd", 0.4, "car", LETTERS),
    Form("T:Xll-ddd", 0.5, "taxi", LETTERS),
    Form("T:Lll-ddd", 0.2, "taxi", LETTERS),
    Form("1:TXl-ddd", 0.3, "bright", LETTERS),
    Form("Z:lll-ddd", 0.3, "dealer", LETTERS),
    Form("1:Zll-ddd", 0.3, "dealer", LETTERS),
    Form("Y:lll-ddd", 0.3, "dealer", LETTERS),
    Form("CD-lldd", 0.1, "car", LETTERS),
    Form("EUR dddd", 0.5, "union", LETTERS),
    Form("ddd.EURO", 0.2, "union", LETTERS),
    Form("dddddd", 0.4, "union", LETTERS),
    Form("lllll", 0.2, "car", LETTERS),
    Form("lllldd", 0.2, "bright", LETTERS),
)
BE_PAINTS = {
    "car": Paint(WHITE, RUBINE),
    "bright": Paint(WHITE, (50, 45, 200)),
    "black": Paint(WHITE, BLACK),
    "motorcycle": Paint(YELLOW, BLACK),
    "union": Paint(WHITE, (190, 110, 40)),
    "dealer": Paint(WHITE, GREEN),
    "historic": Paint(WHITE, RUBINE),
}

DE_DISTRICTS = _codes(
    "B M K S H F HH HB D DD L KA LB MA ST BO DO DU E W KR KLE VIE AC DN EU BN SU GM HS NE MG WES "
    "EL NOH LER AUR BI GT PB MS COE BOR RE GE UN HA EN MK SI OE KI FL HL OD PI NF SL LG CUX STD "
    "ROW DH NI SHG HI WOB BS MD HAL J EF WE G Z C CB P FF N FUE ER A RO TS FR OG LO UL RV BC"
)
PL_DISTRICTS = _codes(
    "WA WB WE WX WPR WGM KR KRA KN PO PZ PKL SK SO SB SC SG SZ GD GA GWE DW DWR DL LU LBL RZ RZE "
    "BIA EL EPA ZS ZK NO NOL OP OK CB CT CBY TK TKI FZ FG"
)
FR_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
ES_PROVINCES = _codes("M B V SE MA Z BI A MU C PO GC TF CA GR CO TO VA LE SS NA PM")
RO_DISTRICTS = _codes("B CJ TM IS BV CT DJ IF PH AG BC SB MS BH AR SM MM VL HD GL OT TR")
AT_DISTRICTS = _codes("W G L S I K SL LL WU MD BN TU KR GU VB WL BR IL KU DO FK B E NK")
CH_DISTRICTS = _codes("ZH BE VD AG SG GE LU TI VS FR BL TG SO GR BS NE SZ ZG")
HR_DISTRICTS = _codes("ZG ST RI OS VZ KA ZD PU SK DA")
SI_DISTRICTS = _codes("LJ MB CE KR KP NM GO MS")
SK_DISTRICTS = _codes("BA BL TT NR ZA KE PO BB TN MI LM TO DS")
BG_DISTRICTS = _codes("CA C CB PB B A E H P TX BT EB PA CH")
NO_DISTRICTS = _codes("DN EL EK SV RJ KH BS EB AJ CU")
IE_DISTRICTS = _codes("D C G L W KE LH MH WX T KY")

COUNTRIES: dict[str, Country] = {
    "NL": Country(
        "left",
        NL_FORMS,
        "NL",
        paints=NL_PAINTS,
        two_line=0.2,
        gaps=0.4,
        drawn=0.27,
        own_strokes=0.1,
        aspect=(0.5, 0.66),
    ),
    "BE": Country(
        "left",
        BE_FORMS,
        "B",
        paints=BE_PAINTS,
        two_line=0.22,
        drawn=0.2,
        own_strokes=0.1,
        aspect=(0.46, 0.62),
        gaps=0.0,
        slender=0.5,
    ),
    "DE": Country(
        "left",
        (
            Form("z*l nd", 1),
            Form("z*l ndd", 1),
            Form("z*ll nd", 1),
            Form("z*ll ndd", 3),
            Form("z*ll nddd", 4),
            Form("z*l nddd", 2),
            Form("z*ll ndH", 0.15),
            Form("z*ll nddE", 0.4),
        ),
        "D",
        districts=DE_DISTRICTS,
        own_strokes=0.75,
        gaps=0.4,
        aspect=(0.54, 0.68),
        drawn=0.12,
    ),
    "FR": Country(
        "both",
        (
            Form("ll-ddd-ll", 6, "car", FR_LETTERS),
            Form("nddd ll 75", 0.8, "car", FR_LETTERS),
            Form("ddd lll 59", 0.4, "car", FR_LETTERS),
            Form("nddd ll dn", 0.5, "historic", FR_LETTERS),
        ),
        "F",
        paints={"historic": Paint(BLACK, WHITE)},
        drawn=0.07,
    ),
    "PL": Country(
        "left",
        (
            Form("z ddddd", 2),
            Form("z ddddl", 1.5, "car", NO_VOWELS),
            Form("z dddll", 1.5, "car", NO_VOWELS),
            Form("z ldddd", 0.7, "car", NO_VOWELS),
            Form("z ldd dl", 0.5, "car", NO_VOWELS),
            Form("z dl ddd", 0.5, "car", NO_VOWELS),
            Form("z*ddddl", 1, "car", NO_VOWELS),
        ),
        "PL",
        districts=PL_DISTRICTS,
        aspect=(0.46, 0.6),
        drawn=0.05,
        own_strokes=0.15,
    ),
    "ES": Country(
        "left",
        (
            Form("dddd lll", 5, "car", NO_VOWELS),
            Form("z-dddd-ll", 1.2),
            Form("z dddd ll", 0.8),
            Form("z-dddddd", 0.4),
            Form("R dddd lll", 0.3, "trailer", NO_VOWELS),
        ),
        "E",
        districts=ES_PROVINCES,
        paints={"trailer": Paint(RED, BLACK)},
        drawn=0.05,
    ),
    "IT": Country(
        "both",
        (
            Form("ll ddd ll", 5, "car", FR_LETTERS),
            Form("ll dddll", 1, "car", FR_LETTERS),
            Form("ll°dddll", 2, "car", FR_LETTERS),
        ),
        "I",
        size=(520, 110),
        size_two=(297, 214),
        drawn=0.035,
        aspect=(0.48, 0.62),
    ),
    "LU": Country(
        "left",
        (Form("ll dddd", 4), Form("ddddd", 0.5), Form("dddd", 0.4), Form("dd ddd", 0.4)),
        "L",
        paints={"car": Paint(YELLOW)},
        drawn=0.025,
    ),
    "GB": Country(
        "left",
        (
            Form("lldd lll", 6),
            Form("lddd lll", 1),
            Form("ld lll", 0.5),
            Form("lll d", 0.2),
            Form("lll ddd l", 0.4),
            Form("lldd lll", 4, "rear"),
        ),
        "GB",
        size=(520, 111),
        size_two=(285, 203),
        paints={"rear": Paint(YELLOW)},
        bar_ones=0.85,
        captioned=0.2,
        drawn=0.035,
    ),
    "CZ": Country(
        "left", (Form("dld*dddd", 4), Form("dll dddd", 1), Form("ldl dddd", 0.4)), "CZ", drawn=0.025
    ),
    "SK": Country(
        "left",
        (Form("z*dddll", 4), Form("z-dddll", 3), Form("ll dddll", 1)),
        "SK",
        districts=SK_DISTRICTS,
        drawn=0.02,
    ),
    "RO": Country(
        "left",
        (Form("z dd lll", 6), Form("B ddd lll", 3), Form("z ddd lll", 0.4)),
        "RO",
        districts=RO_DISTRICTS,
        drawn=0.035,
    ),
    "LT": Country(
        "left",
        (Form("lll ddd", 4), Form("lll*ddd", 3), Form("ll ddd", 0.5, "trailer")),
        "LT",
        drawn=0.02,
    ),
    "AT": Country(
        "left",
        (
            Form("z*ddddl", 2),
            Form("z*dddll", 3),
            Form("z*ddlll", 1),
            Form("z-ddd ll", 1),
            Form("z-dddd l", 1),
        ),
        "A",
        size=(520, 120),
        districts=AT_DISTRICTS,
        drawn=0.03,
    ),
    "PT": Country(
        "both",
        (Form("dd-dd-ll", 2), Form("dd-ll-dd", 3), Form("ll-dd-ll", 2), Form("ll-dd-dd", 1)),
        "P",
        drawn=0.025,
    ),
    "DK": Country(
        "left",
        (Form("ll dd ddd", 6), Form("ll dd ddd", 1, "van")),
        "DK",
        drawn=0.02,
        size=(504, 120),
        paints={"van": Paint(YELLOW)},
    ),
    "SE": Country(
        "left", (Form("lll ddd", 5), Form("lll ddl", 2)), "S", drawn=0.02, size=(480, 110)
    ),
    "HU": Country(
        "left", (Form("lll-ddd", 4), Form("ll ll-ddd", 2), Form("lll*ddd", 1)), "H", drawn=0.02
    ),
    "CH": Country(
        "none",
        (Form("z*ddd ddd", 2), Form("z*dddddd", 2), Form("z ddddd", 1), Form("z.dddddd", 2)),
        "CH",
        size=(500, 110),
        size_two=(300, 160),
        districts=CH_DISTRICTS,
        drawn=0.015,
    ),
    "HR": Country(
        "left",
        (Form("z*dddd-ll", 4), Form("z*ddd-ll", 3), Form("z*ddd-l", 0.5)),
        "HR",
        districts=HR_DISTRICTS,
        drawn=0.015,
    ),
    "SI": Country(
        "left",
        (Form("z*ll-ddd", 3), Form("z*dd-lll", 2), Form("z*ddl-dd", 1)),
        "SLO",
        districts=SI_DISTRICTS,
        drawn=0.015,
        paints={"car": Paint(WHITE, BLACK)},
    ),
    "BG": Country(
        "left",
        (Form("z dddd ll", 3, "car", "ABCEHKMOPTXY"),),
        "BG",
        districts=BG_DISTRICTS,
        drawn=0.015,
    ),
    "NO": Country("left", (Form("z ddddd", 3),), "N", districts=NO_DISTRICTS, drawn=0.01),
    "FI": Country(
        "left", (Form("lll-ddd", 3), Form("lll-dd", 0.5)), "FIN", size=(442, 118), drawn=0.01
    ),
    "IE": Country(
        "left",
        (Form("ddn-z-ddddd", 2), Form("dd-z-dddd", 2), Form("dd-z-ddd", 1)),
        "IRL",
        districts=IE_DISTRICTS,
        captioned=0.6,
        drawn=0.012,
    ),
    "LV": Country("left", (Form("ll-dddd", 3), Form("ll-ddd", 0.7)), "LV", drawn=0.01),
    "EE": Country("left", (Form("ddd lll", 3),), "EST", drawn=0.01),
    "UA": Country("left", (Form("ll dddd ll", 3, "car", "ABCEHIKMOPTX"),), "UA", drawn=0.01),
    "TR": Country(
        "left",
        (Form("dd ll ddd", 2), Form("dd lll ddd", 2), Form("dd l dddd", 1)),
        "TR",
        drawn=0.01,
    ),
    "XX": Country(
        "left",
        (
            Form("lll-ddd", 2),
            Form("ll-ddd-ll", 2, "black"),
            Form("dddd ll", 1, "green"),
            Form("ll ddd-ll", 2),
            Form("l ddd ll dd", 1),
            Form("lldddd", 1, "yellow"),
            Form("lll ddd", 1, "yellow"),
            Form("ll-d", 0.3),
            Form("lll d", 0.3),
            Form("l-dd", 0.3, "green"),
            Form("ddd lll dd", 1),
            Form("d-lll-ddd", 1),
            Form("ll-dd-ll", 1, "red"),
            Form("lll dddd", 1, "blue"),
            Form("ddddd", 0.5, "yellow"),
            Form("llldd", 0.5, "red"),
        ),
        paints={
            "car": Paint(),
            "black": Paint(BLACK, WHITE),
            "green": Paint(WHITE, GREEN),
            "yellow": Paint(YELLOW),
            "red": Paint(RED, WHITE),
            "blue": Paint(BLUE, WHITE),
        },
        aspect=(0.42, 0.66),
        drawn=0.035,
    ),
}
"""ISO 3166 alpha-2 -> what that country's plates look like; `drawn` is the share in random sets."""

NOWHERE = "XX"
"""Plates of no country in the list: what the reader has to call unknown."""

FOREIGN_CODES = _codes("SRB BIH MK AL MD BY GE MNE KZ AM IS")
"""Codes on the bands of plates of nowhere."""

EXCLUDED_NL = frozenset(_codes("GVD KKK KVT LPF NSB PKK PSV TBS SS SD PVV SGP VVD"))
"""Letter groups that the Dutch registration office does not issue."""
