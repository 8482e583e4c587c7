"""`panel --new-password`: another password, told once, known to the box by its hash."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.panel import panel
from edge.errors import KeyFileError
from edge.provision.credstore import opened
from edge.record.password import read_line
from tests.booth import PASSWORD, box
from tests.edge.cli.test_main import anpr_edge


def run(folder: Path) -> Result:
    call = [
        "--config",
        str(folder / "box.toml"),
        "--new-password",
        f"--credstore={folder / 'store'}",
    ]
    return CliRunner().invoke(panel, call)


def sealed(folder: Path) -> None:
    """Let the panel of a box take its password from a credential."""
    box(folder)
    (folder / "panel.password").unlink()
    config = folder / "box.toml"
    config.write_text(config.read_text().replace('"panel.password"', '"credential:panel.password"'))


def test_the_new_password_opens_and_the_old_one_does_not(tmp_path: Path) -> None:
    box(tmp_path)
    result = run(tmp_path)
    assert result.exit_code == 0
    kept = tmp_path / "panel.password"
    known = read_line(kept.read_bytes())
    assert known.is_of(result.stdout.strip())
    assert not known.is_of(PASSWORD)
    assert result.stdout.strip().encode() not in kept.read_bytes()
    assert stat.S_IMODE(kept.stat().st_mode) & 0o007 == 0


def test_each_call_makes_another(tmp_path: Path) -> None:
    box(tmp_path)
    assert len({run(tmp_path).stdout for _ in range(3)}) == 3


def test_a_box_without_a_panel_is_told_so(tmp_path: Path) -> None:
    box(tmp_path)
    config = tmp_path / "box.toml"
    config.write_text(config.read_text().partition("[panel]")[0])
    done = anpr_edge("panel", "--config", config, "--new-password")
    assert done.returncode == 2
    assert "This box has no panel" in done.stderr


def test_a_password_that_is_a_credential_is_sealed_again(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("systemd-creds") is None:
        pytest.skip("sealing credentials needs root and systemd-creds (apt install systemd)")
    sealed(tmp_path)
    first, second = (run(tmp_path).stdout.strip() for _ in range(2))
    with opened(tmp_path / "store") as store:
        assert store.clear is not None
        store.fetch(store.clear / "panel.password")
        known = read_line((store.clear / "panel.password").read_bytes())
    assert (known.is_of(first), known.is_of(second)) == (False, True)


def test_who_may_not_seal_gets_no_password_that_would_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    before = set(tmp_path.iterdir())
    result = run(tmp_path)
    assert isinstance(result.exception, KeyFileError)
    assert result.stdout == ""
    assert set(tmp_path.iterdir()) == before
