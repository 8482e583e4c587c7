"""What the package says of itself is what the repository has."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.systemd.units import FOLDER, SERVICES, UNITS, entries, values

DEBIAN = REPOSITORY / "deploy" / "debian"
INSTALLED = [line.split() for line in (DEBIAN / "anpr-edge.install").read_text().splitlines()]


def made_variable(name: str, tmp_path: Path) -> set[str]:
    """Return what the rules read from the units and the file of users."""
    if shutil.which("make") is None:
        pytest.skip("no make here: apt install make")
    shutil.copytree(FOLDER, tmp_path / "systemd")
    shutil.copytree(DEBIAN, tmp_path / "debian")
    shutil.copy(FOLDER / "anpr-edge.sysusers.conf", tmp_path / "debian" / "anpr-edge.sysusers")
    rules = (DEBIAN / "rules").read_text() + f"\n$(info $({name}))\nsay:\n\t@:\n"
    (tmp_path / "debian" / "rules").write_text(rules)
    said = subprocess.run(
        ["make", "--silent", "--file=debian/rules", "say"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(said.stdout.split())


def test_everything_that_lies_among_the_units_is_installed() -> None:
    sources = [source for *found, _ in INSTALLED for source in found]
    patterns = [source for source in sources if source.startswith("systemd/")]
    taken = {path for pattern in patterns for path in REPOSITORY.glob(pattern)}
    otherwise = {FOLDER / f"anpr-edge.{kind}.conf" for kind in ("sysusers", "tmpfiles")} | {
        FOLDER / "anpr-edge.journald.conf"  # `build` gives it its name
    }
    assert taken | otherwise == set(FOLDER.iterdir())


def test_a_purge_removes_every_credential_that_a_unit_names(tmp_path: Path) -> None:
    named = {
        value.split(":")[0]
        for path in (*SERVICES, *(FOLDER / "examples").glob("*.conf"))
        for value in values(path, "LoadCredentialEncrypted")
        if value
    }
    assert made_variable("CREDENTIALS", tmp_path) == named


def test_a_purge_removes_every_user_and_group(tmp_path: Path) -> None:
    lines = entries("anpr-edge.sysusers.conf")
    assert made_variable("USERS", tmp_path / "u") == {w[1] for w in lines if w[0] == "u"}
    assert made_variable("GROUPS", tmp_path / "g") == {w[1] for w in lines if w[0] == "g"}


def test_every_unit_is_stopped_before_its_files_change(tmp_path: Path) -> None:
    units = {path.name for path in UNITS}
    stopped = made_variable("ENABLED", tmp_path / "e")
    assert stopped | made_variable("STARTED_BY_OTHERS", tmp_path / "o") == units
    assert not stopped & {path.name for path in SERVICES if not values(path, "WantedBy")}


def test_the_services_start_the_command_of_the_package() -> None:
    commands = {value.split()[0] for path in SERVICES for value in values(path, "ExecStart")}
    assert commands == {"/usr/bin/anpr-edge"}
    shebang = (DEBIAN / "bin" / "anpr-edge").read_text().splitlines()[0]
    link = (DEBIAN / "anpr-edge.links").read_text().split()
    assert shebang == f"#!/{link[1]} -IB"


def test_the_maintainer_scripts_are_scripts(tmp_path: Path) -> None:
    for name in ("build", "anpr-edge.prerm", "anpr-edge.postrm"):
        done = subprocess.run(["sh", "-n", str(DEBIAN / name)], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), name
    names = re.findall(r"@([A-Z]+)@", (DEBIAN / "anpr-edge.postrm").read_text())
    filled = re.findall(r"s/@([A-Z]+)@/", (DEBIAN / "rules").read_text())
    assert set(names) <= set(filled)


def test_an_upgrade_says_that_nothing_is_seen_meanwhile(tmp_path: Path) -> None:
    invoke = tmp_path / "deb-systemd-invoke"
    invoke.write_text("#!/bin/sh\n")
    invoke.chmod(0o755)
    script = ["sh", str(DEBIAN / "anpr-edge.prerm")]
    told = [
        subprocess.run(
            [*script, *call],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for call in (["upgrade", "0.2.0"], ["deconfigure"])
    ]
    assert "until version 0.2.0 is in place: what drives by is not seen" in told[0]
    assert "not seen" not in told[1]
