"""The box and the street of the demonstration, for the tests that need the whole path."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import DEMO, REPOSITORY
from tools.demo.__main__ import AT, prepare

CLIP = DEMO / "street.mp4"
TRUTH = DEMO / "street.csv"
OUTCOMES = {
    "1XEM934": "out_of_scope",
    "1KZE410": "free_access",
    "1HDT725": "free_access",
    "1BVX308": "permit_possible",
    "1AGN662": "no_access",
    "2CRF517": "exempt",
    "VDS41K": "permitted",
    "27BXK4": "review",
}
SPOOL = 'publisher = "spool"\nspool = "stick"'


@dataclass(frozen=True)
class StreetBox:
    """A prepared box in a folder of its own."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "box.toml"

    @property
    def outbox(self) -> Path:
        return self.folder / "state" / "outbox.sqlite"

    @property
    def keys(self) -> Path:
        return self.folder / "keys" / "boxes.jwks"

    @property
    def storage_key(self) -> Path:
        return self.folder / "keys" / "storage.key"

    def replay(self, *args: str, clip: Path = CLIP) -> subprocess.CompletedProcess[str]:
        out, config = str(self.folder / "out"), str(self.config)
        return verb("replay", str(clip), "--out", out, "--config", config, "--at", AT, *args)

    def verify(self, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        keys = ("--keys", str(self.keys), "--storage-key", str(self.storage_key))
        return verb("records", "verify", str(path or self.outbox), *keys)

    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "out" / "summary.json").read_text())
        return found


def verb(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli.main", *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


def street_box(folder: Path, uplink: str = SPOOL) -> StreetBox:
    folder.mkdir(exist_ok=True)
    prepare(folder, uplink, quiet=True)
    return StreetBox(folder)
