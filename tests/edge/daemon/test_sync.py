"""The order of work of a sync: what is taken, what is refused, and what stands meanwhile."""

import fcntl
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard

from edge.access.pack import SHIPPED
from edge.config import MODELS_FOLDER
from edge.daemon import intake, wiring, wiring_eyes, wiring_law
from edge.daemon.inforce import models_in_force, packs_in_force
from edge.errors import RegistryError, UpdateError
from edge.registry.seal import seal_of
from edge.update.report import Report, read_report
from edge.update.shelf import previous
from tests.follower import Follower, family, fault, refusal
from tests.repository import Publisher, new_keys, registry_file
from tools.make_delta import make_delta

PACK = "nl-ze.toml"


def offered(publisher: Publisher, path: Path, **more: object) -> None:
    publisher.offer_registry(path, **more)  # type: ignore[arg-type]
    publisher.publish()


def versions(box: Follower, name: str = "registry") -> list[str]:
    return sorted(path.name for path in (box.state / name).iterdir())


def test_a_first_sync_puts_the_release_in_force_and_a_second_finds_nothing_newer(box) -> None:
    first = box.registry()
    assert first.outcome == "activated"
    assert first.fetched is not None
    assert first.fetched.deltas == 0
    second = box.registry()
    assert (second.outcome, second.fetched) == ("current", None)
    assert second.active is not None
    assert (second.active.number, second.active.id) == (1, "one")
    assert set(second.active.as_of) == {"vehicles", "exemptions"}


def test_a_version_says_until_when_the_law_lets_it_be_used(box) -> None:
    stands = box.registry().active
    assert stands is not None
    assert stands.until is not None
    (law,) = wiring_law.laws(box.config.zones)
    hours = (stands.until - stands.as_of["exemptions"]).total_seconds() / 3600
    assert hours == law.pack.max_age_exemptions_h


def test_two_versions_are_kept(box, publisher, registries) -> None:
    box.registry()
    for name in ("two", "three"):
        offered(publisher, registries[name])
        box.registry()
    assert box.in_force() == "three"
    assert versions(box) == ["000002", "000003", "active", "previous"]
    assert previous(box.state, "registry") == box.state / "registry" / "000002"


def test_what_a_kill_left_behind_is_removed(box, publisher, registries) -> None:
    box.registry()
    shelf = box.state / "registry"
    (shelf / ".000009.new").mkdir()
    (shelf / "000007").mkdir()
    (shelf / ".active.new").symlink_to("000007")
    (box.state / "updates" / "incoming" / "part").write_bytes(b"half")
    box.registry()
    assert versions(box) == ["000001", "active"]
    assert not list((box.state / "updates" / "incoming").iterdir())


def test_a_cohort_beyond_the_share_waits_and_one_below_does_not(box, publisher, registries) -> None:
    box.registry()
    offered(publisher, registries["two"], share=50)
    assert box.registry().outcome == "current"  # the box is of cohort 50
    publisher.releases["registry"][1] = msgspec.structs.replace(
        publisher.releases["registry"][1], share=51
    )
    publisher.publish()
    assert box.registry().outcome == "activated"
    publisher.releases["registry"][1] = msgspec.structs.replace(
        publisher.releases["registry"][1], share=0
    )
    publisher.publish()
    assert box.registry().outcome == "current"  # what it has it keeps
    assert box.in_force() == "two"


def shrunken(folder: Path, registries: dict[str, Path]) -> Path:
    from edge.registry.cache import RegistryCache
    from tests.tools.registry_orders import KEY

    with RegistryCache.open(registries["three"], KEY) as cache:
        at = cache.snapshot.vehicles_as_of
    return registry_file(folder / "shrunken", "shrunken", at, cut=9)


def test_a_registry_that_shrank_too_far_is_refused_and_the_old_one_stays(
    box, publisher, registries, tmp_path
) -> None:
    box.registry()
    with wiring.fresh_registry(box.config) as daemon:
        assert daemon.snapshot is not None
    offered(publisher, shrunken(tmp_path, registries))
    assert "more than 5%" in refusal(box.registry())
    assert box.in_force() == "one"


