import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from edge.access.hold import State
from edge.feed.mqtt import OFFLINE, ONLINE
from edge.feed.topics import Status
from edge.record.message import DECODERS, ENDS, GENESIS, PROFILES, decode
from edge.types import Link
from tools.make_schemas import FOLDER, make_schemas, published
from tools.platform.asyncapi import asyncapi
from tools.platform.samples import SAMPLES, sample
from tools.platform.schemas import file_name, schemas, urn

REMAKE = "run `python -m tools.make_schemas`"
STANDARD_WORDS = {"$schema", "$id"}


@pytest.mark.parametrize("name", sorted(published()))
def test_what_is_checked_in_is_what_the_types_say_byte_for_byte(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == published()[name], REMAKE


def test_nothing_lies_there_that_is_no_longer_made() -> None:
    lying = {str(path.relative_to(FOLDER)) for path in (FOLDER / "schemas").iterdir()}
    assert lying == {name for name in published() if name.startswith("schemas/")}


def test_the_tool_writes_everything_to_the_folder_that_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(make_schemas, ["--out", str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    for name, text in published().items():
        assert (tmp_path / "new" / name).read_text(encoding="utf-8") == text


def test_every_field_says_what_it_means_in_a_sentence() -> None:
    for name, schema in schemas().items():
        for part in schema.get("$defs", {}).values():
            assert part["description"].endswith("."), (name, part["title"])
            for key, field in part["properties"].items():
                assert re.fullmatch(r"\S.{3,}[.]", field["description"]), (name, key)


def test_no_description_speaks_of_what_a_reader_outside_does_not_have() -> None:
    made = published()
    page = made.pop("index.html")
    for text in (*made.values(), page.partition('id="examples"')[0]):
        assert not re.search(r"RULES|R00\d-|F-AMB|N-AMB|\bNone\b", text)


@pytest.mark.parametrize("kind", sorted(DECODERS))
def test_a_record_names_the_schema_of_its_kind_and_version(kind: str) -> None:
    message = decode(sample(kind, Link(1, 1, GENESIS)))
    assert message.dataschema == urn(kind) == schemas()[kind]["$id"]


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(SAMPLES) == set(DECODERS)


def test_the_closed_lists_are_those_that_the_box_uses() -> None:
    assert set(ENDS) == {str(end) for end in State}
    assert set(get_args(get_args(Status)[0])) == {ONLINE.decode(), OFFLINE.decode()}
    assert "none" in PROFILES


def test_all_references_of_the_topics_lead_somewhere() -> None:
    document = asyncapi()
    for ref in references(document):
        if ref.startswith("#/"):
            found: Any = document
            for step in ref.removeprefix("#/").split("/"):
                found = found[step]
        else:
            assert (FOLDER / ref).is_file(), ref


def test_the_topics_are_those_of_the_box() -> None:
    addresses = {channel["address"] for channel in asyncapi()["channels"].values()}
    boxes = {f"anpr/v1/{{box}}/{kind}" for kind in (*DECODERS, "status", "receipt")}
    assert addresses == {*boxes, "anpr/v1/updates"}


class Links(HTMLParser):
    """Gathers what a page refers to, and what it could run."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "srcset", "action", "data"):
                self.targets.append(value or "")
            if name == "id":
                self.ids.add(value or "")


def test_the_page_works_without_a_network_and_its_links_lead_somewhere() -> None:
    text = published()["index.html"]
    links = Links()
    links.feed(text)
    assert not links.tags & {"script", "link", "img", "iframe", "object", "base"}
    assert "url(" not in text
    assert "@import" not in text
    for target in links.targets:
        found = target[1:] in links.ids if target[0] == "#" else (FOLDER / target).is_file()
        assert found, target


def test_the_page_shows_every_field_and_both_examples_whole() -> None:
    text = published()["index.html"]
    for schema in schemas().values():
        for part in schema.get("$defs", {}).values():
            assert all(f"<code>{field}</code>" in text for field in part["properties"])
    for example in ("python/receive.py", "node/receive.mjs"):
        line = (FOLDER / example).read_text().splitlines()[0].strip('"/ ')
        assert line in text


def test_schemas_are_json_of_one_dialect_and_named_by_file() -> None:
    for name, text in published().items():
        if name.startswith("schemas/"):
            schema = json.loads(text)
            assert set(schema) >= STANDARD_WORDS
            assert name == file_name(schema["$id"].split(":")[3])


def references(document: Any) -> list[str]:
    if isinstance(document, dict):
        own = [document["$ref"]] if "$ref" in document else []
        return own + [ref for inner in document.values() for ref in references(inner)]
    if isinstance(document, list):
        return [ref for inner in document for ref in references(inner)]
    return []
