"""Up to where the records of each box were handed over, on the disk."""

from pathlib import Path

import msgspec

from edge.errors import ReportError
from edge.feed.spool import write_whole
from edge.record.chain import Place
from tools.export.seen import START

REMEDY = "Restore it, or remove it: all is sent again then, and the other side knows it."


class Cursor:
    """The last place that was handed over, for each box; written after each hand-over.

    Whoever is killed between the two hands over once more: the other side answers that it has it.
    """

    def __init__(self, path: Path) -> None:
        """Read it; without a file nothing was handed over. Raises ReportError."""
        self._path = path
        try:
            found = msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[int, int]])
        except FileNotFoundError:
            found = {}
        except OSError as e:
            raise ReportError(f"The cursor {path} cannot be read ({e.strerror}).", REMEDY) from e
        except msgspec.DecodeError:
            raise ReportError(f"The cursor {path} cannot be understood.", REMEDY) from None
        self._places = found

    def after(self, box: str) -> Place:
        """Return the last place that was handed over."""
        return Place(*self._places.get(box, START))

    def move(self, box: str, place: Place) -> None:
        """Remember that all up to a place was handed over. Raises FeedError."""
        self._places[box] = place
        write_whole(self._path, msgspec.json.encode(self._places))
