"""A disk that is really full: nobody is held without pictures, and no record is lost for them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.access.hold import HELD, NO_EVIDENCE
from edge.daemon.exhibits import are_whole
from edge.record.envelope import decode_part, split
from edge.record.evidence import Budget
from edge.record.message import PassageRecord, decode
from tests.edge.access.world import DIRTY_VAN
from tests.faults.test_disk_full import fill
from tests.faults.test_disk_full import small_disk as small_disk
from tests.pictured import PicturedSite

LEFT, RESERVE = 2_000_000, 600_000
"""Room for some candidates with their pictures, and then for records alone."""


class SmallSite(PicturedSite):
    """A site that leaves less of the disk to records than a true one, which leaves 64 MB."""

    budget = Budget(reserve=RESERVE)


@pytest.fixture
def site(small_disk: Path) -> Iterator[SmallSite]:
    made = SmallSite(small_disk)
    yield made
    made.stop()


def test_as_the_disk_fills_vehicles_are_recorded_and_no_longer_held(site: SmallSite) -> None:
    filler = site.folder / "filler"
    site.passes("00000Z")  # its files are there
    with pytest.raises(OSError, match="No space"):
        fill(filler)
    os.truncate(filler, filler.stat().st_size - LEFT)
    marks = []
    for number in range(1, 9):
        plate = f"{number:05}Z"
        site.registry.vehicles[plate] = DIRTY_VAN
        made = site.passes(plate).envelope
        assert made is not None
        record = decode(decode_part(split(made.jws)[1])).data
        assert isinstance(record, PassageRecord)
        marks.append(NO_EVIDENCE if NO_EVIDENCE in record.marks else HELD)
    assert marks == sorted(marks, key=[HELD, NO_EVIDENCE].index)
    assert {HELD, NO_EVIDENCE} == set(marks)
    held = site.casebook.held()
    assert len(held) == marks.count(HELD)
    assert all(are_whole(one, site.casebook, site.room) for one in held)
    assert len(site.files()) == 2 * len(held)
    assert len(site.chain()) == 9
    filler.unlink()
    site.registry.vehicles["99999Z"] = DIRTY_VAN
    site.passes("99999Z")
    assert len(site.casebook.held()) == len(held) + 1
