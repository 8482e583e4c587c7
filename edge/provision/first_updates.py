"""The first updates of a box, taken by the very verb and user that will take all others."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import KeyFileError
from edge.provision.site import Site
from edge.record.keyfile import CREDENTIALS, is_credential
from edge.update.report import Report

USER = "anpr-sync"
UMASK = 0o007
LONGEST_S = 3600
AGAIN = "Look at the sources and the clock; `anpr-edge sync` tries again, as the timer does."


@dataclass(frozen=True, slots=True)
class Updated:
    """What came of it: the report, and why it is not enough (None: it is)."""

    says: str
    report: bytes = b""
    fault: str | None = None


def first_updates(site: Site) -> Updated:
    """Look for updates in the kit, or where the configuration says. Raises KeyFileError."""
    if site.config.updates is None:
        return Updated("none are followed")
    from_kit = None if site.kit is None else site.kit.updates()
    command = [sys.executable, "-m", "edge.cli.main", "sync", "--json", f"--config={site.path}"]
    command += [] if from_kit is None else [f"--from={from_kit}"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
            umask=UMASK,
            **_as_user(site),
        )
        report = msgspec.json.decode(done.stdout, type=Report)
    except msgspec.DecodeError:
        said = done.stderr.decode(errors="replace").strip().removeprefix("anpr-edge: ")
        return Updated("not taken", fault=said or AGAIN)
    except (OSError, subprocess.SubprocessError) as e:
        return Updated("not taken", fault=f"`anpr-edge sync` did not run ({e}). {AGAIN}")
    return _told(report, done.stdout)


def _told(report: Report, raw: bytes) -> Updated:
    says = ", ".join(
        f"{one.family} {one.active.id if one.active else f'none ({one.outcome})'}"
        for one in report.families
    )
    refused = [one.refused for one in report.families if one.refused is not None]
    fault = f"{refused[0].cause} {refused[0].remedy}" if refused else None
    return Updated(says, raw, fault)


def _as_user(site: Site) -> dict[str, Any]:
    """Return how to run as the service's own user, where keys are credentials: so do the units."""
    token, clear = site.own.token, site.store.clear
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return {}
    if clear is None or not is_credential(token) or os.geteuid() != 0:
        return {}
    folder = _lent(clear, token, user.pw_uid, user.pw_gid)
    groups = os.getgrouplist(USER, user.pw_gid)
    environment = {**os.environ, CREDENTIALS: str(folder), "HOME": "/"}
    return {
        "user": user.pw_uid,
        "group": user.pw_gid,
        "extra_groups": groups,
        "env": environment,
        "cwd": "/",
    }


def _lent(clear: Path, token: Path, uid: int, gid: int) -> Path:
    """Return a folder of credentials of that user alone, as the service manager makes one."""
    folder = clear / USER
    try:
        folder.mkdir(mode=0o700)
        copy = folder / token.name
        handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(handle, "wb") as file:
            file.write(token.read_bytes())
            os.fchown(handle, uid, gid)
        os.chown(folder, uid, gid)
        clear.chmod(0o711)
    except OSError as e:
        raise KeyFileError(f"{folder} cannot be made ({e.strerror}).", AGAIN) from e
    return folder
