"""Where each camera stands: what records do not tell and other platforms ask.

A TOML file with a table for each camera, under the name it has in the records:

    [camera-1]
    name = "Catharijnesingel"
    street = "Catharijnesingel"
    heading = 180                    # whither it looks, degrees from the north
    latitude = 52.09
    longitude = 5.12
    lanes = ["inbound", "outbound"]  # in the order in which they are numbered, from 1
    approaching = "NAAR"             # who comes towards the camera drives into the zone; or VAN
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from edge.errors import ConfigError

Degrees = Annotated[float, msgspec.Meta(ge=0, lt=360)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
REMEDY = "Correct the file; `python -m tools.export --help` says how one looks."


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a camera stands and whither it looks."""

    name: str
    street: str
    heading: Degrees
    latitude: Latitude
    longitude: Longitude
    lanes: tuple[str, ...] = ()
    approaching: Literal["VAN", "NAAR"] = "NAAR"


Sites = Mapping[str, Site]


def load_sites(path: Path) -> Sites:
    """Read the table of cameras. Raises ConfigError."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), type=dict[str, Site])
    except OSError as e:
        raise ConfigError(f"The sites {path} cannot be read ({e.strerror}).", REMEDY) from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as e:
        raise ConfigError(f"The sites {path} cannot be used: {e}.", REMEDY) from e
