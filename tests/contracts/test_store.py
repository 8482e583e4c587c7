"""What the receiver's store promises, over each database; two receivers may share one."""

import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.cli.records import records
from edge.feed.receipts import receipt_reader
from edge.record.chain import Head, Place
from edge.record.countersign import read_countersignature
from edge.record.envelope import MAX_BYTES, Keyring, seal
from edge.record.jwk import Jwks
from edge.record.message import GENESIS
from edge.types import Envelope, Link
from tests.chains import Pen, alarm, rotation
from tests.checkpoints import checkpoint
from tools.receive.database import Row, StoreError
from tools.receive.growth import Arrival, Verdict
from tools.receive.listen import receipts, take_burst
from tools.receive.store import Store

PEN, PLATFORM = Pen("box-1"), Pen("platform")
CHAIN = PEN.chain(10)
LONG = Pen("box-1")
LONG_CHAIN = LONG.chain(1500)
OPEN_ENDED = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

Address = str | Path
Fresh = Callable[[], Address]


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Return the address of an empty database, another one each time."""
    if request.param == "postgresql":
        address: Fresh = request.getfixturevalue("postgres_server").address
        return address
    numbers = iter(range(1000))
    return lambda: tmp_path / f"{next(numbers)}.sqlite"


@pytest.fixture
def address(fresh: Fresh) -> Address:
    return fresh()


@pytest.fixture
def store(address: Address) -> Iterator[Store]:
    with opened(address) as found:
        yield found


def opened(address: Address, keyring: Keyring = PEN.keyring) -> Store:
    return Store.open(address, lambda: keyring)


def send(store: Store, *envelopes: Envelope) -> list[Verdict]:
    return store.take([("box-1", envelope.jws) for envelope in envelopes])


def rows(store: Store, query: str) -> list[Row]:
    return store._db.query(query)


def head(last: int) -> Head:
    return Head(1, last, CHAIN[last - 1].sha256)


def test_records_are_stored_byte_for_byte(store: Store) -> None:
    assert set(send(store, *CHAIN)) == {Verdict.STORED}
    found = rows(store, "SELECT jws FROM records ORDER BY seq")
    assert [jws for (jws,) in found] == [envelope.jws for envelope in CHAIN]


def test_a_receipt_covers_what_is_stored_without_a_gap(store: Store) -> None:
    send(store, *CHAIN[:3], *CHAIN[5:])
    ((box, jws),) = receipts(store, PLATFORM.signer, {"box-1", "unheard"})
    word = receipt_reader("box-1", PLATFORM.trusted)(jws)
    assert (box, word.epoch, word.seq, word.sha256) == ("box-1", 1, 3, CHAIN[2].sha256)


def test_what_comes_out_of_order_waits_until_the_gap_fills(store: Store) -> None:
    assert send(store, CHAIN[2], CHAIN[3]) == [Verdict.WAITING] * 2
    assert store.head("box-1") is None
    send(store, CHAIN[0])
    assert store.head("box-1") == head(1)
    send(store, CHAIN[1])
    assert store.head("box-1") == head(4)
    (account,) = store.accounts()
    assert (account.verified, account.waiting, account.gaps) == (4, 0, 0)


@given(st.permutations(CHAIN))
@OPEN_ENDED
def test_whatever_the_order_all_are_stored_once(fresh: Fresh, order: list[Envelope]) -> None:
    with opened(fresh()) as store:
        send(store, *order, *order)
        (account,) = store.accounts()
        assert store.head("box-1") == head(len(CHAIN))
        assert (account.verified, account.duplicates, account.waiting) == (10, 10, 0)
        assert account.is_sound


@given(st.lists(st.tuples(st.integers(0, 1), st.sets(st.integers(0, 9), min_size=1))))
@OPEN_ENDED
def test_however_two_receivers_share_the_records_all_are_stored_once(
    fresh: Fresh, bursts: list[tuple[int, set[int]]]
) -> None:
    address = fresh()
    with opened(address) as one, opened(address) as other:
        for receiver, numbers in [*bursts, (0, {*range(0, 10, 2)}), (1, {*range(1, 10, 2)})]:
            send((one, other)[receiver], *(CHAIN[number] for number in numbers))
        ((account,), sent) = one.accounts(), sum(len(numbers) for _, numbers in bursts) + 10
        assert one.head("box-1") == other.head("box-1") == head(10)
        assert (account.verified, account.received, account.waiting) == (10, sent, 0)
        assert account.duplicates == sent - 10
        assert account.is_sound


def test_a_long_wait_is_taken_up_in_one_go(address: Address) -> None:
    with opened(address, LONG.keyring) as store:
        send(store, *LONG_CHAIN[1:700])
        send(store, *LONG_CHAIN[700:], LONG_CHAIN[0])
        assert store.total() == len(LONG_CHAIN)
        (account,) = store.accounts()
        assert (account.waiting, account.duplicates) == (0, 0)


def test_two_receivers_at_once_lose_nothing_and_store_nothing_twice(address: Address) -> None:
    """Each has every other record, and some that the other has too, as after a silence."""
    shares = [LONG_CHAIN[at:300:2] + LONG_CHAIN[100 + at : 200] for at in (0, 1)]
    opened(address).close()
    together(*(lambda share=share: receive_all(address, share) for share in shares))
    with opened(address, LONG.keyring) as store:
        (account,) = store.accounts()
        assert store.head("box-1") == Head(1, 300, LONG_CHAIN[299].sha256)
        assert (account.verified, account.waiting) == (300, 0)
        assert account.duplicates == sum(map(len, shares)) - 300
        assert account.is_sound


def receive_all(address: Address, share: Sequence[Envelope]) -> None:
    with opened(address, LONG.keyring) as store:
        for at in range(0, len(share), 7):
            send(store, *share[at : at + 7])


def together(*receivers: Callable[[], None]) -> None:
    """Run receivers at the same time; a fault in one is the fault of the test."""
    with ThreadPoolExecutor(len(receivers)) as pool:
        for done in [pool.submit(receiver) for receiver in receivers]:
            done.result(60)


def test_who_fills_a_gap_sees_what_another_sets_aside_at_that_moment(address: Address) -> None:
    """One has the third record and is about to commit; the other has the second, and waits."""
    inside, go_on = threading.Event(), threading.Event()

    def early() -> None:
        with opened(address) as store:
            set_aside = store._rows.set_aside

            def slowly(arrivals: Iterable[Arrival]) -> set[tuple[Place, str]]:
                inside.set()
                go_on.wait(30)
                return set_aside(arrivals)

            store._rows.set_aside = slowly  # type: ignore[method-assign]
            send(store, CHAIN[2])

    def filling() -> None:
        assert inside.wait(30)
        with opened(address) as store:  # which needs no lock
            threading.Timer(0.3, go_on.set).start()
            send(store, CHAIN[1])

    with opened(address) as store:
        send(store, CHAIN[0])
        together(early, filling)
        assert store.head("box-1") == head(3)


def test_receivers_that_share_many_boxes_never_wait_in_a_circle(address: Address) -> None:
    pens = [Pen(f"box-{number}") for number in range(12)]
    keyring = {kid: key for pen in pens for kid, key in pen.keyring.items()}
    chains = [pen.chain(6) for pen in pens]

    def receive(order: Sequence[list[Envelope]]) -> None:
        with opened(address, keyring) as store:
            for turn in range(6):
                store.take([(chain[turn].box, chain[turn].jws) for chain in order])

    opened(address).close()
    together(lambda: receive(chains), lambda: receive(chains[::-1]))
    with opened(address) as store:
        assert {(a.verified, a.duplicates) for a in store.accounts()} == {(6, 6)}


def test_two_branches_at_two_receivers_are_both_kept(address: Address) -> None:
    fork = PEN.at(Link(1, 2, CHAIN[0].sha256), "Nothing happened.")
    with opened(address) as one, opened(address) as other:
        send(one, CHAIN[0], CHAIN[1])
        assert send(other, fork) == [Verdict.FORKED]
        assert send(one, fork) == [Verdict.FORKED]
        assert rows(other, "SELECT seq, jws FROM forks") == [(2, fork.jws)]
        assert rows(other, "SELECT count(*) FROM records") == [(2,)]


def test_a_branch_that_waited_is_a_fork_once_its_place_is_taken(store: Store) -> None:
    fork = PEN.at(Link(1, 3, CHAIN[1].sha256), "Nothing happened.")
    assert send(store, fork, CHAIN[2]) == [Verdict.WAITING] * 2
    send(store, CHAIN[0], CHAIN[1])
    (account,) = store.accounts()
    assert (account.verified, account.waiting, account.forks) == (3, 0, 1)


def test_a_fork_is_kept_apart_and_never_receipted(store: Store) -> None:
    fork = PEN.at(Link(1, 2, CHAIN[0].sha256), "Nothing happened.")
    assert send(store, *CHAIN[:3], fork)[-1] is Verdict.FORKED
    assert store.head("box-1") == head(3)
    (account,) = store.accounts()
    assert account.forks == 1
    assert not account.is_sound


def test_a_record_behind_another_predecessor_is_a_fork(store: Store) -> None:
    assert send(store, CHAIN[0], PEN.at(Link(1, 2, "f" * 64)))[-1] is Verdict.FORKED
    assert send(store, CHAIN[1]) == [Verdict.STORED]


def test_a_key_that_changes_within_an_epoch_is_not_taken(address: Address) -> None:
    thief = Pen("box-1")
    forged = thief.at(Link(1, 2, CHAIN[0].sha256))
    with opened(address, {**PEN.keyring, **thief.keyring}) as store:
        assert send(store, CHAIN[0], forged) == [Verdict.STORED, Verdict.FORKED]


class Heirs:
    """A box that changes its key twice, and a receiver that knows the first of them alone."""

    def __init__(self) -> None:
        self.pens = [Pen("box-1") for _ in range(3)]
        first, second, third = self.pens
        self.one = [*first.chain(2), first.turn(second)]
        self.two = [*second.chain(2), second.turn(third)]
        self.chain = [*self.one, *self.two, *third.chain(2)]
        self.keyring = first.keyring


@pytest.fixture
def heirs() -> Heirs:
    return Heirs()


def reached(store: Store) -> tuple[int, int]:
    found = store.head("box-1")
    assert found is not None
    return found.epoch, found.seq


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_a_key_that_a_rotation_named_is_taken_over_and_remembered(
    address: Address, heirs: Heirs, at_once: int
) -> None:
    for at in range(0, len(heirs.chain), at_once):  # a receiver that starts anew each time
        with opened(address, heirs.keyring) as store:
            part = heirs.chain[at : at + at_once]
            assert set(send(store, *part)) == {Verdict.STORED}
    with opened(address) as store:
        (account,) = store.accounts()
        assert reached(store) == (3, 2)
        assert account.is_sound


def test_two_receivers_follow_a_rotation_that_one_of_them_stored(
    address: Address, heirs: Heirs
) -> None:
    """A record that came to the other too early is refused, comes again, and is then no fault."""
    with opened(address, heirs.keyring) as one, opened(address, heirs.keyring) as other:
        assert send(other, heirs.two[0]) == [Verdict.REFUSED]
        assert set(send(one, *heirs.one)) == {Verdict.STORED}
        assert set(send(other, *heirs.two)) == {Verdict.STORED}
        (account,) = other.accounts()
        assert account.is_sound
        assert rows(other, "SELECT count(*) FROM refused") == [(0,)]


@given(st.data())
@OPEN_ENDED
def test_whatever_the_order_within_a_burst_a_rotation_is_followed(
    fresh: Fresh, data: st.DataObject
) -> None:
    heirs = Heirs()
    with opened(fresh(), heirs.keyring) as store:
        send(store, *data.draw(st.permutations(heirs.chain)))
        assert reached(store) == (3, 2)


def test_attack_epoch_reset_no_new_epoch_without_a_rotation(address: Address) -> None:
    """Even where the register knows the key."""
    heir = Pen("box-1")
    with opened(address, {**PEN.keyring, **heir.keyring}) as store:
        reset = heir.at(Link(2, 1, CHAIN[2].sha256))
        again = PEN.at(Link(2, 1, CHAIN[2].sha256))
        assert send(store, *CHAIN[:3], reset, again)[3:] == [Verdict.FORKED] * 2
        assert store.head("box-1") == head(3)
        (account,) = store.accounts()
        assert not account.is_sound


def test_attack_epoch_reset_a_trusted_key_begins_no_chain_of_its_own(
    address: Address, heirs: Heirs
) -> None:
    """Neither the key of a JWKS that names no epoch, nor one that a rotation named."""
    with opened(address, heirs.keyring) as store:
        send(store, *heirs.one, *heirs.two)
        first, third = heirs.pens[0], heirs.pens[2]
        resets = [first.at(Link(5, 1, GENESIS)), third.at(Link(3, 1, GENESIS))]
        assert Verdict.STORED not in send(store, *resets)
        assert reached(store) == (2, 3)


def test_a_new_epoch_waits_for_the_rotation_that_opens_it(address: Address, heirs: Heirs) -> None:
    with opened(address, heirs.keyring) as store:
        assert send(store, heirs.one[0], heirs.one[2], heirs.two[0])[1:] == [Verdict.WAITING] * 2
        send(store, heirs.one[1])
        assert reached(store) == (2, 1)


def test_after_a_rotation_only_the_key_that_it_named_goes_on(
    address: Address, heirs: Heirs
) -> None:
    first, last = heirs.pens[0], heirs.one[-1]
    with opened(address, heirs.keyring) as store:
        send(store, *heirs.one)
        late = first.at(Link(1, 4, last.sha256))
        forged = first.at(Link(2, 1, last.sha256))
        assert send(store, late, forged) == [Verdict.FORKED] * 2
        assert send(store, heirs.two[0]) == [Verdict.STORED]


def test_a_rotation_to_a_key_that_was_used_or_that_skips_an_epoch_is_not_taken(
    address: Address, heirs: Heirs
) -> None:
    first, second = heirs.pens[:2]
    with opened(address, heirs.keyring) as store:
        send(store, *heirs.one, *heirs.two[:2])
        link = Link(2, 3, heirs.two[1].sha256)
        back = seal(rotation(link, "box-1", first.signer, 3), second.signer)
        skips = seal(rotation(link, "box-1", Pen("box-1").signer, 4), second.signer)
        assert send(store, back, skips) == [Verdict.FORKED] * 2
        assert send(store, heirs.two[2]) == [Verdict.STORED]


def test_a_box_in_the_place_of_another_begins_anew_where_the_register_says(
    address: Address,
) -> None:
    box = Pen("box-1")
    anew = box.at(Link(3, 1, GENESIS))
    kid = box.signer.key_id
    with opened(address, {**PEN.keyring, kid: replace(box.trusted, epoch=4)}) as store:
        assert send(store, *CHAIN[:3], anew)[3] is Verdict.REFUSED
    with opened(address, {**PEN.keyring, kid: replace(box.trusted, epoch=3)}) as store:
        assert send(store, anew) == [Verdict.STORED]
        assert reached(store) == (3, 1)


def test_attack_revoked_key_nothing_new_is_taken_once_the_register_says_so(
    address: Address, heirs: Heirs
) -> None:
    trusted: list[Keyring] = [heirs.keyring]
    first = heirs.pens[0].trusted
    with Store.open(address, lambda: trusted[0]) as store:
        send(store, *heirs.one[:2])
        trusted[0] = {
            first.kid: replace(first, revoked_at=datetime.now(UTC) - timedelta(seconds=1))
        }
        assert send(store, heirs.one[2]) == [Verdict.REFUSED]
        assert send(store, heirs.two[0]) == [Verdict.REFUSED]  # nor a key that it names
        assert reached(store) == (1, 2)
        (account,) = store.accounts()
        assert account.refused_for == {"key revoked": 1, "key not trusted": 1}


def test_attack_revoked_key_what_waited_for_a_gap_is_not_taken_up_after_all(
    address: Address,
) -> None:
    key = PEN.trusted
    trusted: list[Keyring] = [PEN.keyring]
    with Store.open(address, lambda: trusted[0]) as store:
        send(store, CHAIN[0], *CHAIN[2:5])
        stolen_at = datetime.now(UTC) - timedelta(hours=1)  # as was found out later
        trusted[0] = {key.kid: replace(key, revoked_at=stolen_at, last=(1, 3))}
        send(store, CHAIN[1])
        assert reached(store) == (1, 3)
        (account,) = store.accounts()
        assert (account.waiting, account.refused_for) == (0, {"key revoked": 2})
        assert rows(store, "SELECT count(*) FROM refused") == [(2,)]


def test_attack_revoked_key_of_a_rotation_takes_its_heir_along_only_from_then_on(
    address: Address, heirs: Heirs
) -> None:
    first, moment = heirs.pens[0].trusted, timedelta(hours=1)
    later = {first.kid: replace(first, revoked_at=datetime.now(UTC) + moment)}
    sooner = {first.kid: replace(first, revoked_at=datetime.now(UTC) - moment)}
    with opened(address, heirs.keyring) as store:
        send(store, *heirs.one)
    with opened(address, later) as store:  # what was received before it was revoked stands
        assert send(store, heirs.two[0]) == [Verdict.STORED]
    with opened(address, sooner) as store:
        assert send(store, heirs.two[1]) == [Verdict.REFUSED]


def _with(old: bytes, new: bytes) -> bytes:
    return PEN.signer.sign(alarm(Link(1, 1, GENESIS), "box-1").replace(old, new, 1))


REFUSED = {
    "of a seq beyond 64 bits": lambda: _with(b'"seq":1', b'"seq":%d' % (2**64 + 5)),
    "of a seq without end": lambda: _with(b'"seq":1', b'"seq":%d' % 10**400),
    "of an epoch without end": lambda: _with(b'"epoch":1', b'"epoch":%d' % 10**400),
    "nested without end": lambda: _with(b'"seq":1', b'"seq":1,"x":' + b"[" * 80_000),
    "under a nested header": lambda: (
        urlsafe_b64encode(b'{"alg":' + b"[" * 60_000).rstrip(b"=") + b".e30.AA"
    ),
    "altered": lambda: CHAIN[0].jws[:-9] + b"AAAAAAAAA",
    "of a stranger": lambda: Pen("box-1").write().jws,
    "noise": lambda: b"\xff\x00 hello",
}


@pytest.mark.parametrize("forgery", REFUSED)
def test_what_is_refused_is_kept_with_its_reason(store: Store, forgery: str) -> None:
    assert store.take([("box-1", REFUSED[forgery]())]) == [Verdict.REFUSED]
    assert store.total() == 0
    ((reason, cause),) = rows(store, "SELECT reason, cause FROM refused")
    assert reason
    assert cause


def test_a_genuine_record_under_another_boxs_name_is_refused(store: Store) -> None:
    assert store.take([("box-2", CHAIN[0].jws)]) == [Verdict.REFUSED]
    (row,) = rows(store, "SELECT reason FROM refused")
    assert row == ("other box",)


def test_a_burst_that_fails_leaves_nothing_behind(store: Store) -> None:
    rows(store, "DROP TABLE forks")
    with pytest.raises(StoreError, match="cannot be stored"):
        send(store, *CHAIN, PEN.at(Link(1, 2, "f" * 64)))
    assert store.total() == 0
    assert store.head("box-1") is None


def test_the_store_survives_its_own_reopening(store: Store) -> None:
    send(store, *CHAIN[:4])
    store.reopen()
    assert store.head("box-1") == head(4)
    assert send(store, CHAIN[3], CHAIN[4]) == [Verdict.DUPLICATE, Verdict.STORED]


def test_a_checkpoint_is_countersigned_once_it_stands_in_the_chain(address: Address) -> None:
    pen = Pen("box-1")
    chain = [*pen.chain(2), checkpoint(pen), *pen.chain(1)]
    with Store.open(address, lambda: pen.keyring, PLATFORM.signer) as store:
        send(store, *chain[2:])
        assert store.checkpoints() == []
        send(store, *chain)
        send(store, *chain)
        (jws,) = store.checkpoints()
    word = read_countersignature(jws, PLATFORM.trusted)
    assert (word.box, word.epoch, word.seq, word.sha256) == ("box-1", 1, 3, chain[2].sha256)


def test_a_copy_holds_all_and_is_proven_as_any_file(address: Address, tmp_path: Path) -> None:
    copy, keys = tmp_path / "copy.sqlite", tmp_path / "boxes.jwks"
    keys.write_bytes(msgspec.json.encode(Jwks((PEN.signer.public("box-1"),))))
    with opened(address) as store:
        send(store, *CHAIN[:8], CHAIN[9], PEN.at(Link(1, 2, CHAIN[0].sha256), "A branch."))
        store.take([("box-1", b"noise")])
        assert store.copy_to(copy) == 8
        with pytest.raises(StoreError, match="exists"):
            store.copy_to(copy)
        with opened(copy) as copied:
            assert copied.accounts() == store.accounts()
    words = ["verify", str(copy), "--keys", str(keys)]
    said = CliRunner().invoke(records, words).output
    assert "10 records proven" in said
    assert "FORKED  box-1 1/2" in said


def test_a_database_of_another_version_is_refused_and_left_alone(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(address) as store:
        send(store, *CHAIN)
    for module in ("sqlite", "postgres"):
        monkeypatch.setattr(f"tools.receive.{module}.SCHEMA_VERSION", 99)
    with pytest.raises(StoreError, match="of this version"):
        opened(address)
    monkeypatch.undo()
    with opened(address) as store:
        assert store.total() == 10


def test_ten_thousand_unknown_boxes_leave_one_line(store: Store) -> None:
    names = [f"nobody-{number}" for number in range(10_000)]
    for at in range(0, len(names), 500):
        verdicts = store.take([(name, CHAIN[0].jws) for name in names[at : at + 500]])
        assert set(verdicts) == {Verdict.REFUSED}
    (account,) = store.accounts()
    assert (account.box, account.received) == ("", 10_000)
    assert account.refused_for == {"other box": 10_000}
    assert rows(store, "SELECT count(*) FROM boxes") == [(0,)]
    assert send(store, CHAIN[0]) == [Verdict.STORED]


def test_of_a_flood_of_noise_only_some_is_kept_and_all_is_counted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.receive.rows.KEPT_OF_EACH", 5)
    for at in range(4):
        noise = [("box-1", b"noise %d" % number) for number in range(at * 3, at * 3 + 3)]
        store.take([*noise, ("box-1", CHAIN[at].jws)])
    assert rows(store, "SELECT count(*) FROM refused") == [(5,)]
    (account,) = store.accounts()
    assert (account.verified, account.refused_for) == (4, {"malformed": 12})


def test_of_an_oversized_message_no_more_is_kept_than_of_any(store: Store) -> None:
    assert store.take([("box-1", b"x" * 5_000_000)]) == [Verdict.REFUSED]
    assert rows(store, "SELECT length(jws) FROM refused") == [(MAX_BYTES,)]


def test_an_unstorable_message_does_not_stop_the_receiver(store: Store) -> None:
    for forgery in REFUSED.values():
        assert take_burst(store, [("box-1", forgery()), ("box-1", CHAIN[0].jws)]) == {"box-1"}
    assert store.head("box-1") == head(1)
