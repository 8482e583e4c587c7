"""`anpr-edge keys`: the keys of this box: asked for, taken in, shown, and changed."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, Config, load
from edge.daemon import enrolment, wiring
from edge.feed.opening import TakenError
from edge.record.client import common_name, load_certificate, until
from edge.record.jwk import fingerprint
from edge.record.keyfile import PUBLIC_MODE, read, replace
from edge.record.keyplace import KeyPlace
from edge.record.keys import load_public
from edge.registry.cache import AbsentRegistry

CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True
)
JSON = click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def keys() -> None:
    """Ask for the keys of this box to be trusted, install the answer, show them, change them.

    No private key is ever shown, and none leaves the box. The handbook is deploy/KEYS.md.
    """


@keys.command()
@CONFIG
@click.option("--out", required=True, type=FILE, help="The request, for the platform.")
@JSON
def request(config: Path, out: Path, as_json: bool) -> None:
    """Make the keys of this box that are not there yet, and a signed request for the platform.

    Made are keys.signing, keys.storage and uplink.key; access.token_key comes from whoever built
    the registry. Compare the fingerprint with what the platform reads, by phone.
    """
    settings = load(config)
    signer = enrolment.make_keys(settings, wiring.key_place(settings))
    replace(out, enrolment.request(settings, signer, _now()) + b"\n", PUBLIC_MODE)
    facts = {"box": settings.box.id, **_told(signer.key_id), "request": str(out)}
    _tell(facts, f"{out} asks for key {signer.key_id}\nfingerprint {facts['fingerprint']}", as_json)


@keys.command()
@CONFIG
@click.argument("certificate", type=FILE)
@JSON
def install(config: Path, certificate: Path, as_json: bool) -> None:
    """Put the platform's answer in place, once it is proven to be for this box and these keys."""
    settings = load(config)
    signer = wiring.key_place(settings).load()
    found = enrolment.install(settings, signer, read(certificate).strip())
    facts = {"box": found.box, "epoch": found.epoch, **_told(found.kid), **_ends(found.not_after)}
    says = f"Box {found.box} is taken in: key {found.kid} from epoch {found.epoch} on."
    if found.client is not None:
        says += f" The client certificate is valid until {facts['until']}."
    _tell(facts, says, as_json)


@keys.command()
@CONFIG
@JSON
def rotate(config: Path, as_json: bool) -> None:
    """Go over to a new signing key: the old one signs which comes next, and is then destroyed.

    A daemon at work does so within moments; else this verb does it at once. It also finishes what
    a daemon could not, for want of the right to write in the folder of the key.
    """
    settings = load(config)
    place = wiring.key_place(settings)
    if (kid := _finished(settings, place)) is not None:
        _tell({"finished": True, **_told(kid)}, f"Key {kid} signs; the old one is gone.", as_json)
        return
    try:
        with wiring.outbox(settings) as outbox, wiring.casebook(settings, outbox) as casebook:
            coming = place.create_next()  # not before: an order that fails shall not stand
            registry, signer = AbsentRegistry("it is not asked"), wiring.signer(settings, outbox)
            cabinet = wiring.Cabinet(settings, SystemClock(), registry, signer, outbox, casebook)
            wiring.rotate(cabinet)
            link = outbox.next_link()
    except TakenError:
        coming = place.create_next()
        facts = {"daemon": True, **_told(coming.key_id)}
        _tell(facts, f"The daemon goes over to key {coming.key_id} within moments.", as_json)
        return
    facts = {"daemon": False, **_told(coming.key_id), "epoch": link.epoch}
    _tell(facts, f"Key {coming.key_id} signs from epoch {link.epoch} on.", as_json)


@keys.command()
@CONFIG
@JSON
def show(config: Path, as_json: bool) -> None:
    """Show which keys this box has, by id and fingerprint, and until when its certificate holds."""
    settings = load(config)
    facts = {"box": settings.box.id, **_keys(settings, wiring.key_place(settings))}
    _tell(facts, "\n".join(_lines(facts)), as_json)


def _finished(settings: Config, place: KeyPlace) -> str | None:
    """Destroy an old key whose rotation is in the chain; return the key in force, None: none was.

    The daemon may be at work: it has the new key already.
    """
    coming = place.load_next()
    if coming is None or not (settings.box.state / wiring.OUTBOX).exists():
        return None
    with wiring.attached_outbox(settings) as outbox:
        if outbox.signing().goes_on != coming.key_id or not place.is_changeable:
            return None
    place.settle()
    return coming.key_id


def _keys(settings: Config, place: KeyPlace) -> dict[str, Any]:
    coming = place.load_next()
    return {
        "signing": _told(place.load().key_id),
        "next": None if coming is None else _told(coming.key_id),
        "platform": _told(load_public(settings.keys.platform).kid),
        "epoch": _epoch(settings),
        "certificate": _certificate(settings),
    }


def _epoch(settings: Config) -> int | None:
    """Return the epoch that the next record has; None before the first."""
    if not (settings.box.state / wiring.OUTBOX).exists():
        return None
    with wiring.attached_outbox(settings) as outbox:
        return outbox.next_link().epoch


def _certificate(settings: Config) -> dict[str, str | None] | None:
    path = settings.uplink.cert
    if path is None or not path.exists():
        return None
    found = load_certificate(path)
    return {"name": common_name(found.subject), **_ends(until(found))}


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    yield f"box {facts['box']}, epoch {facts['epoch'] or 'not begun'}"
    for name in ("signing", "next", "platform"):
        if facts[name] is not None:
            yield f"{name} key {facts[name]['kid']}, fingerprint {facts[name]['fingerprint']}"
    found = facts["certificate"]
    yield (
        "no client certificate"
        if found is None
        else f"client certificate of {found['name']} until {found['until']}"
    )


def _told(kid: str) -> dict[str, str]:
    return {"kid": kid, "fingerprint": fingerprint(kid)}


def _ends(moment: datetime) -> dict[str, str]:
    return {"until": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}


def _now() -> datetime:
    return SystemClock().read().now


def _tell(facts: Mapping[str, Any], sentence: str, as_json: bool) -> None:
    click.echo(json.dumps(facts) if as_json else sentence)
