"""A maintainer follows deploy/UPDATES.md from zero: its very commands, in one shell."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tools.synth.glyphs import FontError, font_files

HANDBOOK = REPOSITORY / "deploy" / "UPDATES.md"
BLOCK = re.compile(r"^```(sh|text)( fonts)?\n(.*?)^```$", re.M | re.S)
MARK = "==== block"
DEADLINE_S = 600


def blocks() -> list[tuple[str, str, list[str]]]:
    """Return the commands of the handbook: what they need, and the lines promised after them."""
    found: list[tuple[str, str, list[str]]] = []
    for kind, needs, content in BLOCK.findall(HANDBOOK.read_text()):
        if kind == "sh":
            found.append((needs.strip(), content, []))
        else:
            found[-1][2].extend(content.splitlines())
    return found


def workplace(folder: Path) -> dict[str, str]:
    """Make a copy of the repository in name only, with the environment active."""
    for name in ("edge", "tools", "models", "deploy"):
        (folder / name).symlink_to(REPOSITORY / name)
    commands = folder / "bin"
    commands.mkdir()
    for name, runs in (("python", ""), ("anpr-edge", " -m edge.cli.main")):
        script = commands / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable}{runs} "$@"\n')
        script.chmod(0o755)
    return {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"}


def has_fonts() -> bool:
    try:
        return bool(font_files())
    except FontError:
        return False


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[list[str], str]]:
    """What each block promised, and what it said."""
    folder = tmp_path_factory.mktemp("maintainer")
    chosen = [block for block in blocks() if not block[0] or has_fonts()]
    script = "".join(f"echo '{MARK}'\n{commands}" for _, commands, _ in chosen)
    (folder / "handbook.sh").write_text(script)
    done = subprocess.run(
        ["bash", "-eu", "handbook.sh"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env=workplace(folder),
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    said = done.stdout.split(f"{MARK}\n")[1:]
    return [(promised, out) for (_, _, promised), out in zip(chosen, said, strict=True)]


def test_every_command_of_the_handbook_succeeds_and_says_what_it_promises(followed) -> None:
    for promised, said in followed:
        rest = said
        for line in promised:
            assert line in rest, f"{line!r} is not said, or not in this order:\n{said}"
            rest = rest.partition(line)[2]


def test_the_handbook_tells_of_every_verb() -> None:
    from tools.publish.__main__ import publish

    text = HANDBOOK.read_text()
    for verb in publish.commands:
        assert f"tools.publish {verb}" in text or f"`{verb}" in text, verb
