"""Pictures live and die with their candidate: kept before its record, gone with its key."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.access.hold import HELD, NO_EVIDENCE, Held, State
from edge.casebook.casebook import Casebook
from edge.casebook.entries import Order
from edge.daemon.exhibits import LOST, fault, part_with
from edge.daemon.pipeline import Conclusion
from edge.errors import EvidenceError
from edge.feed.outbox import Outbox
from edge.passage.tracker import Tracker
from edge.record.age import MAGIC, Identity
from edge.record.envelope import decode_part, split
from edge.record.evidence import Budget, EvidenceRoom
from edge.record.message import EvidenceRef, PassageRecord, ResolutionRecord, decode
from edge.types import Consequence, Envelope, Exemption, Outcome
from tests.cases import PLATE, T0, passage
from tests.edge.access.world import van
from tests.fakes import detection, frame, reading
from tests.pictured import AUTHORITY, JPEG, PicturedSite
from tests.site import HOUR, OTHER, CutError, Site, cut


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PicturedSite]:
    made = PicturedSite(tmp_path)
    yield made
    made.stop()


def passage_record(conclusion: Conclusion) -> PassageRecord:
    assert conclusion.envelope is not None
    data = decode(decode_part(split(conclusion.envelope.jws)[1])).data
    assert isinstance(data, PassageRecord)
    return data


def resolution(envelope: Envelope) -> ResolutionRecord:
    data = decode(decode_part(split(envelope.jws)[1])).data
    assert isinstance(data, ResolutionRecord)
    return data


def granted() -> Exemption:
    span = (T0 - 10 * HOUR, T0 + 20 * HOUR)
    return Exemption("r1", "rdw", "NL-ON-DAG", "toegekend", None, *span, T0 + 5 * HOUR)


def sealed(refs: tuple[EvidenceRef, ...]) -> set[str]:
    return {f"{ref.sha256}.sealed" for ref in refs}


def test_two_pictures_of_who_is_held_are_durable_before_its_record_names_them(
    site: PicturedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay: list[set[str]] = []
    enter = Casebook.enter

    def looked(*args: object) -> None:
        lay.append(site.files())
        enter(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Casebook, "enter", looked)
    record = passage_record(site.passes())
    assert [ref.name for ref in record.evidence] == ["overview", "crop"]
    assert lay == [site.files()] == [sealed(record.evidence)]
    (held,) = site.casebook.held()
    assert held.evidence == record.evidence


def test_while_it_is_held_neither_a_picture_nor_an_age_file_lies_on_the_disk(
    site: PicturedSite,
) -> None:
    site.passes()
    assert len(site.files()) == 2
    assert JPEG not in site.lying()
    assert MAGIC.strip() not in site.lying()
    assert not any(PLATE.lower() in name.lower() for name in site.files())


def test_without_recipients_no_picture_is_kept_and_the_candidate_is_held(tmp_path: Path) -> None:
    site = Site(tmp_path)
    record = passage_record(site.passes())
    assert HELD in record.marks
    assert record.evidence == ()
    assert b'"evidence"' not in decode_part(split(site.chain()[0].jws)[1])
    assert not (tmp_path / "evidence").exists()
    site.stop()


def test_of_who_complies_is_in_doubt_or_is_held_already_nothing_reaches_the_disk(
    site: PicturedSite,
) -> None:
    clean = van(fuels=frozenset({"electric"}), zero_emission=True)
    site.registry.vehicles = {PLATE: clean}
    assert passage_record(site.passes()).outcome == Outcome.FREE_ACCESS
    site.registry.vehicles = {}
    assert passage_record(site.passes(OTHER)).outcome == Outcome.REVIEW
    assert not (site.folder / "evidence").exists()
    site.registry.vehicles = {PLATE: van()}
    site.passes(PLATE)
    before = site.files()
    again = passage_record(site.passes(at=T0 + HOUR))
    assert "already_held" in again.marks
    assert again.evidence == ()
    assert site.files() == before


def test_released_they_are_age_files_that_each_key_of_the_authority_opens(
    site: PicturedSite,
) -> None:
    record = passage_record(site.passes())
    site.later()
    (envelope,) = site.release.round()
    told = resolution(envelope)
    assert told.state == State.RELEASED
    assert told.evidence == record.evidence
    assert site.files() == {f"{ref.sha256}.age" for ref in record.evidence}
    assert site.casebook.released() == {}
    for ref in told.evidence:
        age = site.room.read(ref.sha256)
        assert age is not None
        assert len(age) == ref.bytes
        assert all(Identity.read(str(key)).open(age).startswith(JPEG) for key in AUTHORITY)
    site.proven()


def permitted(site: PicturedSite) -> None:
    site.registry.exemptions = (granted(),)
    site.later()


def ordered(site: PicturedSite) -> None:
    site.casebook.order(Order("s1", "The snapshot was bad.", T0))


def expired(site: PicturedSite) -> None:
    site.clock.now = T0 + timedelta(days=14)


def unguarded(site: PicturedSite) -> None:
    site.laws = ()


ENDS = {
    "a permit came": (permitted, State.WITHDRAWN),
    "it was ordered": (ordered, State.WITHDRAWN),
    "its time was over": (expired, State.EXPIRED),
    "the zone is gone": (unguarded, State.WITHDRAWN),
}


@pytest.mark.parametrize("why", ENDS)
def test_whoever_is_not_released_leaves_no_picture_and_no_key(site: PicturedSite, why: str) -> None:
    site.passes()
    (held,) = site.casebook.held()
    stolen = {path: path.read_bytes() for path in (site.folder / "evidence").iterdir()}
    row = site.casebook._rows("SELECT sealed FROM held")[0][0]
    assert row in site.lying()
    end, state = ENDS[why]
    end(site)
    (envelope,) = site.release.round()
    assert (resolution(envelope).state, resolution(envelope).evidence) == (state, held.evidence)
    assert site.files() == set()
    # What held the key has left the casebook and its log; without it the flash holds noise.
    assert row not in site.lying()
    assert site.casebook.picture_key(held) == b""
    for path, content in stolen.items():
        with pytest.raises(EvidenceError):
            Identity.read(str(AUTHORITY[0])).open(content)
        path.write_bytes(content)
    site.release.round()
    assert site.files() == set()


def test_pictures_that_are_kept_too_long_let_their_candidate_expire(site: PicturedSite) -> None:
    photographer = site.pipeline.photographer
    photographer.longest = timedelta(days=3)
    site.passes()
    (held,) = site.casebook.held()
    assert held.expires_at == T0 + timedelta(days=3)
    site.clock.now = held.expires_at
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.EXPIRED
    assert site.files() == set()


@pytest.mark.parametrize("harm", ["lost", "rotted"])
def test_whose_picture_is_lost_or_damaged_is_withdrawn(site: PicturedSite, harm: str) -> None:
    record = passage_record(site.passes())
    path = site.folder / "evidence" / f"{record.evidence[1].sha256}.sealed"
    if harm == "lost":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    site.later()
    (envelope,) = site.release.round()
    told = resolution(envelope)
    assert (told.state, told.reason, told.plate) == (State.WITHDRAWN, LOST, None)
    assert site.files() == set()


def test_a_disk_that_does_not_give_a_picture_now_ends_nothing(
    site: PicturedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.passes()
    site.later()

    def unreadable(*_: object) -> bytes:
        raise EvidenceError("The disk does not answer.", "Look at it.")

    with monkeypatch.context() as m:
        m.setattr(EvidenceRoom, "opened", unreadable)
        assert site.release.round() == []
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.RELEASED


def test_who_cannot_be_pictured_is_recorded_and_not_held(site: PicturedSite) -> None:
    record = passage_record(Site.passes(site))
    assert record.outcome == Outcome.NO_ACCESS
    assert record.consequence == Consequence.NONE
    assert NO_EVIDENCE in record.marks
    assert HELD not in record.marks
    assert record.vehicle is not None
    assert record.vehicle.max_mass_kg is None  # as of anyone who is let go
    assert site.casebook.held() == []


def test_a_full_room_holds_nobody_new_and_keeps_who_waits(
    site: PicturedSite,
) -> None:
    site.passes()
    before = site.files()
    site.room._budget = Budget(most=site.room.used(), reserve=0)
    site.pipeline.photographer._room = site.room
    assert NO_EVIDENCE in passage_record(site.passes(OTHER)).marks
    assert site.files() == before
    site.later()
    assert [resolution(e).state for e in site.release.round()] == [State.RELEASED]
    site.room._budget = Budget(most=10, reserve=0)
    assert fault(site.room) is not None
    assert "max_mb" in str(fault(site.room))


def test_a_cut_before_the_casebook_leaves_pictures_of_nobody_which_the_start_removes(
    site: PicturedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as m:
        m.setattr(Casebook, "enter", cut)
        with pytest.raises(CutError):
            site.passes()
    assert len(site.files()) == 2
    site.stop()
    site.start()
    assert site.release.round() == []
    assert site.files() == set()


CUTS = {
    "before the casebook": (Casebook, "release", "held"),
    "before the outbox": (Outbox, "append", "released"),
    "before it was handed over": (EvidenceRoom, "hand_over", "released"),
    "half way": (EvidenceRoom, "destroy", "released"),
    "before that was noted": (Casebook, "handed_over", "released"),
}


@pytest.mark.parametrize("when", CUTS)
def test_a_cut_at_any_step_of_a_release_hands_over_all_or_nothing(
    site: PicturedSite, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    record = passage_record(site.passes())
    site.later()
    owner, step, then = CUTS[when]
    with monkeypatch.context() as m:
        m.setattr(owner, step, cut)
        with pytest.raises(CutError):
            site.release.round()
    site.stop()
    if then == "held":
        assert site.files() == sealed(record.evidence)
    site.start()
    site.release.round()
    assert site.files() == {f"{ref.sha256}.age" for ref in record.evidence}
    assert site.casebook.released() == {}
    assert len([e for e in site.chain() if e.kind == "resolution"]) == 1
    site.proven()


@pytest.mark.parametrize(
    "step", [(Casebook, "resolve"), (Outbox, "append"), (EvidenceRoom, "destroy")]
)
def test_a_cut_at_any_step_of_a_withdrawal_never_hands_over(
    site: PicturedSite, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str]
) -> None:
    site.passes()
    permitted(site)
    with monkeypatch.context() as m:
        m.setattr(*step, cut)
        with pytest.raises(CutError):
            site.release.round()
    assert not any(name.endswith(".age") for name in site.files())
    site.stop()
    site.start()
    site.release.round()
    assert site.files() == set()
    site.proven()


def test_a_disk_that_is_full_at_the_hand_over_delays_it(
    site: PicturedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.passes()
    site.later()

    def full(*_: object) -> None:
        raise EvidenceError("The disk is full.", "Make room.")

    with monkeypatch.context() as m:
        m.setattr(EvidenceRoom, "hand_over", full)
        (envelope,) = site.release.round()
        assert resolution(envelope).state == State.RELEASED
        site.release.round()
    assert len(site.casebook.released()) == 2
    assert all(name.endswith(".sealed") for name in site.files())
    site.release.round()
    assert all(name.endswith(".age") for name in site.files())


def test_of_a_row_that_rotted_the_pictures_go_with_it(site: PicturedSite) -> None:
    record = passage_record(site.passes())
    with site.casebook._writing():
        site.casebook._db.execute("UPDATE held SET about = ?", (b"rot",))
    (envelope,) = site.release.round()
    assert resolution(envelope).state == State.WITHDRAWN
    assert resolution(envelope).evidence == record.evidence
    assert site.files() == set()


def test_what_belongs_to_another_candidate_is_left_alone(site: PicturedSite) -> None:
    site.passes()
    other = passage_record(site.passes(OTHER))
    site.registry.exemptions = (granted(),)
    site.registry.vehicles[OTHER] = van()
    site.casebook.order(Order("nothing", "Nothing rests on it.", T0))
    (first, second) = site.casebook.held()
    site.casebook.resolve(first, _ending(site, first), ())
    part_with(site.casebook, site.room)
    assert site.files() == sealed(other.evidence)
    assert second.evidence == other.evidence


def _ending(site: PicturedSite, held: Held) -> Envelope:
    from edge.access.hold import Ending
    from edge.record.envelope import seal

    line = site.pipeline
    message = line.testimony.resolution(
        held, Ending(State.WITHDRAWN, "test"), site.clock.read(), site.outbox.next_link()
    )
    return seal(message, line.signer)


def test_the_record_says_no_more_of_a_picture_than_name_hash_and_size(
    site: PicturedSite,
) -> None:
    site.passes()
    data = json.loads(decode_part(split(site.chain()[0].jws)[1]))["data"]
    assert [sorted(ref) for ref in data["evidence"]] == [["bytes", "name", "sha256"]] * 2


def test_of_what_another_camera_read_there_is_no_picture_whatever_was_seen_here(
    site: PicturedSite,
) -> None:
    seen, found, tracker = frame(0), detection(), Tracker(1.0)
    tracker.update(seen, [reading(PLATE, found)])
    site.pipeline.photographer.see(seen, [found], tracker.followed)
    with pytest.raises(EvidenceError, match="no picture"):
        site.pipeline.photographer.keep(replace(passage(), foreign="axis"))
