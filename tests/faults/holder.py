"""A box that holds and releases until it is killed, and prints each record it acknowledged.

Run as `python -m tests.faults.holder FOLDER`; parks a copy of itself for every order on standard
input, so that fifty kills do not cost fifty starts of Python.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

from edge.types import Tally
from tests.cases import T0
from tests.edge.access.world import DIRTY_VAN
from tests.site import END, Site, snapshot

SEEN = Tally("utrecht", T0, "records", "passage")
ENDED = Tally("utrecht", T0, "records", "resolution")


def hold_for_ever(folder: Path) -> None:
    site = Site(folder)
    site.seen, site.tallies = [SEEN], [ENDED]
    made = site.outbox.head()
    number = 0 if made is None else made.seq
    while True:
        number += 1
        plate = f"{number:05}Z"
        site.registry.vehicles[plate] = DIRTY_VAN
        site.registry.snapshot = snapshot("s1", T0)
        concluded = site.passes(plate).envelope
        assert concluded is not None
        os.write(1, f"{concluded.seq} {concluded.sha256}\n".encode())
        if number % 3 == 0:
            site.later(END + timedelta(hours=1), END)
            for envelope in site.release.round():
                os.write(1, f"{envelope.seq} {envelope.sha256}\n".encode())


def main() -> None:
    folder = Path(sys.argv[1])
    for _order in sys.stdin:
        child = os.fork()
        if not child:
            hold_for_ever(folder)
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()
