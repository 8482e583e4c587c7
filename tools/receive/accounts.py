"""How the receiver stands with each box."""

from collections import defaultdict
from dataclasses import dataclass

from tools.receive.database import Database
from tools.receive.refusals import UNKNOWN


@dataclass(frozen=True, slots=True)
class Account:
    """How the receiver stands with one box; an empty name stands for all that are not known.

    `dropped` is how many records the box gave up on a full disk and signed for. `refused_for` is
    how many messages were refused for each reason.
    """

    box: str
    received: int
    verified: int
    duplicates: int
    waiting: int
    gaps: int
    forks: int
    refused: int
    last_epoch: int | None
    last_seq: int | None
    refused_for: dict[str, int]
    dropped: int = 0

    @property
    def is_sound(self) -> bool:
        """True when nothing is missing, forked or refused."""
        return not (self.waiting or self.forks or self.refused)


def accounts(db: Database) -> list[Account]:
    """Return how the receiver stands with every box it has heard of."""
    refused: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for box, reason, messages in db.query("SELECT * FROM refusals ORDER BY box, reason"):
        refused[box][reason] = messages
    rows = db.query(
        "SELECT box, received, duplicates, epoch, seq,"
        " (SELECT count(*) FROM records r WHERE r.box = b.box),"
        " (SELECT count(*) FROM waiting w WHERE w.box = b.box),"
        " (SELECT count(*) FROM forks f WHERE f.box = b.box),"
        " (SELECT coalesce(sum(last - first + 1), 0) FROM spans s WHERE s.box = b.box)"
        " FROM boxes b ORDER BY box"
    )
    known = [
        Account(
            box=box,
            received=received,
            verified=verified,
            duplicates=duplicates,
            waiting=waiting,
            gaps=_gaps(db, box, epoch or 1, seq or 0) if waiting else 0,
            forks=forks,
            refused=sum(refused[box].values()),
            last_epoch=epoch,
            last_seq=seq,
            refused_for=refused[box],
            dropped=int(dropped),
        )
        for box, received, duplicates, epoch, seq, verified, waiting, forks, dropped in rows
    ]
    return [*known, *([_unknown(refused[UNKNOWN])] if UNKNOWN in refused else [])]


def _unknown(refused: dict[str, int]) -> Account:
    count = sum(refused.values())
    return Account(UNKNOWN, count, 0, 0, 0, 0, 0, count, None, None, refused)


def _gaps(db: Database, box: str, epoch: int, seq: int) -> int:
    """Return how many records are missing before those that wait, in the current epoch."""
    ((last, waiting),) = db.query(
        "SELECT max(seq), count(DISTINCT seq) FROM waiting WHERE box = ? AND epoch = ?",
        (box, epoch),
    )
    if last is None:
        return 0
    ((dropped,),) = db.query(
        "SELECT coalesce(sum(last - first + 1), 0) FROM spans"
        " WHERE box = ? AND epoch = ? AND first > ? AND last < ?",
        (box, epoch, seq, last),
    )
    return max(0, int(last - seq - waiting - dropped))
