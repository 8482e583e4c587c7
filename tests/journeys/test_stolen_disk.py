"""A stolen disk without the credential of the box: no plate, no picture, nothing of health."""

import base64
import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import zstandard

from edge.errors import EvidenceError
from edge.record.age import Identity
from edge.record.envelope import decode_part, split
from edge.registry.token import normalised
from tests.conftest import DEMO
from tests.edge.access.world import van
from tests.follower import Follower
from tests.pictured import AUTHORITY, JPEG, PicturedSite
from tests.repository import Publisher, registry_file
from tests.search import contents, found, spelled
from tests.site import END, OTHER, PLATE

HEALTH = ("HANDICAP", "ROLSTOEL")
"""What the types of an exemption say of a person; the demonstration's table holds one of them."""
COMPLYING = "3ZZZ999"


class Disk(NamedTuple):
    """The state folder of a box, file by file, and what the box held and sent word of."""

    files: dict[Path, bytes]
    held: int
    chain: list[bytes]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """A box that took a registry, then its successor, saw three vehicles, and released one."""
    folder = tmp_path_factory.mktemp("stolen")
    today = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    publisher = Publisher(folder / "repository")
    publisher.offer_registry(registry_file(folder / "one", "one", today))
    publisher.publish()
    box = Follower(folder / "box", publisher.root, publisher.folder)
    assert box.registry().outcome == "activated"
    later = today + timedelta(hours=1)
    publisher.offer_registry(registry_file(folder / "two", "two", later, more=3))
    publisher.publish()
    assert box.registry().outcome == "activated"
    site = PicturedSite(box.state)
    site.passes(PLATE)
    site.later()
    site.release.round()
    site.passes(OTHER, END)
    site.pipeline.testimony.privacy["utrecht"] = "plate"
    site.registry.vehicles[COMPLYING] = van(fuels=frozenset({"electric"}), zero_emission=True)
    site.passes(COMPLYING, END)
    held, chain = len(site.casebook.held()), [envelope.jws for envelope in site.chain()]
    # Taken while the box is at work: journals and logs of the databases lie there too.
    files = {path: path.read_bytes() for path in box.state.rglob("*") if path.is_file()}
    site.stop()
    return Disk(files, held, chain)


def plates() -> list[str]:
    """Return every plate the box was given or saw."""
    found = [PLATE, OTHER, COMPLYING]
    for name in ("vehicles", "exemptions"):
        with (DEMO / f"{name}.csv").open(newline="") as table:
            found += [normalised(row["country"], row["plate"]) for row in csv.DictReader(table)]
    return sorted(set(found))


def test_the_box_that_is_searched_held_candidates_and_two_registries(disk) -> None:
    names = [path.name for path in disk.files]
    assert disk.held == 1
    told = [decode_part(split(jws)[1]) for jws in disk.chain]
    # The control: what waits to be sent tells a released plate, and one of a zone that allows it.
    assert [PLATE.encode() in record for record in told] == [False, True, False, False]
    assert [COMPLYING.encode() in record for record in told] == [False, False, False, True]
    assert names.count("registry.sqlite") == 2
    assert {"casebook.sqlite", "outbox.sqlite", "report.json", "floors.json"} <= set(names)


@pytest.mark.parametrize("plate", plates())
def test_no_plate_shows(disk, plate) -> None:
    for spelling in spelled(plate):
        assert found(disk.files, spelling) == []


@pytest.mark.parametrize("word", HEALTH)
def test_nothing_of_a_persons_health_shows(disk, word) -> None:
    assert found(disk.files, word) == []


def pictures(files: dict[Path, bytes]) -> list[str]:
    """Return the names of the files that show a picture."""
    return [
        path.name
        for path, data in files.items()
        if any(JPEG in content for content in contents(path, data))
    ]


def test_no_picture_shows_of_who_is_held_and_none_of_who_was_released(disk) -> None:
    lying = [path for path in disk.files if path.parent.name == "evidence"]
    assert sorted(path.suffix for path in lying) == [".age", ".age", ".sealed", ".sealed"]
    assert pictures(disk.files) == []
    # The control: the authority's key, which no box has, shows what was released and no other.
    key = Identity.read(str(AUTHORITY[0]))
    opened = {path: key.open(disk.files[path]) for path in lying if path.suffix == ".age"}
    assert len(pictures(opened)) == 2
    for path in lying:
        if path.suffix == ".sealed":
            with pytest.raises(EvidenceError):
                key.open(disk.files[path])


def test_the_search_finds_a_plate_however_it_lies_there() -> None:
    """The control: where a plate lies in clear, packed, encoded or in a record, it shows."""
    plate = PLATE.encode()
    record = b".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=")
        for part in (b'{"alg":"Ed25519"}', b'{"plate":"' + plate + b'"}', b"s" * 64)
    )
    ways = {
        "clear": b"..." + plate,
        "wide": PLATE.encode("utf-16-le"),
        "code": base64.b64encode(b"xy" + plate + b"z"),
        "hex": plate.hex().encode(),
        "packed": b"head" + zstandard.compress(b"row " * 9 + plate),
        "record": record,
    }
    files = {Path(name): data for name, data in ways.items()}
    assert sorted(found(files, PLATE)) == sorted(ways)
    exemptions = {Path("e.csv"): (DEMO / "exemptions.csv").read_bytes()}
    assert any(found(exemptions, word) for word in HEALTH)
