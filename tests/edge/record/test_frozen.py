"""Version 1 as it was frozen: today's reader reads it, today's schema only adds to it."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from edge.feed.receipts import receipt_reader
from edge.feed.topics import RECEIPT
from edge.record.chain import START, Proven, check, examine
from edge.record.counted import CHECKPOINT
from edge.record.envelope import Flaw, TrustedKey, decode_part, open_signed, split, verify
from edge.record.keys import load_trusted
from edge.record.message import DECODERS, decode
from tests.edge.record.freeze import FROZEN, KEYS
from tools.platform.samples import BOX, SAMPLES
from tools.platform.schemas import schemas

Schema = dict[str, Any]
NAMES = sorted(path.name.removesuffix(".v1.json") for path in FROZEN.glob("*.v1.json"))
FREEZE = "run `python -m tests.edge.record.freeze`, and look at what it adds"
WORDS = {"description", "title"}


def frozen(kind: str) -> bytes:
    return (FROZEN / f"{kind}.v1.jws").read_bytes()


def frozen_payload(kind: str) -> Any:
    return json.loads(decode_part(split(frozen(kind))[1]))


def schema(name: str) -> Schema:
    return dict(json.loads((FROZEN / f"{name}.v1.json").read_text()))


def test_every_kind_is_frozen() -> None:
    examples = {path.name.removesuffix(".v1.jws") for path in FROZEN.glob("*.v1.jws")}
    assert examples == {*DECODERS, RECEIPT}, FREEZE
    assert set(NAMES) == set(schemas()), FREEZE


@pytest.mark.parametrize("kind", sorted(DECODERS))
def test_a_record_of_version_1_verifies_and_decodes_for_ever(kind: str) -> None:
    keyring = load_trusted(KEYS)
    entry = check(kind, frozen(kind), keyring)
    assert isinstance(entry, Proven)
    alone = {Flaw.MISCOUNT} if kind == CHECKPOINT else set()  # it counts what is not beside it
    assert {finding.flaw for finding in examine(BOX, [entry], since=START)} == alone
    record = decode(verify(frozen(kind), keyring).payload)
    assert (record.type, record.dataschema) == (
        f"anpr-edge.{kind}.v1",
        f"urn:anpr-edge:schema:{kind}:1",
    )


@pytest.mark.parametrize("kind", sorted(DECODERS))
def test_nothing_of_a_record_of_version_1_is_lost_when_it_is_read(kind: str) -> None:
    read = json.loads(msgspec.json.encode(decode(decode_part(split(frozen(kind))[1]))))
    assert all(read_at(read, path) == value for path, value in leaves(frozen_payload(kind)))


def test_a_receipt_of_version_1_is_read_for_ever() -> None:
    key = open_signed(frozen(RECEIPT), load_trusted(KEYS)).key
    word = receipt_reader(BOX, TrustedKey(key.kid, None, key.key))(frozen(RECEIPT))
    assert (word.epoch, word.seq, word.sha256) == (1, 1, "9f" * 32)


def test_the_frozen_records_fill_every_field_there_is() -> None:
    shown = {name for kind in SAMPLES for name in fields(frozen_payload(kind))}
    parts = [part for kind in SAMPLES for part in schema(kind)["$defs"].values()]
    assert {key for part in parts for key in part["properties"]} <= shown


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_of_today_only_adds_to_version_1(name: str) -> None:
    assert breaks(schema(name), schemas()[name]) == []


def remove(of: Schema) -> None:
    del of["properties"]["zone"]


def retype(of: Schema) -> None:
    of["properties"]["zone"] = {"type": "integer"}


def rename(of: Schema) -> None:
    of["properties"]["area"] = of["properties"].pop("zone")


def let_go(of: Schema) -> None:
    of["required"].remove("zone")


def demand(of: Schema) -> None:
    of["properties"]["new"] = {"type": "string"}
    of["required"].append("new")


def allow_null(of: Schema) -> None:
    of["properties"]["zone"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def widen(of: Schema) -> None:
    of["properties"]["outcome"]["enum"].append("perhaps")


def default_otherwise(of: Schema) -> None:
    of["properties"]["site"]["default"] = {}


def narrow(of: Schema) -> None:
    of["properties"]["outcome"]["enum"].remove("review")


BREAKS: list[Callable[[Schema], None]] = [
    remove,
    retype,
    rename,
    let_go,
    demand,
    allow_null,
    widen,
    narrow,
    default_otherwise,
]


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
def test_a_change_that_breaks_readers_is_found(change: Callable[[Schema], None]) -> None:
    changed = copy.deepcopy(schema("passage"))
    change(changed["$defs"]["PassageRecord"])
    assert breaks(schema("passage"), changed)


def test_a_change_deep_in_a_record_is_found() -> None:
    changed = copy.deepcopy(schema("passage"))
    changed["$defs"]["ExemptionRecord"]["properties"]["valid_to"] = {"type": "string"}
    assert breaks(schema("passage"), changed) == ["/vehicle/exemptions/[]/valid_to"]


def test_optional_fields_and_other_words_of_description_break_nothing() -> None:
    changed = copy.deepcopy(schema("passage"))
    part = changed["$defs"]["PassageRecord"]
    part["properties"]["evidence_of_tomorrow"] = {"type": "string"}
    part["properties"]["zone"]["description"] = "Other words."
    changed["$defs"]["Renamed"] = changed["$defs"].pop("Site")
    part["properties"]["site"]["$ref"] = "#/$defs/Renamed"
    assert breaks(schema("passage"), changed) == []


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return where a new schema breaks those who read, or wrote, by the old one."""
    return list(_breaks(old, new, old, new, ""))


def _breaks(old: Any, new: Any, old_root: Schema, new_root: Schema, at: str) -> Iterator[str]:
    old, new = resolved(old, old_root), resolved(new, new_root)
    if set(old) != set(new) or old.get("type") != new.get("type"):
        yield at
        return
    for word in old.keys() - {"properties", "anyOf", "items", "required", "additionalProperties"}:
        if old[word] != new[word]:
            yield f"{at}/{word}"
    if old.get("required") != new.get("required"):
        yield f"{at}/required"
    for name, field in old.get("properties", {}).items():
        if name not in new["properties"]:
            yield f"{at}/{name}"
        else:
            yield from _breaks(field, new["properties"][name], old_root, new_root, f"{at}/{name}")
    if len(old.get("anyOf", ())) != len(new.get("anyOf", ())):
        yield at
    for one, other in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False):
        yield from _breaks(one, other, old_root, new_root, at)
    for word in ("items", "additionalProperties"):
        if isinstance(old.get(word), dict):
            yield from _breaks(old[word], new[word], old_root, new_root, f"{at}/[]")


def resolved(schema: Schema, root: Schema) -> Schema:
    """Follow a reference, and leave out what only people read."""
    target = schema
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
    left_out = WORDS | {"$defs", "$schema", "$ref"}
    kept = {key: value for key, value in (schema | target).items() if key not in left_out}
    if "required" in kept:
        kept["required"] = sorted(kept["required"])
    return kept


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def read_at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def fields(value: Any) -> Iterator[str]:
    return (key for path, _ in leaves(value) for key in path if isinstance(key, str))
