"""A receipt is a witness by the very record that it is for."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.daemon.hearing import Hearing
from edge.record.message import Receipt
from edge.witness import WitnessFile
from tests.cases import T0
from tests.site import Site


@pytest.mark.parametrize("of_ours", [True, False])
def test_a_record_of_another_chain_at_that_place_says_nothing(tmp_path: Path, of_ours) -> None:
    """Its hash is another one: of ours nothing is known to have been stored by then."""
    site = Site(tmp_path)
    site.passes()
    (ours,) = site.chain()
    stored_at = T0 + timedelta(seconds=5)
    sha256 = ours.sha256 if of_ours else "0" * 64
    told = Receipt(box="b1", epoch=ours.epoch, seq=ours.seq, sha256=sha256, stored_at=stored_at)
    file = WitnessFile(tmp_path)
    assert Hearing(site.outbox, site.clock, file, lambda jws: told)(b"") is told
    site.stop()
    found = file.read()
    assert found is not None
    assert (found.latest is not None) is of_ours
