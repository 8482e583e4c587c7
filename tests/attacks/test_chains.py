"""Attacks on the chain of a box, by whoever holds the wire, a stick, a disk or the database."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import RecordError
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.feed.spool import batches
from edge.record.envelope import Flaw, decode_part, split
from edge.types import Envelope, Link
from tests.chains import STORAGE_KEY, Pen
from tests.edge.cli.test_records import CHAIN, PEN, a_database, a_list, a_stick, an_outbox, verify
from tests.edge.daemon.test_uplink import FORGERIES, PLATFORM, Bench, receipt
from tools.receive.growth import Verdict
from tools.receive.listen import ingest, receipts
from tools.receive.store import Store

LAST = len(CHAIN)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "platform.sqlite", lambda: PEN.keyring) as store:
        yield store


def send(platform: Store, *envelopes: Envelope) -> list[Verdict]:
    return platform.take([("box-1", envelope.jws) for envelope in envelopes])


def receipted(platform: Store) -> int:
    """Up to where the platform says that it holds everything; 0 where it says nothing."""
    read = receipt_reader("box-1", PLATFORM.trusted)
    return sum(read(jws).seq for _, jws in receipts(platform, PLATFORM.signer, {"box-1"}))


def told(path: Path, flaw: Flaw) -> None:
    """The auditor's command ends with a finding, and names it."""
    result = verify(path, "--json")
    assert result.exit_code == 1, result.output
    (box,) = json.loads(result.output)["boxes"]
    assert flaw in {finding["flaw"] for finding in box["findings"]}, result.output


def in_database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            assert db.execute(statement).rowcount > 0


def test_the_chain_that_was_not_attacked_is_whole(tmp_path: Path, platform: Store) -> None:
    assert verify(a_database(tmp_path, CHAIN)).exit_code == 0
    send(platform, *CHAIN)
    assert receipted(platform) == LAST
    assert platform.accounts()[0].is_sound


def test_attack_replay_of_records(tmp_path: Path, platform: Store) -> None:
    send(platform, *CHAIN)
    assert set(send(platform, *CHAIN)) == {Verdict.DUPLICATE}
    assert platform.total() == LAST
    assert platform.take([("box-2", CHAIN[0].jws)]) == [Verdict.REFUSED]  # under another name
    told(a_list(tmp_path, [*CHAIN, CHAIN[2]]), Flaw.DUPLICATE)


def test_attack_replay_of_a_receipt(bench: Bench) -> None:
    """An old receipt is worth what it was: nothing after its own record is forgotten."""
    written = bench.fill(4)
    uplink, old = bench.uplink(), receipt(written[0])
    uplink.step(0)
    for _ in range(3):
        bench.publisher.answers.append(old)
        uplink.step(0)
        assert bench.waiting() == [2, 3, 4]


def test_attack_deletion_in_the_database_of_the_platform(tmp_path: Path) -> None:
    path = a_database(tmp_path, CHAIN)
    in_database(path, "DELETE FROM records WHERE seq = 4")
    told(path, Flaw.REMOVED)


def test_attack_deletion_on_the_way(platform: Store) -> None:
    send(platform, *CHAIN[:3], *CHAIN[4:])
    assert receipted(platform) == 3
    (account,) = platform.accounts()
    assert (account.gaps, account.is_sound) == (1, False)


def test_attack_deletion_on_the_box(tmp_path: Path) -> None:
    path = an_outbox(tmp_path, CHAIN)
    in_database(path, "DELETE FROM records WHERE seq = 4")
    told(path, Flaw.REMOVED)


def test_attack_reorder_of_records(tmp_path: Path, platform: Store) -> None:
    send(platform, CHAIN[1], CHAIN[0], *CHAIN[:1:-1])
    assert receipted(platform) == LAST  # on the wire it changes nothing: the chain has an order
    swapped = [CHAIN[1], CHAIN[0], *CHAIN[2:]]
    told(a_list(tmp_path, swapped), Flaw.REORDERED)


def test_attack_reorder_in_the_database_of_the_platform(tmp_path: Path) -> None:
    path = a_database(tmp_path, CHAIN)
    swap = "UPDATE records SET seq = {} WHERE seq = {}"
    in_database(path, *(swap.format(*places) for places in ((99, 4), (4, 5), (5, 99))))
    told(path, Flaw.REORDERED)


@pytest.mark.parametrize("kept", [LAST - 1, 1, 0])
def test_attack_truncated_tail(tmp_path: Path, kept: int) -> None:
    for path in (a_database(tmp_path, CHAIN), an_outbox(tmp_path, CHAIN)):
        in_database(path, f"DELETE FROM records WHERE seq > {kept}")
        told(path, Flaw.REMOVED)


