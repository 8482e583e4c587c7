"""How a message is laid out: its fields in order, little-endian, no padding.

A subclass declares fields with `wire`; packing, unpacking and the tables of PROTOCOL.md follow.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self, TypeAlias

FORMS = {"u8": "B", "u16": "H", "u32": "I", "i16": "h", "b16": "16s", "b24": "24s"}
TEXT = "text"  # one byte with the number of bytes, then as many of UTF-8
SIZES = {form: struct.calcsize(f"<{code}") for form, code in FORMS.items()}


Value: TypeAlias = int | bytes | str | None


class MalformedError(ValueError):
    """A payload is shorter than its layout."""


def wire(form: str, *, unknown: int | None = None) -> Any:  # noqa: ANN401  # as `field` does
    """Declare a field: its form on the wire, and the number that stands for "not known"."""
    return field(metadata={"form": form, "unknown": unknown})


@dataclass(frozen=True, slots=True)
class Slot:
    """One field on the wire."""

    name: str
    form: str
    unknown: int | None


class Layout:
    """A message that can be packed and unpacked; subclasses are frozen dataclasses."""

    __slots__ = ()
    TYPE: ClassVar[int]

    @classmethod
    def slots(cls) -> Iterator[Slot]:
        """Return the fields in the order of the wire."""
        for f in fields(cls):  # type: ignore[arg-type]  # subclasses are dataclasses
            yield Slot(f.name, f.metadata["form"], f.metadata["unknown"])

    def pack(self) -> bytes:
        """Return the payload. Raises ValueError where a value does not fit: the caller's fault."""
        return b"".join(_pack(slot, getattr(self, slot.name)) for slot in self.slots())

    @classmethod
    def raw(cls, payload: bytes) -> dict[str, int | bytes]:
        """Return the fields as they stand on the wire; bytes beyond the layout are ignored.

        Raises MalformedError for a payload that is too short.
        """
        found, at = {}, 0
        for slot in cls.slots():
            found[slot.name], at = _take(slot, payload, at)
        return found

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Return the message. Raises MalformedError for a payload that is too short."""
        raw = cls.raw(payload)
        return cls(**{slot.name: _meaning(slot, raw[slot.name]) for slot in cls.slots()})


def _pack(slot: Slot, value: Value) -> bytes:
    if isinstance(value, str):
        value = value.encode()
    if slot.form == TEXT and isinstance(value, bytes):
        return bytes([len(value)]) + value
    try:
        packed = struct.pack(f"<{FORMS[slot.form]}", slot.unknown if value is None else value)
    except struct.error as e:
        raise ValueError(f"{slot.name}: {value!r} is no {slot.form}") from e
    if isinstance(value, bytes) and len(value) > len(packed):
        raise ValueError(f"{slot.name}: {len(value)} bytes are more than {len(packed)}")
    return packed


def _take(slot: Slot, payload: bytes, at: int) -> tuple[int | bytes, int]:
    if slot.form == TEXT:
        start = at + 1
        end = start + (payload[at] if at < len(payload) else 0)
    else:
        start, end = at, at + SIZES[slot.form]
    if end > len(payload):
        raise MalformedError(f"{slot.name} is cut off")
    if slot.form == TEXT:
        return payload[start:end], end
    number_or_bytes: int | bytes = struct.unpack_from(f"<{FORMS[slot.form]}", payload, at)[0]
    return number_or_bytes, end


def _meaning(slot: Slot, raw: int | bytes) -> Value:
    if slot.form == TEXT:
        return bytes(raw).decode(errors="replace")
    if slot.form == "b24":
        return bytes(raw).rstrip(b"\0").decode(errors="replace")
    return None if slot.unknown is not None and raw == slot.unknown else raw
