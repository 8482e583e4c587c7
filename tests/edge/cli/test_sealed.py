"""A look at a box with sealed keys: where it runs, with which of them, and what it ends with.

A stand-in takes systemd's place here; `make test-deb` has the real one.
"""

import os
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import sealed
from edge.cli.check import check
from edge.cli.status import status
from edge.errors import KeyFileError
from edge.provision import services
from edge.record.keyfile import CREDENTIALS
from tests.edge.provision.test_services import systemd_of
from tests.street import StreetBox, street_box

UNIT = """\
#!/bin/sh
# Opens what it is told to, and runs the rest.
echo "$@" >{folder}/told
mkdir -m 700 {folder}/open
export CREDENTIALS_DIRECTORY={folder}/open
while [ "$1" != -- ]; do
    case $1 in
    --property=LoadCredentialEncrypted=*)
        pair=${{1#--property=LoadCredentialEncrypted=}}
        install -m 400 "${{pair#*:}}" "{folder}/open/${{pair%%:*}}" ;;
    esac
    shift
done
shift
"$@"
"""
KEYS = ("box.pem", "token.key", "storage.key")


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return street_box(tmp_path_factory.mktemp("street") / "box").folder


@pytest.fixture
def box(street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StreetBox:
    """A box whose keys are no more in its folder, on a machine with systemd."""
    made = StreetBox(shutil.copytree(street, tmp_path / "box"))
    (tmp_path / "sealed").mkdir()
    for name in KEYS:
        (made.folder / "keys" / name).rename(tmp_path / "sealed" / name)
    text = re.sub(
        r'"keys/(box.pem|token.key|storage.key)"', r'"credential:\1"', made.config.read_text()
    )
    made.config.write_text(text)
    systemd_of(tmp_path, monkeypatch, UNIT.format(folder=tmp_path))
    monkeypatch.setattr(sealed, "FOLDER", tmp_path / "sealed")
    monkeypatch.delenv(CREDENTIALS, raising=False)
    return made


def test_it_runs_in_a_unit_as_the_services_user_with_the_keys_that_it_opens(
    box: StreetBox, capfd: pytest.CaptureFixture[str]
) -> None:
    done = CliRunner().invoke(check, ["--config", str(box.config)])
    said = capfd.readouterr().out
    assert "ok     signing key: key id" in said
    assert "ok     storage key: the outbox is sealed with it" in said
    told = (box.folder.parent / "told").read_text()
    assert "--uid=anpr-run" in told
    assert done.exit_code == 1  # of the look itself: the registry of this box is of 2028
    assert [line.split()[1] for line in said.splitlines() if "fault" in line] == ["registry:"]


def test_its_flags_go_with_it(box: StreetBox, capfd: pytest.CaptureFixture[str]) -> None:
    CliRunner().invoke(status, ["--json", "--config", str(box.config)])
    assert capfd.readouterr().out.startswith('{"ok": ')
    told = (box.folder.parent / "told").read_text()
    assert told.split(" -- ")[1].split()[4:] == ["status", f"--config={box.config}", "--json"]


@pytest.mark.parametrize("why", ["open already", "no systemd", "nothing is sealed"])
def test_elsewhere_it_runs_where_it_is(
    box: StreetBox, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    folder = box.folder.parent / "sealed"
    if why == "open already":
        monkeypatch.setenv(CREDENTIALS, str(folder))
    elif why == "no systemd":
        monkeypatch.setattr(services, "SYSTEMD", folder / "none")
    else:
        for path in folder.iterdir():
            path.unlink()
    done = CliRunner().invoke(status, ["--config", str(box.config)])
    assert "daemon: " in done.output
    assert not (box.folder.parent / "told").exists()


def test_who_is_not_root_is_told_that_the_keys_are_sealed_and_not_that_the_box_is_broken(
    box: StreetBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    done = CliRunner().invoke(status, ["--config", str(box.config)])
    assert isinstance(done.exception, KeyFileError)
    assert "sealed" in done.exception.cause
    assert done.exception.remedy == "Run it as root: sudo anpr-edge status"
    assert "fault" not in done.output


def test_keys_that_systemd_cannot_open_are_one_clear_sentence(
    box: StreetBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (box.folder.parent / "bin" / "systemd-run").write_text("#!/bin/sh\nexit 243\n")
    done = CliRunner().invoke(status, ["--config", str(box.config)])
    assert isinstance(done.exception, KeyFileError)
    assert "systemd could not open the sealed keys (exit status 243)" in done.exception.cause


def test_the_next_key_is_opened_beside_the_one_in_force(box: StreetBox) -> None:
    (box.folder.parent / "sealed" / "box.pem.next").write_bytes(b"")
    CliRunner().invoke(status, ["--config", str(box.config)])
    opened = {path.name for path in (box.folder.parent / "open").iterdir()}
    assert opened == {*KEYS, "box.pem.next"}
