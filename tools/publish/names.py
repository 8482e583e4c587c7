"""Names on the shelf of a box: flat and plain, so that no file can leave its folder. Pure."""

import re
from pathlib import Path

from edge.errors import UpdateError

LONGEST = 48
"""Less than the index allows: the number of the release goes before, an ending after."""
FLAT = re.compile(r"[a-z0-9][a-z0-9._-]*")


def flat(file: Path) -> str:
    """Return the name of a file. Raises UpdateError for one that no box would take."""
    if not FLAT.fullmatch(file.name) or len(file.name) > LONGEST:
        cause = f"The name {file.name!r} has more than small letters, digits, dot, dash and _,"
        raise UpdateError(f"{cause} or more than {LONGEST} of them.", "Give the file another name.")
    return file.name
