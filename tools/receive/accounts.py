"""How the receiver stands with each box."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """How the receiver stands with one box."""

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

    @property
    def is_sound(self) -> bool:
        """True when nothing is missing, forked or refused."""
        return not (self.waiting or self.forks or self.refused)


def accounts(db: sqlite3.Connection) -> list[Account]:
    """Return how the receiver stands with every box it has heard of."""
    rows = db.execute(
        "SELECT box, received, duplicates, epoch, seq,"
        " (SELECT count(*) FROM records r WHERE r.box = b.box),"
        " (SELECT count(*) FROM waiting w WHERE w.box = b.box),"
        " (SELECT count(*) FROM forks f WHERE f.box = b.box),"
        " (SELECT count(*) FROM refused x WHERE x.box = b.box) FROM boxes b ORDER BY box"
    ).fetchall()
    return [
        Account(
            box=box,
            received=received,
            verified=verified,
            duplicates=duplicates,
            waiting=waiting,
            gaps=_gaps(db, box, epoch or 1, seq or 0),
            forks=forks,
            refused=refused,
            last_epoch=epoch,
            last_seq=seq,
        )
        for box, received, duplicates, epoch, seq, verified, waiting, forks, refused in rows
    ]


def _gaps(db: sqlite3.Connection, box: str, epoch: int, seq: int) -> int:
    """Return how many records are missing before those that wait, in the current epoch."""
    found = db.execute(
        "SELECT coalesce(max(seq), ?), count(DISTINCT seq) FROM waiting"
        " WHERE box = ? AND epoch = ?",
        (seq, box, epoch),
    )
    last, waiting = found.fetchone()
    return int(last - seq - waiting)
