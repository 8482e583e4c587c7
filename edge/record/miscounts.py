"""Checkpoints held against the chain that they count (pure)."""

from collections import Counter
from collections.abc import Iterator

from edge.record.counted import Counted
from edge.record.entries import Finding, Proven
from edge.record.envelope import Flaw
from edge.record.epochs import ByPlace
from edge.record.message import GENESIS


def miscounts(by_place: ByPlace) -> Iterator[Finding]:
    """Name checkpoints that count otherwise than their chain.

    Only where every record since the checkpoint before, or since the start, is here: what is
    missing, forked or dropped in between is not known.
    """
    run = _Run()
    for records in by_place.values():
        if len(records) > 1:
            run = _Run()
            continue
        run.reach(record := records[0])
        if record.counted not in (None, run.counted) and run.is_whole:
            yield _finding(record)
        run.go_on(record)


class _Run:
    """Records that follow each other, and what they are since a checkpoint or the start."""

    def __init__(self) -> None:
        """Know nothing of what came before."""
        self.is_whole = False
        self._since: tuple[int, int] | None = None
        self._kinds: Counter[str] = Counter()
        self._last_sha256: str | None = None

    @property
    def counted(self) -> Counted:
        """What a checkpoint says that stands here and is right."""
        return Counted(self._since, frozenset(self._kinds.items()))

    def reach(self, record: Proven) -> None:
        """Look whether this record follows the one before it, or begins a chain."""
        if record.prev == GENESIS:
            self._begin(None)
        elif record.prev != self._last_sha256:
            self.is_whole = False

    def go_on(self, record: Proven) -> None:
        """Count this record; begin anew behind a checkpoint."""
        self._last_sha256 = record.sha256
        if record.counted is None:
            self._kinds[record.kind] += 1
        else:
            self._begin(record.place)

    def _begin(self, since: tuple[int, int] | None) -> None:
        self._since, self._kinds, self.is_whole = since, Counter(), True


def _finding(record: Proven) -> Finding:
    epoch, seq = record.place
    cause = f"Record {seq} counts other records than stand since the checkpoint before it."
    return Finding(Flaw.MISCOUNT, record.where, record.box, epoch, seq, cause)
