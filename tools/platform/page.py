"""Writes the page for developers of a platform: self-contained, nothing is fetched."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup, escape

from edge.feed.topics import RECEIPT
from edge.record.envelope import HEADER_MEMBERS, MAX_BYTES
from edge.record.message import GENESIS, Chained
from edge.types import Link
from tools.platform.asyncapi import topic_of
from tools.platform.samples import SAMPLES, receipt, sample
from tools.platform.schemas import (
    EVIDENCE_RECEIPT,
    MESSAGE,
    Schema,
    file_name,
    record_types,
    schemas,
    urn,
)

EXAMPLES = {"Python": "python/receive.py", "Node": "node/receive.mjs"}


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table: a field, its type, whether it is always there, its meaning."""

    name: str
    kind: str
    always: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Part:
    """One object of a schema."""

    name: str
    meaning: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A kind of message as the page shows it; fields that all records share are not repeated."""

    name: str
    urn: str
    file: str
    topic: str
    own: Part
    sample: str


def page(folder: Path) -> str:
    """Return the page; the examples it prints are those that lie in the folder."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tools.platform", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["code"] = _code
    found = schemas()
    outer = parts(found[MESSAGE])
    kinds = tuple(shown(kind, found[kind]) for kind in record_types())
    common = {part.name for part in outer}
    shared = {p.name: p for kind in kinds for p in parts(found[kind.name])[1:]}
    return environment.get_template("page.html.j2").render(
        outer=outer,
        kinds=kinds,
        shared=[part for name, part in sorted(shared.items()) if name not in common],
        receipt=shown(RECEIPT, found[RECEIPT]),
        word=parts(found[EVIDENCE_RECEIPT])[0],
        word_file=file_name(EVIDENCE_RECEIPT),
        largest=MAX_BYTES,
        members=sorted(HEADER_MEMBERS),
        examples=[(name, path, (folder / path).read_text()) for name, path in EXAMPLES.items()],
        topic_of=topic_of,
    )


def parts(schema: Schema) -> list[Part]:
    """Return the objects of a schema, the outermost first."""
    outermost = _name(schema["$ref"])
    objects = schema["$defs"]
    names = [outermost, *(name for name in objects if name != outermost)]
    return [_part(name, objects[name]) for name in names]


def shown(kind: str, schema: Schema) -> Shown:
    """Return a kind of message with its own fields and its sample."""
    whole = parts(schema)[0]
    carried = Chained.__struct_fields__ if kind in SAMPLES else ()
    own = tuple(field for field in whole.fields if field.name not in carried)
    return Shown(
        name=kind,
        urn=urn(kind),
        file=file_name(kind),
        topic=topic_of(kind),
        own=Part(whole.name, whole.meaning, own),
        sample=json.dumps(_sample(kind), indent=2, ensure_ascii=False),
    )


def type_of(schema: Schema) -> str:
    """Return the type of a field as people read it."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(type_of(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"`{word}`" for word in schema["enum"])
    if schema.get("type") == "array":
        items = schema["items"] or {"type": "string"}
        pair = "prefixItems" in schema
        return "pair of strings" if pair else f"list of {type_of(items)}"
    if schema.get("type") == "object":
        return f"map of string to {type_of(schema['additionalProperties'])}"
    if schema.get("format") == "date-time":
        return "time"
    return str(schema["type"])


def _part(name: str, schema: Schema) -> Part:
    always = set(schema.get("required", ()))
    fields = (
        Field(key, type_of(field), key in always, field["description"])
        for key, field in schema["properties"].items()
    )
    return Part(name, schema["description"], tuple(fields))


def _name(ref: str) -> str:
    return ref.rpartition("/")[2]


def _sample(kind: str) -> Any:  # noqa: ANN401 - JSON
    if kind in SAMPLES:
        return json.loads(sample(kind, Link(1, 1, GENESIS)))
    return msgspec.to_builtins(receipt())


def _code(text: str) -> Markup:
    """Return a text with what stands between backticks as code."""
    pieces = str(escape(text)).split("`")
    return Markup("".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces)))
