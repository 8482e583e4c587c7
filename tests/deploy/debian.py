"""A Debian 12 of its own: made with debootstrap, booted by systemd-nspawn, with a real systemd."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIRROR = "http://deb.debian.org/debian"
BOOT_S = 120.0
LOOKS_S = 0.5
WELL = {"running", "degraded"}
"""A container has no hardware of its own: some of Debian's units fail in it."""
FLEETING = ("proc", "sys", "dev", "run", "tmp", "var/log", "var/cache", "var/tmp", "var/lib/dpkg")
OF_SYSTEMD = ("var/lib/systemd", "etc/.pwd.lock")
ACCOUNTS = ("passwd", "group", "shadow", "gshadow")


def depends(deb: Path) -> list[str]:
    """Return the names of the packages that a package needs, the first of each choice."""
    asked = subprocess.run(
        ["dpkg-deb", "--field", str(deb), "Depends"], capture_output=True, text=True, check=True
    )
    return sorted({re.split(r"[ (|]", one.strip())[0] for one in asked.stdout.split(",")})


def bootstrap(folder: Path, arch: str, packages: Sequence[str]) -> Path:
    """Make a small Debian 12 with these packages and nothing else, once; return where it is."""
    done = folder / ".done"
    wanted = ",".join(packages)
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        options = [f"--arch={arch}", "--variant=minbase", f"--include={wanted}"]
        subprocess.run(["debootstrap", *options, "bookworm", str(folder), MIRROR], check=True)
        done.write_text(wanted)
    return folder


@dataclass(frozen=True)
class Debian:
    """A root, and how one comes in: what is done in it is done as its root."""

    folder: Path
    door: tuple[str, ...]

    def do(self, *command: str, put: bytes | None = None, fine: bool = True) -> str:
        """Do a command in it and return what it says; a failure is an error unless it is fine."""
        done = subprocess.run(
            [*self.door, *command],
            input=put,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
        )
        said = done.stdout.decode()
        print(f"# {' '.join(command)}\n{said}", end="")
        assert not fine or done.returncode == 0, (command, said)
        return said.strip()

    def install(self, deb: Path) -> str:
        """Install a package as `apt install ./FILE` does once all that it needs is there."""
        shutil.copy(deb, self.folder / "root")
        return self.do("dpkg", "--install", f"/root/{deb.name}")

    def is_active(self, unit: str) -> bool:
        return self.do("systemctl", "is-active", unit, fine=False) == "active"

    def files(self) -> dict[str, str]:
        """Return what lies in the root, each with its kind, rights and owners."""
        found = {}
        skipped = {self.folder / name for name in (*FLEETING, *OF_SYSTEMD)}
        for at, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if Path(at, name) not in skipped]
            for path in (Path(at, name) for name in (*folders, *names)):
                about = path.lstat()
                rights = f"{about.st_mode:o} {about.st_uid} {about.st_gid}"
                found[str(path.relative_to(self.folder))] = rights
        return found

    def accounts(self) -> dict[str, str]:
        """Return who there is."""
        return {name: (self.folder / "etc" / name).read_text() for name in ACCOUNTS}


def copied(base: Path, folder: Path) -> Path:
    """Copy a root; return where the copy is."""
    subprocess.run(["cp", "--archive", "--reflink=auto", f"{base}/.", str(folder)], check=True)
    return folder


@contextmanager
def booted(base: Path, folder: Path) -> Iterator[Debian]:
    """Copy a root, boot it, and power it off in the end; the copy stays."""
    copied(base, folder)
    options = ["--register=no", "--keep-unit", "--console=pipe", f"--machine=anpr-{os.getpid()}"]
    with (
        (folder.parent / "console.log").open("wb") as console,
        subprocess.Popen(
            ["systemd-nspawn", "--quiet", f"--directory={folder}", *options, "--boot"],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        ) as nspawn,
    ):
        try:
            yield _settled(folder, nspawn)
        finally:
            nspawn.terminate()


def _settled(folder: Path, nspawn: subprocess.Popen[bytes]) -> Debian:
    """Wait until the systemd in it has started what it starts."""
    deadline = time.monotonic() + BOOT_S
    while time.monotonic() < deadline and nspawn.poll() is None:
        for leader in _children(nspawn.pid):
            beside = ("nsenter", f"--target={leader}", "--all", "--root", "--wd")
            debian = Debian(folder, beside)
            if debian.do("systemctl", "is-system-running", fine=False) in WELL:
                return debian
        time.sleep(LOOKS_S)
    raise AssertionError(f"No systemd started in {folder}: see console.log beside it.")


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
