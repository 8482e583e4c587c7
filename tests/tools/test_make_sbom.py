"""The list of what runs on a box: valid CycloneDX, complete, and the same each time."""

import hashlib
import json
import tomllib
from collections import Counter
from typing import Any

import pytest
from click.testing import CliRunner

from edge import __version__
from tests.conftest import REPOSITORY
from tools import make_sbom as module
from tools.box_lock import closure
from tools.make_sbom import bill, main

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
LOCK = "\n" + (REPOSITORY / "requirements.lock").read_text()
EPOCH_S = "1795910400"


@pytest.fixture(autouse=True)
def undated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


def printed(machine: str) -> str:
    done = CliRunner().invoke(main, ["--machine", machine])
    assert done.exit_code == 0, done.output
    return done.output


def parts(listed: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {part["name"]: part for part in listed["components"] if part["type"] == kind}


def fault_of(listed: str) -> object:
    """What CycloneDX's schema finds wrong; its import takes seconds, so only these tests pay it."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(listed)


@pytest.mark.parametrize("epoch_s", [None, EPOCH_S])
def test_it_is_valid_by_the_schema_of_cyclonedx(
    machine: str, epoch_s: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if epoch_s is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch_s)
    assert fault_of(printed(machine)) is None


def test_a_list_that_is_not_valid_is_found() -> None:
    broken = json.dumps({**bill("aarch64"), "serialNumber": "urn:uuid:none"})
    assert fault_of(broken) is not None


def test_every_package_of_the_box_is_there_once_with_its_locked_version(machine: str) -> None:
    listed = bill(machine)
    packages = {p["name"]: p for p in listed["components"] if "pkg:pypi" in p["bom-ref"]}
    assert packages.keys() == closure(PROJECT["dependencies"], machine)
    assert set(Counter(part["bom-ref"] for part in listed["components"]).values()) == {1}
    for name, part in packages.items():
        assert f"{name}=={part['version']} " in LOCK
        (files,) = part["externalReferences"]
        pin = LOCK.partition(f"\n{name}=={part['version']} ")[2].partition("# via")[0]
        assert len(files["hashes"]) == pin.count("sha256:") > 0
        for one in files["hashes"]:
            assert f"sha256:{one['content']}" in pin


def test_of_a_package_locked_for_two_pythons_the_one_of_debian_12_is_there() -> None:
    versions = [p["version"] for p in bill("aarch64")["components"] if p["name"] == "numpy"]
    assert len(versions) == 1
    assert f"numpy=={versions[0]} ; python_full_version < '3.12'" in LOCK


def test_every_model_is_there_with_the_hash_of_its_file() -> None:
    models = parts(bill("aarch64"), "machine-learning-model")
    manifest = tomllib.loads((REPOSITORY / "models/manifest.toml").read_text())["model"]
    assert models.keys() == {entry["name"] for entry in manifest}
    for entry in manifest:
        content = hashlib.sha256((REPOSITORY / "models" / entry["file"]).read_bytes()).hexdigest()
        assert models[entry["name"]]["hashes"] == [{"alg": "SHA-256", "content": content}]


def test_the_runtime_is_the_python_of_debian() -> None:
    (runtime,) = parts(bill("aarch64"), "platform").values()
    assert runtime["purl"] == "pkg:deb/debian/python3.11?arch=arm64&distro=bookworm"
    assert {"libc6", "systemd", "zlib1g"} <= parts(bill("x86_64"), "library").keys()


def test_licences_are_expressions_where_they_are_known_and_words_where_not() -> None:
    libraries = parts(bill("aarch64"), "library")
    assert libraries["cryptography"]["licenses"] == [{"expression": "Apache-2.0 OR BSD-3-Clause"}]
    assert libraries["jinja2"]["licenses"] == [{"license": {"name": "BSD License"}}]
    assert libraries["h11"]["licenses"] == [{"expression": "MIT"}]


def test_what_needs_what_hangs_together(machine: str) -> None:
    listed = bill(machine)
    refs = {part["bom-ref"] for part in listed["components"]} | {"anpr-edge"}
    graph = {row["ref"]: row["dependsOn"] for row in listed["dependencies"]}
    reached, waiting = set[str](), ["anpr-edge"]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += graph.get(ref, [])
    assert reached == refs
    assert listed["metadata"]["component"]["version"] == __version__


def test_nothing_of_the_workshop_is_in_it(machine: str) -> None:
    assert not {"pytest", "mypy", "cyclonedx-python-lib"} & parts(bill(machine), "library").keys()


def test_it_is_the_same_each_time_and_dated_only_on_demand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    once, other = printed("aarch64"), printed("x86_64")
    assert printed("aarch64") == once
    assert "timestamp" not in once
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH_S)
    dated = json.loads(printed("aarch64"))
    assert dated["metadata"]["timestamp"] == "2026-11-29T00:00:00+00:00"
    serials = {json.loads(text)["serialNumber"] for text in (once, other)}
    assert len({*serials, dated["serialNumber"]}) == 3


def test_another_version_is_another_serial_number(monkeypatch: pytest.MonkeyPatch) -> None:
    before = bill("aarch64")["serialNumber"]
    monkeypatch.setattr(module, "__version__", "9.9.9")
    assert bill("aarch64")["serialNumber"] != before
