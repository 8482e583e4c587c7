"""A box that applies a delta, again and again, until it is killed.

Run as `python -m tests.faults.applier BASE DELTA OUT`; parks a copy of itself for every order on
standard input, so that fifty kills do not cost fifty starts of Python.
"""

import os
import signal
import sys
from pathlib import Path

from edge.registry.delta import apply_delta


def main() -> None:
    base, delta, out = map(Path, sys.argv[1:])
    for _order in sys.stdin:
        child = os.fork()
        if not child:
            os.write(1, f"pid {os.getpid()}\n".encode())
            apply_delta(base, delta, out)
            os.write(1, b"done\n")
            signal.pause()
        os.waitpid(child, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()
