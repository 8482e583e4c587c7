"""Keys come and go: boxes follow, and a revoked key is worth nothing."""

import json

import pytest
from tuf.api.exceptions import BadVersionNumberError, UnsignedMetadataError

from tests.tools.publish.workshop import Box, Workshop, forge


def keys_of(workshop: Workshop, role: str) -> set[str]:
    told = json.loads(workshop.run("show", "--json").out)
    return {key for one in told["roles"] if one["role"] == role for key in one["keys"]}


def test_a_new_online_key_is_followed_and_the_old_one_is_worth_nothing(
    workshop: Workshop, box: Box
) -> None:
    box.updater(workshop.repo)
    said = workshop.run(
        *("rotate", "snapshot", "timestamp", "--add", workshop.pub("spare")),
        *("--remove", workshop.pub("online")),
        keys=("root-1", "root-2", "spare"),
    )
    assert said.code == 0, said.err
    box.updater(workshop.repo)
    said = workshop.run("refresh", keys=("online",))
    assert said.code == 1
    given = workshop.keyid("online")[:8]
    assert f"The key of snapshot is not among those given ({given})" in said.err
    forge(workshop, "online", {})
    with pytest.raises(UnsignedMetadataError):
        box.updater(workshop.repo)


def test_a_key_that_a_role_has_already_is_not_added_again(workshop: Workshop) -> None:
    said = workshop.run(
        *("rotate", "registry", "--add", workshop.pub("registry")),
        keys=("targets-1", "targets-2", "online"),
    )
    assert said.code == 1
    assert "is a key of registry already" in said.err
    assert "staged" not in workshop.run("show").out


def test_after_a_theft_boxes_forget_the_versions_that_the_thief_made_up(
    workshop: Workshop, box: Box
) -> None:
    kept = {path.name: path.read_bytes() for path in workshop.metadata.iterdir()}
    forge(workshop, "online", {}, step=10**6)
    box.updater(workshop.repo)
    for path in workshop.metadata.iterdir():  # the maintainer's copy was never touched
        path.unlink() if path.name not in kept else path.write_bytes(kept[path.name])
    with pytest.raises(BadVersionNumberError):
        box.updater(workshop.repo)
    said = workshop.run(
        *("rotate", "snapshot", "timestamp", "--add", workshop.pub("spare")),
        *("--remove", workshop.pub("online")),
        keys=("root-1", "root-2", "spare"),
    )
    assert said.code == 0, said.err
    assert box.index(workshop.repo, "registry").releases == ()


def test_a_new_root_needs_the_old_keys_and_the_new_ones(workshop: Workshop, box: Box) -> None:
    said = workshop.run(
        *("rotate", "root", "--threshold", "3", "--add", workshop.pub("spare")),
        keys=("root-1", "online"),
    )
    assert said.code == 0
    assert "root version 2 has 1 of 2 signatures" in said.out
    assert workshop.run("sign", "root", "--key", workshop.key("spare")).code == 0
    said = workshop.run("complete", keys=("online",))
    assert said.code == 1  # enough of the new threshold? no: and not of the old one either
    assert "root version 2 has 1 of 2 signatures" in said.err
    assert not (workshop.metadata / "2.root.json").exists()
    assert workshop.run("sign", "root", keys=("root-2",)).code == 0
    assert workshop.run("complete", keys=("online",)).code == 0
    box.updater(workshop.repo)
    assert workshop.keyid("spare") in keys_of(workshop, "root")


def test_a_root_that_only_new_keys_signed_is_not_published(workshop: Workshop) -> None:
    said = workshop.run(
        *("rotate", "root", "--threshold", "1", "--add", workshop.pub("spare")),
        *("--remove", workshop.pub("root-1"), "--remove", workshop.pub("root-2")),
        *("--remove", workshop.pub("root-3"), "--key", workshop.key("spare")),
    )
    assert said.code == 0
    said = workshop.run("complete", keys=("online",))
    assert said.code == 1
    assert "root version 2 has 0 of 2 signatures" in said.err
    assert not (workshop.metadata / "2.root.json").exists()


def test_a_revoked_family_key_signs_no_longer(workshop: Workshop, box: Box) -> None:
    assert workshop.publish_registry(1).code == 0
    box.updater(workshop.repo)
    said = workshop.run(
        *("rotate", "registry", "--add", workshop.pub("spare")),
        *("--remove", workshop.keyid("registry")[:8], "--key", workshop.key("spare")),
        keys=("targets-1", "targets-2", "online"),
    )
    assert said.code == 0, said.err
    assert keys_of(workshop, "registry") == {workshop.keyid("spare")}
    assert len(box.index(workshop.repo, "registry").releases) == 1
    said = workshop.publish_registry(2)
    assert said.code == 1
    assert "is no key of registry" in said.err


def test_targets_may_be_rotated_and_its_families_stand(workshop: Workshop, box: Box) -> None:
    said = workshop.run(
        *("rotate", "targets", "--add", workshop.pub("spare"), "--key", workshop.key("spare")),
        *("--remove", workshop.pub("targets-2")),
        keys=("root-1", "root-2", "targets-1", "online"),
    )
    assert said.code == 0, said.err
    assert box.index(workshop.repo, "models").releases == ()
    assert keys_of(workshop, "targets") == {workshop.keyid("targets-1"), workshop.keyid("spare")}


def test_the_last_key_of_a_role_is_not_removed(workshop: Workshop) -> None:
    said = workshop.run(
        *("rotate", "registry", "--remove", workshop.pub("registry")),
        keys=("targets-1", "targets-2", "online"),
    )
    assert said.code == 1
    assert "it has 0 keys" in said.err


def test_a_key_that_holds_another_role_is_not_added(workshop: Workshop) -> None:
    said = workshop.run(
        *("rotate", "models", "--add", workshop.pub("registry")),
        keys=("targets-1", "targets-2", "online"),
    )
    assert said.code == 1
    assert "given for registry and for models" in said.err


def test_renewal_changes_nothing_but_the_dates(workshop: Workshop, box: Box) -> None:
    before = workshop.document("packs").signed
    said = workshop.run(
        "renew", "packs", "--days", "packs=300", keys=("packs-1", "packs-2", "online")
    )
    assert said.code == 0, said.err
    after = workshop.document("packs").signed
    assert (after.version, after.targets) == (before.version + 1, before.targets)
    assert after.expires > before.expires
    box.updater(workshop.repo)
