"""A chain goes from key to key by rotations alone, whatever a thief tries."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.record.chain import START, Finding, check, examine
from edge.record.envelope import Flaw, Keyring, TrustedKey, seal
from edge.record.message import GENESIS
from edge.record.rotation import followed
from edge.types import Envelope, Link
from tests.chains import NOW, Pen, rotation


class Story:
    """A box that changes its key twice: three epochs of three records and a rotation each."""

    def __init__(self) -> None:
        self.pens = [Pen("box-1") for _ in range(3)]
        first, second, third = self.pens
        self.one = [*first.chain(3), first.turn(second)]
        self.two = [*second.chain(3), second.turn(third)]
        self.three = third.chain(3)

    @property
    def records(self) -> list[Envelope]:
        return [*self.one, *self.two, *self.three]


@pytest.fixture
def story() -> Story:
    return Story()


def findings(records: list[Envelope], keyring: Keyring) -> list[Finding]:
    stored = [(envelope.jws, None) for envelope in records]
    known = followed(stored, keyring)
    entries = [check(f"line {n}", jws, known) for n, (jws, _) in enumerate(stored, 1)]
    return examine("box-1", entries, START)


def named(found: list[Finding]) -> set[tuple[Flaw, int | None, int | None]]:
    return {(finding.flaw, finding.epoch, finding.seq) for finding in found}


def test_from_the_first_key_alone_the_whole_chain_is_proven(story: Story) -> None:
    assert findings(story.records, story.pens[0].keyring) == []


def test_the_order_in_which_rotations_are_found_is_of_no_matter(story: Story) -> None:
    stored = [(e.jws, None) for e in reversed(story.records)]
    assert set(followed(stored, story.pens[0].keyring)) == {p.signer.key_id for p in story.pens}


def test_a_part_of_a_chain_that_begins_in_a_later_epoch_needs_that_key(story: Story) -> None:
    entries = [check("x", e.jws, story.pens[2].keyring) for e in story.three]
    assert examine("box-1", entries) == []
    first_key_alone = followed([(e.jws, None) for e in story.three], story.pens[0].keyring)
    assert set(first_key_alone) == set(story.pens[0].keyring)


def test_attack_epoch_reset_a_new_epoch_without_a_rotation_is_named(story: Story) -> None:
    """Even where a verifier trusts the key, as that of another time."""
    box, other = Pen("box-1"), Pen("box-1")
    records = box.chain(3)
    other.head, other.is_new = box.head, True
    found = findings([*records, *other.chain(2)], {**box.keyring, **other.keyring})
    assert named(found) == {(Flaw.EPOCH_RESET, 2, 1)}


def test_attack_epoch_reset_a_chain_that_begins_again_is_named(story: Story) -> None:
    thief = story.pens[0]
    again = thief.at(Link(2, 1, GENESIS))
    found = findings([*story.one[:3], again], thief.keyring)
    assert (Flaw.EPOCH_RESET, 2, 1) in named(found)


def test_a_chain_that_begins_in_a_later_epoch_is_a_reset_unless_the_register_says_so() -> None:
    box = Pen("box-1")
    record = box.at(Link(3, 1, GENESIS))
    assert (Flaw.EPOCH_RESET, 3, 1) in named(findings([record], box.keyring))
    kid = box.signer.key_id
    assert findings([record], {kid: replace(box.keyring[kid], epoch=3)}) == []


def test_a_box_that_was_replaced_begins_anew_where_the_register_says(story: Story) -> None:
    box = Pen("box-1")
    anew = box.at(Link(3, 1, GENESIS))
    kid = box.signer.key_id
    keyring = {**story.pens[0].keyring, kid: replace(box.keyring[kid], epoch=3)}
    assert findings([*story.one, *story.two[:2], anew], keyring) == []
    wrong = {**story.pens[0].keyring, kid: replace(box.keyring[kid], epoch=4)}
    assert named(findings([*story.one, anew], wrong)) >= {(Flaw.NOT_IN_FORCE, 3, 1)}


def test_a_rotation_by_a_key_that_is_not_trusted_brings_in_none(story: Story) -> None:
    thief, heir = Pen("box-1"), Pen("box-1")
    thief.head = story.pens[0].head
    turned = thief.turn(heir)
    found = named(findings([*story.one[:3], turned, heir.write()], story.pens[0].keyring))
    assert {flaw for flaw, _, _ in found} == {Flaw.WRONG_KEY}


def test_a_rotation_of_another_box_brings_in_no_key_for_this_one(story: Story) -> None:
    stranger, heir = Pen("box-2"), Pen("box-1")
    stranger.chain(3)
    stored = [(stranger.turn(heir).jws, None)]
    known = followed(stored, {**story.pens[0].keyring, **stranger.keyring})
    assert known[heir.signer.key_id].box == "box-2"
    heir.head, heir.is_new = story.pens[0].head, True
    entry = check("x", heir.write().jws, known)
    assert getattr(entry, "flaw", None) is Flaw.OTHER_BOX


def test_a_rotation_to_a_key_that_was_used_before_is_named(story: Story) -> None:
    first, second = story.pens[:2]
    back = [*story.one, *story.two[:3]]
    last = back[-1]
    link = Link(2, 4, last.sha256)
    turned = _sealed(rotation(link, "box-1", first.signer, 3), second)
    again = first.at(Link(3, 1, turned.sha256))
    found = named(findings([*back, turned, again], first.keyring))
    assert found == {(Flaw.ROTATION, 2, 4)}


def test_a_rotation_that_skips_an_epoch_is_named_and_brings_in_no_key() -> None:
    box, heir = Pen("box-1"), Pen("box-1")
    records = [*box.chain(2), box.turn(heir, next_epoch=3)]
    after = heir.at(Link(3, 1, records[-1].sha256))
    found = named(findings([*records, after], box.keyring))
    assert (Flaw.ROTATION, 1, 3) in found
    assert (Flaw.WRONG_KEY, 3, 1) in found


def test_a_key_that_a_rotation_named_signs_no_other_epoch(story: Story) -> None:
    second = story.pens[1]
    record = second.at(Link(3, 1, story.two[-1].sha256))
    found = findings([*story.one, *story.two, record], story.pens[0].keyring)
    assert (Flaw.NOT_IN_FORCE, 3, 1) in named(found)


def test_what_the_old_key_signs_after_its_rotation_is_named(story: Story) -> None:
    first = story.pens[0]
    late = first.at(Link(1, 5, story.one[-1].sha256))
    assert named(findings([*story.one, late, *story.two], first.keyring)) == {
        (Flaw.AFTER_ROTATION, 1, 5),
        (Flaw.WRONG_PREV, 2, 1),
    }


def test_an_epoch_opened_with_another_key_than_the_rotation_named_is_a_reset(story: Story) -> None:
    first = story.pens[0]
    forged = first.at(Link(2, 1, story.one[-1].sha256))
    assert named(findings([*story.one, forged], first.keyring)) == {(Flaw.EPOCH_RESET, 2, 1)}


def test_two_rotations_for_one_place_are_a_fork(story: Story) -> None:
    first, thief = story.pens[0], Pen("box-1")
    forged = _sealed(rotation(Link(1, 4, story.one[2].sha256), "box-1", thief.signer, 2), first)
    found = named(findings([*story.one, forged, *story.two], first.keyring))
    assert found == {(Flaw.FORKED, 1, 4)}


def test_a_rotation_that_was_removed_leaves_its_epoch_unproven(story: Story) -> None:
    records = [*story.one[:3], *story.two]
    found = named(findings(records, {**story.pens[0].keyring, **story.pens[1].keyring}))
    assert (Flaw.EPOCH_RESET, 2, 1) in found


def revoked(pen: Pen, last: tuple[int, int] | None = None) -> dict[str, TrustedKey]:
    key = replace(pen.trusted, revoked_at=NOW, last=last)
    return {key.kid: key}


def test_attack_revoked_key_nothing_counts_that_was_not_there_before(story: Story) -> None:
    found = named(findings(story.one[:3], revoked(story.pens[0])))
    assert found == {(Flaw.REVOKED, 1, n) for n in (1, 2, 3)}


def test_attack_revoked_key_counts_up_to_the_place_that_was_fixed_before(story: Story) -> None:
    found = named(findings(story.one[:3], revoked(story.pens[0], last=(1, 2))))
    assert found == {(Flaw.REVOKED, 1, 3)}


def test_attack_revoked_key_a_rotation_by_it_brings_in_no_key(story: Story) -> None:
    keyring = revoked(story.pens[0], last=(1, 3))
    assert set(followed([(e.jws, None) for e in story.one], keyring)) == set(keyring)
    found = named(findings([*story.one, *story.two], keyring))
    assert {(flaw, epoch) for flaw, epoch, _ in found} == {
        (Flaw.REVOKED, 1),
        (Flaw.WRONG_KEY, 2),
    }


def test_what_came_by_a_rotation_before_its_key_was_revoked_stands(story: Story) -> None:
    assert findings(story.records, revoked(story.pens[0], last=(1, 4))) == []


def test_what_the_platform_received_before_a_key_was_revoked_counts(story: Story) -> None:
    keyring = revoked(story.pens[0])
    moment = timedelta(seconds=1)
    before = check("x", story.one[0].jws, keyring, NOW - moment)
    at_that_moment = check("x", story.one[0].jws, keyring, NOW)
    assert not hasattr(before, "flaw")
    assert getattr(at_that_moment, "flaw", None) is Flaw.REVOKED


def test_a_key_that_has_expired_proves_what_was_received_before(story: Story) -> None:
    pen, moment = story.pens[0], timedelta(seconds=1)
    keyring = {pen.signer.key_id: replace(pen.trusted, not_after=NOW)}
    assert not hasattr(check("x", story.one[0].jws, keyring, NOW), "flaw")
    late = check("x", story.one[0].jws, keyring, NOW + moment)
    assert getattr(late, "flaw", None) is Flaw.NOT_IN_FORCE


def _sealed(message: bytes, pen: Pen) -> Envelope:
    return seal(message, pen.signer)
