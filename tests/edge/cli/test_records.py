import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from edge.cli.records import records
from edge.errors import RecordError
from edge.feed.outbox import Outbox
from edge.feed.spool import SpoolPublisher, batches
from edge.record.chain import Head
from edge.record.jwk import Jwks
from edge.types import Envelope, Link
from tests.chains import STORAGE_KEY, Pen, alarm
from tests.drops import drop, passage
from tools.receive.listen import take_burst
from tools.receive.store import Store

PEN = Pen("box-1")
CHAIN = PEN.chain(8)


def keys_file(folder: Path, *pens: Pen) -> Path:
    path = folder / "boxes.jwks"
    keys = Jwks(tuple(pen.signer.public(pen.box) for pen in pens or (PEN,)))
    path.write_bytes(msgspec.json.encode(keys))
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(records, [str(word) for word in words])


def storage_key(folder: Path) -> Path:
    path = folder / "storage.key"
    path.write_text(STORAGE_KEY.hex())
    return path


def verify(path: Path, *words: object) -> Result:
    keys = ("--keys", keys_file(path.parent), "--storage-key", storage_key(path.parent))
    return run("verify", path, *keys, *words)


def a_list(folder: Path, chain: list[Envelope]) -> Path:
    path = folder / "passages.jsonl"
    path.write_bytes(b"".join(envelope.jws + b"\n" for envelope in chain))
    return path


def an_outbox(folder: Path, chain: list[Envelope]) -> Path:
    path = folder / "outbox.sqlite"
    with Outbox.open(path, "box-1", STORAGE_KEY, 0) as outbox:
        for envelope in chain:
            outbox.append(envelope)
    return path


def a_drained_outbox(folder: Path, chain: list[Envelope]) -> Path:
    path = an_outbox(folder, chain)
    with Outbox.attach(path, STORAGE_KEY, 0) as outbox:
        outbox.forget_through(Head(1, 3, chain[2].sha256))
    return path


def a_database(folder: Path, chain: list[Envelope]) -> Path:
    path = folder / "received.sqlite"
    with Store.open(path, lambda: PEN.keyring) as store:
        take_burst(store, [("box-1", envelope.jws) for envelope in chain])
    return path


def a_stick(folder: Path, chain: list[Envelope]) -> Path:
    publisher = SpoolPublisher(folder / "stick", "box-1", batch_records=3)
    for envelope in chain:
        publisher.publish(envelope)
    publisher.close()
    return folder / "stick"


STORES: dict[str, Callable[[Path, list[Envelope]], Path]] = {
    "list": a_list,
    "outbox": an_outbox,
    "database": a_database,
    "stick": a_stick,
}


@pytest.mark.parametrize("store", STORES)
def test_a_whole_chain_is_proven_wherever_it_lies(tmp_path: Path, store: str) -> None:
    result = verify(STORES[store](tmp_path, CHAIN))
    assert result.exit_code == 0
    assert "Box box-1: 8 records proven (epoch 1: 1-8); the chain is whole." in result.output
    assert CHAIN[-1].sha256 in result.output


def test_an_outbox_that_was_partly_forgotten_is_proven_from_there(tmp_path: Path) -> None:
    result = verify(a_drained_outbox(tmp_path, CHAIN))
    assert result.exit_code == 0
    assert "5 records proven (epoch 1: 4-8)" in result.output


