"""The six RDW open-data tables, their columns, and the plates that their rows are about."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from edge.errors import RegistryError
from tools.registry_rows import Read, Rejects, cells_of, header_of

PLATE_COLUMN = "kenteken"
DISPLAY_NAMES = {"emissieklasse": "emissiecode_omschrijving"}
"""Names in the portal that are not the column's own in lower case (RULES 4.1)."""
FETCH = "Fetch it from opendata.rdw.nl as CSV; nothing was written."
DRIFT = "The source changed: compare it with RULES 4.1 and fetch it again; nothing was written."


class Dataset(NamedTuple):
    """A table of the open data by its id, with the columns that are read besides the plate."""

    name: str
    columns: tuple[str, ...]

    def file(self, folder: Path) -> Path:
        """Return where its CSV lies."""
        return folder / f"{self.name}.csv"


VEHICLES = Dataset(
    "m9d7-ebf2",
    (
        *("voertuigsoort", "inrichting", "europese_voertuigcategorie", "datum_eerste_toelating"),
        *("massa_rijklaar", "toegestane_maximum_massa_voertuig"),
    ),
)
FUELS = Dataset(
    "8ys7-d773",
    (
        *("brandstof_omschrijving", "emissiecode_omschrijving", "uitlaatemissieniveau"),
        "klasse_hybride_elektrisch_voertuig",
    ),
)
BODIES = Dataset("vezc-m2t6", ("carrosserietype",))
DIGITS = Dataset("jhie-znh9", ("carrosseriecode",))
SPECIALS = Dataset("2ba7-embk", ("subcategorie_voertuig_europees",))
PARTICULARS = Dataset("7ug8-2dtt", ("bijzonderheid_code",))
DATASETS = (VEHICLES, FUELS, BODIES, DIGITS, SPECIALS, PARTICULARS)


def column_name(shown: str) -> str:
    """Return the name of a column, whether it was exported by name or as the portal shows it."""
    name = "_".join(shown.strip().lower().split())
    return DISPLAY_NAMES.get(name, name)


def check_dataset(dataset: Dataset, folder: Path) -> None:
    """Raise RegistryError that names what a table lacks: the file, a column, its rows, its end."""
    path = dataset.file(folder)
    if not path.is_file():
        raise RegistryError(f"{folder} lacks {path.name}.", FETCH)
    names = [column_name(name) for name in header_of(path)]
    needed = (PLATE_COLUMN, *dataset.columns)
    faults = [f"lacks column {name}" for name in needed if name not in names]
    faults += [f"has column {name} twice" for name in needed if names.count(name) > 1]
    if faults:
        raise RegistryError(f"{path.name} {', '.join(faults)}.", DRIFT)
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        if stream.read() != b"\n":
            # A table cut short loses body codes, and who is exempt by one would be accused.
            raise RegistryError(f"{path.name} ends in the middle of a row.", FETCH)
    if next(cells_of(path, lambda _: None), None) is None:
        raise RegistryError(f"{path.name} holds no row at all.", FETCH)


def plates_of(
    path: Path,
    dataset: Dataset,
    key_of: Callable[[str], int],
    rejects: Rejects,
    read: Read,
) -> Iterator[tuple[int, int, Sequence[str] | None]]:
    """Yield (token, line, needed cells) of every row; no cells where the row cannot be read.

    A row whose plate cannot be read is noted and left out.
    """
    names = [column_name(name) for name in header_of(path)]
    width, at = len(names), names.index(PLATE_COLUMN)
    places = [names.index(name) for name in dataset.columns]
    # itemgetter of one place returns the cell itself.
    pick = itemgetter(*places) if len(places) > 1 else lambda cells: (cells[places[0]],)
    for line, cells in cells_of(path, read):
        try:
            token = key_of(cells[at])
        except (ValueError, IndexError):
            rejects.note(path, line, f"{PLATE_COLUMN} is empty, or not written as a plate")
            continue
        if len(cells) == width:
            yield token, line, pick(cells)
        else:
            rejects.note(path, line, "row does not have as many cells as the header")
            yield token, line, None
