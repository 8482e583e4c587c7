"""Many boxes at once: requests answered in a folder, bundles proven, certificates shut out."""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from edge.cli.finite import Finite
from edge.errors import BoxError
from edge.record.commissioning import opened
from edge.record.enrolment import read_request
from edge.record.jwk import fingerprint
from edge.record.keyfile import PUBLIC_MODE, locked, read, replace
from edge.record.keys import load_trusted
from tools.registrar.authority import Authority, Term
from tools.registrar.office import Office
from tools.registrar.options import DAYS, FILE, FINDING, JSON, REGISTER
from tools.registrar.papers import answer_of, client_of, lines_of, told_of, waiting

LOOK_EVERY_S = 0.5


@click.command("answer")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@REGISTER
@click.option("--signing", required=True, type=FILE, help="The platform's private key (PEM).")
@click.option("--ca", type=FILE, help="Certificate of the authority for client certificates.")
@click.option("--ca-key", type=FILE, help="Its private key (PEM).")
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 3650))
@click.option("--bench", is_flag=True, help="Ask nobody: the folder comes from our own bench.")
@click.option(
    "--watch",
    "watch_s",
    type=Finite(0),
    default=0.0,
    metavar="SECONDS",
    help="Go on answering what comes, for so long.",
)
def answer_folder(
    folder: Path,
    path: Path,
    signing: Path,
    ca: Path | None,
    ca_key: Path | None,
    days: int,
    bench: bool,
    watch_s: float,
) -> None:
    """Answer every request in FOLDER, such as a stick's, that has no answer yet.

    Each fingerprint is compared with the one that its box shows, unless whoever holds the folder
    vouches for it (--bench). What cannot be answered is told, and the others are.
    """
    office, until = Office(path, signing, ca, ca_key, days), time.monotonic() + watch_s
    told: set[Path] = set()
    while True:
        for request in sorted(set(waiting(folder)) - told):
            told.add(request)
            _answer(office, request, bench)
        if time.monotonic() >= until:
            break
        time.sleep(LOOK_EVERY_S)
    left = len(list(waiting(folder)))
    click.echo(f"{len(told) - left} boxes answered, {left} not.", err=True)
    sys.exit(FINDING if left else 0)


@click.command("prove")
@click.argument("bundle", type=FILE)
@REGISTER
@JSON
def prove_bundle(bundle: Path, path: Path, as_json: bool) -> None:
    """Prove a commissioning BUNDLE: which box signed it, and that every file is as it signed it.

    Exit status: 0 proven and the box's own check was fine, 1 otherwise.
    """
    found = opened(read(bundle), load_trusted(path))
    facts = told_of(found)
    click.echo(json.dumps(facts, indent=2) if as_json else "\n".join(lines_of(facts)))
    sys.exit(0 if found.manifest.fine else FINDING)


@click.command("outlaw")
@click.argument("certificates", nargs=-1, type=FILE)
@click.option("--ca", required=True, type=FILE, help="Certificate of the authority.")
@click.option("--ca-key", required=True, type=FILE, help="Its private key (PEM).")
@click.option("--out", required=True, type=FILE, help="The list (PEM); crlfile of the broker.")
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 3650))
def outlaw(certificates: tuple[Path, ...], ca: Path, ca_key: Path, out: Path, days: int) -> None:
    """Put client CERTIFICATES on the list of those that the broker lets in no more.

    A client certificate is also found in the bundle or the answer of its box. Without any, the
    list is only made valid for longer: a broker whose list has run out lets nobody in.
    """
    authority, now = Authority.load(ca, ca_key), datetime.now(UTC)
    outlaws = [client_of(certificate) for certificate in certificates]
    with locked(out.parent):
        before = read(out) if out.exists() else None
        made = authority.outlaw(outlaws, before, Term(now, now + timedelta(days=days)))
        replace(out, made.encode(), PUBLIC_MODE)
    click.echo(f"{len(outlaws)} certificates put on {out}. Restart the broker, or send it SIGHUP.")


def _answer(office: Office, request: Path, bench: bool) -> None:
    try:
        asked = read_request(read(request).strip())
        shown = fingerprint(asked.key.kid)
        click.echo(f"Box {asked.box} asks with fingerprint {shown}")
        if bench or click.confirm("Does the box show the same?"):
            answer = office.take_in(asked, answer_of(request), datetime.now(UTC))
            click.echo(f"  taken in from epoch {answer.epoch} on: {answer_of(request)}")
    except BoxError as e:
        click.echo(f"registrar: {request}: {e.cause} {e.remedy}", err=True)
