"""The package for a Raspberry Pi 4: installed, and at work on a processor that is no newer.

`make test-arm64` builds the package and runs this; every program in it runs under qemu-user.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import DEMO
from tests.deploy import emulated
from tests.deploy.debian import Debian, bootstrap, copied, depends
from tests.street import OUTCOMES, StreetBox, street_box
from tools.demo.__main__ import AT

DEB = os.environ.get("ANPR_EDGE_DEB_ARM64", "")
pytestmark = pytest.mark.skipif(not DEB, reason="it takes long and a network: make test-arm64")

ILLEGAL = "132"
"""What a shell says of a program that met an instruction its processor lacks."""
BOX = "/root/box"
FRAMES = 40
"""The frames of the demonstration in which one vehicle comes and goes."""


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    with emulated.emulation():
        base = bootstrap(Path(DEB).parent / "root-arm64", "arm64", depends(Path(DEB)))
        yield emulated.entered(copied(base, tmp_path_factory.mktemp("arm64") / "root"))


@pytest.fixture(scope="module")
def box(debian: Debian) -> StreetBox:
    return street_box(debian.folder / BOX.lstrip("/"))


@pytest.mark.parametrize("name", ["DOTPROD", "FP16", "ATOMICS"])
def test_what_a_pi_4_lacks_is_refused(debian: Debian, name: str) -> None:
    """The control: were it not, nothing below would say anything."""
    for what, instruction in (("new", getattr(emulated, name)), ("old", emulated.NOP)):
        path = debian.folder / "root" / what
        path.write_bytes(emulated.program(instruction))
        path.chmod(0o755)
    newer = emulated.entered(debian.folder, "max")
    ended = "/root/{}; echo $?"
    assert debian.do("sh", "-c", ended.format("old")).endswith("0")
    assert debian.do("sh", "-c", ended.format("new")).endswith(ILLEGAL)
    assert newer.do("sh", "-c", ended.format("new")).endswith("0")


def test_the_package_installs(debian: Debian) -> None:
    assert debian.do("dpkg", "--print-architecture") == "arm64"
    debian.install(Path(DEB))
    assert debian.do("anpr-edge", "--version").startswith("anpr-edge, version ")
    assert debian.do("id", "--groups", "--name", "anpr-run").startswith("anpr-run")
    assert debian.do("stat", "--format=%U", "/var/lib/anpr-edge/engines") == "anpr-run"


def test_all_that_is_compiled_is_for_arm64(debian: Debian) -> None:
    files = (path for path in (debian.folder / "usr/lib/anpr-edge").rglob("*") if path.is_file())
    machines = {emulated.machine_of(path) for path in files if not path.is_symlink()}
    assert machines == {None, emulated.AARCH64}


def test_a_synthetic_plate_is_read(debian: Debian) -> None:
    said = debian.do("anpr-edge", "read", "/usr/lib/anpr-edge/models/golden-01.png")
    assert "0VSB63" in said


def test_all_is_in_force(debian: Debian, box: StreetBox) -> None:
    said = debian.do("anpr-edge", "check", "--config", f"{BOX}/box.toml", fine=False)
    faults = [line for line in said.splitlines() if line.startswith("fault")]
    assert [line.split(":")[0].split()[1] for line in faults] == ["registry"]  # it is of 2028


def test_a_passage_is_decided_and_signed(debian: Debian, box: StreetBox) -> None:
    film(box.folder / "clip")
    config, out = f"{BOX}/box.toml", f"{BOX}/out"
    options = ("--config", config, "--out", out, "--at", AT, "--no-video")
    debian.do("anpr-edge", "replay", f"{BOX}/clip", *options)
    seen = {passage["plate"]: passage["outcome"] for passage in box.summary()["passages"]}
    assert seen["1KZE410"] == OUTCOMES["1KZE410"]
    proven = box.verify()  # on this machine, by this machine's code
    assert proven.returncode == 0, proven.stdout
    print(proven.stdout)


def film(folder: Path) -> None:
    """Write the frames of one vehicle as pictures."""
    folder.mkdir()
    video = cv2.VideoCapture(str(DEMO / "street.mp4"))
    for index in range(FRAMES):
        _, image = video.read()
        cv2.imwrite(str(folder / f"{index:03}.png"), np.asarray(image))
