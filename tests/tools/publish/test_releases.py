"""Releases, rollouts and rollbacks, as a box that uses tuf's own client finds them."""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest
import zstandard

from edge.registry.cache import RegistryCache
from edge.registry.seal import seal_of
from tests.conftest import DEMO
from tests.tools.publish.workshop import Box, Workshop
from tests.tools.registry_orders import KEY
from tools.publish import of_registry


def unpacked(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(content)


def test_a_box_gets_the_very_registry_that_was_built(
    workshop: Workshop, box: Box, tmp_path: Path
) -> None:
    assert workshop.publish_registry().code == 0
    updater = box.updater(workshop.repo)
    (release,) = box.taken(updater, "registry").releases
    (file,) = release.files
    content = unpacked(box.fetch(updater, file.path))
    assert (file.name, file.size) == ("registry.sqlite", len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    got = tmp_path / "registry.sqlite"
    got.write_bytes(content)
    seal_of(got).write_text(file.sha256)
    with RegistryCache.open(got, KEY) as cache:
        assert release.content == cache.snapshot.sha256
        assert release.id == cache.snapshot.id == "day-1"


def test_a_second_registry_carries_a_delta_from_the_first(
    workshop: Workshop, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, str]] = []

    def make_delta(base: Path, new: Path, out: Path) -> None:
        names = []
        for path in (base, new):
            with RegistryCache.open(path, KEY) as cache:
                names.append(cache.snapshot.id)
        made.append((names[0], names[1]))
        out.write_bytes(b"delta" * 100)

    tools = {"make_delta": make_delta}
    monkeypatch.setattr(of_registry, "tool", lambda _, name: tools.get(name))
    for number in (1, 2):
        assert workshop.publish_registry(number).code == 0
    assert made == [("day-1", "day-2")]
    updater = box.updater(workshop.repo)
    first, second = box.taken(updater, "registry").releases
    assert first.deltas == ()
    (delta,) = second.deltas
    assert (delta.base, delta.base_content, delta.size) == (1, first.content, 500)
    assert unpacked(box.fetch(updater, delta.path)) == b"delta" * 100


def test_a_delta_that_saves_nothing_is_left_out(
    workshop: Workshop, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_delta(base: Path, new: Path, out: Path) -> None:
        out.write_bytes(os.urandom(new.stat().st_size))

    tools = {"make_delta": make_delta}
    monkeypatch.setattr(of_registry, "tool", lambda _, name: tools.get(name))
    for number in (1, 2):
        assert workshop.publish_registry(number).code == 0
    assert box.index(workshop.repo, "registry").releases[1].deltas == ()


def test_a_delta_that_leads_elsewhere_stops_the_release(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_delta(base: Path, new: Path, out: Path) -> None:
        out.write_bytes(b"delta")

    def apply_delta(base: Path, delta: Path, out: Path) -> None:
        out.write_bytes(base.read_bytes() if out.name.startswith("applied") else b"")
        seal_of(out).write_bytes(seal_of(base).read_bytes())

    assert workshop.publish_registry(1).code == 0
    tools = {"make_delta": make_delta, "apply_delta": apply_delta}
    monkeypatch.setattr(of_registry, "tool", lambda _, name: tools.get(name))
    changed = workshop.folder / "exemptions.csv"
    text = (DEMO / "exemptions.csv").read_text()
    changed.write_text(text.replace("2028-12-31", "2029-12-31"))
    made = workshop.registry(2, exemptions=changed)
    token = made.with_name("token.key")
    said = workshop.run(
        "registry", "--file", made, "--token-key", token, keys=("registry", "online")
    )
    assert said.code == 1
    assert "leads to another registry" in said.err


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
    targets = [path.name for path in (workshop.repo / "targets/registry").glob("*.zst")]
    assert sorted(name.split(".")[1] for name in targets) == ["000004", "000005"]
    assert [path.name for path in workshop.metadata.glob("*.registry.json")] == ["6.registry.json"]
    assert workshop.run("check").code == 0
    assert len(box.index(workshop.repo, "registry").releases) == 2
    assert workshop.run("prune", "--days", 0).out == "1 files deleted.\n"


def test_show_tells_what_is_published_and_what_waits(workshop: Workshop) -> None:
    assert workshop.publish_registry(1, "--share", 5).code == 0
    assert workshop.run("packs", "--from", workshop.packs(), keys=("packs-1",)).code == 0
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
