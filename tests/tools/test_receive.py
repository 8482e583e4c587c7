import errno
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.errors import FeedError
from edge.feed.receipts import receipt_reader
from edge.feed.spool import SpoolPublisher, batches, receipt_path
from edge.record.chain import Head
from edge.record.jwk import Jwks
from edge.record.keys import create_signer
from edge.types import Envelope, Link
from tests.chains import Pen
from tools.receive.__main__ import main, receive
from tools.receive.database import StoreError, StoreLostError
from tools.receive.growth import Verdict
from tools.receive.listen import ingest
from tools.receive.store import Store

PEN, PLATFORM = Pen("box-1"), Pen("platform")
CHAIN = PEN.chain(10)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "received.sqlite", lambda: PEN.keyring)


def send(store: Store, *envelopes: Envelope) -> list[Verdict]:
    return store.take([("box-1", envelope.jws) for envelope in envelopes])


def head(last: int) -> Head:
    return Head(1, last, CHAIN[last - 1].sha256)


def test_a_burst_that_fills_the_disk_leaves_nothing_behind(store: Store) -> None:
    store._db.query("PRAGMA max_page_count = 20")
    with pytest.raises(StoreError, match="cannot be stored"):
        send(store, *CHAIN, *_many())
    assert store.total() == 0


