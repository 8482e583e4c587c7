"""Passages in other products' words: total over all records, with nothing invented."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edge.record.chain import Place
from edge.record.message import PassageRecord, PlateRecord, VehicleRecord
from edge.record.message import Site as SiteRecord
from edge.types import Direction
from tests.tools.export.platform import judged
from tests.tools.export.records import AT, PACK, PLATE, Witness, database
from tools.export.__main__ import export
from tools.export.amsterdam import message
from tools.export.seen import Seen
from tools.export.sites import Site
from tools.export.views import VIEWS

SITE = Site(name="c", street="s", heading=90, latitude=52, longitude=5, lanes=("a", "b"))
SHARES = st.floats(0, 1)
PLATES = st.builds(
    PlateRecord,
    profile=st.sampled_from(["none", "pseudonym", "plate"]),
    country=st.none() | st.sampled_from(["NL", "BE", "DE"]),
    confidence=st.none() | SHARES,
    chars=st.none() | st.lists(SHARES, max_size=9).map(tuple),
    text=st.none() | st.just(PLATE),
    pseudonym=st.none() | st.just("d" * 32),
)
VEHICLES = st.builds(
    VehicleRecord,
    found=st.booleans(),
    category=st.none() | st.sampled_from(["M1", "N1", "N2", "T1", "L3e"]),
    max_mass_kg=st.none() | st.integers(0, 60_000),
    fuels=st.none() | st.lists(st.sampled_from(["diesel", "hydrogen", "electric"])).map(tuple),
    euro=st.none() | st.integers(0, 7),
    first_registration=st.none() | st.sampled_from(["2016", "2016-04-30"]),
)
SITES = st.builds(
    SiteRecord,
    camera=st.just("camera-1"),
    lane=st.none() | st.sampled_from(["a", "b", "c"]),
    direction=st.sampled_from([direction.value for direction in Direction]),
)


@st.composite
def anything_seen(draw: st.DrawFn) -> Seen:
    witness = Witness("box-1")
    passage = PassageRecord(
        **witness._carried(),
        zone="utrecht",
        seen_first=AT,
        seen_last=AT,
        frames_read=1,
        plate=draw(PLATES),
        vehicle=draw(st.none() | VEHICLES),
        outcome="review",
        consequence="manual",
        rule=draw(st.sampled_from(["READ", "N-04"])),
        reason="",
        source="",
        marks=(),
        pack=PACK,
        registry=None,
        models=(),
        config_sha256="b" * 64,
        site=draw(SITES),
    )
    return Seen(Place(1, 1), "e" * 64, 0, passage, passage.plate, passage.vehicle)


@given(anything_seen())
def test_every_passage_is_a_message_that_the_platform_takes_or_one_without_lane_or_direction(
    told: Seen,
) -> None:
    body = message(told, SITE, lambda *_: None)
    assert PLATE not in json.dumps(body)
    assert "2016-04-30" not in json.dumps(body)
    if {"rijstrook", "rijrichting"} <= body.keys():
        judged(json.dumps(body).encode())


@pytest.mark.parametrize("view", VIEWS)
@given(told=anything_seen(), site=st.none() | st.just(SITE))
def test_a_view_shows_a_plate_only_where_the_record_does_and_no_empty_field(
    view: str, told: Seen, site: Site | None
) -> None:
    found = VIEWS[view](told, site)
    assert (PLATE in json.dumps(found)) == (told.plate.text is not None)
    assert None not in list(values(found))


def values(found: Any) -> Any:
    if isinstance(found, dict):
        for value in found.values():
            yield from values(value)
    elif isinstance(found, list):
        for value in found:
            yield from values(value)
    else:
        yield found


def test_a_released_candidate_is_shown_once_more_with_its_plate(tmp_path: Path) -> None:
    witness = Witness("box-1")
    candidate = witness.sees()
    path = database(tmp_path, witness, [candidate, witness.releases(candidate)])
    result = CliRunner().invoke(export, ["show", str(path), "--as", "rekor"])
    assert result.exit_code == 0, result.output
    first, second = (msgspec.json.decode(line) for line in result.stdout.splitlines())
    assert "best_plate_number" not in first
    assert second["best_plate_number"] == PLATE
    assert first["best_uuid"] == second["best_uuid"] == str(UUID(first["best_uuid"]))
    assert (first["data_type"], first["best_confidence"]) == ("alpr_group", 97.0)


def test_a_stream_webhook_names_camera_time_and_score(tmp_path: Path) -> None:
    witness = Witness("box-1")
    path = database(tmp_path, witness, [witness.sees()])
    result = CliRunner().invoke(export, ["show", str(path), "--as", "plate-recognizer"])
    told = json.loads(result.stdout)
    assert told["data"]["camera_id"] == "camera-1"
    assert told["data"]["timestamp"] == "2028-06-01T08:00:00Z"
    assert told["data"]["results"] == [{"score": 0.97, "region": {"code": "nl"}}]


def test_a_database_that_is_not_there_is_misuse(tmp_path: Path) -> None:
    result = CliRunner().invoke(export, ["show", str(tmp_path / "none"), "--as", "rekor"])
    assert result.exit_code == 2
    assert not (tmp_path / "none").exists()
