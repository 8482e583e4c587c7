"""Search for a plate however it may lie: encoded, packed, or inside a signed record."""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import zstandard

from edge.errors import BoxError
from edge.record.envelope import decode_part, split

FRAME = re.compile(re.escape(b"\x28\xb5\x2f\xfd"))
"""What a zstd frame begins with."""
HIDDEN = ("", "-", " ", ".")


def forms(word: str) -> Iterator[bytes]:
    """Yield the ways in which a word may lie on a disk."""
    for text in (word, word.lower()):
        for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
            yield text.encode(encoding)
        for shift in range(3):  # inside base64, whatever stands before it
            code = base64.b64encode(b"\0" * shift + text.encode()).rstrip(b"=")
            yield code[shift and shift + 1 : -1]
        yield text.encode().hex().encode()


def contents(name: Path, data: bytes) -> Iterator[bytes]:
    """Yield what a file holds: itself, and what lies packed in it."""
    yield data
    for start in (match.start() for match in FRAME.finditer(data)):
        try:
            yield zstandard.ZstdDecompressor().decompressobj().decompress(data[start:])
        except zstandard.ZstdError:
            continue
    for record in re.findall(rb"[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}", data):
        try:
            yield decode_part(split(record)[1])
        except (BoxError, ValueError):  # what only looks like a record is none
            continue


def found(files: Mapping[Path, bytes], word: str) -> list[str]:
    """Return the names of the files that show a word."""
    wanted = list(forms(word))
    return [
        path.name
        for path, data in files.items()
        if any(form in content for content in contents(path, data) for form in wanted)
    ]


def spelled(plate: str) -> set[str]:
    """Return a plate as people write it: with separators after every change of signs."""
    parts = re.findall("[A-Z]+|[0-9]+|-", plate)
    return {separator.join(part for part in parts if part != "-") for separator in HIDDEN}
