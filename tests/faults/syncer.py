"""A process for the tests to kill: for each line it hears, a child of it syncs a box once.

It parks with everything imported, so that a kill falls into the work and not into the start.
"""

import os
import sys

from edge.cli.sync import sync


def main() -> None:
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                sync(["--config", line.strip()], standalone_mode=False)
            finally:
                os._exit(0)
        print(child, flush=True)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        print("ended", flush=True)
        sys.stdin.readline()  # until then its number is no other process's
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
