"""Made-up vehicles in every registry, with the outcome each must have on the box.

Their plates are too long for any country to issue, so no camera will ever read one.
"""

from typing import NamedTuple

from edge.registry.attributes import VEHICLE_FIELDS

FLEMISH_DAY = "2028-06-01T08:00:00+00:00"
DUTCH_DAY = "2026-06-01T08:00:00+00:00"


class CanaryRows(NamedTuple):
    """A canary as rows of the two tables, and what must come of it."""

    vehicle: dict[str, str]
    exemption: dict[str, str] | None
    jurisdiction: str
    at: str
    outcome: str


def made_up(country: str, number: int, **fields: str) -> dict[str, str]:
    """Return a vehicle row; what is not given is unknown."""
    empty = dict.fromkeys((*VEHICLE_FIELDS, "valid_from", "valid_to"), "")
    return {**empty, "country": country, "plate": f"KANARIE{number:05}", **fields}


def record(vehicle: dict[str, str], kind: str, start: str) -> dict[str, str]:
    """Return a granted record without an end for a vehicle."""
    return {
        "record_id": "kanarie-" + vehicle["plate"][-5:],
        "source": "kanarie",
        "country": vehicle["country"],
        "plate": vehicle["plate"],
        "type": kind,
        "status": "toegekend",
        "scope": "national",
        "valid_from": start,
        "valid_to": "",
        "requested_at": "",
    }


def dirty_flemish(number: int) -> dict[str, str]:
    """Return a diesel van that no rule of Flanders admits."""
    return made_up(
        "BE",
        number,
        category="N1",
        fuel="diesel",
        euro_norm="4",
        first_registration="2010-03-01",
        body_codes="-",
    )


def dutch_van(number: int, norm: str) -> dict[str, str]:
    """Return a Dutch diesel van of an emission class."""
    return made_up(
        "NL",
        number,
        category="N1",
        vehicle_kind="van",
        max_mass_kg="3000",
        fuel="diesel",
        euro_norm=norm,
        first_registration="2011-03-01",
        body_codes="-",
    )


ELECTRIC = made_up(
    "BE", 1, category="N1", fuel="electric", first_registration="2025-03-01", body_codes="-"
)
EXEMPT, PERMITTED = dirty_flemish(3), dutch_van(5, "4")
CANARIES = (
    CanaryRows(ELECTRIC, None, "FL", FLEMISH_DAY, "free_access"),
    CanaryRows(dirty_flemish(2), None, "FL", FLEMISH_DAY, "no_access"),
    CanaryRows(
        EXEMPT, record(EXEMPT, "FL-VR-NOODGROEP", "2027-01-01"), "FL", FLEMISH_DAY, "exempt"
    ),
    CanaryRows(dutch_van(4, "5"), None, "NL", DUTCH_DAY, "free_access"),
    CanaryRows(
        PERMITTED, record(PERMITTED, "NL-ON-HARDHEID", "2025-01-01"), "NL", DUTCH_DAY, "permitted"
    ),
)
