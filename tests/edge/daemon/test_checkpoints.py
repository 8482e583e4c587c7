"""A checkpoint says once an hour what was written, whatever left the box meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.daemon.checkpoints import EVERY_S
from edge.record.envelope import decode_part, split
from edge.record.message import CheckpointRecord, PlaceRef, decode
from edge.types import Envelope
from tests.cases import T0
from tests.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.stop()


def content(envelope: Envelope | None) -> CheckpointRecord:
    assert envelope is not None
    data = decode(decode_part(split(envelope.jws)[1])).data
    assert isinstance(data, CheckpointRecord)
    return data


def test_it_counts_what_was_written_since_the_last_one(site: Site) -> None:
    checkpoints = site.checkpoints()
    site.passes("1ZZZ999")
    site.passes("2ZZZ999")
    first = content(checkpoints.sign())
    assert (first.since, first.records) == (None, {"passage": 2})
    site.passes("3ZZZ999", T0 + timedelta(minutes=1))
    second = content(checkpoints.sign())
    assert (second.since, second.records) == (PlaceRef(1, 3), {"passage": 1})
    assert second.prev == site.chain()[3].sha256
    site.proven()


def test_it_counts_what_has_left_the_box_too_and_over_a_stop(site: Site) -> None:
    site.passes()
    head = site.outbox.head()
    assert head is not None
    site.outbox.forget_through(head)
    site.stop()
    site.start()
    assert content(site.checkpoints().sign()).records == {"passage": 1}


def test_it_is_due_every_hour(site: Site) -> None:
    now = [0.0]
    checkpoints = site.checkpoints(lambda: now[0])
    site.passes()
    assert checkpoints.look() is None
    now[0] = EVERY_S
    assert content(checkpoints.look()).records == {"passage": 1}
    assert checkpoints.look() is None
    now[0] = 2 * EVERY_S
    assert content(checkpoints.look()).records == {}


def test_it_is_due_at_the_start_after_a_stop_that_left_none(site: Site) -> None:
    site.passes()
    site.stop()
    site.start()
    checkpoints = site.checkpoints(lambda: 0.0)
    assert content(checkpoints.look()).records == {"passage": 1}
    assert checkpoints.look() is None


def test_at_a_clean_stop_there_is_one_unless_nothing_came_since(site: Site) -> None:
    checkpoints = site.checkpoints()
    assert checkpoints.close() is None
    site.passes()
    assert content(checkpoints.close()).records == {"passage": 1}
    assert checkpoints.close() is None


def test_it_tells_how_many_files_of_evidence_there_are(site: Site) -> None:
    folder = site.folder / "evidence"
    folder.mkdir()
    for name in ("a.age", "b.sealed", "c.draft", ".d.age.new"):
        (folder / name).touch()
    assert content(site.checkpoints().sign()).evidence == 2
