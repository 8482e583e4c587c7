"""Somebody new follows deploy/cluster/README.md, on one machine."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.handbook import check_promises, followed
from tests.nats import find_nats, port_of_all

HANDBOOK = REPOSITORY / "deploy/cluster/README.md"


def test_every_command_of_the_clusters_handbook_succeeds_and_says_what_it_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here: apt install openssl")
    monkeypatch.setenv("PATH", str(Path(find_nats()).parent), prepend=":")
    for name in ("PORT", "ROUTES", "KEEPER", "MONITOR"):
        monkeypatch.setenv(name, str(port_of_all()))
    check_promises(followed(HANDBOOK, tmp_path, has=("servers",)))
