"""Which key signs, and how a box goes over to the next: one record, then one rename.

The record of the rotation is durable before the old key is destroyed. So a power cut at any moment
leaves a box that goes on with one of the two, and the outbox knows which.
"""

import logging
from dataclasses import dataclass

from edge.casebook.casebook import Casebook
from edge.daemon.checkpoints import Checkpoints
from edge.errors import KeyFileError
from edge.feed.outbox import OTHER_KEY, Outbox
from edge.ports import Clock
from edge.record.clerk import Clerk
from edge.record.envelope import seal
from edge.record.keyplace import KeyPlace
from edge.record.signer import OwnSigner
from edge.types import Envelope

log = logging.getLogger(__name__)
LOOK = (
    "Run `anpr-edge keys rotate` as a user who may write in the folder of keys.signing; it says"
    " what is wrong, or finishes what was begun."
)


def settled(place: KeyPlace, outbox: Outbox) -> OwnSigner:
    """Return the key that goes on with the chain, the only one that its outbox takes.

    A rotation that is in the chain and was not finished is finished now. Raises KeyFileError when
    the key is not there.
    """
    goes_on, current = outbox.signing().goes_on, place.load()
    if goes_on in (None, current.key_id):
        return current
    coming = place.load_next()
    if coming is None or coming.key_id != goes_on:
        cause = f"The signing key {current.key_id} is not that with which this box goes on."
        raise KeyFileError(cause, OTHER_KEY)
    try:
        place.settle()
    except KeyFileError as e:  # the key in force is at hand: a box does not stand still for that
        log.warning("the old signing key could not be destroyed: %s", e)
    return coming


def fault(place: KeyPlace, outbox: Outbox) -> str | None:
    """Say why a next key that lies there did not come in force, or not in its place."""
    if not place.has_next():
        return None
    try:
        coming = place.load_next()
    except KeyFileError as e:
        return f"The next signing key cannot be used. {e.cause}"
    if coming is not None and coming.key_id == outbox.signing().goes_on:
        return "The signing key was changed, and the old one could not be destroyed."
    return None


@dataclass(frozen=True, slots=True)
class Rotation:
    """What going over to another key needs; the chain must be ours."""

    place: KeyPlace
    clerk: Clerk
    clock: Clock
    outbox: Outbox
    casebook: Casebook

    def turn(self, checkpoints: Checkpoints, signer: OwnSigner) -> OwnSigner:
        """Go over to the next key, if there is one; return the key that signs from now on."""
        coming = self._coming(signer)
        if coming is None:
            return signer
        checkpoints.close()
        self._write(signer, coming)
        return settled(self.place, self.outbox)

    def _coming(self, signer: OwnSigner) -> OwnSigner | None:
        try:
            found = self.place.load_next()
        except KeyFileError as e:
            log.warning("the next signing key cannot be used: %s", e)
            return None
        return None if found is None or found.key_id == signer.key_id else found

    def _write(self, signer: OwnSigner, coming: OwnSigner) -> Envelope:
        now, link = self.clock.read(), self.outbox.next_link()
        message = self.clerk.rotation(coming.public(None), now, link)
        envelope = seal(message, signer)
        self.casebook.enter(envelope, None, ())
        self.outbox.append(envelope)
        log.info("record %d gives epoch %d to key %s", link.seq, link.epoch + 1, coming.key_id)
        return envelope
