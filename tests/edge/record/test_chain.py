import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.record.chain import START, Finding, Head, check, examine, follows, next_link
from edge.record.envelope import Flaw
from edge.record.message import GENESIS
from edge.types import Link
from tests.chains import Pen

LENGTH = 12
PEN = Pen()
CHAIN = PEN.chain(LENGTH)
KEYRING = PEN.keyring
UNTIMED = settings(deadline=None, max_examples=60)
HEAD = Head(1, LENGTH, CHAIN[-1].sha256)
INSIDE = st.integers(0, LENGTH - 1)


def findings(records: list[bytes], since: Head | None = START) -> list[Finding]:
    entries = [check(f"line {n}", jws, KEYRING) for n, jws in enumerate(records, 1)]
    return examine("box-1", entries, since, HEAD)


def chain() -> list[bytes]:
    return [envelope.jws for envelope in CHAIN]


def named(found: list[Finding]) -> set[tuple[Flaw, int | None]]:
    return {(finding.flaw, finding.seq) for finding in found}


def test_a_whole_chain_has_no_findings() -> None:
    assert findings(chain()) == []


def test_a_part_of_a_chain_is_whole_when_nothing_is_known_before_it() -> None:
    assert findings(chain()[4:], since=None) == []


def test_the_first_record_ever_follows_genesis() -> None:
    assert next_link(None) == Link(1, 1, GENESIS)
    assert follows(None, Link(1, 1, GENESIS))
    assert not follows(None, Link(1, 2, GENESIS))


def test_a_new_epoch_starts_at_one_behind_a_rotation_alone() -> None:
    assert follows(HEAD, Link(2, 1, HEAD.sha256), turned=True)
    assert not follows(HEAD, Link(2, 1, HEAD.sha256))
    assert not follows(HEAD, Link(1, LENGTH + 1, HEAD.sha256), turned=True)
    assert not follows(HEAD, Link(2, 1, GENESIS), turned=True)
    assert not follows(HEAD, Link(3, 1, HEAD.sha256), turned=True)


@UNTIMED
@given(INSIDE, st.data())
def test_any_flipped_byte_is_named_with_its_line(at: int, data: st.DataObject) -> None:
    records = chain()
    byte = data.draw(st.integers(0, len(records[at]) - 1))
    flipped = bytearray(records[at])
    flipped[byte] ^= 1
    records[at] = bytes(flipped)
    found = findings(records)
    assert f"line {at + 1}" in {finding.where for finding in found}
    assert Flaw.REMOVED not in {f.flaw for f in found if f.seq == at + 1}


@UNTIMED
@given(INSIDE)
def test_any_removed_record_is_named(at: int) -> None:
    records = chain()
    del records[at]
    assert (Flaw.REMOVED, at + 1) in named(findings(records))


@UNTIMED
@given(st.integers(0, LENGTH - 2))
def test_any_reordered_record_is_named(at: int) -> None:
    records = chain()
    records[at], records[at + 1] = records[at + 1], records[at]
    assert named(findings(records)) == {(Flaw.REORDERED, at + 1)}


@UNTIMED
@given(INSIDE, INSIDE)
def test_any_replayed_record_is_named(source: int, at: int) -> None:
    records = chain()
    records.insert(at, records[source])
    assert (Flaw.DUPLICATE, source + 1) in named(findings(records))


@UNTIMED
@given(INSIDE)
def test_any_forked_record_is_named(at: int) -> None:
    records = chain()
    prev = CHAIN[at - 1].sha256 if at else GENESIS
    records.insert(at + 1, PEN.at(Link(1, at + 1, prev), "Something else.").jws)
    assert (Flaw.FORKED, at + 1) in named(findings(records))


@UNTIMED
@given(st.integers(0, LENGTH - 2))
def test_a_record_put_in_place_of_another_does_not_fit_its_follower(at: int) -> None:
    records = chain()
    prev = CHAIN[at - 1].sha256 if at else GENESIS
    records[at] = PEN.at(Link(1, at + 1, prev), "Something else.").jws
    assert named(findings(records)) == {(Flaw.WRONG_PREV, at + 2)}


def test_a_last_record_put_in_place_of_another_is_not_the_known_head() -> None:
    records = chain()
    records[-1] = PEN.at(Link(1, LENGTH, CHAIN[-2].sha256), "Something else.").jws
    assert named(findings(records)) == {(Flaw.FORKED, LENGTH)}


def test_a_record_with_a_wrong_predecessor_is_named() -> None:
    records = [*chain()[:-1], PEN.at(Link(1, LENGTH, "f" * 64)).jws]
    assert (Flaw.WRONG_PREV, LENGTH) in named(findings(records))


def test_a_record_of_another_box_is_named() -> None:
    other = Pen("box-2")
    strange = check("line 13", other.write().jws, other.keyring)
    entries = [check(str(n), jws, KEYRING) for n, jws in enumerate(chain())]
    assert named(examine("box-1", [*entries, strange])) == {(Flaw.OTHER_BOX, 1)}


def test_a_key_that_changes_within_an_epoch_is_named() -> None:
    thief = Pen("box-1")
    forged = thief.at(Link(1, LENGTH, CHAIN[-2].sha256))
    entries = [check("x", e, {**KEYRING, **thief.keyring}) for e in [*chain()[:-1], forged.jws]]
    assert named(examine("box-1", entries)) == {(Flaw.OTHER_KEY, LENGTH)}


def test_several_faults_are_all_named() -> None:
    records = chain()
    records[1] = records[1][:-9] + b"AAAAAAAAA"
    del records[5]
    records[8], records[9] = records[9], records[8]
    flaws = {finding.flaw for finding in findings(records)}
    assert {Flaw.REMOVED, Flaw.REORDERED} < flaws
    assert flaws & {Flaw.ALTERED, Flaw.ENCODING}


def test_everything_removed_is_named() -> None:
    found = findings([])
    assert [(f.flaw, f.seq) for f in found] == [(Flaw.REMOVED, 1)]
    assert "1 to 12" in found[0].cause


def test_a_huge_gap_is_one_finding() -> None:
    far = PEN.at(Link(1, 10**15, "0" * 64))
    entries = [check("x", e.jws, KEYRING) for e in [*CHAIN, far]]
    assert [f.flaw for f in examine("box-1", entries)] == [Flaw.REMOVED]


def test_known_content_is_checked_too() -> None:
    hollow = PEN.signer.sign(
        b'{"type":"anpr-edge.alarm.v1","data":{"box":"box-1","epoch":1,"seq":1,"prev":"%s"}}'
        % GENESIS.encode()
    )
    found = examine("box-1", [check("line 1", hollow, KEYRING)])
    assert named(found) == {(Flaw.MESSAGE, 1)}


@pytest.mark.parametrize("kind", ["later", "weather"])
def test_kinds_of_a_later_version_are_no_finding(kind: str) -> None:
    payload = b'{"type":"anpr-edge.%s.v1","data":{"box":"box-1","epoch":1,"seq":1,"prev":"%s"}}' % (
        kind.encode(),
        GENESIS.encode(),
    )
    assert examine("box-1", [check("line 1", PEN.signer.sign(payload), KEYRING)]) == []