def test_attack_truncated_tail_of_a_stick(tmp_path: Path, platform: Store) -> None:
    folder = a_stick(tmp_path, CHAIN)
    last = batches(folder)[-1].path
    lines = last.read_bytes().splitlines(keepends=True)
    last.write_bytes(b"".join([*lines[:-2], lines[-1]]))
    told(folder, Flaw.TRUNCATED)
    (fault,) = ingest(platform, PLATFORM.signer, folder)
    assert "cut short or changed" in fault.cause
    assert receipted(platform) < LAST


def test_attack_forked_chain(tmp_path: Path, platform: Store) -> None:
    """Two records of one place, both genuine: neither hides the other."""
    fork = PEN.at(Link(1, 4, CHAIN[2].sha256), "Nothing happened.")
    assert send(platform, *CHAIN[:5], fork)[-1] is Verdict.FORKED
    assert receipted(platform) == 5
    assert platform.accounts()[0].forks == 1
    told(a_list(tmp_path, [*CHAIN, fork]), Flaw.FORKED)


def test_attack_forked_chain_in_the_database_of_the_platform(tmp_path: Path) -> None:
    """Whoever holds the key of a box writes its last record anew, and puts it in place."""
    path, fork = a_database(tmp_path, CHAIN), PEN.at(Link(1, LAST, CHAIN[-2].sha256), "Nothing.")
    with closing(sqlite3.connect(path)) as db, db:
        new = (fork.jws, fork.sha256, LAST)
        db.execute("UPDATE records SET jws = ?, sha256 = ? WHERE seq = ?", new)
    told(path, Flaw.FORKED)


class Card:
    """The SD card of a box: its outbox, and the box that it is in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def goes_on(self, pen: Pen, *causes: str) -> list[Envelope]:
        with Outbox.open(self.path, "box-1", STORAGE_KEY, 0) as outbox:
            for cause in causes:
                outbox.append(pen.at(outbox.next_link(), cause))
            return outbox.pending(None, 99)

    def takes(self, platform: Store) -> list[int]:
        """Give the outbox the platform's receipt; return what waits then."""
        read = receipt_reader("box-1", PLATFORM.trusted)
        ((_, jws),) = receipts(platform, PLATFORM.signer, {"box-1"})
        with Outbox.open(self.path, "box-1", STORAGE_KEY, 0) as outbox:
            try:
                outbox.forget(read(jws))
            finally:
                waiting = [envelope.seq for envelope in outbox.pending(None, 99)]
        return waiting


def test_attack_cloned_sd_card(tmp_path: Path, platform: Store) -> None:
    """Two boxes go on from one state: the second to be heard is told as a fork, and keeps all."""
    original, clone = Card(tmp_path / "outbox.sqlite"), Card(tmp_path / "clone.sqlite")
    original.goes_on(PEN, "before", "before")
    shutil.copy(original.path, clone.path)
    send(platform, *original.goes_on(PEN, "one", "one"))
    verdicts = send(platform, *clone.goes_on(PEN, "two", "two", "two"))
    assert verdicts == [Verdict.DUPLICATE] * 2 + [Verdict.FORKED] * 3
    (account,) = platform.accounts()
    assert (account.verified, account.forks, account.is_sound) == (4, 3, False)
    assert original.takes(platform) == []
    with pytest.raises(RecordError, match="names another hash"):
        clone.takes(platform)
    assert len(clone.goes_on(PEN)) == 5
    told(tmp_path / "platform.sqlite", Flaw.FORKED)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Outbox.open(tmp_path / "box.sqlite", "box-1", STORAGE_KEY, 0) as outbox:
        yield Bench(outbox)


def test_attack_forged_receipt(bench: Bench) -> None:
    """Nothing that the platform did not say makes a box forget a record."""
    last, uplink = bench.fill(7)[-1], bench.uplink()
    uplink.step(0)
    genuine = receipt(last)
    said = decode_part(split(genuine)[1])
    forged = {
        **{name: forge(last) for name, forge in FORGERIES.items()},
        "signed by the box": bench.pen.signer.sign(said),
        "signed by another who calls itself platform": Pen("platform").signer.sign(said),
        "without a signature": genuine.rpartition(b".")[0] + b".",
        "altered": genuine[:-9] + b"AAAAAAAAA",
    }
    for name, jws in forged.items():
        bench.publisher.answers.append(jws)
        uplink.step(0)
        assert bench.waiting() == [1, 2, 3, 4, 5, 6, 7], name
    bench.publisher.answers.append(genuine)
    uplink.step(0)
    assert bench.waiting() == []
