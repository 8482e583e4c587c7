"""What goes into the package of a box: all that it needs, as locked, and no workshop."""

import re
import tomllib

import pytest
from click.testing import CliRunner

from tests.conftest import REPOSITORY
from tools.box_lock import closure, locked, main

LOCK = (REPOSITORY / "requirements.lock").read_text()
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
PIN = re.compile(r"^([a-z0-9.-]+)==", re.MULTILINE)


@pytest.fixture(params=["x86_64", "aarch64"])
def printed(request: pytest.FixtureRequest) -> str:
    done = CliRunner().invoke(main, ["--machine", request.param])
    assert done.exit_code == 0
    return done.output


def test_all_that_a_box_asks_for_is_there(printed: str) -> None:
    asked = {re.split("[^a-z0-9-]", text)[0] for text in PROJECT["dependencies"]}
    assert asked <= set(PIN.findall(printed))


def test_what_it_needs_in_turn_is_there_too(printed: str) -> None:
    assert {"cffi", "markupsafe", "securesystemslib"} <= set(PIN.findall(printed))


def test_nothing_of_the_workshop_is(printed: str) -> None:
    assert not {"pytest", "mypy", "ruff", "hypothesis", "onnx"} & set(PIN.findall(printed))


def test_each_pin_has_its_hashes_as_they_stand_in_the_lock(printed: str) -> None:
    pins = re.split(r"^(?=[a-z0-9])", printed, flags=re.MULTILINE)[1:]
    assert pins
    for pin in pins:
        assert pin in LOCK
        assert "--hash=sha256:" in pin


def test_an_extra_brings_what_it_asks_for() -> None:
    assert "cryptography" not in closure(["securesystemslib"], "aarch64")
    assert "cryptography" in closure(["securesystemslib[crypto]"], "aarch64")


def test_the_name_of_one_package_is_not_that_of_another() -> None:
    lock = "tuf==7.0 \\\n    --hash=sha256:aa\n    # via x\ntuf-more==1 \\\n    --hash=sha256:bb\n"
    assert list(locked(lock, frozenset({"tuf"}))) == [lock.split("tuf-more")[0]]
