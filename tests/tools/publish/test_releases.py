"""Releases, rollouts and rollbacks, as a box that uses tuf's own client finds them."""

import hashlib
import json
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
import zstandard

from edge.registry.cache import RegistryCache
from edge.registry.delta import apply_delta
from edge.registry.seal import seal_of
from tests.tools.publish.workshop import Box, Workshop
from tests.tools.registry_orders import KEY
from tools.make_delta import make_delta
from tools.publish import of_registry


def unpacked(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(content)


def test_a_box_gets_the_very_registry_that_was_built(
    workshop: Workshop, box: Box, tmp_path: Path
) -> None:
    assert workshop.publish_registry().code == 0
    updater = box.updater(workshop.repo)
    (release,) = box.taken(updater, "registry").releases
    file, seal = release.files
    assert seal.name == "registry.sqlite.sha256"
    content = unpacked(box.fetch(updater, file.path))
    assert (file.name, file.size) == ("registry.sqlite", len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    got = tmp_path / "registry.sqlite"
    got.write_bytes(content)
    seal_of(got).write_bytes(box.fetch(updater, seal.path))
    with RegistryCache.open(got, KEY) as cache:
        assert release.content == cache.snapshot.sha256
        assert release.id == cache.snapshot.id == "day-1"


def test_a_second_registry_carries_a_delta_that_leads_from_the_first(
    workshop: Workshop, box: Box, tmp_path: Path
) -> None:
    assert workshop.publish_registry(1).code == 0
    base = tmp_path / "base.sqlite"
    for path, to in ((workshop.registry(1), base), (seal_of(workshop.registry(1)), seal_of(base))):
        shutil.copy(path, to)
    assert workshop.publish_registry(2).code == 0
    updater = box.updater(workshop.repo)
    first, second = box.taken(updater, "registry").releases
    assert first.deltas == ()
    (delta,) = second.deltas
    assert (delta.base, delta.base_content) == (1, first.content)
    content = unpacked(box.fetch(updater, delta.path))
    assert len(content) == delta.size
    came, out = tmp_path / "delta.sqlite", tmp_path / "registry.sqlite"
    came.write_bytes(content)
    apply_delta(base, came, out)
    with RegistryCache.open(out, KEY) as cache:
        assert (cache.snapshot.id, cache.snapshot.sha256) == ("day-2", second.content)


def test_after_a_withdrawal_the_delta_leads_from_the_release_that_stands(
    workshop: Workshop, box: Box
) -> None:
    pen = ("registry", "online")
    for number in (1, 2):
        assert workshop.publish_registry(number).code == 0
    assert workshop.run("withdraw", "registry", 2, "--reason", "wrong", keys=pen).code == 0
    assert workshop.publish_registry(3).code == 0
    assert [one.base for one in box.index(workshop.repo, "registry").releases[1].deltas] == [1]


def test_a_delta_that_saves_nothing_is_left_out(
    workshop: Workshop, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grown(base: Path, new: Path, out: Path) -> None:
        make_delta(base, new, out)
        with sqlite3.connect(out) as db:
            db.execute("CREATE TABLE ballast (random BLOB)")
            db.execute("INSERT INTO ballast VALUES (randomblob(100000))")
        db.close()

    monkeypatch.setattr(of_registry, "make_delta", grown)
    monkeypatch.setattr(of_registry, "refuse_wrong_delta", lambda *_: None)
    for number in (1, 2):
        assert workshop.publish_registry(number).code == 0
    assert box.index(workshop.repo, "registry").releases[1].deltas == ()


def test_a_delta_that_leads_elsewhere_stops_the_release(
    workshop: Workshop, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backwards(base: Path, new: Path, out: Path) -> None:
        make_delta(base, base, out)

    assert workshop.publish_registry(1).code == 0
    monkeypatch.setattr(of_registry, "make_delta", backwards)
    said = workshop.publish_registry(2)
    assert said.code == 1
    assert "leads to another registry" in said.err
    assert len(box.index(workshop.repo, "registry").releases) == 1


def test_the_same_registry_twice_is_one_release(workshop: Workshop, box: Box) -> None:
    assert workshop.publish_registry(1).code == 0
    again = workshop.run(
        *("registry", "--file", workshop.folder / "build/registry.sqlite"),
        *("--token-key", workshop.folder / "build/token.key"),
        keys=("registry", "online"),
    )
    assert again.code == 0
    assert "these very files already" in again.out
    assert len(box.index(workshop.repo, "registry").releases) == 1


def test_a_staged_rollout_grows_and_is_taken_back(workshop: Workshop, box: Box) -> None:
    pen = ("registry", "online")
    assert workshop.publish_registry(1).code == 0
    assert workshop.publish_registry(2, "--share", 5).code == 0
    assert [one.share for one in box.index(workshop.repo, "registry").releases] == [100, 5]
    assert workshop.run("share", "registry", 2, 50, keys=pen).code == 0
    assert [one.share for one in box.index(workshop.repo, "registry").releases] == [100, 50]
    said = workshop.run("withdraw", "registry", 2, "--reason", "wrong exemptions", keys=pen)
    assert said.code == 0
    index = box.index(workshop.repo, "registry")
    assert [one.number for one in index.releases] == [1]
    (gone,) = index.withdrawn
    assert (gone.number, gone.id, gone.reason) == (2, "day-2", "wrong exemptions")


def test_the_number_of_a_withdrawn_release_is_never_used_again(
    workshop: Workshop, box: Box
) -> None:
    pen = ("registry", "online")
    for number in (1, 2):
        assert workshop.publish_registry(number).code == 0
    assert workshop.run("withdraw", "registry", 2, "--reason", "wrong", keys=pen).code == 0
    assert workshop.publish_registry(3).code == 0
    assert [one.number for one in box.index(workshop.repo, "registry").releases] == [1, 3]


def test_the_only_release_for_everyone_is_not_withdrawn(workshop: Workshop, box: Box) -> None:
    pen = ("registry", "online")
    assert workshop.publish_registry(1, "--share", 50).code == 0
    assert workshop.publish_registry(2).code == 0
    said = workshop.run("withdraw", "registry", 2, "--reason", "wrong", keys=pen)
    assert said.code == 1
    assert "no release of registry stands for every box" in said.err
    assert len(box.index(workshop.repo, "registry").releases) == 2


def test_pruning_deletes_what_nobody_needs_and_nothing_else(workshop: Workshop, box: Box) -> None:
    for number in range(1, 6):
        assert workshop.publish_registry(number, "--keep", 2).code == 0
    assert [one.number for one in box.index(workshop.repo, "registry").releases] == [4, 5]
    young = workshop.run("prune")
    assert young.out == "0 files deleted.\n"
    old = time.time() - 3 * 86_400
    for path in workshop.repo.rglob("*"):
        os.utime(path, (old, old))
    (workshop.repo / "targets/registry/.target.new").write_bytes(b"a killed run")
    assert workshop.run("prune").code == 0
    targets = (path.name.split(".", 1)[1] for path in (workshop.repo / "targets").rglob("*.0*"))
    assert sorted(targets) == [
        "000004.from-000003.delta.sqlite.zst",
        "000004.registry.sqlite.sha256",
        "000004.registry.sqlite.zst",
        "000005.from-000004.delta.sqlite.zst",
        "000005.registry.sqlite.sha256",
        "000005.registry.sqlite.zst",
    ]
    assert [path.name for path in workshop.metadata.glob("*.registry.json")] == ["6.registry.json"]
    assert workshop.run("check").code == 0
    assert len(box.index(workshop.repo, "registry").releases) == 2
    assert workshop.run("prune", "--days", 0).out == "1 files deleted.\n"


def test_show_tells_what_is_published_and_what_waits(workshop: Workshop) -> None:
    assert workshop.publish_registry(1, "--share", 5).code == 0
    assert workshop.run("packs", *workshop.given_packs(), keys=("packs-1",)).code == 0
    told = json.loads(workshop.run("show", "--json").out)
    registry = told["families"][0]
    assert [(one["number"], one["share"]) for one in registry["releases"]] == [(1, 5)]
    assert told["staged"] == [{"role": "packs", "version": 2, "signed": 1, "needed": 2}]
    text = workshop.run("show").out
    assert "1  day-1  share 5%" in text
    assert "staged: packs version 2, 1 of 2 signatures" in text


def test_the_renewal_warns_of_a_role_that_runs_out(workshop: Workshop) -> None:
    pen = ("packs-1", "packs-2", "online")
    assert workshop.run("renew", "packs", "--days", "packs=5", keys=pen).code == 0
    said = workshop.run("refresh", keys=("online",))
    assert said.code == 0
    assert "packs runs out at" in said.err
    assert "renew packs" in said.err
