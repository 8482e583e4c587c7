"""`python -m tools.registrar`: takes boxes in, revokes keys, lists them."""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from edge.errors import BoxError, KeyFileError
from edge.record.enrolment import KeyRequest, read_request
from edge.record.jwk import Last, PublicJwk, fingerprint
from edge.record.keyfile import locked, read
from edge.record.keys import create_signer, public_keys, write_trusted
from tools.registrar.boxes import answer_folder, outlaw, prove_bundle
from tools.registrar.office import Office, followed
from tools.registrar.options import DAYS, FILE, FINDING, JSON, REGISTER
from tools.registrar.received import last_before
from tools.registrar.register import Replacement, find, revoke

DASHES = {"ignore_unknown_options": True}
"""One key id in 64 begins with a dash, and is no option."""
PLACE = re.compile("[0-9]{1,15}")
RECEIVED = click.option("--received", type=FILE, help="The receiver's database (SQLite).")


def moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime:
    """Return a moment that was given, or now."""
    now = datetime.now(UTC)
    try:
        found = now if text is None else datetime.fromisoformat(text)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter("give a moment such as 2028-06-01T10:00:00Z.") from None
    if found > now:
        raise click.BadParameter("that is to come: until then the key would go on to count.")
    return found


def words(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """Return what was said, which may not be nothing."""
    if text is not None and not text.strip():
        raise click.BadParameter("say why in a few words.")
    return text


@click.group()
def registrar() -> None:
    """Keep the register of keys: which box may sign with which key, and which no longer.

    It is a JWKS, as --keys of the receiver and of `anpr-edge records verify` takes it. Whoever
    changes it waits for whoever is changing it. The handbook is deploy/KEYS.md.
    """


@registrar.command("key")
@click.option("--out", required=True, type=FILE, help="The private key; the public one is .jwk.")
def make_key(out: Path) -> None:
    """Make the platform's own key: it signs receipts, countersignatures and certificates."""
    signer = create_signer(out, None)
    click.echo(f"Boxes get {out.with_suffix('.jwk')}.\nfingerprint {fingerprint(signer.key_id)}")


@registrar.command("accept")
@click.argument("request", type=FILE)
@REGISTER
@click.option("--signing", required=True, type=FILE, help="The platform's private key (PEM).")
@click.option("--ca", type=FILE, help="Certificate of the authority for client certificates.")
@click.option("--ca-key", type=FILE, help="Its private key (PEM).")
@click.option("--out", required=True, type=FILE, help="The certificate, for the box.")
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 3650))
@click.option("--fingerprint", "told", help="As the box shows it; else it is asked for.")
@click.option("--replace", "replaces", is_flag=True, help="Revoke the keys that the box has.")
@click.option("--reason", callback=words, help="With --replace: why.")
@click.option("--epoch", type=click.IntRange(2), help="With --replace: where it begins anew.")
@RECEIVED
def accept_box(
    request: Path,
    path: Path,
    signing: Path,
    ca: Path | None,
    ca_key: Path | None,
    out: Path,
    days: int,
    told: str | None,
    replaces: bool,
    reason: str | None,
    epoch: int | None,
    received: Path | None,
) -> None:
    """Take a box in by its REQUEST: trust its key, and sign it a certificate.

    Compare the fingerprint with the one that the box shows, by phone.
    """
    asked = read_request(read(request).strip())
    _compare(asked, told)
    now = datetime.now(UTC)
    ends = None
    if replaces:
        if reason is None:
            raise click.UsageError("--replace needs a --reason.")
        last = None if received is None else last_before(received, asked.box, now)
        ends = Replacement(reason.strip(), now, epoch, last)
    answer = Office(path, signing, ca, ca_key, days, received).take_in(asked, out, now, ends)
    click.echo(f"Box {asked.box} may sign with key {asked.key.kid} from epoch {answer.epoch} on.")
    click.echo(f"{out} is for the box: anpr-edge keys install {out.name}")


@registrar.command("revoke", context_settings=DASHES)
@click.argument("kid")
@REGISTER
@click.option("--reason", required=True, callback=words, help="Why: it stands in the register.")
@click.option("--at", callback=moment, metavar="TIME", help="Since when. Default: now.")
@click.option("--last", metavar="EPOCH/SEQ", help="The last record that it still proves.")
@RECEIVED
def revoke_key(
    kid: str, path: Path, reason: str, at: datetime, last: str | None, received: Path | None
) -> None:
    """Revoke the key KID: of its records only those count that were received before.

    With --received the last of them is looked up and written down, so that an auditor who has the
    records alone knows it too.
    """
    until = _last(last)
    with locked(path.parent):
        read(path)  # one that is not there is no empty one
        keys = followed(path, received)
        known = find(keys, kid)
        if until is None and received is not None and known is not None and known.box is not None:
            until = last_before(received, known.box, at)
        write_trusted(path, revoke(keys, kid, Replacement(reason.strip(), at, last=until)))
    proves = "nothing more" if until is None else f"records up to {until.epoch}/{until.seq}"
    click.echo(f"Key {kid} is revoked; without a moment of receipt it proves {proves}.")


@registrar.command("follow")
@REGISTER
@click.option("--received", required=True, type=FILE, help="Records: a database, a list, a stick.")
def follow_rotations(path: Path, received: Path) -> None:
    """Take up the keys to which boxes went over by themselves, so that a list alone is proven."""
    with locked(path.parent):
        before, keys = public_keys(path), followed(path, received)
        write_trusted(path, keys)
    for key in keys[len(before) :]:
        click.echo(f"Box {key.box} signs with key {key.kid} from epoch {key.epoch} on.")
    click.echo(f"{len(keys) - len(before)} keys taken up.", err=True)


@registrar.command("list")
@REGISTER
@JSON
def list_keys(path: Path, as_json: bool) -> None:
    """List the keys of all boxes."""
    rows = [_row(key) for key in public_keys(path)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo("  ".join(str(value) for value in row.values() if value is not None))


def _compare(asked: KeyRequest, told: str | None) -> None:
    shown = fingerprint(asked.key.kid)
    click.echo(f"Box {asked.box} asks with key {asked.key.kid}\nfingerprint {shown}")
    if told is None:
        click.confirm("Does the box show the same?", abort=True)
    elif "".join(told.split()).lower() != "".join(shown.split()):
        raise KeyFileError(
            "The fingerprint is another one: this request is not that of the box.",
            "Nothing was accepted. Ask the technician for the request once more.",
        )


def _last(text: str | None) -> Last | None:
    if text is None:
        return None
    epoch, _, seq = text.partition("/")
    if not (PLACE.fullmatch(epoch) and PLACE.fullmatch(seq)):
        raise click.UsageError("--last is written EPOCH/SEQ, as in 1/57.")
    return Last(int(epoch), int(seq))


def _row(key: PublicJwk) -> dict[str, Any]:
    return {
        "box": key.box,
        "epoch": key.epoch,
        "kid": key.kid,
        "fingerprint": fingerprint(key.kid),
        "state": "trusted" if key.revoked_at is None else "revoked",
        "revoked_at": None if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%dT%H:%M:%SZ}",
        "last": None if key.last is None else f"{key.last.epoch}/{key.last.seq}",
        "reason": key.reason,
    }


for verb in (answer_folder, prove_bundle, outlaw):
    registrar.add_command(verb)


def main() -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        registrar(prog_name="registrar")
    except BoxError as e:
        click.echo(f"registrar: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
