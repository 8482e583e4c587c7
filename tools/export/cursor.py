"""Up to where the records of each box were handed over, on the disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import FeedError, ReportError
from edge.feed.spool import write_whole
from edge.record.chain import Place
from tools.export.seen import START

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
REMEDY = "Restore it, or remove it: all is sent again then, and the other side knows it."


class Cursor:
    """The last place that was handed over, for each box; written after each hand-over.

    Whoever is killed between the two hands over once more: the other side answers that it has it.
    """

    def __init__(self, path: Path) -> None:
        """Read it; without a file nothing was handed over. Raises ReportError."""
        self._path = path
        try:
            found = msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[Whole, Whole]])
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

    def check(self, heads: Mapping[str, Place]) -> None:
        """Raise ReportError when it is ahead of what is held: all until then would be left out."""
        for box, head in heads.items():
            if self.after(box) > head:
                raise ReportError(
                    f"The cursor {self._path} is ahead of the records of box {box}.",
                    f"Give the database that it belongs to. {REMEDY}",
                )

    def move(self, box: str, place: Place) -> None:
        """Remember that all up to a place was handed over. Raises ReportError."""
        self._places[box] = place
        self.write()

    def write(self) -> None:
        """Write it as it is. Raises ReportError."""
        try:
            write_whole(self._path, msgspec.json.encode(self._places))
        except FeedError as e:
            raise ReportError(
                f"The cursor {self._path} cannot be written ({_why(e)}).",
                "Free some disk space, or name a folder you may write; then run it again.",
            ) from e


def _why(error: FeedError) -> str:
    found = error.__cause__
    return (found.strerror if isinstance(found, OSError) else None) or "no reason is known"
