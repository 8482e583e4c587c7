"""The platform as a witness: its countersignatures, beside the records or kept apart from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from edge.errors import RecordError
from edge.feed.ledger import Ledger
from edge.record.chain import START, Entry, Finding, Place
from edge.record.countersign import check_countersigned, peek_countersignature
from edge.record.envelope import UNREADABLE, RefusedError, TrustedKey
from edge.record.keys import load_public


class Kept(msgspec.Struct, frozen=True):
    """A countersignature as the receiver shows it."""

    jws: str


@dataclass(frozen=True, slots=True)
class Witness:
    """Who countersigned, and what of that was kept apart, by box; no key: nobody is asked."""

    platform: TrustedKey | None
    apart: tuple[tuple[str, bytes], ...] = ()

    def words(self, ledger: Ledger, box: str, entries: Sequence[Entry]) -> tuple[bytes, ...]:
        """Return what was countersigned of a box, each once, where its records can be asked."""
        if self.platform is None:
            return ()
        apart = (jws for of, jws in self.apart if of == box)
        words = dict.fromkeys((*ledger.countersigned, *apart))
        places = [entry.place for entry in entries if entry.place is not None]
        return tuple(jws for jws in words if _is_due(jws, ledger, places))

    def against(self, box: str, entries: Sequence[Entry], words: Sequence[bytes]) -> list[Finding]:
        """Return where the records of a box no longer are what was countersigned."""
        platform = self.platform
        return [] if platform is None else check_countersigned(box, entries, words, platform)

    def absent(self, ledgers: Sequence[Ledger]) -> list[Ledger]:
        """Return boxes of which a receiver's database holds nothing any more."""
        if not all(ledger.keeps_all for ledger in ledgers):
            return []
        gone = {box for box, _ in self.apart} - {ledger.box for ledger in ledgers}
        return [Ledger(box, (), START, START, keeps_all=True) for box in sorted(gone)]


NOBODY = Witness(None)


def witness_of(platform: Path | None, kept: Path | None) -> Witness:
    """Return the witness that an auditor names. Raises BoxError for files that cannot be used."""
    if platform is None:
        if kept is not None:
            raise click.UsageError("--checkpoints needs --platform: whose signatures they are.")
        return NOBODY
    return Witness(load_public(platform), () if kept is None else _read(kept))


def _is_due(jws: bytes, ledger: Ledger, places: Sequence[Place]) -> bool:
    """True where a store should hold a place: a list need not, an outbox has forgotten some."""
    try:
        word = peek_countersignature(jws)
    except RefusedError:
        return True  # to be named as what it is
    place, since = Place(word.epoch, word.seq), ledger.since
    if ledger.until is None:
        return bool(places) and min(places) <= place <= max(places)
    return since is None or place > Place(since.epoch, since.seq)


def _read(path: Path) -> tuple[tuple[str, bytes], ...]:
    try:
        words = [
            one.jws.encode() for one in msgspec.json.decode(path.read_bytes(), type=list[Kept])
        ]
        return tuple((peek_countersignature(jws).box, jws) for jws in words)
    except (OSError, RefusedError, *UNREADABLE) as e:
        raise RecordError(
            f"{path} holds no countersignatures.",
            "Give what `python -m tools.receive --checkpoints --json` printed.",
        ) from e
