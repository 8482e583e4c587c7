"""The C programs of the firmware, built under the sanitizers."""

import shutil
import subprocess
from pathlib import Path

import pytest

import firmware_bridge

FIRMWARE = Path(firmware_bridge.__file__).parent / "firmware"


def build(folder: Path) -> Path:
    """Build all programs into a folder; skip the test where there is no compiler."""
    for tool in ("gcc", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} here: apt install gcc libc6-dev make")
    command = ["make", "--silent", "CC=gcc", f"BUILD={folder}", "all"]
    done = subprocess.run(command, cwd=FIRMWARE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder
