"""Each attack on the updates fails, and what is in force stays: CONTRACTS 6.

The attacker owns the source: the folder, its server, the way there. Some hold keys besides.
"""

import resource
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import zstandard
from tuf.api.metadata import Metadata, Root, Signed, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient._internal import trusted_metadata_set

from edge import BUILT
from edge.registry.cache import RegistryCache
from edge.update.floors import read_floors
from edge.update.shelf import active
from tests.edge.registry.test_cache import altered
from tests.follower import Follower, fault, refusal
from tests.repository import LIFE, Publisher, new_keys, registry_file
from tests.tools.registry_orders import KEY

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def served(box: Follower) -> Follower:
    """A box that has the first registry in force."""
    assert box.registry().outcome == "activated"
    assert box.in_force() == "one"
    return box


@pytest.fixture
def at_the_epoch(box: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock battery is empty: for tuf and for the box it is 1970."""
    box.clock.now, box.clock.trusted = EPOCH, False
    clock = SimpleNamespace(
        datetime=SimpleNamespace(now=lambda tz: EPOCH), timezone=SimpleNamespace(utc=UTC)
    )
    monkeypatch.setattr(trusted_metadata_set, "datetime", clock)


def second(publisher: Publisher, registries: dict[str, Path]) -> None:
    publisher.offer_registry(registries["two"])
    publisher.publish()


def test_rollback_to_an_old_state_is_refused(served, publisher, registries, tmp_path) -> None:
    old = publisher.copy(tmp_path / "old")
    second(publisher, registries)
    served.registry()
    assert "must be >= 2" in fault(served.sync(old))
    assert served.in_force() == "two"


def test_rollback_is_refused_with_the_cache_wiped(served, publisher, registries, tmp_path) -> None:
    old = publisher.copy(tmp_path / "old")
    second(publisher, registries)
    served.registry()
    shutil.rmtree(served.cache)
    said = fault(served.sync(old))
    assert "timestamp metadata has version 1, and version 2 was seen before" in said
    assert served.in_force() == "two"


def test_hiding_a_newer_root_is_refused_with_the_cache_wiped(served, publisher, tmp_path) -> None:
    """Whoever hides a root brings back keys that it revoked."""
    old = publisher.copy(tmp_path / "old")
    publisher.sign_root()
    publisher.publish()
    served.sync()
    shutil.rmtree(served.cache)
    assert "root metadata has version 1" in fault(served.sync(old))


def test_one_family_cannot_be_rolled_back_by_stolen_online_keys(
    served, publisher, registries
) -> None:
    """The attacker signs a newer snapshot that names the old registry metadata."""
    second(publisher, registries)
    served.registry()
    shutil.rmtree(served.cache)

    def older(signed: Signed) -> None:
        if isinstance(signed, Snapshot):
            signed.meta["registry.json"].version = 1

    publisher.sign_online(older)
    said = refusal(served.registry())
    assert "registry metadata has version 1, and version 2 was seen before" in said
    assert served.in_force() == "two"


def test_freeze_is_seen_when_the_state_runs_out(served) -> None:
    served.later(days=3)
    assert "timestamp metadata ran out" in fault(served.sync())
    assert served.in_force() == "one"


@pytest.mark.parametrize("role", ["root", "targets", "snapshot"])
def test_every_role_above_the_families_runs_out(served, publisher, role) -> None:
    if role == "targets":
        publisher.now += timedelta(days=300)
        publisher.sign_root()
        publisher.now -= timedelta(days=300)
    publisher.now += LIFE[role]
    publisher.sign_online(lambda s: setattr(s, "expires", publisher.now + timedelta(days=300)))
    if role == "snapshot":  # its expiry lies before that of the timestamp over it
        publisher.sign_online(lambda s: _until(s, Snapshot, publisher.now))
    served.clock.now = publisher.now + timedelta(hours=1)
    assert f"{role} metadata ran out" in fault(served.sync())


def _until(signed: Signed, kind: type[Signed], at: datetime) -> None:
    signed.expires = at if isinstance(signed, kind) else at + timedelta(days=300)


def test_a_family_that_ran_out_stops_only_itself(served, publisher, registries) -> None:
    """Online keys can keep the rest alive for ever; a registry host that fell silent shows."""
    publisher.now += timedelta(days=36)
    publisher.sign_online()
    served.clock.now = publisher.now
    report = served.sync()
    assert report.visits[0].fault is None
    assert "registry metadata ran out" in refusal(report.families[0])


def test_freeze_at_the_epoch_is_seen_by_the_day_the_software_was_built(
    box, publisher, at_the_epoch
) -> None:
    publisher.now = BUILT - timedelta(days=2)
    publisher.publish()
    assert "timestamp metadata ran out" in fault(box.sync())
    assert box.in_force() is None


def test_freeze_at_the_epoch_is_seen_by_the_last_trusted_time(
    served, publisher, request, monkeypatch
) -> None:
    served.later(days=1)
    served.sync()  # by a trusted clock, within the life of the state
    publisher.now -= timedelta(days=1, hours=1)
    publisher.publish()  # newer by its number, and signed to run out before that moment
    request.getfixturevalue("at_the_epoch")
    assert "timestamp metadata ran out" in fault(served.sync())


def test_freeze_at_the_epoch_is_seen_by_the_age_of_what_is_in_force(
    box, publisher, registries, request
) -> None:
    request.getfixturevalue("at_the_epoch")
    box.registry()
    with RegistryCache.open(registries["one"], KEY) as cache:
        made = cache.snapshot.vehicles_as_of
    assert read_floors(box.floors, EPOCH).clock == made
    publisher.now = made - timedelta(days=2, seconds=1)
    publisher.publish()
    assert "timestamp metadata ran out" in fault(box.sync())


def test_a_clock_that_is_not_trusted_raises_no_floor(box) -> None:
    box.clock.trusted = False
    box.later(days=1)
    report = box.sync()
    assert read_floors(box.floors, EPOCH).clock < box.clock.now
    assert "The clock of this box is not synchronised." in report.remarks


def test_a_clock_behind_is_told_and_the_floor_is_used(served) -> None:
    served.clock.now -= timedelta(days=30)
    report = served.sync()
    assert report.fine
    assert any("behind" in remark for remark in report.remarks)


def test_mix_and_match_of_metadata_is_refused(served, publisher, registries) -> None:
    """The attacker shows the new snapshot with the old metadata of the registry."""
    old = publisher.metadata("registry").read_bytes()
    second(publisher, registries)
    publisher.metadata("registry").write_bytes(old)
    assert "Expected registry v2, got v1" in refusal(served.registry())
    assert served.in_force() == "one"


def test_mix_and_match_of_files_is_refused(served, publisher, registries) -> None:
    """The attacker gives the old registry under the name of the new one."""
    second(publisher, registries)
    old, new = (publisher.releases["registry"][n].files[0].path for n in (0, 1))
    shutil.copy(publisher.target(old), publisher.target(new))
    assert "cannot be trusted" in refusal(served.registry()) or "longer" in refusal(
        served.registry()
    )
    assert served.in_force() == "one"


def test_endless_data_is_cut_off_at_the_signed_length(served, publisher, registries) -> None:
    second(publisher, registries)
    path = publisher.releases["registry"][1].files[0].path
    with publisher.target(path).open("ab") as file:
        file.write(bytes(10_000_000))
    assert "is longer than the" in refusal(served.registry())
    assert served.in_force() == "one"


def test_endless_metadata_is_cut_off(served, publisher) -> None:
    with publisher.metadata("timestamp").open("ab") as file:
        file.write(b" " * 100_000)
    assert "exceeding the maximum" in fault(served.sync())


def test_an_endless_index_is_refused(served, publisher) -> None:
    publisher.forged["registry"] = b" " * 5_000_000
    publisher.publish()
    assert "The index of registry has 5000000 bytes" in refusal(served.registry())


def test_a_truncated_file_is_refused(served, publisher, registries) -> None:
    second(publisher, registries)
    path = publisher.target(publisher.releases["registry"][1].files[0].path)
    path.write_bytes(path.read_bytes()[:-1])
    assert "cannot be trusted" in refusal(served.registry())
    assert served.in_force() == "one"


def test_a_file_that_was_truncated_before_it_was_signed_is_refused(
    served, publisher, registries
) -> None:
    release = publisher.offer_registry(registries["two"])
    path = release.files[0].path
    whole = zstandard.ZstdDecompressor().decompress(publisher.files[path])
    publisher.files[path] = zstandard.compress(whole[:-4096])
    publisher.publish()
    assert "holds less than" in refusal(served.registry())
    assert served.in_force() == "one"


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_a_wrong_key_is_refused(served, publisher, role) -> None:
    publisher.keys[role] = new_keys()
    publisher.publish()
    assert f"{role} was signed by 0/1 keys" in fault(served.sync())


def test_a_wrong_key_of_a_family_is_refused_and_hinders_no_other(
    served, publisher, registries
) -> None:
    """The host of the registry alone is not enough: the metadata names other keys."""
    publisher.offer_registry(registries["two"])
    publisher.keys["registry"] = new_keys()
    publisher.sign_family("registry")
    publisher.sign_online()
    assert "registry was signed by 0/1 keys" in refusal(served.registry())
    assert served.in_force() == "one"


def test_below_the_threshold_is_refused(served, publisher, registries) -> None:
    publisher.keys["registry"] = new_keys(2)
    publisher.thresholds["registry"] = 2
    publisher.publish()
    assert served.registry().outcome == "current"
    publisher.offer_registry(registries["two"])
    publisher.keys["registry"] = publisher.keys["registry"][:1]
    publisher.sign_family("registry")
    publisher.sign_online()
    assert "registry was signed by 1/2 keys" in refusal(served.registry())


def test_a_root_below_the_threshold_is_refused(served, publisher) -> None:
    signed = publisher.metadata("root")
    publisher.sign_root()
    made = Metadata[Root].from_file(str(publisher.metadata("root")))
    made.signatures.popitem()
    made.to_file(str(publisher.metadata("root")))
    assert signed != publisher.metadata("root")
    assert "root was signed by 1/2 keys" in fault(served.sync())


def test_a_root_that_skips_one_is_refused(served, publisher) -> None:
    """A root in between may have revoked the keys that sign the one after."""
    publisher.versions["root"] = 2
    publisher.sign_root()
    publisher.metadata("root").rename(publisher.folder / "metadata" / "2.root.json")
    assert "Expected root version 2 instead got version 3" in fault(served.sync())


def test_stolen_online_keys_bring_no_file(served, publisher, registries) -> None:
    """The attacker holds timestamp and snapshot keys, and signs a registry with keys of its own."""
    publisher.offer_registry(registries["two"])
    publisher.keys["registry"] = publisher.keys["targets"] = new_keys()
    publisher.publish()
    assert "targets was signed by 0/1 keys" in fault(served.sync())
    assert served.in_force() == "one"


def test_the_keys_of_the_registry_sign_no_law(tmp_path, publisher) -> None:
    box = Follower(tmp_path / "other", publisher.root, publisher.folder, alone=False)
    publisher.keys["packs"] = publisher.keys["registry"]
    publisher.offer("packs", "law", {"nl-ze.toml": b"anything"})
    publisher.sign_family("packs")
    publisher.sign_online()
    packs = box.sync().families[1]
    assert "packs was signed by 0/1 keys" in refusal(packs)


def test_no_other_role_speaks_for_a_family(served, publisher, registries) -> None:
    """The targets role signs delegations and nothing else, even an index that is in order."""
    publisher.offer_registry(registries["two"])
    publisher.sign_family("registry")
    info = TargetFile.from_data("registry/releases.json", publisher.files["registry/releases.json"])
    publisher.offer_registry(registries["three"])
    publisher.sign_family("registry")

    def listed(signed: Signed) -> None:
        if isinstance(signed, Targets):
            signed.targets[info.path] = info

    publisher.sign_targets(listed)
    publisher.sign_online()
    assert "the role registry has no target" in refusal(served.registry())


FAR = 2**31 - 1


def far(signed: Signed) -> None:
    if isinstance(signed, Snapshot | Timestamp):
        signed.version = FAR
    if isinstance(signed, Timestamp):
        signed.snapshot_meta.version = FAR


def fast_forward(publisher: Publisher) -> None:
    """Stolen online keys sign the highest version there is: nothing can follow it."""
    now = dict(publisher.versions)
    publisher.sign_online(far)
    publisher.versions = now


def test_fast_forward_is_recovered_from_by_new_keys(served, publisher, registries) -> None:
    fast_forward(publisher)
    assert served.sync().fine
    second(publisher, registries)
    assert "must be >=" in fault(served.sync())
    for role in ("timestamp", "snapshot"):
        publisher.keys[role] = new_keys()
    publisher.sign_root()
    publisher.publish()
    assert served.registry().outcome == "activated"
    assert served.in_force() == "two"


def test_fast_forward_is_recovered_from_with_the_cache_wiped_and_not_without_new_keys(
    served, publisher, registries
) -> None:
    fast_forward(publisher)
    assert served.sync().fine
    second(publisher, registries)
    shutil.rmtree(served.cache)
    assert f"version {FAR} was seen before" in fault(served.sync())
    publisher.sign_root()  # a newer root with the same keys helps nobody
    publisher.publish()
    shutil.rmtree(served.cache)
    assert f"version {FAR} was seen before" in fault(served.sync())
    for role in ("timestamp", "snapshot"):
        publisher.keys[role] = new_keys()
    publisher.sign_root()
    publisher.publish()
    shutil.rmtree(served.cache)
    assert served.registry().outcome == "activated"


def test_fast_forward_of_a_family_is_recovered_from_by_new_keys_of_it(
    served, publisher, registries
) -> None:
    publisher.versions["registry"] = FAR - 1
    publisher.publish()
    assert served.sync().fine
    publisher.versions["registry"] = 5
    for role in ("timestamp", "snapshot"):
        publisher.keys[role] = new_keys()
    publisher.sign_root()
    second(publisher, registries)
    assert f"version {FAR} was seen before" in refusal(served.registry())
    publisher.keys["registry"] = new_keys()
    publisher.publish()
    assert served.registry().outcome == "activated"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../../../escaped"),
        ("name", "/tmp/escaped"),
        ("name", ".."),
        ("name", "active\n"),
        ("name", "release.json"),
        ("name", "a/b"),
        ("path", "registry/../../escaped"),
        ("path", "packs/nl-ze.toml"),
        ("path", "/etc/passwd"),
        ("path", "registry/../targets.json"),
    ],
)
def test_a_path_out_of_the_folder_is_refused(served, publisher, registries, field, value) -> None:
    """Even with the keys of the registry nobody writes elsewhere."""
    publisher.offer_registry(registries["two"])
    index = msgspec.to_builtins(
        {"family": "registry", "releases": publisher.releases["registry"], "withdrawn": []}
    )
    index["releases"][1]["files"][0][field] = value
    publisher.forged["registry"] = msgspec.json.encode(index)
    publisher.publish()
    before = sorted(served.folder.rglob("*"))
    assert "The index of registry" in refusal(served.registry())
    assert sorted(served.folder.rglob("*")) == before
    assert served.in_force() == "one"


def test_the_link_in_force_never_leads_out_of_its_folder(served) -> None:
    link = served.state / "registry" / "active"
    link.unlink()
    link.symlink_to("../../packs")
    assert active(served.state, "registry") is None


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond 20 MB: whoever writes on is told so by the system."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_zip_bomb_stops_at_the_stated_size(served, publisher, registries, request) -> None:
    release = publisher.offer_registry(registries["two"])
    publisher.files[release.files[0].path] = zstandard.compress(bytes(300_000_000))
    publisher.publish()
    request.getfixturevalue("small_files")
    assert "holds more than" in refusal(served.registry())
    assert served.in_force() == "one"


def test_a_bomb_of_memory_is_refused(served, publisher, registries) -> None:
    release = publisher.offer_registry(registries["two"])
    wide = zstandard.ZstdCompressionParameters(window_log=29)
    packed = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    content = packed.compress(bytes(1000)) + packed.flush()
    publisher.files[release.files[0].path] = content
    publisher.publish()
    assert "cannot be unpacked" in refusal(served.registry())


def without_canaries(path: Path) -> None:
    altered(
        path,
        "DELETE FROM canaries",
        "UPDATE meta SET value = '0' WHERE name = 'canaries'",
    )


def wrong_canary(path: Path) -> None:
    altered(path, "UPDATE canaries SET outcome = 'exempt'")


def canary_of_the_last_day(path: Path) -> None:
    """No law can add a day to it: what that raised ended the sync, and that of law and models."""
    altered(path, "UPDATE canaries SET at = 253402300799")


def endless_name(path: Path) -> None:
    """Every record carries the name; one that was too long to leave stopped the box for ever."""
    altered(path, "UPDATE meta SET value = hex(zeroblob(100000)) WHERE name = 'id'")


def endless_table(path: Path) -> None:
    """A sync that counts it never ends, and holds the lock: no later one mends anything."""
    altered(
        path,
        "ALTER TABLE plain RENAME TO was",
        "CREATE VIEW plain AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS token, 1 AS kind, 1 AS first_registered FROM n",
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (endless_table, "other tables"),
        (without_canaries, "no canary"),
        (wrong_canary, "A canary of registry"),
        (canary_of_the_last_day, "of no moment"),
        (endless_name, "no name of one line"),
    ],
)
def test_a_registry_without_its_canaries_or_its_name_is_refused(
    served, publisher, registries, tmp_path, spoil: Callable[[Path], None], said: str
) -> None:
    for file in registries["two"].parent.glob("two.sqlite*"):
        shutil.copy(file, tmp_path)
    release = publisher.offer_registry(tmp_path / "two.sqlite")
    spoil(tmp_path / "two.sqlite")
    publisher.replace(release, tmp_path / "two.sqlite")
    publisher.publish()
    assert said in refusal(served.registry())
    assert served.in_force() == "one"


def test_a_registry_of_a_day_to_come_is_refused(served, publisher, tmp_path) -> None:
    """It would set the clock floor of the box beyond the life of all that is signed."""
    ahead = datetime.now(UTC) + timedelta(days=400)
    publisher.offer_registry(registry_file(tmp_path / "ahead", "ahead", ahead, more=3))
    publisher.publish()
    assert "of a day to come" in refusal(served.registry())
    assert read_floors(served.floors, EPOCH).clock < ahead


def test_a_registry_that_is_not_the_content_stated_is_refused(
    served, publisher, registries
) -> None:
    publisher.offer_registry(registries["two"], content="0" * 64)
    publisher.publish()
    assert "is not the content it states" in refusal(served.registry())


def test_a_registry_under_another_name_than_its_own_is_refused(
    served, publisher, registries
) -> None:
    """Records name the registry: a release of another name could not be withdrawn by it."""
    release = publisher.offer_registry(registries["two"])
    publisher.releases["registry"][1] = msgspec.structs.replace(release, id="tuesday")
    publisher.publish()
    assert "does not bear the id it states" in refusal(served.registry())
    assert served.in_force() == "one"
