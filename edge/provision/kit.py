"""The kit: the folder that a maintainer makes for all boxes of a platform, on a stick.

`box.toml` is a template with `${id}` and other names; `boxes.csv`, if it is there, has one row per
box and one column per name. `platform.jwk`, `ca.pem`, `root.json` and `token.key` go onto each box,
`updates` is a source of its first updates.
"""

import csv
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.errors import ConfigError

TEMPLATE, BOXES, UPDATES, ID = "box.toml", "boxes.csv", "updates", "id"
UNSAFE = set('"\\') | {chr(code) for code in (*range(32), 127)}
"""What would end the quotes of a TOML string that a value stands in, or could not stand there."""


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit in its folder."""

    folder: Path

    def configuration(self, box: str, given: Mapping[str, str]) -> str:
        """Return the configuration of a box; `given` comes before what `boxes.csv` says.

        Raises ConfigError.
        """
        template = string.Template(self._text(TEMPLATE))
        values = {**self._row(box), **given, ID: box}
        if unknown := sorted(set(given) - set(template.get_identifiers())):
            raise ConfigError(
                f"The template {self.folder / TEMPLATE} does not ask for {unknown[0]}.",
                "Correct the name in --set NAME=VALUE.",
            )
        for name in template.get_identifiers():
            _check(name, values)
        try:
            return template.substitute(values)
        except ValueError as e:
            cause = f"{self.folder / TEMPLATE} holds a $ that names nothing ({e})."
            raise ConfigError(cause, "Write $$ where a $ is meant.") from e

    def file(self, name: str) -> bytes | None:
        """Return a file of the kit; None where it has none. Raises ConfigError."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise _unreadable(self.folder / name, e) from e

    def updates(self) -> Path | None:
        """Return the folder of first updates, if the kit has one."""
        folder = (self.folder / UPDATES).absolute()
        return folder if folder.is_dir() else None

    def _row(self, box: str) -> dict[str, str]:
        """Return what `boxes.csv` says of a box; nothing where there is no such file."""
        if self.file(BOXES) is None:
            return {}
        lines = self._text(BOXES).splitlines()
        try:
            rows = list(csv.DictReader(lines, restkey="", restval=""))
        except csv.Error as e:
            cause = f"{self.folder / BOXES} is no table ({e})."
            raise ConfigError(cause, "Look for a quote that is not closed.") from e
        found = [row for row in rows if row.get(ID) == box]
        if len(found) != 1:
            raise ConfigError(
                f"{self.folder / BOXES} has {len(found)} rows for box {box}, and one is needed.",
                f'Correct --box, or that file: its column "{ID}" names the box.',
            )
        return {name: value for name, value in found[0].items() if name}

    def _text(self, name: str) -> str:
        path = self.folder / name
        try:
            return path.read_text(encoding="utf-8-sig")
        except OSError as e:
            raise _unreadable(path, e) from e
        except UnicodeDecodeError as e:
            raise ConfigError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from e


def _check(name: str, values: Mapping[str, str]) -> None:
    if name not in values:
        cause = f"The kit does not say what {name} of box {values[ID]} is."
        raise ConfigError(cause, f"Give it: --set {name}=VALUE, or a column of {BOXES}.")
    if not UNSAFE.isdisjoint(values[name]):
        cause = f"The value of {name} holds a quote, a backslash or a control character."
        raise ConfigError(cause, "Give another one.")


def _unreadable(path: Path, error: OSError) -> ConfigError:
    cause = f"The kit's {path} cannot be read ({error.strerror})."
    return ConfigError(cause, "Name the folder of the kit with --kit: deploy/PROVISION.md.")
