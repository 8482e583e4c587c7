"""The whole way of an accusation in Utrecht: camera, hold, a later registry, release, proof."""

import csv
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from edge.cli import held as module
from edge.feed.outbox import Outbox
from edge.record.envelope import decode_part, split
from edge.registry.token import load_key
from edge.types import REPLAY, ClockReading
from tests.conftest import DEMO
from tests.street import StreetBox, street_box
from tools.build_registry import Order, build

AS_OF = datetime(2028, 6, 1, 3, tzinfo=UTC)
NEXT_DAY = datetime(2028, 6, 2, 6, tzinfo=UTC)
LORRY, VAN = "27BXK4", "VDS41K"
PERMIT = {
    "record_id": "late-1",
    "source": "test",
    "issuer": "Utrecht",
    "country": "NL",
    "plate": VAN,
    "type": "NL-ON-DAG",
    "status": "toegekend",
    "scope": "utrecht",
    "valid_from": "2028-06-01",
    "valid_to": "2028-06-01",
    "requested_at": "2028-06-01T20:00",
}
"""Asked for in the evening, after the van went by."""
DATA = {
    "country": "NL",
    "plate": LORRY,
    "category": "N2",
    "vehicle_kind": "bakwagen",
    "max_mass_kg": "12000",
    "fuel": "diesel",
    "hybrid_class": "none",
    "is_ze": "no",
    "euro_norm": "5",
    "first_registration": "2012-04-12",
    "body_codes": "EU.bodywork:BA",
}


def rebuild(box: StreetBox, name: str, as_of: datetime, *more: dict[str, str]) -> None:
    """Make a newer registry, which knows the lorry and perhaps more of its exemptions."""
    orders = []
    for table, rows in (("vehicles", [DATA]), ("exemptions", list(more))):
        with (DEMO / f"{table}.csv").open(newline="") as source:
            known = list(csv.DictReader(source))
        path = box.folder / f"{table}.csv"
        with path.open("w", newline="") as out:
            writer = csv.DictWriter(out, list(known[0]), restval="")
            writer.writeheader()
            writer.writerows([*known, *rows])
        orders.append(path)
    key, out = box.folder / "keys/token.key", box.folder / "registry.sqlite"
    build(Order((orders[0],), orders[1], key, name, as_of, as_of, out, None))


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> StreetBox:
    """A box in Utrecht after the street went by."""
    box = street_box(tmp_path_factory.mktemp("utrecht") / "box")
    config = box.config.read_text()
    zone = config.index("[[zones]]")
    rest = config.index("\n[", zone)
    config = config[:zone] + '[[zones]]\nid = "utrecht"\npack = "nl-ze"\n' + config[rest:]
    box.config.write_text(config)
    rebuild(box, "morning", AS_OF)
    played = box.replay("--no-video")
    assert played.returncode == 0, played.stderr
    return box


class Clock:
    """The morning after, as the tester has it."""

    def read(self) -> ClockReading:
        return ClockReading(NEXT_DAY, 0, 0, "boot", REPLAY, True, 0.0)


def held(box: StreetBox, verb: str) -> Any:
    words = [verb, "--json", "--config", str(box.config)]
    result = CliRunner().invoke(module.held, words)
    assert result.exit_code == 0, result.output
    assert LORRY not in result.output
    return json.loads(result.stdout)


def test_a_lorry_is_released_by_a_later_registry_and_a_van_with_a_late_permit_is_withdrawn(
    passed: StreetBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SystemClock", Clock)
    candidates = held(passed, "list")["held"]
    assert [c["snapshot"] for c in candidates] == ["morning", "morning"]
    found = (path for path in (passed.folder / "state").rglob("*") if path.is_file())
    files = b"".join(path.read_bytes() for path in found)
    assert not any(plate.encode() in files for plate in (LORRY, VAN))
    assert held(passed, "release")["ended"] == 0
    rebuild(passed, "next-morning", datetime(2028, 6, 2, 5, tzinfo=UTC), PERMIT)
    assert held(passed, "release")["ended"] == 2
    proof = passed.verify()
    assert proof.returncode == 0, proof.stdout
    with Outbox.attach(passed.outbox, load_key(passed.storage_key)) as outbox:
        ends = [e for e in outbox.pending(None, 1000) if e.kind == "resolution"]
    data = [json.loads(decode_part(split(end.jws)[1]))["data"] for end in ends]
    assert {d["candidate"]["sha256"] for d in data} == {c["sha256"] for c in candidates}
    assert {d["registry"]["id"] for d in data} == {"next-morning"}
    told = {d["state"]: (d["outcome"], d["plate"] and d["plate"]["text"]) for d in data}
    assert told == {"released": ("no_access", LORRY), "withdrawn": ("permitted", None)}
