"""A service of the box is started again where systemd is at work, and only there."""

import os
from pathlib import Path

import pytest

from edge.provision import services

PANEL = "anpr-panel.service"


def systemd_of(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let this process be root's on a machine whose systemd is a stand-in."""
    (folder / "bin").mkdir()
    for name in ("systemd-run", "systemctl"):
        (folder / "bin" / name).write_text(program)
        (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(services, "SYSTEMD", folder)
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_a_service_that_is_at_work_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    systemd_of(tmp_path, monkeypatch, f'#!/bin/sh\necho "$@" >{tmp_path}/told\n')
    assert services.restart(PANEL)
    assert (tmp_path / "told").read_text() == f"try-restart {PANEL}\n"


@pytest.mark.parametrize("why", ["it would not", "there is no systemctl", "there is no systemd"])
def test_what_could_not_be_started_again_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    systemd_of(tmp_path, monkeypatch, "#!/bin/sh\nexit 5\n")
    if why == "there is no systemctl":
        monkeypatch.setenv("PATH", str(tmp_path))
    elif why == "there is no systemd":
        monkeypatch.setattr(services, "SYSTEMD", tmp_path / "none")
    assert not services.restart(PANEL)
