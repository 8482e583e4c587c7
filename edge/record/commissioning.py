"""The commissioning bundle: what a box is on the day it was made, signed with its own key (pure).

A zip whose `manifest.jws` (JWS, Ed25519) names every other file in it by length and SHA-256. It
holds no secret. It cannot be taken for a record: it says what it is, and has no place in a chain.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

import msgspec

from edge.errors import RecordError
from edge.ports import Signer
from edge.record.envelope import UNREADABLE, Keyring, open_signed

TYPE: Final = "anpr-edge.commissioning.v1"
SIGNED: Final = "manifest.jws"
MOST_FILES, MOST_BYTES = 64, 4_000_000
"""More than any bundle has; a hostile one shall not fill the memory of whoever looks at it."""
MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # of a file in the zip: the manifest says when it was made
REMEDY = "Do not rely on it. Ask for the bundle once more, or make it again on the box."
BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the bundle."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a box says of itself and signs; `fine` is what its own check came to."""

    type: str = TYPE
    box: str
    made_at: datetime
    software: str
    fine: bool
    files: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that is proven: who signed it, what it says, and its files."""

    kid: str
    manifest: Manifest
    files: Mapping[str, bytes]


def packed(manifest: Manifest, files: Mapping[str, bytes], signer: Signer) -> bytes:
    """Return the zip of a bundle; the same files give the same bytes but for the signature's."""
    told = tuple(
        Content(name=name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in sorted(files.items())
    )
    signed = signer.sign(msgspec.json.encode(msgspec.structs.replace(manifest, files=told)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted({**files, SIGNED: signed}.items()):
            archive.writestr(zipfile.ZipInfo(name, MOMENT), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def opened(archive: bytes, keyring: Keyring) -> Bundle:
    """Return a bundle whose box signed every file in it with a key that is trusted.

    Raises RecordError (its subclass RefusedError included) otherwise.
    """
    files = dict(_unpacked(archive))
    signed = open_signed(files.pop(SIGNED, b""), keyring)
    try:
        manifest = msgspec.json.decode(signed.payload, type=Manifest)
    except UNREADABLE:
        _fail("What the box signed is not the manifest of a bundle.")
    if manifest.type != TYPE or signed.key.box != manifest.box:
        _fail("What was signed is not the bundle of the box whose key signed it.")
    if signed.key.revoked_at is not None:
        _fail(f"The key of box {manifest.box} that signed it was revoked.")
    _check(manifest, files)
    return Bundle(signed.key.kid, manifest, files)


def _unpacked(archive: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as found:
            inside = found.infolist()
            if len(inside) > MOST_FILES or sum(one.file_size for one in inside) > MOST_BYTES:
                _fail("This is larger than any bundle of a box.")
            if len({one.filename for one in inside}) < len(inside):
                _fail("A file stands twice in the bundle.")
            return [(one.filename, found.read(one)) for one in inside]
    except BROKEN:
        _fail("This is not the bundle of a box, or it was damaged.")


def _check(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    told = {content.name: content for content in manifest.files}
    if strange := sorted(files.keys() ^ told.keys()):
        _fail(f"{strange[0]} is in the bundle or in its manifest, and not in both.")
    for name, content in files.items():
        is_told = told[name].bytes, told[name].sha256
        if is_told != (len(content), hashlib.sha256(content).hexdigest()):
            _fail(f"{name} was altered after the box signed the bundle.")


def _fail(cause: str) -> NoReturn:
    raise RecordError(cause, REMEDY) from None
