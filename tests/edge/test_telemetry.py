"""The runtime of the models tells nobody anything: no device id, no uploading thread."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

OPEN_A_MODEL = """
from edge.config import Models
from edge.daemon import wiring_eyes
wiring_eyes.detector(Models())
"""


def test_opening_a_model_leaves_no_trace_of_telemetry(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    allowed = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", OPEN_A_MODEL]
    subprocess.run(command, env=allowed | home, cwd=REPOSITORY, check=True)
    assert list(tmp_path.rglob("*")) == []