def test_what_its_gate_refused_is_not_fetched_again_for_a_day(
    box, publisher, registries, monkeypatch
) -> None:
    box.registry()
    offered(publisher, registries["two"], content="0" * 64)
    first = box.registry()
    with monkeypatch.context() as nothing:
        nothing.setattr(intake.Client, "fetch", _never)
        box.later(hours=23)
        second = box.registry()
    assert refusal(second) == refusal(first)
    assert second.turned_away == first.turned_away
    assert "--again" in second.remarks[0]
    box.later(hours=2)
    assert box.registry().turned_away != first.turned_away  # it was fetched, and refused again
    monkeypatch.setattr(intake.Client, "fetch", _never)
    box.path.write_text(box.path.read_text() + "# another configuration may let it pass\n")
    with pytest.raises(AssertionError, match="something was fetched"):
        box.sync()


def test_a_newer_release_is_fetched_though_the_one_before_was_refused(
    box, publisher, registries
) -> None:
    box.registry()
    offered(publisher, registries["two"], content="0" * 64)
    box.registry()
    offered(publisher, registries["two"])
    assert box.registry().outcome == "activated"


@pytest.fixture
def two(box: Follower, publisher: Publisher, registries: dict[str, Path]) -> Follower:
    """A box that went from the first registry to the second, which its daemon accepted."""
    box.registry()
    offered(publisher, registries["two"])
    box.registry()
    with wiring.fresh_registry(box.config) as daemon:
        assert daemon.snapshot is not None
        assert daemon.snapshot.id == "two"
    return box


def withdrawn(publisher: Publisher) -> None:
    publisher.withdraw("registry", publisher.releases["registry"][-1], "exemptions are missing")
    publisher.publish()


def test_a_withdrawn_release_makes_room_for_the_one_before_without_a_fetch(two, publisher) -> None:
    withdrawn(publisher)
    came = two.registry()
    assert (came.outcome, came.fetched) == ("rolled_back", None)
    assert two.in_force() == "one"
    assert previous(two.state, "registry") is None  # nobody goes back to what was withdrawn
    assert two.registry().outcome == "current"


def test_a_withdrawn_release_makes_room_for_one_that_rotted_on_the_shelf(two, publisher) -> None:
    with (two.state / "registry" / "000001" / "registry.sqlite").open("r+b") as file:
        file.seek(9000)
        file.write(b"rot")
    withdrawn(publisher)
    came = two.registry()
    assert came.outcome == "rolled_back"
    assert came.fetched is not None
    assert two.in_force() == "one"


def test_a_withdrawn_release_makes_room_for_one_that_is_no_longer_here(two, publisher) -> None:
    shutil.rmtree(two.state / "registry" / "000001")
    withdrawn(publisher)
    came = two.registry()
    assert came.outcome == "rolled_back"
    assert came.fetched is not None
    assert two.in_force() == "one"


def test_a_running_daemon_follows_the_way_back_though_the_registry_is_older(two, publisher) -> None:
    with wiring.fresh_registry(two.config) as daemon:
        withdrawn(publisher)
        two.registry()
        assert daemon.refused is None
        daemon.wait()
        assert daemon.snapshot is not None
        assert daemon.snapshot.id == "one"
        assert daemon.refused is None


def test_a_daemon_that_starts_between_gate_and_switch_follows_the_way_back_too(
    two, publisher, monkeypatch
) -> None:
    """It accepts the withdrawn registry once more, after the sync allowed to leave it."""
    started = []
    activate = intake.activate

    def late(place: Path, keep_before: bool) -> None:
        started.append(wiring.fresh_registry(two.config))
        assert started[0].snapshot.id == "two"
        activate(place, keep_before)

    monkeypatch.setattr(intake, "activate", late)
    withdrawn(publisher)
    two.registry()
    with started[0] as daemon:
        daemon.look()
        daemon.wait()
        assert daemon.snapshot.id == "one"


