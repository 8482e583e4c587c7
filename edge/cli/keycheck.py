"""How the keys of a box stand, for `check`: does the chain go on with them, does the broker."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from edge.cli.plainly import age_words
from edge.config import Config
from edge.daemon import rotation, wiring
from edge.feed.outbox import OTHER_KEY
from edge.record.client import common_name, is_for, load_certificate, load_client_key, until

SOON = timedelta(days=30)
RENEW = "Ask for another: `anpr-edge keys request`, and `install` what the platform answers."


class KeyState(NamedTuple):
    """What is in force; what is wrong with it, None: nothing; and what a person should look at."""

    says: str
    remedy: str | None = None
    warnings: tuple[str, ...] = ()


def signing_key(config: Config) -> KeyState:
    """Look at the signing key. Raises BoxError when it cannot be used."""
    place = wiring.key_place(config)
    kid, path = place.load().key_id, config.box.state / wiring.OUTBOX
    if not path.exists():
        return KeyState(f"key id {kid}")
    with wiring.attached_outbox(config) as outbox:
        goes_on, wrong = outbox.signing().goes_on, rotation.fault(place, outbox)
    if wrong is not None:
        return KeyState(f"key id {kid}", None, (f"{wrong} {rotation.LOOK}",))
    coming = place.load_next()
    if goes_on not in (None, kid, coming and coming.key_id):
        return KeyState(f"key id {kid} is not that with which this box goes on", OTHER_KEY)
    if coming is None or coming.key_id in (kid, goes_on):
        return KeyState(f"key id {kid}")
    waits = f"key id {coming.key_id} comes next: the daemon goes over to it"
    return KeyState(f"key id {kid}", None, (waits,))


def client_certificate(config: Config, now: datetime) -> KeyState:
    """Look at the certificate that the broker sees. Raises BoxError when it cannot be used."""
    cert, key = config.uplink.cert, config.uplink.key
    if config.uplink.publisher != "mqtt" or cert is None or key is None:
        return KeyState("none is used")
    found, name = load_certificate(cert), config.box.id
    ends = until(found)
    says = f"{common_name(found.subject)}, valid until {ends:%Y-%m-%dT%H:%M:%SZ}"
    if not is_for(found, load_client_key(key)):
        return KeyState(f"{cert} is not the certificate of {key}", RENEW)
    if common_name(found.subject) != name:
        return KeyState(f"{says}: it does not name box {name}", RENEW)
    if ends <= now:
        return KeyState(f"{says}: it has run out", RENEW)
    return KeyState(says, None, tuple(_soon(ends - now)))


def _soon(left: timedelta) -> Iterator[str]:
    if left < SOON:
        yield f"it runs out in {age_words(left)}. {RENEW}"
