"""The register of keys at the receiver: looked at again when it changes, without a restart."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from edge.errors import KeyFileError
from edge.record.jwk import PublicJwk
from edge.record.keys import write_trusted
from tests.chains import Pen
from tools.receive.growth import Verdict
from tools.receive.register import Register
from tools.receive.store import Store

ONE, OTHER = Pen("box-1"), Pen("box-2")


def keys(*pens: Pen) -> list[PublicJwk]:
    return [pen.signer.public(pen.box) for pen in pens]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "register.json"
    write_trusted(found, keys(ONE))
    return found


def test_a_box_is_known_as_soon_as_the_register_names_it(path: Path) -> None:
    register = Register(path)
    with Store.open(path.with_name("db.sqlite"), register.keys) as store:
        record = ("box-2", OTHER.write().jws)
        assert store.take([record]) == [Verdict.REFUSED]
        write_trusted(path, keys(ONE, OTHER))
        assert store.take([record]) == [Verdict.STORED]


def test_a_key_is_refused_as_soon_as_the_register_revokes_it(path: Path) -> None:
    register = Register(path)
    pen = Pen("box-1")
    write_trusted(path, keys(pen))
    with Store.open(path.with_name("db.sqlite"), register.keys) as store:
        assert store.take([("box-1", pen.write().jws)]) == [Verdict.STORED]
        (key,) = keys(pen)
        revoked_at = datetime.now(UTC) - timedelta(seconds=1)
        write_trusted(path, [msgspec.structs.replace(key, revoked_at=revoked_at, reason="Stolen")])
        assert store.take([("box-1", pen.write().jws)]) == [Verdict.REFUSED]
        (account,) = store.accounts()
        assert account.refused_for == {"key revoked": 1}


def test_an_unchanged_register_is_not_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = Register(path)
    before = register.keys()
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    assert register.keys() is before


@pytest.mark.parametrize("spoilt", ["torn", "gone", "unreadable"])
def test_while_the_register_cannot_be_read_the_last_one_stands_and_it_is_told_once(
    path: Path, spoilt: str, caplog: pytest.LogCaptureFixture
) -> None:
    register = Register(path)
    before = register.keys()
    if spoilt == "torn":
        path.write_bytes(path.read_bytes()[:40])
    elif spoilt == "gone":
        path.unlink()
    else:
        path.unlink()
        path.mkdir()
    assert register.keys() == before
    assert register.keys() == before
    (told,) = caplog.messages
    assert "not taken over" in told
    if path.is_dir():
        path.rmdir()
    write_trusted(path, keys(ONE, OTHER))
    assert len(register.keys()) == 2


def test_a_register_that_was_changed_within_a_tick_of_the_clock_is_noticed(path: Path) -> None:
    """A rename brings another file, whatever its times say."""
    register, before = Register(path), path.stat()
    write_trusted(path, keys(OTHER))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert {key.box for key in register.keys().values()} == {"box-2"}


def test_a_register_that_cannot_be_read_at_the_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        Register(tmp_path / "missing.json")