def test_an_older_registry_that_was_not_allowed_is_refused_by_the_daemon(two) -> None:
    with wiring.fresh_registry(two.config) as daemon:
        link = two.state / "registry" / "active"
        link.unlink()
        link.symlink_to("000001")
        daemon.look()
        daemon.wait()
        assert daemon.snapshot is not None
        assert daemon.snapshot.id == "two"
        assert "older than those accepted before" in (daemon.refused or "")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]"])
def test_a_way_back_that_cannot_be_read_allows_nothing_and_keeps_no_newer_registry_away(
    two, publisher, registries, content
) -> None:
    (two.state / "accepted" / "registry.way-back.json").write_bytes(content)
    offered(publisher, registries["three"])
    assert two.registry().outcome == "activated"
    with wiring.fresh_registry(two.config) as daemon:
        assert daemon.snapshot.id == "three"
        link = two.state / "registry" / "active"
        link.unlink()
        link.symlink_to("000002")
        daemon.look()
        daemon.wait()
        assert "older than those accepted before" in (daemon.refused or "")


def test_the_daemon_takes_over_what_a_sync_put_in_force(box, publisher, registries) -> None:
    box.registry()
    with wiring.fresh_registry(box.config) as daemon:
        assert daemon.snapshot is not None
        offered(publisher, registries["two"])
        box.registry()
        offered(publisher, registries["three"])
        box.registry()  # what the daemon has open is two versions old now
        daemon.look()
        daemon.wait()
        assert daemon.snapshot.id == "three"


def test_a_withdrawn_release_without_another_is_told_and_leaves_force(box, publisher) -> None:
    box.registry()
    withdrawn(publisher)
    came = box.registry()
    assert "Release 1 (one) was withdrawn: exemptions are missing" in refusal(came)
    assert "held withdraw --rests-on one" in came.refused.remedy  # type: ignore[union-attr]
    assert (came.active, box.in_force()) == (None, None)
    assert refusal(box.registry()) == came.refused.cause  # type: ignore[union-attr]


def test_what_replaces_a_withdrawn_release_later_may_be_older_too(two, publisher) -> None:
    """Its files are missing at first: until they come nothing is in force."""
    shutil.rmtree(two.state / "registry" / "000001")
    one = publisher.target(publisher.releases["registry"][0].files[0].path)
    kept = one.read_bytes()
    withdrawn(publisher)
    one.unlink()
    assert two.registry().outcome == "not_reached"
    assert two.in_force() is None
    one.write_bytes(kept)
    assert two.registry().outcome == "rolled_back"
    assert two.in_force() == "one"
    assert versions(two) == ["000001", "active"]


def test_a_withdrawal_that_is_taken_back_puts_the_release_in_force_again(
    box, publisher, registries
) -> None:
    box.registry()
    kept = list(publisher.releases["registry"])
    withdrawn(publisher)
    box.registry()
    publisher.releases["registry"], publisher.withdrawn["registry"] = kept, []
    publisher.publish()
    came = box.registry()
    assert (came.outcome, came.fetched) == ("activated", None)
    assert box.in_force() == "one"


def test_the_way_back_is_for_that_one_step_only(two, publisher, registries) -> None:
    withdrawn(publisher)
    two.registry()
    offered(publisher, registries["three"])
    two.registry()
    assert two.in_force() == "three"
    with wiring.fresh_registry(two.config) as daemon:
        assert daemon.snapshot is not None
        assert daemon.snapshot.id == "three"
        link = two.state / "registry" / "active"
        link.unlink()
        link.symlink_to("000001")
        daemon.look()
        daemon.wait()
        assert daemon.snapshot.id == "three"
        assert "older than those accepted before" in (daemon.refused or "")


