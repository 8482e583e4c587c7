"""The steps that make a box, in their order.

Each looks first whether it was done: a run that was cut at any moment is simply run again.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.config import DEFAULT_PATH, Panel
from edge.daemon import enrolment, wiring
from edge.errors import BoxError, ConfigError, KeyFileError, RecordError
from edge.provision import dropins, label
from edge.provision.services import reread, restart
from edge.provision.site import Site, folder
from edge.record import password
from edge.record.client import (
    create_client_key,
    is_for,
    load_certificate,
    load_client_key,
)
from edge.record.enrolment import KeyCertificate, read_certificate, read_request
from edge.record.envelope import RefusedError
from edge.record.jwk import fingerprint
from edge.record.keyfile import PUBLIC_MODE, is_credential, read, replace
from edge.record.keys import create_private, load_public, write_private
from edge.record.pagecert import is_of, page_certificate, pem, print_of
from edge.registry.token import load_key

LOOK_EVERY_S = 0.5
READERS: dict[str, Callable[[Path], object]] = {"platform.jwk": load_public, "token.key": load_key}
PANEL = "anpr-panel.service"
RESTARTED = "a panel at work was started again with it"
RESTART = f"a panel at work takes it at its next start (systemctl restart {PANEL})"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `stands` says what is there already (None: nothing), `act` does it and says so."""

    name: str
    would: str
    stands: Callable[[], str | None]
    act: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a run may do beyond what is missing, and how long it waits for the registrar."""

    replace_config: bool = False
    new_password: bool = False
    wait_s: float = 0.0


def steps(site: Site, wishes: Wishes) -> Iterator[Step]:
    """Yield what makes a box that may sign and deliver; each step needs those before it."""
    yield Step(
        "config",
        f"write {site.path}",
        partial(_config_stands, site, wishes),
        partial(_write_config, site),
    )
    if site.path == DEFAULT_PATH:  # the units read no other
        yield Step(
            "services",
            "write the drop-ins of systemd that this configuration needs",
            partial(_services_stand, site),
            partial(_open_services, site),
        )
    yield from _given(site)
    yield Step(
        "keys",
        "make the keys that are missing; they never leave this box",
        partial(_keys_stand, site),
        partial(_make_keys, site),
    )
    if site.config.panel is not None:
        yield Step(
            "page",
            f"make the certificate of the panel, {site.config.panel.cert}",
            partial(_page_stands, site, site.config.panel),
            partial(_make_page, site, site.config.panel),
        )
    yield Step(
        "password",
        f"make a password for the panel, and write it on {site.paper('label.txt')}",
        partial(_password_stands, site, wishes),
        partial(_make_password, site),
    )
    yield Step(
        "request",
        f"write {site.paper('request')}",
        partial(_request_stands, site),
        partial(_ask, site),
    )
    yield Step(
        "answer",
        f"install {site.paper('certificate')}, once the registrar has put it there",
        partial(_taken_in, site),
        partial(_install, site, wishes.wait_s),
    )


def _given(site: Site) -> Iterator[Step]:
    """Yield one step for each file that the kit gives and this box needs."""
    config = site.config
    given = {
        "platform.jwk": config.keys.platform,
        "ca.pem": config.uplink.ca,
        "root.json": site.root,
        "token.key": site.own.token,
    }
    for name, path in given.items():
        if path is not None:
            stands, act = partial(_given_stands, site, name, path), partial(_give, site, name, path)
            yield Step(name, f"put {name} of the kit at {path}", stands, act)


def _config_stands(site: Site, wishes: Wishes) -> str | None:
    if not site.path.exists():
        return None
    try:
        found = site.path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        found = ""
    if found == site.text:
        return f"{site.path}, box {site.box}"
    if wishes.replace_config:
        return None
    raise ConfigError(
        f"{site.path} is there already and says something else than the kit.",
        "Leave out --kit to go on with it, or --replace-config: the old one stays as box.toml.old.",
    )


def _write_config(site: Site) -> str:
    folder(site.path.parent)
    if site.path.exists():
        old = site.path.with_name(f"{site.path.name}.old")
        replace(old, read(site.path))
    replace(site.path, site.text.encode())
    return f"{site.path} written, box {site.box}"


def _services_stand(site: Site) -> str | None:
    return None if dropins.missing(site.config) else "their units allow what they need"


def _open_services(site: Site) -> str:
    made = dropins.missing(site.config)
    for one in made:
        dropins.put(one)
    told = "" if reread() else "; systemctl daemon-reload puts them in force"
    return f"{', '.join(str(one.path) for one in made)} written{told}"


def _given_stands(site: Site, name: str, path: Path) -> str | None:
    site.store.fetch(path)
    given = None if site.kit is None else site.kit.file(name)
    if site.kit is not None and given is not None:
        _check_given(site.kit.folder / name)
    if not path.exists():
        if given is None:
            cause = f"There is no {path}, and no {name} in the kit."
            raise KeyFileError(cause, "Put it into the kit: deploy/PROVISION.md.")
        return None
    if given is not None and given.strip() != read(path).strip():
        cause = f"{path} is there already and is another than {name} of the kit."
        raise KeyFileError(cause, "It was left as it is. Remove it, if the kit is right.")
    return f"{name} is there"


def _check_given(path: Path) -> None:
    """Refuse what cannot be used before it is on the box: a stick may hold half a kit."""
    if not read(path).strip():
        raise KeyFileError(f"{path} is empty.", "Copy the kit again.")
    if path.name in READERS:
        READERS[path.name](path)


def _give(site: Site, name: str, path: Path) -> str:
    given = b"" if site.kit is None else site.kit.file(name) or b""
    folder(path.parent)
    if path == site.own.token:
        write_private(path, given)
        site.store.keep(path)
    else:
        replace(path, given, PUBLIC_MODE)
    return f"{name} taken from the kit"


def _keys_stand(site: Site) -> str | None:
    own = site.own
    wanted = [path for path in (own.signing, own.storage, own.client) if path is not None]
    for path in wanted:
        site.store.fetch(path)
    if not all(path.exists() for path in wanted):
        return None
    return f"fingerprint {fingerprint(site.place.load().key_id)}"


def _make_keys(site: Site) -> str:
    own = site.own
    for path in own.paths():
        folder(path.parent)
    if own.signing is not None and is_credential(own.signing) and not own.signing.exists():
        create_private(own.signing)
    signer = enrolment.make_keys(site.config, site.place)
    for path in own.paths():
        site.store.keep(path)
    return f"made; fingerprint {fingerprint(signer.key_id)}"


def _page_stands(site: Site, panel: Panel) -> str | None:
    """Say that the panel has a certificate of its key and address."""
    site.store.fetch(panel.key)
    if not (panel.key.exists() and panel.cert.exists()):
        return None
    found = load_certificate(panel.cert)
    if not is_for(found, load_client_key(panel.key)):
        return None
    if found.issuer == found.subject and not is_of(found, panel.address[0]):
        return None  # it was moved; what an authority vouches for is left as it is
    return f"{panel.cert}, fingerprint {print_of(found)}"


def _make_page(site: Site, panel: Panel) -> str:
    key = create_client_key(panel.key)
    site.store.keep(panel.key)
    made = page_certificate(key, site.box, panel.address[0], site.clock.read().now)
    folder(panel.cert.parent)
    replace(panel.cert, pem(made), PUBLIC_MODE)
    return f"{panel.cert} made for {panel.address[0]}, fingerprint {print_of(made)}"


def _password_stands(site: Site, wishes: Wishes) -> str | None:
    path = site.own.password
    site.store.fetch(path)
    if wishes.new_password or not path.exists():
        return None
    password.read_line(read(path))
    return f"it has one; --new-password makes another ({site.paper('label.txt')} had it)"


def _make_password(site: Site) -> str:
    """Write the label first: a password that nobody was told is worth nothing."""
    path, made = site.own.password, password.new_password()
    paper = site.paper("label.txt")
    replace(paper, label.text(site, made).encode(), 0o600)
    replace(path, password.line_of(password.hashed(made)), 0o600, path if path.exists() else None)
    site.store.keep(path, again=True)
    told = f"it stands on {paper} and nowhere else: put it into the envelope of this box"
    return f"{told}; {RESTARTED if restart(PANEL) else RESTART}"


def _request_stands(site: Site) -> str | None:
    if (said := _taken_in(site)) is not None:
        return said
    paper = site.paper("request")
    if not paper.exists():
        return None
    try:
        asked = read_request(read(paper).strip())
    except BoxError:
        return None
    own = (asked.box, asked.key.kid) == (site.box, site.place.load().key_id)
    return f"{paper} asks already" if own else None


def _ask(site: Site) -> str:
    signer, paper = site.place.load(), site.paper("request")
    asked = enrolment.request(site.config, signer, site.clock.read().now)
    replace(paper, asked + b"\n", PUBLIC_MODE)
    return f"{paper} written; fingerprint {fingerprint(signer.key_id)}"


def _taken_in(site: Site) -> str | None:
    """Say that the platform's word is here, and the client certificate with it."""
    found, config = enrolment.installed(site.config), site.config
    if found is None or found.kid != _first_key(site):
        return None
    cert, key = config.uplink.cert, config.uplink.key
    if cert is not None and key is not None and not _fits(cert, key):
        return None
    return f"taken in, from epoch {found.epoch} on"


