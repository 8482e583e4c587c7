"""The key ceremony: who may sign what stands in the metadata, and nobody may sign more."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.tools.publish.workshop import Box, Workshop
from tools.publish.roles import LIFETIMES

FAMILIES = ("registry", "packs", "models")


def test_every_role_has_its_own_keys_and_threshold(finished: Workshop) -> None:
    root = finished.document("root").signed
    expected = {
        "root": ({"root-1", "root-2", "root-3"}, 2),
        "targets": ({"targets-1", "targets-2"}, 2),
        "snapshot": ({"online"}, 1),
        "timestamp": ({"online"}, 1),
    }
    for role, (holders, threshold) in expected.items():
        assert set(root.roles[role].keyids) == {finished.keyid(one) for one in holders}
        assert root.roles[role].threshold == threshold
    assert root.consistent_snapshot is True


def test_targets_vouches_for_nothing_but_the_keys_of_three_families(finished: Workshop) -> None:
    targets = finished.document("targets").signed
    assert targets.targets == {}
    roles = targets.delegations.roles
    assert list(roles) == list(FAMILIES)
    for family in FAMILIES:
        assert roles[family].paths == [f"{family}/*"]
        assert roles[family].terminating
    assert roles["packs"].threshold == 2
    assert roles["registry"].keyids == [finished.keyid("registry")]


def test_every_role_is_valid_for_its_time(finished: Workshop) -> None:
    for role, days in LIFETIMES.items():
        left = finished.document(role).signed.expires - datetime.now(UTC)
        assert timedelta(days=days - 1) < left <= timedelta(days=days)


def test_a_box_believes_the_empty_repository(workshop: Workshop, box: Box) -> None:
    updater = box.updater(workshop.repo)
    for family in FAMILIES:
        assert box.taken(updater, family).releases == ()


def test_one_key_for_two_roles_is_refused(finished: Workshop, tmp_path) -> None:
    more = Workshop(tmp_path)
    (tmp_path / "keys").symlink_to(finished.folder / "keys")
    said = more.init("--models-key", finished.key("registry"))
    assert said.code == 1
    assert "given for registry and for models" in said.err
    assert said.err.count("\n") == 1
    assert not more.metadata.exists()


@pytest.mark.parametrize(("threshold", "keys"), [("root=4", 3), ("registry=2", 1)])
def test_a_threshold_that_nobody_reaches_is_refused(
    finished: Workshop, tmp_path, threshold: str, keys: int
) -> None:
    more = Workshop(tmp_path)
    (tmp_path / "keys").symlink_to(finished.folder / "keys")
    said = more.init("--threshold", threshold)
    assert said.code == 1
    assert f"and it has {keys} keys" in said.err


def test_a_repository_is_never_begun_twice(workshop: Workshop) -> None:
    before = (workshop.metadata / "1.root.json").read_bytes()
    said = workshop.init()
    assert said.code == 1
    assert "holds a repository already" in said.err
    assert (workshop.metadata / "1.root.json").read_bytes() == before


def test_a_ceremony_with_holders_elsewhere_waits_for_them(finished: Workshop, tmp_path) -> None:
    more = Workshop(tmp_path)
    (tmp_path / "keys").symlink_to(finished.folder / "keys")
    said = more.init(elsewhere=("root-2", "root-3", "packs-2"))
    assert said.code == 0
    assert "root version 1 has 1 of 2 signatures" in said.out
    assert "packs version 1 has 1 of 2 signatures" in said.out
    assert not more.metadata.exists()
    assert more.run("sign", "root", keys=("root-3",)).code == 0
    early = more.run("complete", keys=("online",))
    assert early.code == 1
    assert "packs version 1 has 1 of 2 signatures" in early.err
    assert not more.metadata.exists()
    assert more.run("sign", "packs", keys=("packs-2",)).code == 0
    assert more.run("complete", keys=("online",)).code == 0
    box = Box(tmp_path / "cache", (more.metadata / "1.root.json").read_bytes())
    assert box.index(more.repo, "packs").releases == ()
