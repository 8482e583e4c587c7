"""Key files: for their owner alone, credentials of systemd, and one taking another's place."""

import errno
import os
import struct
from pathlib import Path

import pytest

from edge.errors import KeyFileError
from edge.record.keyfile import is_credential, read, read_private, replace, take_over
from edge.record.keys import create_signer, load_signer

ACL = "system.posix_acl_access"
USER, USER_OBJ, GROUP_OBJ, MASK, OTHER = 0x02, 0x01, 0x04, 0x10, 0x20
NOBODY = 65534


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    create_signer(folder / "box.pem", "box-1")
    return folder


@pytest.mark.parametrize("mode", [0o400, 0o440])
def test_a_credential_is_read_with_the_modes_that_systemd_gives_it(
    credentials: Path, mode: int
) -> None:
    (credentials / "box.pem").chmod(mode)
    assert is_credential(credentials / "box.pem")
    assert load_signer(credentials / "box.pem").key_id


def test_the_access_list_of_systemd_is_what_makes_0440(credentials: Path) -> None:
    """A file of mode 0400 with an entry for the user of the unit shows its mask as group rights."""
    path = credentials / "box.pem"
    path.chmod(0o400)
    none = 0xFFFFFFFF
    entries = [(USER_OBJ, 4, none), (USER, 4, NOBODY), (GROUP_OBJ, 0, none), (MASK, 4, none)]
    packed = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", *entry) for entry in [*entries, (OTHER, 0, none)]
    )
    try:
        os.setxattr(path, ACL, packed)
    except OSError:
        pytest.skip("this file system has no access lists")
    assert path.stat().st_mode & 0o777 == 0o440
    assert load_signer(path).key_id


@pytest.mark.parametrize("mode", [0o444, 0o460, 0o640, 0o644])
def test_a_credential_that_more_people_can_read_or_write_is_refused(
    credentials: Path, mode: int
) -> None:
    (credentials / "box.pem").chmod(mode)
    with pytest.raises(KeyFileError, match="read by others"):
        load_signer(credentials / "box.pem")


def test_elsewhere_0440_is_refused(credentials: Path, tmp_path: Path) -> None:
    create_signer(tmp_path / "box.pem", "box-1")
    (tmp_path / "box.pem").chmod(0o440)
    with pytest.raises(KeyFileError, match="read by others"):
        load_signer(tmp_path / "box.pem")
    (credentials / "link.pem").symlink_to(tmp_path / "box.pem")
    with pytest.raises(KeyFileError, match="read by others"):
        load_signer(credentials / "link.pem")


def test_a_credential_that_is_not_there_is_told_as_one() -> None:
    with pytest.raises(KeyFileError) as told:
        read(Path("credential:box.pem"))
    assert "unit" in told.value.remedy


def test_a_file_is_replaced_whole_and_private_from_its_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    replace(path, b"one", 0o600)
    replace(path, b"two", 0o600, like=path)
    assert read_private(path) == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_next_key_belongs_to_whom_the_old_one_belongs(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    replace(path, b"one", 0o600)
    os.chown(path, NOBODY, NOBODY)
    replace(tmp_path / "secret.next", b"two", 0o600, like=path)
    assert (tmp_path / "secret.next").stat().st_uid == NOBODY


def test_what_is_taken_over_is_overwritten_where_it_stood(tmp_path: Path) -> None:
    old, new, kept = (tmp_path / name for name in ("old", "new", "kept"))
    old.write_bytes(b"old secret")
    new.write_bytes(b"new secret")
    kept.hardlink_to(old)  # the place of the old content, held by another name
    take_over(new, old)
    assert old.read_bytes() == b"new secret"
    assert not new.exists()
    assert b"old secret" not in kept.read_bytes()


def test_a_key_that_finds_no_room_leaves_no_part_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("edge.record.keyfile.os.fsync", full)
    with pytest.raises(KeyFileError, match="No space left"):
        replace(tmp_path / "box.pem", b"secret", 0o600)
    assert not list(tmp_path.iterdir())