def _fits(cert: Path, key: Path) -> bool:
    return cert.exists() and is_for(load_certificate(cert), load_client_key(key))


def _first_key(site: Site) -> str:
    """Return the key that the answer must name: a box at work may have gone on to a later one."""
    found = enrolment.installed(site.config)
    at_work = (site.config.box.state / wiring.OUTBOX).exists()
    return found.kid if found is not None and at_work else site.place.load().key_id


def _install(site: Site, wait_s: float) -> str:
    paper, until = site.paper("certificate"), time.monotonic() + wait_s
    while not paper.exists() and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
    if not paper.exists():
        raise RecordError(
            f"The registrar has not answered {site.paper('request')}.",
            f"Bring it to the registrar, put the answer at {paper}, and run this again.",
        )
    answer = read(paper).strip()
    _check_clock(site, _proven(site, answer))
    folder(site.config.box.state)
    if site.config.uplink.cert is not None:
        folder(site.config.uplink.cert.parent)
    found = enrolment.install(site.config, site.place.load(), answer)
    return f"taken in, from epoch {found.epoch} on, until {found.not_after:%Y-%m-%d}"


def _proven(site: Site, answer: bytes) -> KeyCertificate:
    try:
        return read_certificate(answer, load_public(site.config.keys.platform))
    except RefusedError as e:
        platform = fingerprint(load_public(site.config.keys.platform).kid)
        cause = f"The answer {site.paper('certificate')} is not signed by the platform ({e.flaw})."
        raise RecordError(
            cause, f"Nothing was put in place. The key of the platform here is {platform}."
        ) from None


def _check_clock(site: Site, found: KeyCertificate) -> None:
    now = site.clock.read().now
    if now < found.issued_at:
        raise RecordError(
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, before the platform answered"
            f" ({found.issued_at:%Y-%m-%d %H:%M}): it is slow, or not set.",
            "Set it (timedatectl set-time, or a network with NTP), and run this again.",
        )
