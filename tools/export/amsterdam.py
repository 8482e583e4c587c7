"""A passage as the environmental-zone API of Amsterdam takes it: `passage-v2` (pure).

What would lead back to a vehicle is made coarse before it is sent, as that platform does on
arrival: of the first registration the year alone, a mass up to 3500 kg as 1500, no make, no plate.
What is not known is absent. Source: Amsterdam/iotsignals, passage-v2.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

from edge.record.message import PassageRecord, PlateRecord, VehicleRecord
from tools.export.seen import Seen
from tools.export.sites import Site

VERSION = "passage-v2"
NAMESPACE = UUID("6f1c2d0e-8a4b-5c9d-9e3f-2b7a1c4d5e6f")
LIGHT_KG, LIGHT_AS_KG = 3500, 1500
CATEGORY_LENGTH = 2
UNREAD = "READ"
FUELS = {
    "diesel": "Diesel",
    "petrol": "Benzine",
    "electric": "Elektriciteit",
    "lpg": "LPG",
    "cng": "CNG",
}
"""As the register calls them; others have no name there."""
BURNT = set(FUELS) - {"electric"}
Hash = Callable[[PassageRecord, PlateRecord], str | None]
"""What stands for a plate; None where nothing may."""


def message(told: Seen, site: Site, plate_hash: Hash) -> dict[str, Any]:
    """Return the body of one POST."""
    passage = told.passage
    return {
        "id": str(uuid5(NAMESPACE, told.sha256)),
        "version": VERSION,
        "volgnummer": told.number,
        "timestamp": passage.seen_first.isoformat(),
        "automatischVerwerkbaar": passage.rule != UNREAD,
        "camera": camera(passage.site.camera, site),
        "voertuig": vehicle(told, plate_hash),
        **way(passage, site),
    }


def camera(name: str, site: Site) -> dict[str, Any]:
    """Return where the passage was seen."""
    place = {"latitude": site.latitude, "longitude": site.longitude}
    return {
        "id": str(uuid5(NAMESPACE, name)),
        "naam": site.name,
        "straat": site.street,
        "kijkrichting": round(site.heading),
        "locatie": place,
    }


def way(passage: PassageRecord, site: Site) -> dict[str, Any]:
    """Return lane and direction, as far as they are known."""
    other = {"VAN": "NAAR", "NAAR": "VAN"}
    directions = {"approaching": site.approaching, "leaving": other[site.approaching]}
    lane, direction = passage.site.lane, directions.get(passage.site.direction)
    found: dict[str, Any] = {} if direction is None else {"rijrichting": direction}
    if lane in site.lanes:
        found["rijstrook"] = site.lanes.index(lane) + 1
    elif not site.lanes:  # there is one
        found["rijstrook"] = 1
    return found


def vehicle(told: Seen, plate_hash: Hash) -> dict[str, Any]:
    """Return the plate as it was read, and the coarse attributes of the vehicle."""
    known = told.vehicle
    attributes = {} if known is None or not known.found else dict(coarse(known))
    return {"kenteken": reading(told.passage, told.plate, plate_hash), **attributes}


def reading(passage: PassageRecord, plate: PlateRecord, plate_hash: Hash) -> dict[str, Any]:
    """Return how sure the reading was, and what stands for the plate."""
    sure: dict[str, Any] = {}
    if plate.confidence is not None:
        sure["kentekenBetrouwbaarheid"] = thousandths(plate.confidence)
    if plate.chars:
        sure["karaktersBetrouwbaarheid"] = [
            {"positie": n, "betrouwbaarheid": thousandths(p)} for n, p in enumerate(plate.chars, 1)
        ]
    found = {"kentekenHash": plate_hash(passage, plate), "landcode": plate.country}
    return {
        **{name: value for name, value in found.items() if value is not None},
        "betrouwbaarheid": sure,
    }


def coarse(known: VehicleRecord) -> Iterator[tuple[str, Any]]:
    """Yield the attributes that lead to no single vehicle."""
    if known.first_registration is not None:
        yield "jaarEersteToelating", int(known.first_registration[:4])
    if known.max_mass_kg is not None:
        light = known.max_mass_kg <= LIGHT_KG
        yield "toegestaneMaximumMassaVoertuig", LIGHT_AS_KG if light else known.max_mass_kg
    if known.category is not None:
        yield "europeseVoertuigcategorie", known.category[:CATEGORY_LENGTH]
    if fuels := list(fuels_of(known)):
        yield "brandstoffen", fuels


def fuels_of(known: VehicleRecord) -> Iterator[Mapping[str, Any]]:
    """Yield the fuels that have a name there; the emission class belongs to what burns."""
    named = [fuel for fuel in known.fuels or () if fuel in FUELS]
    for number, fuel in enumerate(named, 1):
        burns = known.euro is not None and fuel in BURNT
        emission = {"emissieklasse": str(known.euro)} if burns else {}
        yield {"naam": FUELS[fuel], "volgnummer": number, **emission}


def thousandths(probability: float) -> int:
    """Return a probability as 0 to 1000."""
    return round(1000 * min(1.0, max(0.0, probability)))