SPOILT = [lambda p: p.write_bytes(b"{"), lambda p: p.unlink()]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_version_that_no_longer_says_what_it_is_keeps_no_newer_one_away(
    box, publisher, registries, spoil: Callable[[Path], None]
) -> None:
    box.registry()
    spoil(box.state / "registry" / "000001" / "release.json")
    told = box.registry()
    assert told.outcome == "current"
    assert "cannot be told" in told.remarks[0]
    offered(publisher, registries["two"])
    assert box.registry().outcome == "activated"
    assert box.in_force() == "two"


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_version_that_no_longer_says_what_it_is_can_be_withdrawn(
    two, publisher, spoil: Callable[[Path], None]
) -> None:
    spoil(two.state / "registry" / "000002" / "release.json")
    withdrawn(publisher)
    assert two.registry().outcome == "rolled_back"
    assert two.in_force() == "one"


@pytest.mark.parametrize("ahead", [0, 1, 2**40])
def test_what_a_thief_of_the_registry_key_released_goes_with_the_stolen_key(
    box, publisher, registries, ahead
) -> None:
    """Its publisher cannot withdraw what he never released, whatever number the thief gave it."""
    box.registry()
    release = publisher.offer_registry(registries["three"])
    thief = msgspec.structs.replace(release, number=release.number + ahead)
    publisher.releases["registry"][-1] = thief
    publisher.publish()
    box.registry()
    with wiring.fresh_registry(box.config) as daemon:
        assert daemon.snapshot.id == "three"
    publisher.keys["registry"] = new_keys()
    del publisher.releases["registry"][-1]
    offered(publisher, registries["two"])
    assert box.registry().outcome == "rolled_back"
    assert box.in_force() == "two"
    with wiring.fresh_registry(box.config) as daemon:
        assert daemon.snapshot.id == "two"


def test_a_release_that_is_too_old_to_be_listed_stays_where_it_is(
    two, publisher, registries
) -> None:
    publisher.offer_registry(registries["three"], share=0)
    del publisher.releases["registry"][:2]
    publisher.publish()
    assert two.registry().outcome == "current"
    assert two.in_force() == "two"


class Deltas:
    """Stands in for the deltas of the registry: a delta holds the whole new file."""

    def __init__(self, registries: dict[str, Path]) -> None:
        self.registries, self.bases = registries, list[str]()
        self.fails = False

    def __call__(self, base: Path, delta: Path, out: Path) -> None:
        if self.fails:
            raise RegistryError("It is a delta on another registry.", "Fetch it whole.")
        self.bases.append(base.parent.name)
        source = self.registries[delta.read_text().strip()]
        shutil.copy(source, out)
        shutil.copy(seal_of(source), seal_of(out))


@pytest.fixture
def walker(box: Follower, publisher: Publisher, registries: dict[str, Path]) -> Follower:
    """A box with the first registry; two more are out, each with a delta from the one before."""
    box.registry()
    for name in ("two", "three"):
        before = publisher.releases["registry"][-1]
        publisher.offer_registry(registries[name], (publisher.delta(before, name.encode()),))
    publisher.publish()
    box.apply_delta = Deltas(registries)
    return box


def test_a_chain_of_deltas_is_walked_back_to_what_the_box_has(walker, registries) -> None:
    came = walker.registry()
    assert came.fetched is not None
    assert (came.fetched.number, came.fetched.deltas) == (3, 2)
    assert walker.apply_delta.bases == ["000001", "000002"]  # type: ignore[union-attr]
    assert walker.in_force() == "three"
    assert versions(walker) == ["000001", "000003", "active", "previous"]


