"""JSON Schema of everything that travels, made from the types that the box itself uses."""

import json
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from edge.feed.topics import RECEIPT, STATUS, UPDATES, Hint, Status
from edge.record.message import (
    DECODERS,
    SCHEMA_PREFIX,
    Chained,
    CloudEvent,
    EvidenceReceipt,
    Receipt,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = 1
MESSAGE = "message"
"""The outer form of every record, with what all of them carry."""
EVIDENCE_RECEIPT = "evidence-receipt"
"""What answers a picture: it travels over HTTPS, and in no topic."""
HINT = UPDATES.rpartition("/")[2]
Schema = dict[str, Any]


def record_types() -> dict[str, type[Chained]]:
    """Return the type of every kind of record that a box sends."""
    return {kind: get_args(decoder.type)[0] for kind, decoder in DECODERS.items()}


def all_types() -> dict[str, Any]:
    """Return the type of everything that travels, by the name of its schema."""
    down = {RECEIPT: Receipt, STATUS: Status, HINT: Hint, EVIDENCE_RECEIPT: EvidenceReceipt}
    return {MESSAGE: CloudEvent[Chained], **record_types(), **down}


def schema(name: str, found: Any) -> Schema:  # noqa: ANN401 - any type that msgspec knows
    """Return the schema of a type, named as `dataschema` names it in a message."""
    made = msgspec.json.schema(found)
    return {"$schema": DIALECT, "$id": urn(name), **_plain(made)}


def urn(name: str) -> str:
    """Return the name of a schema."""
    return f"{SCHEMA_PREFIX}{name}:{VERSION}"


def file_name(name: str) -> str:
    """Return the file that holds a schema."""
    return f"schemas/{name}.v{VERSION}.json"


def schemas() -> dict[str, Schema]:
    """Return all schemas by name."""
    return {name: schema(name, found) for name, found in all_types().items()}


def text_of(document: Mapping[str, Any]) -> str:
    """Return a document as it lies on the disk."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _plain(made: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a schema in which the generic outer form has a name without brackets."""
    renamed = json.dumps(made).replace("CloudEvent_Chained_", "CloudEvent")
    return json.loads(renamed.replace("CloudEvent[Chained]", "CloudEvent"))
