"""The box that watches every street of the suite: its zones, its lanes, its registry."""

import csv
import io
import json
import tomllib
from contextlib import redirect_stderr
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from edge.errors import RunError
from tools.build_registry import Order, build
from tools.golden_suite.drawing import SIZE
from tools.golden_suite.street import LANES, Street, Vehicle
from tools.synth.clips import overhead

FLEET = Path(__file__).parent / "fleet.toml"
KEY, BOX = "5a" * 32, "box.toml"
AS_OF = datetime(2028, 6, 1, 3, tzinfo=UTC)
HALF_M, NEAR_M, FAR_M, PLATE_M = 1.45, 4.6, 20.0, 0.6
PICTURE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
EDGE_M = (-5.0, 5.4)
VEHICLE_COLUMNS = (
    *("country", "plate", "category", "vehicle_kind", "max_mass_kg", "reference_mass_kg", "fuel"),
    *("hybrid_class", "is_ze", "euro_norm", "stage", "power_kw", "first_registration"),
    *("body_codes", "valid_from", "valid_to"),
)
EXEMPTION_COLUMNS = (
    *("record_id", "source", "issuer", "country", "plate", "type", "status", "scope"),
    *("valid_from", "valid_to", "requested_at"),
)
NOBODY = ("none", "golden", "Voorbeeldgem", "BE", "1ZZX105", "FL-VR-ADR", "afgewezen", "national")
CONFIG = """\
[box]
id = "golden-01"
state = "state"

[camera]
id = "camera-1"
region = {region}

[[camera.lanes]]
name = "right"
polygon = {right}
direction = "leaving"

[[camera.lanes]]
name = "left"
polygon = {left}
direction = "approaching"

[access]
registry = "registry.sqlite"
token_key = "token.key"

[keys]
signing = "box.pem"
platform = "platform.jwk"
storage = "storage.key"

[[zones]]
id = "voorbeeldgem"
pack = "fl-zes"
start = 2027-01-01
municipality = "Voorbeeldgem"

[[zones]]
id = "voorbeeldstad"
pack = "nl-ze"
start = 2025-01-01
municipality = "Voorbeeldstad"

[uplink]
publisher = "spool"
spool = "stick"
"""


def make_box(folder: Path, street: Street) -> None:
    """Write the configuration of the box, its key and its registry."""
    (folder / "token.key").write_text(KEY, encoding="ascii")
    _make_registry(folder, street)
    drawn = {"region": _polygon(*EDGE_M), "right": _lane("right"), "left": _lane("left")}
    (folder / BOX).write_text(CONFIG.format(**drawn), encoding="utf-8")


def with_models(folder: Path, manifest: Path) -> Path:
    """Return the configuration of the same box with the models of another manifest."""
    path = folder / "other.toml"
    told = (folder / BOX).read_text(encoding="utf-8")
    models = f"\n[models]\nmanifest = {json.dumps(str(manifest.resolve()))}\n"
    path.write_text(told + models, encoding="utf-8")
    return path


def _lane(name: str) -> str:
    return _polygon(LANES[name] - HALF_M, LANES[name] + HALF_M)


def _polygon(left_m: float, right_m: float) -> str:
    """Return a strip of the road at the height of plates, in shares of the picture."""
    strip = [(left_m, NEAR_M), (left_m, FAR_M), (right_m, FAR_M), (right_m, NEAR_M)]
    points = np.array([(x, PLATE_M, z) for x, z in strip])
    shares = (overhead(SIZE).project(points)[0] / SIZE).astype(np.float32)
    _, inside = cv2.intersectConvexConvex(shares, PICTURE)
    return str([[round(float(x), 4), round(float(y), 4)] for x, y in inside[:, 0]])


def _make_registry(folder: Path, street: Street) -> None:
    rows = {**tomllib.loads(FLEET.read_text(encoding="utf-8"))}
    known = [vehicle for vehicle in street.vehicles if vehicle.register is not None]
    vehicles = [_row(vehicle, rows) for vehicle in known]
    exempt = [(one, rows[str(one.register)].get("exempt")) for one in known]
    exemptions = [_exemption(n, one, kind) for n, (one, kind) in enumerate(exempt, 1) if kind]
    _write(folder / "vehicles.csv", VEHICLE_COLUMNS, vehicles)
    nobody = (*NOBODY, "2028-01-01", "", "2027-11-20T10:00")
    _write(folder / "exemptions.csv", EXEMPTION_COLUMNS, [nobody, *exemptions])
    order = Order(
        vehicles=(folder / "vehicles.csv",),
        exemptions=folder / "exemptions.csv",
        key=folder / "token.key",
        name="golden-1",
        vehicles_as_of=AS_OF,
        exemptions_as_of=AS_OF,
        out=folder / "registry.sqlite",
        rejects=None,
    )
    with redirect_stderr(io.StringIO()):
        build(order)


def _row(vehicle: Vehicle, rows: dict[str, dict[str, str]]) -> tuple[str, ...]:
    if vehicle.register not in rows:
        raise RunError(f"{FLEET} has no {vehicle.register!r}.", f"Take one of {', '.join(rows)}.")
    told = {"country": vehicle.country, "plate": vehicle.plate, **rows[vehicle.register]}
    return tuple(told.get(column, "") for column in VEHICLE_COLUMNS)


def _exemption(number: int, vehicle: Vehicle, kind: str) -> tuple[str, ...]:
    who = (f"golden-{number}", "golden", "Vlaams platform", vehicle.country, vehicle.plate)
    return (*who, kind, "toegekend", "national", "2028-02-01", "", "2028-01-25T09:30")


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
