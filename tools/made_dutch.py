"""Draws Dutch vehicles as the six RDW tables show them, in the shares of RULES 3.2 and 4.1.

Every vehicle depends on the seed and its number alone. The plates have seven characters, which no
Dutch plate has.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
EPOCH = date(1970, 1, 1)
FIRST, LAST = 7_000, 20_500
"""Days since 1970 between which vehicles were first admitted: 1989 to 2026."""
YYYYMMDD = [f"{EPOCH + timedelta(days=day):%Y%m%d}" for day in range(LAST + 1)]
LETTERS = "ZXWV"
TABLES = ("m9d7-ebf2", "8ys7-d773", "vezc-m2t6", "jhie-znh9", "2ba7-embk", "7ug8-2dtt")
HEADERS = (
    "kenteken,voertuigsoort,inrichting,europese_voertuigcategorie,"
    "europese_voertuigcategorie_toevoeging,datum_eerste_toelating,"
    "datum_eerste_tenaamstelling_in_nederland,datum_tenaamstelling,massa_ledig_voertuig,"
    "massa_rijklaar,toegestane_maximum_massa_voertuig,technische_max_massa_voertuig,"
    "export_indicator,taxi_indicator,subcategorie_nederland,massa_alt_aandr",
    "kenteken,brandstof_volgnummer,brandstof_omschrijving,emissiecode_omschrijving,"
    "uitlaatemissieniveau,klasse_hybride_elektrisch_voertuig",
    "kenteken,carrosserie_volgnummer,carrosserietype,type_carrosserie_europese_omschrijving",
    "kenteken,carrosserie_volgnummer,carrosserie_voertuig_nummer_code_volgnummer,carrosseriecode,"
    "carrosserie_voertuig_nummer_europese_omschrijving",
    "kenteken,subcategorie_voertuig_volgnummer,subcategorie_voertuig_europees,"
    "subcategorie_voertuig_europees_omschrijving",
    "kenteken,bijzonderheid_volgnummer,bijzonderheid_code,bijzonderheid_variabele_tekst",
)


class Model(NamedTuple):
    """A sort of vehicle: how many of 10,000, its cells, masses and fuel mix."""

    share: float
    sort: str
    fitting: str
    category: str
    body: str
    ready: tuple[int, int]
    maximum: tuple[int, int]
    fuels: str


MODELS = (
    Model(3300, "Personenauto", "hatchback", "M1", "AB", (900, 1500), (1400, 2000), "car"),
    Model(1700, "Personenauto", "stationwagen", "M1", "AC", (1200, 1900), (1700, 2500), "car"),
    Model(1000, "Personenauto", "MPV", "M1", "AF", (1300, 2200), (1900, 2900), "car"),
    Model(450, "Motorfiets", "motorfiets", "L3e", "", (120, 350), (250, 550), "petrol"),
    Model(900, "Bromfiets", "bromfiets", "L1e", "", (60, 130), (160, 260), "moped"),
    Model(250, "Personenauto", "kampeerwagen", "M1", "SA", (2400, 3300), (3000, 4500), "diesel"),
    Model(900, "Aanhangwagen", "open wagen", "O2", "DC", (200, 900), (751, 3500), "none"),
    Model(100, "Oplegger", "gesloten opbouw", "O4", "DA", (5000, 9000), (20000, 42000), "none"),
    Model(300, "Land- of bosbouwtrekker", "", "T1", "", (2500, 9000), (4000, 16000), "diesel"),
    Model(90, "Mobiele machine", "graafmachine", "", "", (2000, 20000), (0, 0), "diesel"),
    Model(8, "Bus", "bus", "M3", "CA", (9000, 14000), (14000, 19000), "heavy"),
    Model(740, "Bedrijfsauto", "gesloten opbouw", "N1", "BB", (1200, 2500), (2000, 3500), "van"),
    Model(15, "Bedrijfsauto", "gesloten opbouw", "N2", "BB", (2300, 2900), (3501, 5000), "van"),
    Model(19, "Bedrijfsauto", "pick-up truck", "N1", "BE", (1700, 2300), (2700, 3500), "van"),
    Model(40, "Bedrijfsauto", "gesloten opbouw", "N2", "BA", (2400, 7000), (3501, 12000), "heavy"),
    Model(90, "Bedrijfsauto", "open laadvloer", "N3", "BA", (8000, 15000), (12001, 32000), "heavy"),
    Model(18, "Bedrijfsauto", "containerbak", "N3", "BA", (9000, 15000), (18000, 44000), "heavy"),
    Model(79, "Bedrijfsauto", "opleggertrekker", "N3", "BC", (6800, 9500), (17000, 21000), "heavy"),
    Model(1, "Bedrijfsauto", "trekker", "N3", "BD", (7000, 10000), (18000, 30000), "heavy"),
)  # fmt: skip
GOODS = np.array([model.category.startswith("N") for model in MODELS])
HEAVY = np.array([model.fuels == "heavy" for model in MODELS])
GOODS_EVERY = 10
"""One vehicle in so many carries goods: 1.48 of 15 million (RULES 4.1)."""
P, D, E, L = "Benzine", "Diesel", "Elektriciteit", "LPG"
C, N, A, H = "CNG", "LNG", "Alcohol", "Waterstof"
HYBRID_P, HYBRID_D = (P, E), (D, E)
MIXES: dict[str, tuple[tuple[float, tuple[str, ...], str], ...]] = {
    "car": (
        *((0.70, (P,), ""), (0.10, (D,), ""), (0.07, (E,), ""), (0.02, (P, L), "")),
        *((0.06, HYBRID_P, "NOVC-HEV"), (0.04, HYBRID_P, "OVC-HEV"), (0.005, HYBRID_D, "OVC-HEV")),
        *((0.004, (P, A), ""), (0.0005, (H, E), ""), (0.0005, (C,), "")),
    ),
    "petrol": ((1.0, (P,), ""),),
    "moped": ((0.85, (P,), ""), (0.15, (E,), "")),
    "diesel": ((1.0, (D,), ""),),
    "none": ((1.0, (), ""),),
    "van": (
        *((0.88, (D,), ""), (0.05, (P,), ""), (0.05, (E,), ""), (0.005, (P, L), "")),
        *((0.005, (P, C), ""), (0.005, HYBRID_P, "OVC-HEV"), (0.005, HYBRID_D, "NOVC-HEV")),
    ),
    "heavy": (
        *((0.95, (D,), ""), (0.02, (E,), ""), (0.012, (N,), ""), (0.006, (C,), "")),
        *((0.004, HYBRID_D, "OVC-HEV"), (0.004, (N, D), ""), (0.002, (H, E), "OVC-FCHV")),
        (0.002, (H,), ""),
    ),
}
LIGHT_DAYS = (8_309, 9_862, 10_957, 12_784, 14_853, 16_679)
HEAVY_DAYS = (8_674, 9_770, 11_596, 13_422, 14_518, 16_071)
"""Days since 1970 from which classes 1 to 6 apply."""
DIGITS = ("01", "03", "04", "05", "06", "10", "15", "16", "18", "19", "23", "26", "27", "31")
PARTICULARS = (2, 5, 16, 70, 74, 145, 146, 147, 149, 201)
SPECIALS = ("SA", "SB", "SF", "SH")


class Drawn(NamedTuple):
    """The drawn numbers of many vehicles, an array each."""

    model: Ints
    born: Ints
    ready: Ints
    maximum: Ints
    mix: NDArray[np.float64]
    chance: NDArray[np.float64]


def plate(number: int) -> str:
    """Return the made-up plate of a vehicle by its number."""
    return f"{LETTERS[number >> 24]}{number & 0xFFFFFF:06X}"


def drawn(chance: np.random.Generator, numbers: Ints) -> Drawn:
    """Draw vehicles; those of a round number carry goods, and no others do."""
    vehicles = len(numbers)
    shares = np.array([model.share for model in MODELS])
    sorts = [
        chance.choice(len(MODELS), vehicles, p=some / some.sum())
        for some in (np.where(GOODS, shares, 0), np.where(GOODS, 0, shares))
    ]
    model = np.where(numbers % GOODS_EVERY == 0, *sorts)
    # Newer ones are more, and there are always some old ones.
    born = (FIRST + (LAST - FIRST) * chance.beta(2.2, 1.2, vehicles)).astype(np.int64)
    low, high = (np.array([model.ready[end] for model in MODELS]) for end in (0, 1))
    ready = (low[model] + (high - low)[model] * chance.random(vehicles)).astype(np.int64)
    low, high = (np.array([model.maximum[end] for model in MODELS]) for end in (0, 1))
    maximum = (low[model] + (high - low)[model] * chance.random(vehicles)).astype(np.int64)
    maximum = np.where(maximum > 0, np.maximum(maximum // 50 * 50, ready), 0)
    mix, rest = chance.random(vehicles), chance.random((vehicles, 6))
    return Drawn(model, born, ready, maximum, mix, rest)


def mixed(one: Drawn, other: Drawn, which: NDArray[np.bool_]) -> Drawn:
    """Return vehicles of which some are drawn otherwise; they keep what they are."""
    return Drawn(
        one.model,
        np.where(which, other.born, one.born),
        np.where(which, other.ready, one.ready),
        np.where(which, other.maximum, one.maximum),
        np.where(which, other.mix, one.mix),
        np.where(which[:, None], other.chance, one.chance),
    )


def some(cars: Drawn, which: NDArray[np.bool_]) -> Drawn:
    """Return some of the vehicles."""
    return Drawn(
        *(cars.model[which], cars.born[which], cars.ready[which], cars.maximum[which]),
        *(cars.mix[which], cars.chance[which]),
    )


def lines(numbers: Sequence[int], cars: Drawn) -> tuple[list[str], ...]:
    """Return the lines of the six tables about these vehicles."""
    tables: tuple[list[str], ...] = tuple([] for _ in TABLES)
    vehicles, fuels, bodies, digits, specials, particulars = tables
    classes = class_of(cars).tolist()
    columns = (cars.model, cars.born, cars.ready, cars.maximum, cars.mix, cars.chance)
    rows = zip(numbers, classes, *(column.tolist() for column in columns), strict=True)
    for number, emission, place, born, ready, maximum, mix, (a, b, c, d, e, f) in rows:
        model, key, day = MODELS[place], plate(number), YYYYMMDD[born]
        category = model.category if a > 0.002 else ""
        most = maximum if maximum and b > 0.002 else ""
        vehicles.append(
            f"{key},{model.sort},{model.fitting},{category},,{day if c > 0.001 else ''},{day},"
            f"{day},{ready - 100},{ready},{most},{most},Nee,Nee,,\n"
        )
        fuels.extend(fuel_lines(key, model.fuels, emission, mix, d))
        if model.body and e > 0.03:
            bodies.append(f"{key},1,{model.body},\n")
            if e > 0.9999:
                bodies.append(f"{key},2,BX,\n")
        if model.sort == "Bedrijfsauto" and f < 0.5:
            digits.append(f"{key},1,1,{DIGITS[int(f * 28)]},\n")
        if f > 0.998:
            specials.append(f"{key},1,{SPECIALS[int((f - 0.998) * 2000)]},\n")
        if a > 0.965:
            particulars.append(f"{key},1,{PARTICULARS[int((a - 0.965) * 285)]},\n")
    return tables


def class_of(cars: Drawn) -> Ints:
    """Return the emission class that the date and the sort of a vehicle stand for."""
    light, heavy = (np.searchsorted(days, cars.born, "right") for days in (LIGHT_DAYS, HEAVY_DAYS))
    return np.where(HEAVY[cars.model], heavy, light)


def fuel_lines(key: str, mixes: str, emission: int, mix: float, spread: float) -> Iterator[str]:
    """Yield the rows of brandstof of one vehicle."""
    names, hybrid = mix_of(mixes, mix)
    stated: object = emission
    if spread < 0.05:
        stated = "" if spread < 0.047 else "AER"[int(spread * 1000) % 3]
    level = f"EURO {emission}" if emission and 0.05 < spread < 0.8 else ""
    for number, name in enumerate(names, 1):
        clean = name == E or (name == H and E in names)
        told = ("Z", "") if clean else (stated, level)
        yield f"{key},{number},{name},{told[0]},{told[1]},{hybrid}\n"


def mix_of(mixes: str, mix: float) -> tuple[tuple[str, ...], str]:
    """Return the fuels and the hybrid class that a number between 0 and 1 stands for."""
    for share, names, hybrid in MIXES[mixes]:
        mix -= share
        if mix < 0:
            return names, hybrid
    return MIXES[mixes][0][1:]
