"""The same package under another version: what an upgrade and a downgrade are tried with."""

import re
import subprocess
from pathlib import Path


def with_version(deb: Path, version: str, folder: Path) -> Path:
    """Write a package with another version, in its control file and in its code."""
    tree = folder / f"tree-{version}"
    subprocess.run(["dpkg-deb", "--raw-extract", str(deb), str(tree)], check=True)
    _say(tree / "DEBIAN" / "control", r"(?m)^Version: .*$", f"Version: {version}")
    code = tree / "usr/lib/anpr-edge/edge"
    _say(code / "__init__.py", '__version__ = ".*"', f'__version__ = "{version}"')
    for stale in (code / "__pycache__").glob("__init__.*"):
        stale.unlink()  # it is not checked against its source
    made = folder / f"anpr-edge_{version}.deb"
    options = ["--root-owner-group", "-Znone", "--build"]
    subprocess.run(["dpkg-deb", *options, str(tree), str(made)], check=True)
    subprocess.run(["rm", "-rf", str(tree)], check=True)
    return made


def _say(path: Path, old: str, new: str) -> None:
    text, count = re.subn(old, new, path.read_text())
    assert count == 1, path
    path.write_text(text)
