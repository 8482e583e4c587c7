"""The index of a family of updates: which releases stand, and who may take them. Pure."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias, get_args

import msgspec

Family: TypeAlias = Literal["registry", "packs", "models"]
FAMILIES: tuple[Family, ...] = get_args(Family)
NAME = r"[a-z0-9][a-z0-9._-]{0,62}"
"""Names are flat: nothing that leads out of its folder."""
Name = Annotated[str, msgspec.Meta(pattern=rf"\A{NAME}\Z")]
Path = Annotated[str, msgspec.Meta(pattern=rf"\A({'|'.join(FAMILIES)})/{NAME}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Content = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
Number = Annotated[int, msgspec.Meta(ge=1, le=999_999)]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Share = Annotated[int, msgspec.Meta(ge=0, le=100)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
INDEX = "releases.json"


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a release: its name on the shelf, its target, size and SHA-256 once unpacked.

    A path that ends in .zst is compressed.
    """

    name: Name
    path: Path
    size: Size
    sha256: Digest


class Delta(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What leads from an earlier release to this one: compressed SQLite, its size unpacked."""

    base: Number
    base_content: Digest
    path: Path
    size: Size


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release; `share` is how many per cent of the boxes may take it."""

    number: Number
    id: str
    share: Share
    content: Content
    files: tuple[File, ...]
    released_at: Moment
    deltas: tuple[Delta, ...] = ()


class Withdrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A release that no box may use any more."""

    number: Number
    id: str
    reason: str


class Releases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The index of a family, oldest release first."""

    family: Family
    releases: tuple[Release, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()


def encode(index: Releases) -> bytes:
    """Return an index as it is published."""
    return msgspec.json.format(msgspec.json.encode(index)) + b"\n"


def decode(content: bytes) -> Releases:
    """Read an index. Raises msgspec.DecodeError."""
    return msgspec.json.decode(content, type=Releases)