def test_real_deltas_lead_to_the_same_content_as_the_whole_file(
    box, publisher, registries, tmp_path
) -> None:
    box.registry()
    for old, new in (("one", "two"), ("two", "three")):
        make_delta(registries[old], registries[new], tmp_path / new)
        before = publisher.releases["registry"][-1]
        delta = publisher.delta(before, (tmp_path / new).read_bytes())
        whole = publisher.offer_registry(registries[new], (delta,))
        # What is small here is large on the road: the whole file must look worth avoiding.
        publisher.files[whole.files[0].path] += bytes(100_000)
    publisher.publish()
    came = box.registry()
    assert came.outcome == "activated", came
    assert came.fetched is not None
    assert (came.fetched.number, came.fetched.deltas, came.remarks) == (3, 2, ())
    assert box.in_force() == "three"
    assert box.registry().outcome == "current"


def test_a_delta_on_a_wrong_base_is_refused_and_the_file_comes_whole(
    box, publisher, registries, tmp_path
) -> None:
    box.registry()
    make_delta(registries["two"], registries["three"], tmp_path / "delta")
    delta = publisher.delta(publisher.releases["registry"][0], (tmp_path / "delta").read_bytes())
    whole = publisher.offer_registry(registries["two"], (delta,))
    path = whole.files[0].path
    publisher.files[path] = zstandard.compress(registries["two"].read_bytes(), level=-100)
    assert len(publisher.files[delta.path]) < len(publisher.files[path])
    publisher.publish()
    came = box.registry()
    assert came.outcome == "activated"
    assert came.remarks
    assert came.fetched is not None
    assert came.fetched.deltas == 0
    assert box.in_force() == "two"


def test_without_a_way_to_apply_deltas_the_file_comes_whole(walker) -> None:
    walker.apply_delta = None
    came = walker.registry()
    assert came.fetched is not None
    assert came.fetched.deltas == 0
    assert walker.in_force() == "three"


def test_a_delta_that_does_not_apply_is_told_and_the_file_comes_whole(walker) -> None:
    walker.apply_delta.fails = True  # type: ignore[union-attr]
    came = walker.registry()
    assert came.outcome == "activated"
    assert came.fetched is not None
    assert came.fetched.deltas == 0
    assert came.remarks == ("The deltas did not help: It is a delta on another registry.",)


def test_a_source_that_fails_is_followed_by_the_next(box, publisher, tmp_path) -> None:
    report = box.sync(tmp_path / "no-stick", publisher.folder)
    assert report.fine
    first, second = report.visits
    assert first.fault is not None
    assert "not, or no longer, there" in first.fault.cause
    assert second.fault is None
    assert family(report, "registry").source == str(publisher.folder)


def test_a_source_that_lacks_a_file_is_followed_by_one_that_has_it(
    box, publisher, tmp_path
) -> None:
    broken = publisher.copy(tmp_path / "broken")
    for path in (broken / "targets" / "registry").glob("*.registry.sqlite.zst"):
        path.unlink()
    for path in (broken / "targets" / "registry").glob("*1-registry.sqlite.zst"):
        path.unlink()
    assert box.sync(broken, publisher.folder).fine
    assert box.in_force() == "one"


def test_when_every_source_fails_it_is_a_finding_and_the_last_success_is_kept(
    box, tmp_path
) -> None:
    first = box.sync()
    box.later(hours=1)
    report = box.sync(tmp_path / "a", tmp_path / "b")
    assert not report.fine
    assert report.succeeded_at == first.at
    assert box.in_force() == "one"


@pytest.fixture
def full(tmp_path: Path, publisher: Publisher, golden_pictures: Path) -> Follower:
    """A box that follows all three families."""
    models = {
        path.name: path.read_bytes() for path in MODELS_FOLDER.iterdir() if path.suffix != ".md"
    }
    models |= {path.name: path.read_bytes() for path in golden_pictures.iterdir()}
    packs = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    publisher.offer("packs", "packs-1", packs)
    publisher.offer("models", "models-1", models)
    publisher.publish()
    return Follower(tmp_path / "full", publisher.root, publisher.folder, alone=False)


