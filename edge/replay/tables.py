"""The tables of a tester's TOML file; what is wrong with one is told in one sentence."""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from edge.errors import RunError

CORRECT = "Correct that place in the file: README, 'Test it', says what it holds."
NEWER = "Use a newer version of this software, or make the file anew."
PLACE = re.compile(r" - at `\$\.?(.*)`$")
KindT = TypeVar("KindT", bound=msgspec.Struct)


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of such a file."""


def read_tables(path: Path, form: int) -> dict[str, Any]:
    """Read a file of a form this software knows.

    Raises RunError when it is missing, no TOML, or of another form.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise RunError(f"{path} cannot be read ({e.strerror}).", "Check its name.") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise RunError(f"{path} is not TOML: {e}.", CORRECT) from e
    told = found.pop("format", None)
    if isinstance(told, bool) or not isinstance(told, int):
        raise RunError(f"{path} does not say its format: `format = {form}`.", CORRECT)
    if told != form:
        which = "newer than" if told > form else "not"
        raise RunError(f"{path} is of format {told}, {which} {form}, which is read here.", NEWER)
    return found


def table_of(kind: type[KindT], table: object, path: Path, where: str) -> KindT:
    """Return a table as its kind. Raises RunError, with the nearest name for one that is unknown.

    `where` names the table to a person.
    """
    if not isinstance(table, dict):
        refuse(path, f"{where} must be a table")
    check_names(table, kind.__struct_fields__, path, where)
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as e:
        said = str(e)
        at = PLACE.search(said)
        key = "" if at is None else f".{at.group(1)}"
        refuse(path, f"{where}{key}: {PLACE.sub('', said).replace(' | null', '')}")


def check_names(
    table: Mapping[str, object], known: Collection[str], path: Path, where: str
) -> None:
    """Refuse a name that is not known, and say which one is near. Raises RunError."""
    for name in sorted(set(table) - set(known)):
        refuse(path, f"{where} has no {name}{nearest(name, known)}")


def nearest(name: str, known: Collection[str]) -> str:
    """Return a question for the known name that is nearest; without one what is known."""
    near = difflib.get_close_matches(name, known, 1)
    return f" (did you mean {near[0]}?)" if near else f"; it may have {', '.join(sorted(known))}"


def refuse(path: Path, fault: str) -> NoReturn:
    """Raise RunError."""
    raise RunError(f"{path}: {fault}.", CORRECT)
