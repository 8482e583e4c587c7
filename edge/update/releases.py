"""The index of a family: which releases there are. The publisher writes it, the box reads it."""

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal, get_args

import msgspec

from edge.errors import UpdateError

Family = Literal["registry", "packs", "models"]
FAMILIES: tuple[Family, ...] = get_args(Family)
INDEX = "releases.json"
OWN = "release.json"
"""What a box writes beside the files of a version: no release may bring a file of that name."""
REGISTRY = "registry.sqlite"
"""The file of a registry release; its seal lies beside it."""
PACKED = ".zst"
LARGEST = 2**40
REMEDY = "The publisher must publish that family again; what is active stays."

Name = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9._-]{0,62}\Z")]
"""A flat file name: no folder, no way out of one."""
Target = Annotated[
    str, msgspec.Meta(pattern=r"\A(registry|packs|models)/[a-z0-9][a-z0-9._-]{0,62}\Z")
]
"""The path of a target in the repository."""
Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Size = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Hex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Line = Annotated[str, msgspec.Meta(pattern=r"\A(?=.*\S)[^\x00-\x1f\x7f]{1,300}\Z")]
"""Words for people, on one line."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the index."""


class File(_Part, frozen=True):
    """A file of a release: `size` and `sha256` are of the file as it lies on the box."""

    name: Name
    path: Target
    size: Size
    sha256: Hex


class Delta(_Part, frozen=True):
    """The way from an older release: a packed SQLite file of `size` bytes once unpacked."""

    base: Number
    base_content: Hex
    path: Target
    size: Size


class Release(_Part, frozen=True):
    """One version of a family, for boxes whose cohort is below `share`.

    `content` is the digest of a registry's rows, empty for other families.
    """

    number: Number
    id: Line
    share: Annotated[int, msgspec.Meta(ge=0, le=100)]
    content: str
    files: tuple[File, ...]
    released_at: Annotated[datetime, msgspec.Meta(tz=True)]
    deltas: tuple[Delta, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no version folder can hold."""
        names = [file.name for file in self.files]
        if not names or len(set(names)) < len(names) or OWN in names:
            raise ValueError(f"the files of release {self.number} are not a version")


class Withdrawn(_Part, frozen=True):
    """A release that nobody may use any more, and why."""

    number: Number
    id: Line
    reason: Line


class Releases(_Part, frozen=True):
    """The index of one family: its releases, oldest first."""

    family: Family
    releases: tuple[Release, ...]
    withdrawn: tuple[Withdrawn, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that do not rise, and targets of another family."""
        numbers = [release.number for release in self.releases]
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            raise ValueError("the numbers of the releases do not rise")
        paths = [file.path for one in self.releases for file in one.files]
        paths += [delta.path for one in self.releases for delta in one.deltas]
        if any(not path.startswith(f"{self.family}/") for path in paths):
            raise ValueError("a release names a target of another family")


def read_releases(content: bytes, family: Family) -> Releases:
    """Read the index of a family. Raises UpdateError."""
    try:
        found = msgspec.json.decode(content, type=Releases)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise UpdateError(f"The index of {family} cannot be used: {e}.", REMEDY) from e
    if found.family != family:
        raise UpdateError(f"The index of {family} is one of {found.family}.", REMEDY)
    return found
