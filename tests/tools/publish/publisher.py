"""A process that runs verbs of `tools.publish`, and kills some of them.

Run as `python -m tests.tools.publish.publisher`; reads a command line and after how many seconds
to kill it (null for never) as JSON per line, forks a child for it, and prints its wait status: a
kill does not cost a start of Python.
"""

import json
import os
import signal
import sys
import time

from tools.publish.__main__ import main


def run(arguments: list[str]) -> None:
    """Run one verb and end."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for the rest of this life
    code = 0
    try:
        main(arguments)
    except SystemExit as e:
        code = int(e.code or 0)
    os._exit(code)


def serve() -> None:
    for line in sys.stdin:
        arguments, kill_after_s = json.loads(line)
        child = os.fork()
        if not child:
            run(arguments)
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            os.kill(child, signal.SIGKILL)  # ours until it is waited for, even if it has ended
        os.write(1, f"{os.waitpid(child, 0)[1]}\n".encode())


if __name__ == "__main__":
    serve()
