"""The topics as an AsyncAPI 3.0 document, seen from the platform."""

from typing import Any

from edge.feed.topics import RECEIPT, STATUS, UPDATES, topic
from tools.platform.schemas import DIALECT, HINT, VERSION, Schema, file_name, record_types, schemas

SPEC = "3.0.0"
JOSE = "application/jose"
COMPACT = r"^[\w-]+\.[\w-]+\.[\w-]+$"
BOX = "{box}"
CERTIFICATE = "A client certificate of the operator's CA; that of a box bears the box's id."
QOS = {"mqtt": {"qos": 1, "bindingVersion": "0.2.0"}}


def asyncapi() -> dict[str, Any]:
    """Return the document; its schemas are the files that lie beside it."""
    kinds = list(record_types())
    return {
        "asyncapi": SPEC,
        "info": _info(),
        "defaultContentType": JOSE,
        "servers": {"broker": _server()},
        "channels": {
            **{kind: _channel(kind, topic_of(kind), True) for kind in [*kinds, STATUS, RECEIPT]},
            HINT: _channel(HINT, UPDATES, False),
        },
        "operations": _operations(kinds),
        "components": {
            "messages": {
                **{name: _signed(name, name in kinds) for name in [*kinds, RECEIPT]},
                STATUS: _plain(STATUS),
                HINT: _plain(HINT),
            },
            "securitySchemes": {"certificate": {"type": "X509", "description": CERTIFICATE}},
        },
    }


def topic_of(kind: str) -> str:
    """Return the topic of a kind with a blank for the box."""
    return topic("box", kind).replace("/box/", f"/{BOX}/")


def _info() -> dict[str, Any]:
    return {
        "title": "anpr-edge: records of roadside boxes",
        "version": f"{VERSION}.0.0",
        "description": (
            "Boxes publish signed, chained records; the platform answers with signed receipts."
            " index.html beside this file says how to verify and to answer."
        ),
        "license": {
            "name": "Apache-2.0",
            "url": "https://www.apache.org/licenses/LICENSE-2.0",
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "broker.example.org:8883",
        "protocol": "secure-mqtt",
        "protocolVersion": "5",
        "description": "The broker of the operator; MQTT 3.1.1 serves as well.",
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
    }


def _channel(name: str, address: str, of_box: bool) -> dict[str, Any]:
    named = {"parameters": {"box": {"description": "Id of the box."}}} if of_box else {}
    return {
        "address": address,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        **named,
    }


def _operations(kinds: list[str]) -> dict[str, Any]:
    heard = {
        f"receive_{name}": _operation("receive", name, f"The platform hears the {name} of a box.")
        for name in [*kinds, STATUS]
    }
    return {
        **heard,
        "send_receipt": _operation(
            "send", RECEIPT, "The platform says up to which record it has stored everything."
        ),
        "send_updates": _operation(
            "send", HINT, "The maintainer hints, retained, that updates may have come."
        ),
    }


def _operation(action: str, name: str, summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "bindings": QOS,
    }


def _signed(name: str, is_record: bool) -> dict[str, Any]:
    """Describe a compact JWS: a string, and what its payload is when decoded."""
    inside = {"$ref": file_name(name)}
    content: Schema = inside
    if is_record:
        outer = {"$ref": file_name("message")}
        content = {"allOf": [outer, {"properties": {"data": inside}}]}
    text = {
        "type": "string",
        "pattern": COMPACT,
        "contentEncoding": "base64url",
        "contentMediaType": "application/cloudevents+json" if is_record else "application/json",
        "contentSchema": content,
    }
    return {
        "name": name,
        "title": f"{name}, signed",
        "summary": _summary(name),
        "contentType": JOSE,
        "payload": {"schemaFormat": f"application/schema+json;version={_draft()}", "schema": text},
    }


def _plain(name: str) -> dict[str, Any]:
    """Describe a message that is plain text and retained, and proves nothing."""
    found = schemas()[name]
    return {
        "name": name,
        "summary": found["description"],
        "contentType": "text/plain",
        "payload": {"type": "string", **{k: v for k, v in found.items() if k[0] != "$"}},
    }


def _summary(name: str) -> str:
    found = schemas()[name]
    root = found["$ref"].rpartition("/")[2]
    return str(found["$defs"][root]["description"]).split("\n")[0]


def _draft() -> str:
    return "draft-" + DIALECT.removeprefix("https://json-schema.org/draft/").removesuffix("/schema")
