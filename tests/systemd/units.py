"""The units of the box as a test reads them, and a root with them as they are installed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "systemd"
EXAMPLES = FOLDER / "examples"
SERVICES = sorted(FOLDER.glob("*.service"))
KINDS = {".service", ".timer", ".path", ".mount", ".automount"}
UNITS = sorted(path for path in FOLDER.iterdir() if path.suffix in KINDS)


def settings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the settings of a unit in their order."""
    for line in path.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            yield key, value


def values(path: Path, key: str) -> list[str]:
    return [value for name, value in settings(path) if name == key]


def entries(name: str) -> list[list[str]]:
    """Return the lines of a sysusers or tmpfiles file, in words."""
    lines = (FOLDER / name).read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def installed(root: Path) -> Path:
    """Make a root with the units, their users and folders, and a program; return it."""
    program = root / "usr" / "bin" / "anpr-edge"
    for folder in ("etc/systemd/system", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d", "var/lib"):
        (root / folder).mkdir(parents=True)
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in UNITS:
        shutil.copy(path, root / "etc/systemd/system")
    for kind in ("sysusers", "tmpfiles"):
        name = f"usr/lib/{kind}.d/anpr-edge.conf"
        shutil.copy(FOLDER / f"anpr-edge.{kind}.conf", root / name)
    return root
