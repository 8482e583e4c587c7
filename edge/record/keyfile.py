"""Key files on the disk: read with care for who else can, written whole or not at all.

A private key is for its owner alone (0600), or a credential of systemd (systemd.exec, Credentials):
a file in `$CREDENTIALS_DIRECTORY`, which the service manager makes for one unit, read-only.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from edge.errors import KeyFileError
from edge.storefile import fsync_folder

PRIVATE_MODE, PUBLIC_MODE = 0o600, 0o644
MAKE_ONE = (
    "Make one with `anpr-edge keys request` or `python -m tools.make_keys`, or correct its path."
)
CREDENTIAL_MODES = {0o400, 0o440}
"""0400 of the unit's own user; or of root with an access list for that user, whose mask stands
where the rights of the group would be."""
CREDENTIALS = "CREDENTIALS_DIRECTORY"
ABSENT = (
    "A sealed key is opened by systemd, for its units alone: `sudo anpr-edge check` looks from"
    " within one, and `anpr-edge provision` makes what is missing."
)


def read(path: Path) -> bytes:
    """Return the content of a key file. Raises KeyFileError."""
    try:
        return path.read_bytes()
    except OSError as e:
        remedy = ABSENT if is_credential(path) else MAKE_ONE
        raise KeyFileError(f"The key file {path} cannot be read ({e.strerror}).", remedy) from e


def read_private(path: Path) -> bytes:
    """Return the content of a file that nobody else may read. Raises KeyFileError."""
    raw = read(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077 and not (is_credential(path) and mode in CREDENTIAL_MODES):
        fail(
            f"{path} can be read by others (mode {mode:04o}).",
            f"Run `chmod 600 {path}`; if others may have read it, replace the key.",
        )
    return raw


def is_credential(path: Path) -> bool:
    """True for a file that the service manager gave to this unit: nothing here can change it."""
    folder = os.environ.get(CREDENTIALS)
    return path.name.startswith("credential:") or (
        folder is not None and path.parent == Path(folder) and not path.is_symlink()
    )


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that is not there yet. Raises KeyFileError when it is."""
    if path.exists():
        fail(f"{path} exists; keys are never overwritten.", "Name another folder, or remove it.")
    replace(path, content, mode)


def replace(path: Path, content: bytes, mode: int = PUBLIC_MODE, like: Path | None = None) -> None:
    """Write a file so that after a power cut it is there whole, or as it was. Raises KeyFileError.

    It is readable by no more people than `mode` says from its first moment. `like` is a file whose
    owner it shall have, where this process may give files away.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            if like is not None and os.geteuid() == 0:
                os.fchown(handle, like.stat().st_uid, like.stat().st_gid)
            file.write(content)
            file.flush()
            os.fsync(handle)
        draft.replace(path)
        fsync_folder(path.parent)
    except OSError as e:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise _unwritable(path, e) from e


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others who ask for the same away from a folder. Raises KeyFileError."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as e:
        raise _unwritable(folder, e) from e
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def take_over(new: Path, old: Path) -> None:
    """Put a file in the place of another, and destroy what the other held. Raises KeyFileError.

    At every moment `old` is whole. What it held is overwritten where it stood, as far as the
    disk writes there: flash memory may keep a copy until it needs the room.
    """
    try:
        with old.open("r+b") as gone:
            new.replace(old)
            fsync_folder(old.parent)
            _overwrite(gone.fileno())
    except OSError as e:
        raise _unwritable(old, e) from e


def _overwrite(handle: int) -> None:
    with suppress(OSError):  # it has no name any more: what is left to do is a courtesy
        size = os.fstat(handle).st_size
        os.pwrite(handle, os.urandom(size), 0)
        os.fsync(handle)
        os.ftruncate(handle, 0)


def _unwritable(path: Path, error: OSError) -> KeyFileError:
    cause = f"The key file {path} cannot be written ({error.strerror})."
    return KeyFileError(cause, "Free some disk space, or name a folder you may write.")


def fail(cause: str, remedy: str) -> NoReturn:
    """Raise KeyFileError without the error at hand: it may hold key material."""
    raise KeyFileError(cause, remedy) from None
