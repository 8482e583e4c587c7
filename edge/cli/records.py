"""`anpr-edge records`: read and prove stored or received records."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import msgspec

from edge.cli.affected import affected
from edge.cli.printable import printable
from edge.cli.stored import STORE, ledgers_at, storage_key_option
from edge.cli.witness import NOBODY, Witness, witness_of
from edge.errors import RecordError
from edge.feed.ledger import Ledger, Stored
from edge.record.chain import Entry, Finding, Place, Proven, check, dropped, examine
from edge.record.envelope import (
    Claim,
    Flaw,
    Keyring,
    RefusedError,
    decode_part,
    peek,
    split,
    verify,
)
from edge.record.keys import load_trusted
from edge.record.standing import check_standing

FINDING = 1
KEYS = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Epoch:
    """The records proven within one epoch."""

    epoch: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven of one box, and everything that is wrong.

    `dropped` are places whose records the box gave up on a full disk, and signed for.
    `open_ended`: the store does not know its own first and last record, as a list does not.
    `countersigned` is how many places were compared with the platform's signatures.
    """

    box: str
    records: int
    epochs: tuple[Epoch, ...]
    head_sha256: str | None
    findings: tuple[Finding, ...]
    open_ended: bool
    countersigned: int = 0
    dropped: int = 0


@click.group()
def records() -> None:
    """List, show and prove stored or received records.

    PATH is an outbox.sqlite (with its --storage-key), a receiver's database, a passages.jsonl or
    a spool folder.
    """


records.add_command(affected)


@records.command("list")
@click.argument("path", type=STORE)
@storage_key_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_records(path: Path, storage_key: Path | None, as_json: bool) -> None:
    """List the records at PATH as they name themselves, proving nothing."""
    for stored in (s for ledger in ledgers_at(path, storage_key) for s in ledger.records):
        try:
            row = _row(stored, peek(stored.jws))
        except RefusedError as e:
            row = {"where": stored.where, "unreadable": e.cause}
        line = printable("  ".join(str(value) for value in row.values()))
        click.echo(json.dumps(row) if as_json else line)


@records.command()
@click.argument("path", type=STORE)
@click.argument("seq", type=int)
@click.option("--epoch", default=1, show_default=True)
@click.option("--box", help="Which box, where PATH holds several.")
@click.option("--keys", type=KEYS, help="Trusted keys: says whether the record is genuine.")
@storage_key_option
def show(
    path: Path,
    seq: int,
    epoch: int,
    box: str | None,
    keys: Path | None,
    storage_key: Path | None,
) -> None:
    """Show the whole content of record SEQ at PATH."""
    trusted = None if keys is None else load_trusted(keys)
    for ledger, stored in _each(ledgers_at(path, storage_key)):
        if _is_at(stored, Place(epoch, seq), box):
            _show(stored, None if trusted is None else ledger.keyring(trusted))
            return
    raise click.UsageError(f"{path} holds no record {epoch}/{seq} of this box.")


@records.command("verify")
@click.argument("path", type=STORE)
@click.option("--keys", required=True, type=KEYS, help="Trusted keys of the boxes (JWKS).")
@storage_key_option
@click.option(
    "--platform", type=KEYS, help="The platform's public key: proves what it countersigned."
)
@click.option(
    "--checkpoints",
    type=KEYS,
    help="Countersignatures that were kept apart (`tools.receive --checkpoints --json`).",
)
@click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
def verify_records(
    path: Path,
    keys: Path,
    storage_key: Path | None,
    platform: Path | None,
    checkpoints: Path | None,
    as_json: bool,
) -> None:
    """Prove the records at PATH: signatures, keys, and the gapless chain.

    Names every record that was altered, removed, reordered or forked; with --platform also where
    the chain no longer is what the platform countersigned. Exit status: 0 all is proven, 1
    something is wrong, 2 misuse.
    """
    keyring, witness = load_trusted(keys), witness_of(platform, checkpoints)
    ledgers = ledgers_at(path, storage_key)
    ledgers += witness.absent(ledgers)
    proofs = [prove(ledger, keyring, witness) for ledger in ledgers]
    if as_json:
        click.echo(json.dumps({"file": str(path), "boxes": [asdict(p) for p in proofs]}, indent=2))
    else:
        for line in (line for proof in proofs for line in _sentences(proof)):
            click.echo(line)
    sys.exit(FINDING if any(proof.findings for proof in proofs) else 0)


