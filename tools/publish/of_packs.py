"""Rule packs to be released: each loads, and agrees with the case table that it carries."""

from pathlib import Path

from edge.daemon.pack_gate import KEEP, PACK, TABLE, packs_in, refuse_contradiction
from edge.errors import PackError, UpdateError
from tools.publish.family import Parcel
from tools.publish.names import flat

CORRECT = "Correct the pack or its table; `anpr-edge explain --pack --cases` shows every row."


def parcel_of(folder: Path, name: str) -> Parcel:
    """Prove the packs of a folder as a box would; return what is released. Raises UpdateError."""
    try:
        packs = packs_in(folder)
        for stem, pack in packs.items():
            refuse_contradiction(pack, folder / f"{stem}{TABLE}")
    except PackError as e:
        raise UpdateError(e.cause, CORRECT if e.remedy == KEEP else e.remedy) from e
    files = (folder / f"{stem}{ending}" for stem in packs for ending in (PACK, TABLE))
    return Parcel(id=name, files={flat(file): file for file in files})