def test_all_three_families_come_in_force(full) -> None:
    before = full.config
    assert (packs_in_force(before), models_in_force(before).manifest) == (None, None)
    report = full.sync()
    assert [one.outcome for one in report.families] == ["activated"] * 3
    assert packs_in_force(full.config) == full.state / "packs" / "000001"
    assert wiring_eyes.detector(models_in_force(full.config)).model.path.parent.name == "000001"
    assert report.families[1].active.until is not None


def test_a_family_that_is_refused_hinders_no_other(full, publisher, registries) -> None:
    full.sync()
    publisher.offer("packs", "packs-2", {PACK: b"[pack]\nid = 'nl-ze'\n"})
    publisher.offer("models", "models-2", {"manifest.toml": b"model = []\n"})
    offered(publisher, registries["two"])
    report = full.sync()
    assert [one.outcome for one in report.families] == ["activated", "refused", "refused"]
    assert "nl-ze" in refusal(report.families[1])
    assert "come without golden.json" in refusal(report.families[2])
    assert full.in_force() == "two"
    assert packs_in_force(full.config) == full.state / "packs" / "000001"
    assert not report.fine


def test_packs_in_force_that_rotted_keep_neither_their_successor_nor_models_away(
    full, publisher, registries
) -> None:
    """The canaries of a registry are asked of them: it comes in as soon as they are replaced."""
    full.sync()
    (full.state / "packs" / "000001" / PACK).write_bytes(b"[pack]\n")
    offered(publisher, registries["two"])
    report = full.sync()
    assert [one.outcome for one in report.families] == ["refused", "current", "current"]
    packs = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    publisher.offer("packs", "packs-2", packs)
    publisher.publish()
    assert family(full.sync(), "packs").outcome == "activated"
    assert full.registry().outcome == "activated"


def test_packs_without_the_law_of_a_zone_of_this_box_are_refused(full, publisher) -> None:
    text = (SHIPPED / PACK).read_text()
    publisher.offer("packs", "empty", {"notes.txt": text.encode()})
    publisher.publish()
    assert "holds no rule pack" in refusal(family(full.sync(), "packs"))


def test_what_the_configuration_names_is_not_followed(box) -> None:
    report = box.sync()
    assert [one.outcome for one in report.families] == ["activated", "not_followed", "not_followed"]
    assert not (box.state / "packs").exists() or not list((box.state / "packs").iterdir())


Usage = namedtuple("Usage", "total used free")


def test_a_full_disk_refuses_before_anything_is_fetched(box, monkeypatch) -> None:
    monkeypatch.setattr(intake.shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 1000))
    monkeypatch.setattr(intake.Client, "fetch", _never)
    assert "The update needs" in refusal(box.registry())


def _never(*_: object) -> None:
    raise AssertionError("something was fetched")


def test_damaged_floors_are_an_error_and_never_silently_none(box, publisher, registries) -> None:
    box.registry()
    box.floors.write_text("{")
    offered(publisher, registries["two"])
    report = box.sync()
    assert "The floors" in fault(report)
    assert "remove it" in report.visits[0].fault.remedy  # type: ignore[union-attr]
    assert box.in_force() == "one"
    assert box.floors.read_text() == "{"


def test_one_sync_at_a_time(box) -> None:
    (box.state / "updates").mkdir(parents=True)
    with (box.state / "updates" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UpdateError, match="Another sync is at work"):
            box.sync()
    assert box.sync().fine


def test_the_report_is_kept_for_others(box) -> None:
    report = box.sync()
    assert read_report(box.state / "updates" / "report.json") == report


def test_a_wiped_cache_is_fetched_again(box) -> None:
    box.sync()
    shutil.rmtree(box.cache)
    assert box.sync().fine


@pytest.mark.parametrize("spoil", [lambda p: p.write_bytes(b"junk"), lambda p: p.unlink()])
def test_a_damaged_cache_harms_nobody(box, spoil: Callable[[Path], None]) -> None:
    box.sync()
    for path in box.cache.rglob("*.json"):
        if not path.is_symlink():
            spoil(path)
    report: Report = box.sync()
    assert report.fine, report
