"""What the platform countersigned, compared with the records as they are now."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from edge.cli.records import records
from edge.errors import RecordError
from edge.feed.outbox import Outbox
from edge.record.chain import Head
from edge.record.countersign import Countersignature, countersign
from edge.record.jwk import Jwks
from edge.types import Envelope
from tests.chains import NOW, STORAGE_KEY, Pen
from tests.checkpoints import checkpoint
from tools.receive.__main__ import receive
from tools.receive.store import Store

BOX, PLATFORM = Pen("box-1"), Pen("platform")
CHAIN = [*BOX.chain(3), checkpoint(BOX), *BOX.chain(2), checkpoint(BOX), *BOX.chain(1)]
REWRITTEN = Pen("box-1")
REWRITTEN.key, REWRITTEN.signer = BOX.key, BOX.signer
BRANCH = REWRITTEN.chain(8)


class Desk:
    """An auditor's: a received database, the keys, and what was countersigned, kept apart."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.db = folder, folder / "received.sqlite"
        self.keys, self.platform = folder / "boxes.jwks", folder / "platform.jwk"
        self.keys.write_bytes(msgspec.json.encode(Jwks((BOX.signer.public("box-1"),))))
        self.platform.write_bytes(msgspec.json.encode(PLATFORM.signer.public(None)))
        self.receive(CHAIN)
        self.apart = folder / "apart.json"
        self.apart.write_text(self.shown("--json").output)

    def receive(self, chain: Sequence[Envelope]) -> None:
        with Store.open(self.db, lambda: BOX.keyring, PLATFORM.signer) as store:
            store.take([("box-1", envelope.jws) for envelope in chain])

    def shown(self, *words: str) -> Result:
        return CliRunner().invoke(receive, ["--db", str(self.db), "--checkpoints", *words])

    def rewrite(self, statements: str) -> None:
        with closing(sqlite3.connect(self.db)) as db:
            db.executescript(statements)

    def verify(self, path: Path | None = None, *more: object) -> Result:
        platform = ("--platform", self.platform) if "--platform" not in more else ()
        words = ("verify", path or self.db, "--keys", self.keys, *platform, *more)
        return CliRunner().invoke(records, [str(word) for word in words])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_receiver_shows_each_checkpoint_that_it_countersigned(desk: Desk) -> None:
    first, second = json.loads(desk.shown("--json").output)
    assert (first["box"], first["epoch"], first["seq"]) == ("box-1", 1, 4)
    assert (second["seq"], second["sha256"]) == (7, CHAIN[6].sha256)
    assert CHAIN[3].sha256 in desk.shown().output


def test_a_chain_that_still_is_what_was_countersigned_is_whole(desk: Desk) -> None:
    result = desk.verify(None, "--checkpoints", desk.apart)
    assert result.exit_code == 0, result.output
    assert "compared with 2 countersignatures" in result.output


def cut(seq: int) -> str:
    return (
        f"DELETE FROM records WHERE seq > {seq};"
        f" UPDATE boxes SET seq = {seq}, sha256 = '{CHAIN[seq - 1].sha256}'"
    )


def test_a_tail_that_was_cut_off_is_named_by_what_was_countersigned(desk: Desk) -> None:
    desk.rewrite(cut(5))
    result = desk.verify()
    assert result.exit_code == 1
    assert "TRUNCATED  box-1 1/7" in result.output
    assert "Record 7 is missing, which the platform countersigned" in result.output


def test_without_the_platforms_key_a_cut_tail_looks_whole(desk: Desk) -> None:
    """The control: this is why checkpoints are countersigned."""
    desk.rewrite(cut(5))
    words = ["verify", str(desk.db), "--keys", str(desk.keys)]
    assert CliRunner().invoke(records, words).exit_code == 0


def test_a_chain_that_was_signed_anew_by_its_own_box_is_forked(desk: Desk) -> None:
    desk.db.unlink()
    desk.receive(BRANCH)
    result = desk.verify(None, "--checkpoints", desk.apart)
    assert result.exit_code == 1
    assert "FORKED  box-1 1/4" in result.output
    assert "FORKED  box-1 1/7" in result.output


def test_a_box_that_was_removed_altogether_is_named(desk: Desk) -> None:
    desk.rewrite("DELETE FROM records; DELETE FROM boxes; DELETE FROM countersigned")
    result = desk.verify(None, "--checkpoints", desk.apart)
    assert result.exit_code == 1
    assert "TRUNCATED  box-1 1/7" in result.output


def test_what_another_key_countersigned_proves_nothing(desk: Desk) -> None:
    word = Countersignature(box="box-1", epoch=1, seq=4, sha256="a" * 64, received_at=NOW)
    jws = countersign(word, Pen("platform").signer).decode()
    desk.apart.write_text(json.dumps([{"jws": jws}]))
    result = desk.verify(None, "--checkpoints", desk.apart)
    assert result.exit_code == 1
    assert "KEY NOT TRUSTED" in result.output


def test_a_receipt_is_no_countersignature(desk: Desk) -> None:
    receipt = {"box": "box-1", "epoch": 1, "seq": 4, "sha256": "a" * 64, "received_at": "x"}
    for members in (receipt, receipt | {"received_at": "2028-06-01T08:00:00Z"}):
        jws = PLATFORM.signer.sign(json.dumps(members).encode()).decode()
        desk.apart.write_text(json.dumps([{"jws": jws}]))
        assert isinstance(desk.verify(None, "--checkpoints", desk.apart).exception, RecordError)


def test_an_outbox_is_not_blamed_for_what_it_has_forgotten(desk: Desk) -> None:
    path, key = desk.folder / "outbox.sqlite", desk.folder / "storage.key"
    key.write_text(STORAGE_KEY.hex())
    with Outbox.open(path, "box-1", STORAGE_KEY, 0) as outbox:
        for envelope in CHAIN:
            outbox.append(envelope)
        outbox.forget_through(Head(1, 5, CHAIN[4].sha256))
    result = desk.verify(path, "--checkpoints", desk.apart, "--storage-key", key)
    assert result.exit_code == 0, result.output
    assert "compared with 1 countersignatures" in result.output


def test_a_list_is_asked_only_for_what_it_shows(desk: Desk) -> None:
    path = desk.folder / "passages.jsonl"
    path.write_bytes(b"".join(envelope.jws + b"\n" for envelope in CHAIN[4:]))
    assert desk.verify(path, "--checkpoints", desk.apart).exit_code == 0
    path.write_bytes(b"".join(envelope.jws + b"\n" for envelope in BRANCH[4:]))
    assert "FORKED  box-1 1/7" in desk.verify(path, "--checkpoints", desk.apart).output


def test_checkpoints_without_the_platforms_key_are_misuse(desk: Desk) -> None:
    words = ["verify", str(desk.db), "--keys", str(desk.keys), "--checkpoints", str(desk.apart)]
    assert CliRunner().invoke(records, words).exit_code == 2


def test_a_file_that_holds_no_countersignatures_is_told(desk: Desk) -> None:
    desk.apart.write_text("{}")
    result = desk.verify(None, "--checkpoints", desk.apart)
    assert isinstance(result.exception, RecordError)


def test_records_of_a_key_that_the_auditor_lacks_are_not_called_missing(desk: Desk) -> None:
    desk.keys.write_bytes(msgspec.json.encode(Jwks((Pen("box-2").signer.public("box-2"),))))
    result = desk.verify()
    assert result.exit_code == 1
    assert "Record 7 is here, but not proven, which the platform countersigned" in result.output
    assert "missing, which the platform" not in result.output
