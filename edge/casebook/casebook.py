"""Who is held, who is a candidate today, what was counted; and the record about to be appended.

Casebook and outbox are two files, and a power cut can come between them. So the casebook writes
down the record together with everything that follows from it (the intent), in one transaction,
before the outbox takes that record; after a cut it is appended again, the same bytes.
"""

import sqlite3
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from edge import storefile
from edge.access.hold import Held
from edge.casebook.entries import Damaged, Entry, Mark, Order, Spoilt, Torn
from edge.casebook.file import CASEBOOK
from edge.casebook.rows import COUNTABLE, figures, intent_of, is_mark, order_of, parted, times
from edge.casebook.sealed import INTENT, USE, Kept, open_kept, open_key, seal_kept, seal_key
from edge.closing import Closing
from edge.errors import CasebookError
from edge.storefile import StoreFile
from edge.types import Envelope, Passage, Tally
from edge.vault import Vault

MARKS_KEPT = timedelta(days=7)
START_AGAIN = "Start the daemon again: the record is appended first, and nothing is lost."
LOOK_AGAIN = "Start the daemon again: it looks whether the outbox has that record."
ADD = f"ON CONFLICT DO UPDATE SET n = n + excluded.n WHERE {COUNTABLE}"
"""A number that rotted is left as it is, to be told of; SQLite would refuse or heal the sum."""
A_DAY = "day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"
"""What is no day sorts before every day, and may be of today."""


