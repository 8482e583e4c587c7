"""A box that goes over to its next key, and says which records are durable.

Run as `python -m tests.faults.power.turning FOLDER`; further words, as of `box`, say nothing here.
"""

import os
import sys
from pathlib import Path

from tests.faults.power.box import ACKNOWLEDGED
from tests.site import OTHER, Site


def main() -> None:
    folder = Path(sys.argv[1])
    said = os.open(folder / ACKNOWLEDGED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    site = Site(folder)
    site.place.create_next()
    site.turn()
    site.passes(OTHER)
    for envelope in site.chain():
        os.write(said, b"append " + envelope.jws + b"\n")
    site.stop()


if __name__ == "__main__":
    main()