def test_a_file_that_another_program_holds_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.receive.sqlite.BUSY_S", 0.01)
    with Store.open(tmp_path / "received.sqlite", lambda: PEN.keyring) as store:
        with closing(sqlite3.connect(tmp_path / "received.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreLostError, match="locked"):
                send(store, CHAIN[0])
        assert send(store, CHAIN[0]) == [Verdict.STORED]


FRAME_BYTES = 4096 + 24


def test_what_is_committed_shares_no_sector_with_what_comes_next(
    store: Store, tmp_path: Path
) -> None:
    """Synced at every commit, and the log padded to a whole sector, as the box does (psow=0)."""
    assert store._db.query("PRAGMA synchronous") == [(2,)]
    log = tmp_path / "received.sqlite-wal"
    store._db.query("INSERT INTO boxes (box) VALUES ('box-1')")
    before = log.stat().st_size
    store._db.query("UPDATE boxes SET received = 1")
    assert log.stat().st_size - before == 2 * FRAME_BYTES, "one page, and its padding"


def _many() -> list[Envelope]:
    return [PEN.at(Link(1, seq, "0" * 64), "x" * 2000) for seq in range(100, 160)]


def stick(folder: Path) -> Path:
    publisher = SpoolPublisher(folder / "stick", "box-1", batch_records=4)
    for envelope in CHAIN:
        publisher.publish(envelope)
    publisher.close()
    return folder / "stick"


def test_a_stick_is_taken_in_and_answered(tmp_path: Path, store: Store) -> None:
    folder = stick(tmp_path)
    assert ingest(store, PLATFORM.signer, folder) == []
    word = receipt_path(folder, "box-1").read_bytes().strip()
    assert receipt_reader("box-1", PLATFORM.trusted)(word).seq == 10
    ingest(store, PLATFORM.signer, folder)
    assert store.accounts()[0].duplicates == 10


def test_a_batch_cut_short_is_told_and_the_rest_is_taken(tmp_path: Path, store: Store) -> None:
    folder = stick(tmp_path)
    path = batches(folder)[1].path
    path.write_bytes(path.read_bytes()[:-20])
    (fault,) = ingest(store, PLATFORM.signer, folder)
    assert isinstance(fault, FeedError)
    assert store.head("box-1") == head(4)
    assert store.accounts()[0].gaps == 4


def test_a_pipe_in_the_folder_is_told_and_the_rest_is_taken(tmp_path: Path, store: Store) -> None:
    folder = stick(tmp_path)
    os.mkfifo(folder / "box-1-1-11-12.jws")
    (fault,) = ingest(store, PLATFORM.signer, folder)
    assert "no regular file" in fault.cause
    assert store.head("box-1") == head(10)


def test_the_fork_of_a_restored_box_shows_on_its_stick(tmp_path: Path, store: Store) -> None:
    folder = stick(tmp_path)
    publisher = SpoolPublisher(folder, "box-1", batch_records=4)
    for seq in range(5, 9):
        publisher.publish(PEN.at(Link(1, seq, CHAIN[3].sha256), "After the restore."))
    publisher.close()
    ingest(store, PLATFORM.signer, folder)
    assert store.accounts()[0].forks == 4


class Desk:
    """The command with its key files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.db = folder, folder / "received.sqlite"
        create_signer(folder / "platform.pem", None)
        keys = Jwks((PEN.signer.public("box-1"),))
        (folder / "boxes.jwks").write_text(json.dumps({"keys": _plain(keys)}))

    def run(self, *words: object) -> Result:
        keys = ("--keys", self.folder / "boxes.jwks", "--signing", self.folder / "platform.pem")
        command = [str(w) for w in ("--db", self.db, *keys, *words)]
        return CliRunner().invoke(receive, command)


def _plain(keys: Jwks) -> list[dict[str, object]]:
    return [{f: v for f in k.__struct_fields__ if (v := getattr(k, f))} for k in keys.keys]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_command_takes_a_stick_and_reports(desk: Desk) -> None:
    result = desk.run("--ingest", stick(desk.folder), "--json")
    assert result.exit_code == 0
    (account,) = json.loads(result.output)
    assert (account["verified"], account["last_seq"]) == (10, 10)
    report = CliRunner().invoke(receive, ["--db", str(desk.db), "--report"])
    assert report.exit_code == 0
    assert "box-1" in report.output


def test_a_finding_exits_1(desk: Desk) -> None:
    folder = stick(desk.folder)
    batches(folder)[0].path.unlink()
    result = desk.run("--ingest", folder, "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)[0]["gaps"] == 4


def test_misuse_exits_2(desk: Desk) -> None:
    assert CliRunner().invoke(receive, ["--db", str(desk.db)]).exit_code == 2
    assert desk.run("--report").exit_code == 2


def test_a_broker_that_is_not_there_is_told_in_one_sentence(desk: Desk) -> None:
    result = desk.run("--host", "127.0.0.1", "--port", 1)
    assert isinstance(result.exception, FeedError)
    assert "No connection to the broker 127.0.0.1:1" in result.exception.cause


@pytest.mark.parametrize("content", [b"hello" * 99, None])
def test_a_database_of_another_kind_is_refused_and_left_alone(
    desk: Desk, content: bytes | None
) -> None:
    if content is None:
        db = sqlite3.connect(desk.db)
        db.execute("CREATE TABLE other (x)")
        db.close()
    else:
        desk.db.write_bytes(content)
    before = desk.db.read_bytes()
    result = desk.run("--ingest", stick(desk.folder))
    assert isinstance(result.exception, StoreError)
    assert desk.db.read_bytes() == before


def test_a_database_out_of_reach_is_told_in_one_sentence(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stat = Path.stat

    def denied(self: Path, **more: bool) -> os.stat_result:
        if self == desk.db:
            raise PermissionError(errno.EACCES, "Permission denied")
        return stat(self, **more)

    monkeypatch.setattr(sys, "argv", ["receive", "--db", str(desk.db), "--report"])
    with monkeypatch.context() as disk:
        disk.setattr(Path, "stat", denied)
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith(
        f"receive: The database {desk.db} cannot be opened (Permission denied)."
    )


def test_a_database_that_is_a_folder_or_in_none_is_told_in_one_sentence(desk: Desk) -> None:
    (desk.folder / "folder").mkdir()
    for db in (desk.folder / "folder", desk.folder / "missing" / "x.sqlite"):
        result = desk.run("--db", db, "--ingest", stick(desk.folder))
        assert isinstance(result.exception, StoreError)
        assert f"The database {db} cannot be opened" in result.exception.cause


def test_a_database_that_is_damaged_inside_is_told_in_one_sentence(desk: Desk) -> None:
    desk.run("--ingest", stick(desk.folder))
    db = sqlite3.connect(desk.db)
    db.execute("DROP TABLE waiting")
    db.execute("CREATE TABLE waiting (other TEXT)")
    db.close()
    result = desk.run("--report")
    assert isinstance(result.exception, StoreError)
    assert "cannot be read" in result.exception.cause
