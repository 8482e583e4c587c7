"""The record that the casebook has written down is in the outbox, or goes there now."""

import logging

from edge.casebook.casebook import Casebook
from edge.casebook.entries import Torn
from edge.errors import CasebookError
from edge.feed.outbox import Outbox
from edge.record.chain import Place
from edge.record.envelope import peek
from edge.types import Envelope

log = logging.getLogger(__name__)
REMEDY = (
    "Put the outbox and the casebook of the same moment back into box.state; if one of them is"
    " lost, set the other aside for an auditor: records or held candidates are missing."
)


def recover(casebook: Casebook, outbox: Outbox) -> None:
    """Bring both files to the same record; neither loses anything, nothing stands twice.

    Raises CasebookError when they are not of the same box and moment, or the record is damaged
    and only the casebook had it.
    """
    intent = casebook.intent()
    if isinstance(intent, Torn):
        _check_stored(outbox, intent)
    elif intent is not None and not _is_in(outbox, intent):
        _append(outbox, intent)
    if intent is not None:
        casebook.appended(intent)
    casebook.clean()


def _check_stored(outbox: Outbox, torn: Torn) -> None:
    """Raise CasebookError unless a damaged record is the last one of the outbox.

    Each is appended before the next one is written down: it is the last, or is not there. Only
    drops come without the casebook.
    """
    head = outbox.head()
    if head is None or torn.hashes.isdisjoint({head.sha256, outbox.last_but_drops()}):
        cause = "The record that the casebook has written down is damaged, and not in the outbox."
        raise CasebookError(cause, REMEDY)
    log.warning("the casebook's copy of record %d was damaged: the outbox has it", head.seq)


def _append(outbox: Outbox, intent: Envelope) -> None:
    if outbox.next_link() != peek(intent.jws).link:
        cause = f"The outbox lacks record {intent.seq}, which the casebook has written down."
        raise CasebookError(cause, REMEDY)
    outbox.append(intent)


def _is_in(outbox: Outbox, intent: Envelope) -> bool:
    """True when the outbox has, or had and delivered, this very record."""
    head, forgotten = outbox.head(), outbox.forgotten()
    if head == (intent.epoch, intent.seq, intent.sha256):
        return True
    place = Place(intent.epoch, intent.seq)
    if forgotten is not None and place <= (forgotten.epoch, forgotten.seq):
        return True
    stored = outbox.pending(Place(place.epoch, place.seq - 1), 1)
    return bool(stored) and stored[0].sha256 == intent.sha256
