"""Whether a message counts: its signature, its key, and the name under which it came (pure)."""

from datetime import datetime
from typing import TypeAlias

from edge.record.envelope import Flaw, Keyring, RefusedError, verify
from edge.record.standing import check_standing, is_vouched
from tools.receive.growth import Arrival
from tools.receive.refusals import Refusal

Message: TypeAlias = tuple[str, bytes]
"""The box of the topic, and a compact JWS."""


def judged_as(message: Message, keyring: Keyring, at: str) -> Arrival | Refusal:
    """Return a message as a proven record that arrived, or why it is refused."""
    box, jws = message
    try:
        record = verify(jws, keyring)
        if record.envelope.box != box:
            cause = f"A record of {record.envelope.box} came under another name."
            raise RefusedError(Flaw.OTHER_BOX, cause)
        check_standing(record, keyring, datetime.fromisoformat(at))
    except RefusedError as e:
        return refusal(box, jws, e)
    key = keyring[record.kid]
    return Arrival(record, at, is_vouched(key, record.link.epoch), key.is_introduced)


def standing_fault(arrival: Arrival, keyring: Keyring) -> RefusedError | None:
    """Return why a record that was verified when it came no longer counts; None: it does.

    A key that a rotation brought in may not be known here: the chain itself then judges it.
    """
    if arrival.record.kid not in keyring:
        return None
    try:
        check_standing(arrival.record, keyring, datetime.fromisoformat(arrival.at))
    except RefusedError as e:
        return e
    return None


def refusal(box: str, jws: bytes, fault: RefusedError) -> Refusal:
    """Return a message as it is refused."""
    return Refusal(box, jws, fault.flaw.value, fault.cause)


def is_stranger(one: Arrival | Refusal) -> bool:
    """True for what is signed with a key that is not known."""
    return isinstance(one, Refusal) and one.reason == Flaw.WRONG_KEY.value


def box_of(one: Arrival | Refusal) -> str:
    """Return the box that a message is of, or came under the name of."""
    return one.box if isinstance(one, Refusal) else one.record.envelope.box