class Casebook(Closing):
    """The held candidates of a box in one SQLite file."""

    def __init__(self, file: StoreFile, vault: Vault | None) -> None:
        """Use `Casebook.open` or `Casebook.attach`."""
        self._file, self._db, self._vault = file, file.db, vault
        # A text that rot made unreadable is for `rows` to judge: it must not stop a whole query.
        self._db.text_factory = lambda text: text.decode(errors="replace")
        self._leftover = True
        self.box: str = self._rows("SELECT box FROM book")[0][0]

    @classmethod
    def open(cls, path: Path, box: str, token_key: bytes) -> Self:
        """Open the casebook of a box, creating it if need be; its outbox must be locked.

        Raises CasebookError: another box, a foreign or damaged file.
        """
        if not path.exists():
            storefile.check_no_log(CASEBOOK, path)
            storefile.create(CASEBOOK, path, {"box": box})
        book = cls(storefile.connect(CASEBOOK, path), Vault(token_key, USE, box))
        if book.box != box:
            book.close()
            cause = f"The casebook {path} belongs to box {book.box}, not {box}."
            raise CasebookError(cause, "Correct box.id or box.state.")
        book._mend_indexes()
        return book

    @classmethod
    def attach(cls, path: Path, token_key: bytes | None = None) -> Self:
        """Open an existing casebook to list and to order; the daemon may be at work.

        Without the key nothing that is sealed can be opened. Raises CasebookError when there is no
        casebook, or the file is foreign or damaged.
        """
        book = cls(storefile.connect(CASEBOOK, path), None)
        if token_key is not None:
            book._vault = Vault(token_key, USE, book.box)
        return book

    def enter(self, envelope: Envelope, entry: Entry | None, tallies: Sequence[Tally]) -> None:
        """Write down a passage record and what follows from it, before the outbox takes it.

        Raises CasebookError when the record before it is not in the outbox yet.
        """
        with self._writing():
            self._intend(envelope)
            self._add(tallies)
            if entry is not None:
                self._hold(entry)

    def count(self, tallies: Sequence[Tally]) -> None:
        """Write down what was counted of a passage that leaves no record."""
        if tallies:
            with self._writing():
                self._add(tallies)

    def resolve(
        self,
        held: Held,
        envelope: Envelope,
        tallies: Sequence[Tally],
        damaged: Damaged | None = None,
    ) -> None:
        """Write down how a candidate ended, and delete all that was kept of it.

        `damaged` is its row, where that no longer says what was written. Raises CasebookError when
        it is not held here, or the record before is not in the outbox.
        """
        with self._writing():
            self._end(held, envelope, tallies, damaged)
        self._leftover = True

    def release(self, held: Held, envelope: Envelope, tallies: Sequence[Tally]) -> None:
        """Write down the same of one that is released; the key of its pictures waits for them."""
        with self._writing():
            key = self.picture_key(held)
            for ref in held.evidence:
                sealed = seal_key(self._opener(), key, ref.sha256)
                self._db.execute(
                    "INSERT OR IGNORE INTO released VALUES (?, ?)", (ref.sha256, sealed)
                )
            self._end(held, envelope, tallies, None)
        self._leftover = True

    def released(self) -> dict[str, bytes | None]:
        """Return the pictures to be handed over and their keys; None: that key has rotted."""
        rows = self._rows("SELECT sha256, sealed FROM released ORDER BY sha256")
        return {name: open_key(self._opener(), sealed, name) for name, sealed in rows}

    def handed_over(self, sha256: str) -> None:
        """Forget the key of a picture that was handed over."""
        with self._writing():
            self._db.execute("DELETE FROM released WHERE sha256 = ?", (sha256,))
        self._leftover = True

    def record_hour(self, envelope: Envelope, zone: str, hour: datetime) -> None:
        """Write down the count record of an hour: its tallies are in it now, and leave here."""
        with self._writing():
            self._intend(envelope)
            self._db.execute("DELETE FROM hours WHERE zone = ? AND hour = ?", (zone, _text(hour)))

    def appended(self, intent: Envelope | Torn) -> None:
        """Forget the intent: the outbox has the record. What was deleted leaves the log too."""
        with self._writing():
            if self.intent() == intent:
                self._db.execute(
                    "UPDATE book"
                    " SET kind = NULL, epoch = NULL, seq = NULL, sha256 = NULL, sealed = NULL"
                )
        self._leftover = True

    def clean(self) -> None:
        """Empty the log, where deleted pages may still stand; with a reader there, next time."""
        if self._leftover:
            with self._translated():
                (busy, *_rest) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._leftover = bool(busy)

    def intent(self) -> Envelope | Torn | None:
        """Return the record that may not have reached the outbox."""
        cells = self._rows("SELECT kind, epoch, seq, sha256, sealed FROM book")[0]
        if all(cell is None for cell in cells):
            return None
        *_, sha256, sealed = cells
        return intent_of(self.box, sha256, self._opener().open(sealed, INTENT))

    def times_held(self, mark: Mark) -> int:
        """Return how often a vehicle became, or may have become, a candidate in a zone on a day."""
        return times(self._marks(), mark)

    def damaged_marks(self) -> int:
        """Return how many marks of a day no longer say what was written."""
        return sum(not is_mark(row) for row in self._marks())

    def held(self) -> list[Held]:
        """Return the candidates in the order of their records, without opening them."""
        return parted(self._told())[0]

    def damaged(self) -> list[Damaged]:
        """Return the rows that no longer say what was written: none of `held` is among them."""
        return parted(self._told())[1]

    def passage(self, held: Held) -> Passage | None:
        """Open what is kept of a candidate; None when it was altered, or its key is another."""
        kept = self._opened(held)
        return None if kept is None else kept.passage

    def picture_key(self, held: Held) -> bytes:
        """Return the key of the pictures of a candidate; empty when there is none."""
        kept = self._opened(held)
        return b"" if kept is None else kept.key

    def is_as_written(self, held: Held, damaged: Damaged | None = None) -> bool:
        """True when the seal shows that all told of a candidate stands as it was written.

        `damaged` is its row, where its columns cannot be believed.
        """
        return self._opened(held, damaged) is not None

    def counted(self, zone: str, hour: datetime) -> list[Tally]:
        """Return what was counted in an hour that has no count record yet."""
        query = (
            "SELECT zone, hour, figure, value, n FROM hours WHERE zone = ? AND hour = ?"
            " ORDER BY figure, value"
        )
        return figures(self._rows(query, (zone, _text(hour))))[0]

    def hours_open(self, but: Container[datetime] = ()) -> list[tuple[str, datetime]]:
        """Return the zones and hours that wait for their count record, leaving some hours out."""
        waiting = {
            (tally.hour, tally.zone) for tally in self._figures()[0] if tally.hour not in but
        }
        return [(zone, hour) for hour, zone in sorted(waiting)]

    def damaged_figures(self) -> list[Spoilt]:
        """Return the figures that no longer say what was counted: they are in no count record."""
        return self._figures()[1]

    def order(self, order: Order) -> None:
        """Order that everything that rests on something is withdrawn."""
        values = (order.rests_on, order.reason, _text(order.given_at))
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", values)

    def lift(self, rests_on: str) -> bool:
        """Take an order back; return whether there was one."""
        with self._writing():
            done = self._db.execute("DELETE FROM orders WHERE rests_on = ?", (rests_on,))
        return done.rowcount == 1

    def orders(self) -> list[Order]:
        """Return the standing orders to withdraw."""
        rows = self._rows("SELECT rests_on, reason, given_at FROM orders ORDER BY given_at")
        return [order_of(*row) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _intend(self, envelope: Envelope) -> None:
        before = self.intent()
        place = (envelope.epoch, envelope.seq)
        if isinstance(before, Torn):
            raise CasebookError("The record that is written down is damaged.", LOOK_AGAIN)
        if before is not None and place <= (before.epoch, before.seq):
            cause = f"Record {before.seq} is written down, but not in the outbox yet."
            raise CasebookError(cause, START_AGAIN)
        self._db.execute(
            "UPDATE book SET kind = ?, epoch = ?, seq = ?, sha256 = ?, sealed = ?",
            (envelope.kind, *place, envelope.sha256, self._opener().seal(envelope.jws, INTENT)),
        )

    def _end(
        self, held: Held, envelope: Envelope, tallies: Sequence[Tally], damaged: Damaged | None
    ) -> None:
        self._intend(envelope)
        self._add(tallies)
        if self._delete(held, damaged) != 1:
            cause = f"Record {held.candidate.seq} is not a held candidate."
            raise CasebookError(cause, "Nothing was written; list with `anpr-edge held list`.")

    def _hold(self, entry: Entry) -> None:
        held, mark = entry.held, entry.mark
        kept = Kept(entry.passage, entry.key)
        row = (msgspec.json.encode(held), seal_kept(self._opener(), kept, held))
        place = (held.candidate.epoch, held.candidate.seq)
        self._db.execute("INSERT INTO held VALUES (?, ?, ?, ?)", (*place, *row))
        oldest = (mark.day - MARKS_KEPT).isoformat()
        self._db.execute(f"DELETE FROM days WHERE day < ? AND {A_DAY}", (oldest,))
        self._db.execute(
            f"INSERT INTO days VALUES (?, ?, ?, 1) {ADD}",
            (mark.zone, mark.day.isoformat(), mark.token),
        )

    def _mend_indexes(self) -> None:
        """Make an index anew that rotted: SQLite deletes no row that is not where it has it."""
        for table in ("days", "hours"):
            sound = self._rows(f"PRAGMA integrity_check({table})") == [("ok",)]
            with self._translated(), suppress(sqlite3.IntegrityError):  # two rows read alike now
                if not sound:
                    self._db.execute(f"REINDEX {table}")

    def _marks(self) -> list[tuple[Any, ...]]:
        return self._rows("SELECT zone, day, token, n FROM days")

    def _figures(self) -> tuple[list[Tally], list[Spoilt]]:
        return figures(self._rows("SELECT zone, hour, figure, value, n FROM hours"))

    def _told(self) -> list[tuple[Any, ...]]:
        # The index has a place of its own, which would hide that the row's place has changed.
        query = "SELECT rowid, epoch, seq, about FROM held NOT INDEXED ORDER BY epoch, seq"
        return self._rows(query)

    def _opened(self, held: Held, damaged: Damaged | None = None) -> Kept | None:
        if damaged is None:
            place = (held.candidate.epoch, held.candidate.seq)
            rows = self._rows("SELECT sealed FROM held WHERE epoch = ? AND seq = ?", place)
        else:
            rows = self._rows("SELECT sealed FROM held WHERE rowid = ?", (damaged.row,))
        return open_kept(self._opener(), rows[0][0] if rows else None, held)

    def _opener(self) -> Vault:
        if self._vault is None:
            raise CasebookError("This process may not open candidates.", "Give it the token key.")
        return self._vault

    def _delete(self, held: Held, damaged: Damaged | None) -> int:
        place = (held.candidate.epoch, held.candidate.seq)
        by_place = ("DELETE FROM held WHERE epoch = ? AND seq = ?", place)
        if done := self._db.execute(*by_place).rowcount:
            return done
        # SQLite neither finds nor deletes a row that is not where its index has it.
        self._db.execute("REINDEX held")
        if damaged is None:
            return self._db.execute(*by_place).rowcount
        return self._db.execute("DELETE FROM held WHERE rowid = ?", (damaged.row,)).rowcount

    def _add(self, tallies: Sequence[Tally]) -> None:
        rows = [(t.zone, _text(t.hour), t.figure, t.value, t.n) for t in tallies]
        self._db.executemany(f"INSERT INTO hours VALUES (?, ?, ?, ?, ?) {ADD}", rows)

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._translated():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Everything written inside is durable, all of it or nothing."""
        self._file.check_in_place()
        with self._translated(), self._db:  # commits, or rolls back when anything was raised
            self._db.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as e:
            raise storefile.fault(CASEBOOK, self._file.path, e) from e


def _text(moment: datetime) -> str:
    """Return a moment as text that sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
