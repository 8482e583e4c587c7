"""The services of the box while it is made."""

import os
import subprocess
from pathlib import Path

SYSTEMD = Path("/run/systemd/system")
"""It is there where systemd is the first process (sd_booted)."""
CALL_S = 60


def is_systemd_at_work() -> bool:
    """True for root on a machine whose services systemd starts."""
    return os.geteuid() == 0 and SYSTEMD.is_dir()


def restart(unit: str) -> bool:
    """Start a service again if it is at work; False where that could not be done."""
    return _told("try-restart", unit)


def reread() -> bool:
    """Let systemd read its units anew; False where that could not be done."""
    return _told("daemon-reload")


def _told(*words: str) -> bool:
    if not is_systemd_at_work():
        return False
    command = ["systemctl", *words]
    try:
        done = subprocess.run(command, capture_output=True, timeout=CALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