def test_an_outbox_in_use_can_be_proven(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with Outbox.open(path, "box-1", STORAGE_KEY, 0) as outbox:
        outbox.append(CHAIN[0])
        assert verify(path).exit_code == 0
        outbox.append(CHAIN[1])


def test_an_outbox_opens_with_its_own_key_alone(tmp_path: Path) -> None:
    path, another = an_outbox(tmp_path, CHAIN), tmp_path / "another.key"
    another.write_text((b"x" * 32).hex())
    for words, cause in (((), "are sealed"), (("--storage-key", another), "another key")):
        said = run("list", path, *words)
        assert isinstance(said.exception, RecordError)
        assert cause in said.exception.cause
        assert "--storage-key" in said.exception.remedy


def test_a_row_of_an_outbox_that_does_not_open_is_named_in_its_place(tmp_path: Path) -> None:
    path = an_outbox(tmp_path, CHAIN)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE records SET sealed = x'00' WHERE seq = 4")
    result = verify(path)
    assert result.exit_code == 1
    assert "7 records proven" in result.output
    assert "row 1/4" in result.output
    assert "REMOVED" not in result.output


def flip(chain: list[bytes]) -> None:
    at = chain[3].index(b".") + 40
    chain[3] = chain[3][:at] + bytes([chain[3][at] ^ 1]) + chain[3][at + 1 :]


def remove(chain: list[bytes]) -> None:
    del chain[3]


def reorder(chain: list[bytes]) -> None:
    chain[3], chain[4] = chain[4], chain[3]


def fork(chain: list[bytes]) -> None:
    chain.insert(4, PEN.at(Link(1, 4, CHAIN[2].sha256), "Nothing.").jws)


TAMPERINGS = {
    "altered": (flip, ["ALTERED", "line 4"]),
    "removed": (remove, ["REMOVED", "box-1 1/4"]),
    "reordered": (reorder, ["REORDERED", "box-1 1/4", "line 5"]),
    "forked": (fork, ["FORKED", "box-1 1/4", "line 5"]),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_each_tampering_is_named_with_its_record(tmp_path: Path, tampering: str) -> None:
    tamper, words = TAMPERINGS[tampering]
    chain = [envelope.jws for envelope in CHAIN]
    tamper(chain)
    path = tmp_path / "passages.jsonl"
    path.write_bytes(b"\n".join(chain))
    result = verify(path)
    assert result.exit_code == 1
    assert "1 finding." in result.output
    assert all(word in result.output for word in words), result.output


def test_a_key_that_is_not_trusted_is_named(tmp_path: Path) -> None:
    path = a_list(tmp_path, CHAIN[:1])
    result = run("verify", path, "--keys", keys_file(tmp_path, Pen("box-1")))
    assert result.exit_code == 1
    assert "KEY NOT TRUSTED" in result.output


def test_a_record_removed_at_the_end_of_an_outbox_is_named(tmp_path: Path) -> None:
    path = an_outbox(tmp_path, CHAIN)
    with Outbox.attach(path, STORAGE_KEY, 0) as outbox:
        outbox._db.execute("DELETE FROM records WHERE seq = 8")
    result = verify(path)
    assert result.exit_code == 1
    assert "REMOVED  box-1 1/8" in result.output


def test_a_fork_and_a_gap_at_the_receiver_are_named(tmp_path: Path) -> None:
    forked = PEN.at(Link(1, 2, CHAIN[0].sha256), "Nothing.")
    result = verify(a_database(tmp_path, [*CHAIN[:3], CHAIN[5], forked]))
    assert result.exit_code == 1
    assert "FORKED  box-1 1/2" in result.output
    assert "Records 4 to 5 are missing" in result.output


def test_a_batch_cut_short_is_named(tmp_path: Path) -> None:
    stick = a_stick(tmp_path, CHAIN)
    path = batches(stick)[1].path
    path.write_bytes(path.read_bytes()[:500])
    result = verify(stick)
    assert result.exit_code == 1
    assert "TRUNCATED" in result.output
    assert "Records 4 to 6 are missing" in result.output


def test_two_boxes_at_the_receiver_are_proven_apart(tmp_path: Path) -> None:
    other = Pen("box-2")
    path = tmp_path / "received.sqlite"
    with Store.open(path, lambda: {**PEN.keyring, **other.keyring}) as store:
        take_burst(store, [(e.box, e.jws) for e in [*CHAIN, *other.chain(2)]])
    result = run("verify", path, "--keys", keys_file(tmp_path, PEN, other))
    assert result.exit_code == 0
    assert "Box box-2: 2 records proven" in result.output


def test_the_proof_in_json(tmp_path: Path) -> None:
    path = a_list(tmp_path, [*CHAIN[:2], *CHAIN[3:]])
    facts = json.loads(verify(path, "--json").output)
    (proof,) = facts["boxes"]
    assert proof["records"] == 7
    assert proof["epochs"] == [{"epoch": 1, "first": 1, "last": 8}]
    assert [(f["flaw"], f["epoch"], f["seq"]) for f in proof["findings"]] == [("removed", 1, 3)]


@pytest.mark.parametrize("content", [b"hello\nworld\n", b"\x00\xff" * 99, b"SQLite format 3\0" * 9])
def test_a_file_that_holds_no_records_is_told_apart(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    result = verify(path)
    assert result.exit_code != 0
    assert getattr(result.exception, "remedy", "")


def test_misuse_exits_2(tmp_path: Path) -> None:
    assert run("verify", tmp_path / "missing", "--keys", tmp_path).exit_code == 2
    assert run("verify", a_list(tmp_path, CHAIN)).exit_code == 2


def test_records_are_listed_as_they_name_themselves(tmp_path: Path) -> None:
    result = run("list", a_list(tmp_path, CHAIN))
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "box-1  1  1  alarm  2028-06-01T08:00:00Z  door"
    rows = [
        json.loads(line)
        for line in run("list", tmp_path / "passages.jsonl", "--json").output.splitlines()
    ]
    assert [row["seq"] for row in rows] == list(range(1, 9))


def test_one_record_is_shown_whole_and_proven(tmp_path: Path) -> None:
    path = a_list(tmp_path, CHAIN)
    result = run("show", path, 3, "--keys", keys_file(tmp_path))
    assert result.exit_code == 0
    assert '"cause": "A door was opened."' in result.output
    assert PEN.signer.key_id in result.output
    assert run("show", path, 99).exit_code == 2


@pytest.mark.parametrize("text", ["", "\n\n", "<html>\n<p>a.b.c</p>\n", "1. one\n2. two\n"])
def test_a_file_without_records_is_not_called_whole(tmp_path: Path, text: str) -> None:
    (tmp_path / "notes.jsonl").write_text(text)
    result = verify(tmp_path / "notes.jsonl")
    assert result.exit_code == 1
    assert "whole" not in result.output


def test_a_list_says_that_it_cannot_show_a_removed_tail(tmp_path: Path) -> None:
    assert "cut from its end" in verify(a_list(tmp_path, CHAIN[:4])).output
    assert "cut from its end" not in verify(an_outbox(tmp_path, CHAIN)).output


def test_a_list_that_does_not_start_at_the_first_record_says_where_it_starts(
    tmp_path: Path,
) -> None:
    said = verify(a_list(tmp_path, CHAIN[3:6])).output
    assert "It starts at record 1/4: what came before is not shown." in said
    assert "cut from its end, after record 1/6" in said
    assert "It starts at" not in verify(a_list(tmp_path, CHAIN)).output
    assert "It starts at" not in verify(a_drained_outbox(tmp_path, CHAIN)).output


def test_a_place_beyond_every_store_is_refused_like_any_malformed_message(tmp_path: Path) -> None:
    payload = alarm(Link(1, 8, CHAIN[6].sha256), "box-1")
    odd = PEN.signer.sign(payload.replace(b'"seq":8', b'"seq":%d' % (2**64 + 5), 1))
    path = a_list(tmp_path, CHAIN[:7])
    path.write_bytes(path.read_bytes() + odd)
    result = verify(path)
    assert result.exit_code == 1
    assert "NOT A MESSAGE" in result.output
    assert run("list", path).exit_code == 0


def test_a_pipe_in_a_spool_folder_is_named_and_holds_no_one_up(tmp_path: Path) -> None:
    stick = a_stick(tmp_path, CHAIN)
    os.mkfifo(stick / "box-1-1-9-10.jws")
    result = verify(stick)
    assert result.exit_code == 1
    assert "no regular file" in result.output


def test_what_was_dropped_on_a_full_disk_is_told_and_is_no_finding(tmp_path: Path) -> None:
    path, pen = tmp_path / "outbox.sqlite", Pen("box-1")
    with Outbox.open(path, "box-1", STORAGE_KEY, 0) as outbox:
        for _ in range(12):
            outbox.append(passage(pen, outbox.next_link()))
        assert drop(outbox, pen) is not None
    keys = ("--keys", keys_file(tmp_path, pen), "--storage-key", storage_key(tmp_path))
    result = run("verify", path, *keys)
    assert result.exit_code == 0
    assert "Box box-1: 3 records proven (epoch 1: 1-13); the chain is whole." in result.output
    assert "10 records were dropped on a full disk, and signed for" in result.output
    (box,) = json.loads(run("verify", path, *keys, "--json").output)["boxes"]
    assert (box["dropped"], box["findings"]) == (10, [])


def test_a_database_server_is_named_with_the_way_to_copy_it() -> None:
    result = run("list", "postgresql://user:hush@localhost/records")
    assert result.exit_code == 2
    assert "--copy-to" in result.output
    assert "hush" not in result.output
