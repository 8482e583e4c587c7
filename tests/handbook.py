"""A handbook that is followed to the letter: its very commands, in one shell."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from tests.conftest import REPOSITORY

BLOCK = re.compile(r"^```(sh|text)( [a-z]+)?\n(.*?)^```$", re.M | re.S)
MARK = "==== block"
DEADLINE_S = 600


def blocks(handbook: Path) -> list[tuple[str, str, list[str]]]:
    """Return the commands of a handbook: what they need, and the lines promised after them."""
    found: list[tuple[str, str, list[str]]] = []
    for kind, needs, content in BLOCK.findall(handbook.read_text()):
        if kind == "sh":
            found.append((needs.strip(), content, []))
        else:
            found[-1][2].extend(content.splitlines())
    return found


def followed(
    handbook: Path, folder: Path, has: Collection[str] = ()
) -> list[tuple[list[str], str]]:
    """Run all commands whose needs are there; return what each block promised, and what it said."""
    chosen = [block for block in blocks(handbook) if not block[0] or block[0] in has]
    script = "".join(f"echo '{MARK}'\n{commands}" for _, commands, _ in chosen)
    (folder / "handbook.sh").write_text(script)
    done = subprocess.run(
        ["bash", "-eu", "handbook.sh"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env=_workplace(folder),
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    said = done.stdout.split(f"{MARK}\n")[1:]
    return [(promised, out) for (_, _, promised), out in zip(chosen, said, strict=True)]


def check_promises(found: list[tuple[list[str], str]]) -> None:
    """Assert that every block said what it promised, in that order."""
    for promised, said in found:
        rest = said
        for line in promised:
            assert line in rest, f"{line!r} is not said, or not in this order:\n{said}"
            rest = rest.partition(line)[2]


def _workplace(folder: Path) -> dict[str, str]:
    """Make a copy of the repository in name only, with the environment active.

    The models are copied: `cp -r` takes a link for what it is, and what is written into the copy
    would be written here.
    """
    for name in ("edge", "tools", "deploy"):
        (folder / name).symlink_to(REPOSITORY / name)
    shutil.copytree(REPOSITORY / "models", folder / "models")
    commands = folder / "bin"
    commands.mkdir()
    for name, runs in (("python", ""), ("anpr-edge", " -m edge.cli.main")):
        script = commands / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable}{runs} "$@"\n')
        script.chmod(0o755)
    return {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"}
