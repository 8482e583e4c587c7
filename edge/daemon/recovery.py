"""The record that the casebook has written down is in the outbox, or goes there now."""

from edge.casebook.casebook import Casebook
from edge.errors import CasebookError
from edge.feed.outbox import Outbox
from edge.record.chain import Place, follows
from edge.record.envelope import peek
from edge.types import Envelope

REMEDY = (
    "Put the outbox and the casebook of the same moment back into box.state; if one of them is"
    " lost, set the other aside for an auditor: records or held candidates are missing."
)


def recover(casebook: Casebook, outbox: Outbox) -> None:
    """Bring both files to the same record; neither loses anything, nothing stands twice.

    Raises CasebookError when they are not of the same box and moment.
    """
    intent = casebook.intent()
    if intent is not None:
        if not _is_in(outbox, intent):
            _append(outbox, intent)
        casebook.appended(intent)
    casebook.clean()


def _append(outbox: Outbox, intent: Envelope) -> None:
    if not follows(outbox.head(), peek(intent.jws).link):
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
