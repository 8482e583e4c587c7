"""A process that appends records until it is killed, and prints each that is acknowledged.

Run as `python -m tests.faults.appender KEY OUTBOX`; parks a copy of itself for every order on
standard input, so that fifty kills do not cost fifty starts of Python.
"""

import os
import sys
from pathlib import Path

from edge.feed.outbox import Outbox
from edge.record.envelope import seal
from edge.record.keys import load_signer
from tests.chains import STORAGE_KEY, alarm


def append_for_ever(key: Path, outbox_path: Path) -> None:
    signer = load_signer(key)
    with Outbox.open(outbox_path, "box-1", STORAGE_KEY) as outbox:
        while True:
            envelope = seal(alarm(outbox.next_link(), "box-1"), signer)
            outbox.append(envelope)
            os.write(1, f"{envelope.seq} {envelope.sha256}\n".encode())


def main() -> None:
    key, outbox = Path(sys.argv[1]), Path(sys.argv[2])
    for _order in sys.stdin:
        child = os.fork()
        if not child:
            append_for_ever(key, outbox)
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()
