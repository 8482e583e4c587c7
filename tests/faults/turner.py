"""A box that goes over to its next key, and kills itself before a given step of that.

Run as `python -m tests.faults.turner`; takes orders `STEP FOLDER` on standard input and forks for
each of them, so that a hundred kills do not cost a hundred starts of Python. A step is a call that
can change a file.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.site import OTHER, Site

CHANGING = {
    "open",
    "write",
    "flush",
    "fsync",
    "replace",
    "unlink",
    "close",
    "pwrite",
    "ftruncate",
    "fchown",
    "execute",
    "executemany",
    "__exit__",
}


class Killer:
    """Counts steps, and ends this process before one of them as kill -9 does."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __call__(self, _frame: FrameType, what: str, called: object) -> None:
        if what == "c_call" and getattr(called, "__name__", "") in CHANGING:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)


def turn(step: int, folder: Path) -> None:
    site = Site(folder)
    sys.setprofile(Killer(step))
    site.place.create_next()
    site.turn()
    site.passes(OTHER)
    sys.setprofile(None)
    os._exit(0)


def main() -> None:
    for order in sys.stdin:
        step, folder = order.split()
        child = os.fork()
        if not child:
            turn(int(step), Path(folder))
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else f"ended {os.WEXITSTATUS(status)}", flush=True)


if __name__ == "__main__":
    main()
