"""Whether a record still counts under the key that signed it (pure).

A signature says who signed, and never when. So of a revoked key only that counts which the
platform had before it was revoked: what it received by then, and what stands no later in the
chain than a place that was fixed then.
"""

from datetime import datetime
from enum import StrEnum

from edge.record.envelope import Flaw, Keyring, RefusedError, TrustedKey, Verified


class Standing(StrEnum):
    """How a key stands to a record that it signed."""

    VALID = "valid"
    REVOKED = "revoked"
    OTHER_EPOCH = "other epoch"
    EXPIRED = "expired"


CAUSES = {
    Standing.REVOKED: (
        Flaw.REVOKED,
        "The key was revoked, and nothing shows that the record was there before.",
    ),
    Standing.OTHER_EPOCH: (Flaw.NOT_IN_FORCE, "The key is for another epoch than this record's."),
    Standing.EXPIRED: (Flaw.NOT_IN_FORCE, "The key had expired when the record was received."),
}


def standing(
    key: TrustedKey, place: tuple[int, int], received_at: datetime | None = None
) -> Standing:
    """Return how a key stands to a record at a place (epoch, seq).

    `received_at` is when the platform received it, None where nobody wrote that down. To what has
    just come, that is now.
    """
    if key.epoch is not None and place[0] != key.epoch:
        return Standing.OTHER_EPOCH
    if key.revoked_at is not None and not _came_before(key.revoked_at, key, place, received_at):
        return Standing.REVOKED
    if key.not_after is not None and received_at is not None and received_at > key.not_after:
        return Standing.EXPIRED
    return Standing.VALID


def is_vouched(key: TrustedKey, epoch: int) -> bool:
    """True when the register itself names a key for an epoch: it may begin without a rotation."""
    return key.epoch == epoch and not key.is_introduced


def check_standing(record: Verified, keyring: Keyring, received_at: datetime | None = None) -> None:
    """Raise RefusedError when a record does not count under the key that signed it."""
    link = record.link
    found = standing(keyring[record.kid], (link.epoch, link.seq), received_at)
    if found is not Standing.VALID:
        raise RefusedError(*CAUSES[found])


def _came_before(
    revoked_at: datetime, key: TrustedKey, place: tuple[int, int], received_at: datetime | None
) -> bool:
    in_time = received_at is not None and received_at < revoked_at
    return in_time or (key.last is not None and place <= key.last)