def prove(ledger: Ledger, keyring: Keyring, witness: Witness = NOBODY) -> Proof:
    """Return what is proven of the stored records of one box, and all that is wrong."""
    keyring = ledger.keyring(keyring)
    entries = [check(s.where, s.jws, keyring, s.received_at) for s in ledger.records]
    box = ledger.box or _box_of(entries)
    found = [
        Finding(Flaw.TRUNCATED, where, box, None, None, cause) for where, cause in ledger.faults
    ]
    found += examine(box, entries, ledger.since, ledger.until)
    words = witness.words(ledger, box, entries)
    found += witness.against(box, entries, words)
    own = [e for e in entries if isinstance(e, Proven) and e.box == box]
    last = max(own, key=lambda e: e.place, default=None)
    head = last.sha256 if last else None
    return Proof(
        box,
        len(own),
        _epochs(own),
        head,
        tuple(found),
        ledger.until is None,
        len(words),
        dropped(box, entries).count,
    )


def _box_of(entries: list[Entry]) -> str:
    proven = (entry.box for entry in entries if isinstance(entry, Proven))
    return next(proven, None) or next((e.box for e in entries if e.box), "unknown")


def _epochs(own: list[Proven]) -> tuple[Epoch, ...]:
    seqs: dict[int, list[int]] = {}
    for entry in own:
        seqs.setdefault(entry.place.epoch, []).append(entry.place.seq)
    return tuple(Epoch(epoch, min(found), max(found)) for epoch, found in sorted(seqs.items()))


def _sentences(proof: Proof) -> Iterator[str]:
    ranges = ", ".join(f"epoch {e.epoch}: {e.first}-{e.last}" for e in proof.epochs) or "none"
    found = len(proof.findings)
    count = f"{found} finding{'s' if found > 1 else ''}" if found else "the chain is whole"
    yield f"Box {proof.box}: {proof.records} records proven ({ranges}); {count}."
    if proof.head_sha256:
        yield f"  head {proof.head_sha256}"
    if proof.dropped:
        yield f"  {proof.dropped} records were dropped on a full disk, and signed for: not removed."
    if proof.countersigned:
        yield f"  compared with {proof.countersigned} countersignatures of the platform"
    if proof.open_ended and proof.epochs:
        yield from _unshown(proof.epochs)
    for finding in proof.findings:
        place = "?" if finding.seq is None else f"{finding.epoch}/{finding.seq}"
        yield f"  {finding.flaw.upper()}  {finding.box} {place}, {finding.where}: {finding.cause}"


def _unshown(epochs: tuple[Epoch, ...]) -> Iterator[str]:
    """Say what a list cannot show: what was cut from its two ends."""
    first, last = epochs[0], epochs[-1]
    if (first.epoch, first.first) != (1, 1):
        yield f"  It starts at record {first.epoch}/{first.first}: what came before is not shown."
    yield (
        "  A list or a stick cannot show what was cut from its end,"
        f" after record {last.epoch}/{last.last}: compare this head with the platform's."
    )


def _row(stored: Stored, claim: Claim) -> dict[str, object]:
    envelope, payload = claim.envelope, _payload(stored.jws)
    data = payload.get("data", {})
    found = data if isinstance(data, dict) else {}
    told = (found.get(name) for name in ("state", "outcome", "alarm", "reason"))
    what = next(filter(None, told), None) or _active(found)
    place = {"box": envelope.box, "epoch": envelope.epoch, "seq": envelope.seq}
    return {**place, "kind": envelope.kind, "time": payload.get("time"), "what": what}


def _active(found: dict[str, object]) -> object:
    """Return which registry a record that decides nothing tells as active."""
    registry = found.get("registry")
    return registry.get("id") if isinstance(registry, dict) else None


def _each(ledgers: list[Ledger]) -> Iterator[tuple[Ledger, Stored]]:
    return ((ledger, stored) for ledger in ledgers for stored in ledger.records)


def _is_at(stored: Stored, place: Place, box: str | None) -> bool:
    try:
        envelope = peek(stored.jws).envelope
    except RefusedError:
        return False
    return (envelope.epoch, envelope.seq) == place and box in (None, envelope.box)


def _show(stored: Stored, keyring: Keyring | None) -> None:
    click.echo(printable(json.dumps(_payload(stored.jws), indent=2, ensure_ascii=False)))
    if keyring is None:
        return
    try:
        record = verify(stored.jws, keyring)
        check_standing(record, keyring, stored.received_at)
    except RefusedError as e:
        raise RecordError(e.cause, e.remedy) from e
    click.echo(f"Genuine: signed with key {record.kid}.", err=True)


def _payload(jws: bytes) -> dict[str, object]:
    return msgspec.json.decode(decode_part(split(jws)[1]), type=dict[str, object])
