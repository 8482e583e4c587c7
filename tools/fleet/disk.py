"""How long a disk takes to sync what a commit writes."""

import os
import tempfile
import time
from pathlib import Path

PAGE_BYTES, TIMES = 8192, 50


def sync_s(folder: Path) -> float:
    """Write a page and sync it, again and again; return the seconds of the middle one."""
    folder.mkdir(parents=True, exist_ok=True)
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(TIMES):
            began = time.perf_counter()
            file.write(bytes(PAGE_BYTES))
            file.flush()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return sorted(took)[TIMES // 2]
