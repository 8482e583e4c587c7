"""A box changes its key by one record and one rename, and signs with no other than its chain's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.daemon import rotation
from edge.daemon.rotation import fault, settled
from edge.errors import KeyFileError, OutboxError
from edge.record import keyplace
from edge.record.chain import START, check, examine
from edge.record.envelope import seal
from edge.record.keys import create_signer, load_public, load_signer, load_trusted
from edge.record.rotation import followed
from tests.chains import Pen, alarm
from tests.chains import rotation as rotation_message
from tests.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    (tmp_path / "first.jwk").write_bytes((tmp_path / "box.jwk").read_bytes())
    yield made
    made.stop()


def kinds(site: Site) -> list[str]:
    """Return the kinds of the whole chain, proven from the first key."""
    stored = [(e.jws, None) for e in site.chain()]
    keyring = followed(stored, load_trusted(site.folder / "first.jwk"))
    entries = [check(str(n), jws, keyring) for n, (jws, _) in enumerate(stored)]
    assert examine("b1", entries, START, site.outbox.head()) == []
    return [e.kind for e in site.chain()]


def test_a_box_goes_over_to_the_next_key_and_the_old_one_is_gone(site: Site) -> None:
    site.passes()
    old, old_id = (site.folder / "box.pem").read_bytes(), site.pipeline.signer.key_id
    coming = site.place.create_next().key_id
    site.turn()
    site.passes("2ZZZ999")
    assert kinds(site) == ["passage", "checkpoint", "rotation", "passage"]
    assert [(e.epoch, e.seq) for e in site.chain()][2:] == [(1, 3), (2, 1)]
    assert load_signer(site.folder / "box.pem").key_id == coming != old_id
    assert load_public(site.folder / "box.jwk").kid == coming
    left = [path for path in site.folder.iterdir() if path.is_file()]
    assert not any(old in path.read_bytes() for path in left)
    assert not site.place.has_next()


def test_without_a_next_key_nothing_happens(site: Site) -> None:
    site.passes()
    site.turn()
    assert kinds(site) == ["passage"]


def test_a_key_may_change_twice(site: Site) -> None:
    for plate in ("1ZZZ999", "2ZZZ999"):
        site.passes(plate)
        site.place.create_next()
        site.turn()
    site.passes("3ZZZ999")
    assert kinds(site) == [*["passage", "checkpoint", "rotation"] * 2, "passage"]


def test_an_order_given_twice_makes_one_key(site: Site) -> None:
    assert site.place.create_next().key_id == site.place.create_next().key_id


def test_orders_given_at_the_same_moment_make_one_key(site: Site) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda _: site.place.create_next().key_id, range(16))
    assert len(set(made)) == 1


def test_a_next_key_that_cannot_be_used_stops_nothing_and_is_told(site: Site) -> None:
    site.passes()
    (site.folder / "box.pem.next").write_text("no key")
    site.turn()
    site.passes("2ZZZ999")
    assert kinds(site) == ["passage", "passage"]
    assert "cannot be used" in str(fault(site.place, site.outbox))


def test_an_old_key_that_cannot_be_destroyed_stops_nothing_and_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(new: Path, old: Path) -> None:
        raise KeyFileError("The key file cannot be written.", "Name another.")

    monkeypatch.setattr(keyplace, "take_over", refused)
    site.passes()
    coming = site.place.create_next().key_id
    site.turn()
    site.passes("2ZZZ999")
    assert "could not be destroyed" in str(fault(site.place, site.outbox))
    monkeypatch.undo()
    assert settled(site.place, site.outbox).key_id == coming
    assert fault(site.place, site.outbox) is None
    assert kinds(site)[-1] == "passage"


def test_a_key_that_was_put_in_place_of_the_old_one_signs_nothing(site: Site) -> None:
    site.passes()
    (site.folder / "box.pem").unlink()
    (site.folder / "box.jwk").unlink()
    thief = create_signer(site.folder / "box.pem", "b1")
    with pytest.raises(KeyFileError, match="not that with which this box goes on") as refused:
        settled(site.place, site.outbox)
    assert "deploy/KEYS.md" in refused.value.remedy
    forged = seal(alarm(site.outbox.next_link(), "b1"), thief)
    with pytest.raises(OutboxError, match="another key than the chain's"):
        site.outbox.append(forged)


def test_the_outbox_takes_no_rotation_to_a_key_that_was_used_before(site: Site) -> None:
    first, second = site.pipeline.signer, Pen("b1").signer
    site.passes()
    link = site.outbox.next_link()
    site.outbox.append(seal(rotation_message(link, "b1", second, 2), first))
    back = rotation_message(site.outbox.next_link(), "b1", first, 3)  # type: ignore[arg-type]
    with pytest.raises(OutboxError, match="used before"):
        site.outbox.append(seal(back, second))


def test_after_a_rotation_the_old_key_adds_nothing(site: Site) -> None:
    first, second = site.pipeline.signer, Pen("b1").signer
    site.passes()
    link = site.outbox.next_link()
    site.outbox.append(seal(rotation_message(link, "b1", second, 2), first))
    assert site.outbox.next_link().epoch == 2
    with pytest.raises(OutboxError, match="another key"):
        site.outbox.append(seal(alarm(site.outbox.next_link(), "b1"), first))
    site.outbox.append(seal(alarm(site.outbox.next_link(), "b1"), second))


def test_the_words_of_the_remedy_name_a_verb_that_exists() -> None:
    from edge.cli.keys import keys

    assert "anpr-edge keys rotate" in rotation.LOOK
    assert "rotate" in keys.commands
