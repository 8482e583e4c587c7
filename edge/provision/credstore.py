"""The credentials of a box (systemd.exec, Credentials): sealed on disk, in clear only in memory.

While a box is made, its keys lie in a folder under /run, which `credential:NAME` then leads to as
it does within a unit. What a kill leaves there is removed by the next run, or by switching off.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import KeyFileError
from edge.record.keyfile import CREDENTIALS, PRIVATE_MODE, is_credential, read, replace

FOLDER = Path("/etc/credstore.encrypted")
MEMORY = Path("/run")
PROGRAM = "systemd-creds"
CALL_S = 60
INSTALL = "Install systemd 250 or later, or name key files instead of credential:NAME in box.toml."
LOOK = "Nothing was put in its place. Look at the disk and at /var/lib/systemd, then run it again."
ROOT = "Run it as root: sudo anpr-edge provision ..."


class Credstore:
    """The store of one box; `opened` makes it."""

    def __init__(self, sealed: Path, clear: Path | None) -> None:
        """Seal into one folder what lies in clear in the other; None: nobody but root may."""
        self.sealed, self.clear = sealed, clear

    def fetch(self, path: Path) -> None:
        """Bring a credential of the store to where it is read in clear. Raises KeyFileError."""
        if not is_credential(path) or path.exists():
            return
        if self.clear is None:
            raise KeyFileError("Only root may open and seal credentials.", ROOT)
        source = self.sealed / path.name
        if source.exists():
            replace(path, _called("decrypt", path.name, read(source)), PRIVATE_MODE)

    def keep(self, path: Path, again: bool = False) -> None:
        """Seal what lies in clear, unless it is a plain file or sealed already.

        Raises KeyFileError.
        """
        target = self.sealed / path.name
        if is_credential(path) and path.exists() and (again or not target.exists()):
            _make(self.sealed)
            replace(target, _called("encrypt", path.name, path.read_bytes()), PRIVATE_MODE)


@contextmanager
def opened(sealed: Path) -> Iterator[Credstore]:
    """Open the store for a run that has locked it; nothing is left in clear at its end."""
    if os.geteuid() != 0:
        yield Credstore(sealed, None)
        return
    name = hashlib.sha256(bytes(sealed.resolve())).hexdigest()[:8]
    clear = MEMORY / f"anpr-edge-provision.{name}"
    before = os.environ.get(CREDENTIALS)
    try:
        _remove(clear)
        clear.mkdir(mode=0o700)
        os.environ[CREDENTIALS] = str(clear)
        yield Credstore(sealed, clear)
    finally:
        _remove(clear)
        os.environ.pop(CREDENTIALS, None)
        os.environ.update({} if before is None else {CREDENTIALS: before})


def sealed_by() -> str:
    """Say what seals credentials here: a TPM, or a key on the same disk."""
    try:
        done = subprocess.run([PROGRAM, "has-tpm2"], capture_output=True, check=False)
    except OSError:
        return "nothing: systemd-creds is not here"
    return "tpm2" if done.returncode == 0 else "host: a key on the same disk"


def there(path: Path) -> Path:
    """Return the first folder upwards that is there."""
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.is_dir())


def _make(sealed: Path) -> None:
    try:
        sealed.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as e:
        raise KeyFileError(f"{sealed} cannot be made ({e.strerror}).", LOOK) from e


def _called(verb: str, name: str, content: bytes) -> bytes:
    command = [PROGRAM, verb, f"--name={name}", "-", "-"]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=CALL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        raise KeyFileError(f"{PROGRAM} did not run ({type(e).__name__}).", INSTALL) from e
    if done.returncode != 0 or not done.stdout:
        raise KeyFileError(f"{PROGRAM} could not {verb} the credential {name}.", LOOK)
    return done.stdout


def _remove(clear: Path) -> None:
    shutil.rmtree(clear, ignore_errors=True)
