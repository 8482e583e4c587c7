"""Rule packs to be released: each loads, and agrees with the case table that it carries."""

from pathlib import Path

from edge.access.cases import cases
from edge.access.pack import load_pack
from edge.access.rules import RulePack
from edge.errors import UpdateError
from tools.publish.family import Parcel
from tools.publish.names import flat

TABLE = ".cases.csv"


def parcel_of(folder: Path, name: str) -> Parcel:
    """Prove the packs of a folder and return what is released. Raises PackError, UpdateError."""
    packs = sorted(folder.glob("*.toml"))
    if not packs:
        raise UpdateError(f"{folder} holds no rule pack.", "Name the folder of NAME.toml files.")
    loaded = [(path, load_pack(path)) for path in packs]
    ids = [pack.id for _, pack in loaded]
    if twice := {one for one in ids if ids.count(one) > 1}:
        cause = f"Two packs of {folder} call themselves {sorted(twice)[0]}."
        raise UpdateError(cause, "Leave one of them out.")
    files = [*packs]
    for path, pack in loaded:
        table = path.with_name(f"{path.stem}{TABLE}")
        refuse_contradiction(pack, table)
        files.append(table)
    return Parcel(id=name, files={flat(file): file for file in files})


def refuse_contradiction(pack: RulePack, table: Path) -> None:
    """Raise UpdateError unless a pack answers every case of its table as the table does."""
    remedy = "Correct the pack or its table; `anpr-edge explain --cases` shows every row."
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            apart = [case.id for case in cases(lines, [pack]) if not case.agrees(case.decided())]
    except FileNotFoundError as e:
        cause = f"The pack {pack.id} has no case table {table.name}."
        raise UpdateError(cause, "Put it beside the pack: no box takes a pack without.") from e
    except (OSError, UnicodeDecodeError, ValueError) as e:
        raise UpdateError(f"The case table {table} cannot be run: {e}.", remedy) from e
    if apart:
        cause = f"The pack {pack.id} contradicts {len(apart)} of its cases, first {apart[0]}."
        raise UpdateError(cause, remedy)
