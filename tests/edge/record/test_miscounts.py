from collections.abc import Sequence

from edge.record.chain import Finding, check, examine, next_link
from edge.record.envelope import Flaw
from edge.types import Envelope
from tests.chains import Pen
from tests.checkpoints import checkpoint


def findings(records: Sequence[Envelope], *pens: Pen) -> list[Finding]:
    keyring = {kid: key for pen in pens for kid, key in pen.keyring.items()}
    entries = [check(f"line {n}", one.jws, keyring) for n, one in enumerate(records, 1)]
    return examine("box-1", entries)


def miscounted(records: Sequence[Envelope], *pens: Pen) -> list[int | None]:
    return [f.seq for f in findings(records, *pens) if f.flaw is Flaw.MISCOUNT]


def test_checkpoints_that_count_what_stands_there_are_no_finding() -> None:
    pen = Pen()
    records = [*pen.chain(3), checkpoint(pen), *pen.chain(2), checkpoint(pen), checkpoint(pen)]
    assert findings(records, pen) == []


def test_the_count_goes_on_over_a_rotation() -> None:
    pen, heir = Pen(), Pen()
    records = [*pen.chain(3), checkpoint(pen), pen.write(), pen.turn(heir)]
    records += [heir.write(), checkpoint(heir)]
    assert findings(records, pen, heir) == []


def test_a_checkpoint_that_counts_one_record_less_is_named() -> None:
    pen = Pen()
    records = [*pen.chain(3), checkpoint(pen), *pen.chain(2), checkpoint(pen, {"alarm": 1})]
    assert findings(records, pen)[0].cause == (
        "Record 7 counts other records than stand since the checkpoint before it."
    )
    assert miscounted(records, pen) == [7]


def test_a_checkpoint_that_counts_another_kind_is_named() -> None:
    pen = Pen()
    assert miscounted([*pen.chain(2), checkpoint(pen, {"passage": 2})], pen) == [3]


def test_a_checkpoint_that_passes_over_the_one_before_it_is_named() -> None:
    pen = Pen()
    records = [pen.write(), checkpoint(pen)]
    pen.since = None
    records += [pen.write(), checkpoint(pen)]
    assert miscounted(records, pen) == [4]


def test_what_is_not_here_is_not_counted_against_a_checkpoint() -> None:
    pen = Pen()
    records = [*pen.chain(3), checkpoint(pen), *pen.chain(2), checkpoint(pen)]
    for gone in (0, 1, 2, 4, 5):
        left = records[:gone] + records[gone + 1 :]
        assert miscounted(left, pen) == []
    assert miscounted(records[2:], pen) == []


def test_behind_a_gap_the_next_whole_stretch_is_held_against_its_checkpoint_again() -> None:
    pen = Pen()
    records = [*pen.chain(3), checkpoint(pen), pen.write(), checkpoint(pen, {})]
    assert miscounted(records[1:], pen) == [6]


def test_behind_a_fork_nothing_is_known_until_the_next_checkpoint() -> None:
    pen = Pen()
    forked = pen.at(next_link(None), "A window was opened.")
    records = [pen.write(), forked, pen.write(), checkpoint(pen, {})]
    assert miscounted(records, pen) == []
