"""The index of a family: what it may say, and what is refused whole."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import UpdateError
from edge.update.releases import Releases, read_releases
from tests.edge.update.test_choice import index, release


def raw(found: Releases) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return built


def test_what_the_publisher_writes_the_box_reads() -> None:
    found = index(release(1), release(2, bases=(1,)), gone=(3,))
    assert read_releases(msgspec.json.encode(found), "registry") == found


@pytest.mark.parametrize(
    "alter",
    [
        lambda i: i.update(family="packs"),
        lambda i: i.update(surprise=1),
        lambda i: i["releases"].reverse(),
        lambda i: i["releases"].append(i["releases"][1]),
        lambda i: i["releases"][0].update(number=0),
        lambda i: i["releases"][0].update(share=101),
        lambda i: i["releases"][0].update(files=[]),
        lambda i: i["releases"][0]["files"].append(i["releases"][0]["files"][0]),
        lambda i: i["releases"][0]["files"][0].update(size=-1),
        lambda i: i["releases"][0]["files"][0].update(sha256="A" * 64),
        lambda i: i["releases"][0].update(released_at="2028-01-01T00:00:00"),
        lambda i: i["releases"][0].update(id="two\nlines"),
        lambda i: i["releases"][1]["deltas"][0].update(path="packs/1.zst"),
        lambda i: i["releases"][1]["deltas"][0].update(base_content="x"),
        lambda i: i["withdrawn"][0].update(reason=" "),
    ],
)
def test_an_index_that_makes_no_sense_is_refused_whole(alter: Any) -> None:
    found = raw(index(release(1), release(2, bases=(1,)), gone=(3,)))
    alter(found)
    with pytest.raises(UpdateError, match="The index of registry"):
        read_releases(msgspec.json.encode(found), "registry")


@given(st.text(max_size=80))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    found = raw(index(release(1)))
    found["releases"][0]["files"][0]["name"] = name
    try:
        read = read_releases(msgspec.json.encode(found), "registry")
    except UpdateError:
        return
    (file,) = read.releases[0].files
    assert "/" not in file.name
    assert not file.name.startswith(".")
    assert file.name.isascii()
    assert file.name.isprintable()


@given(st.binary(max_size=200))
def test_no_bytes_bring_it_down(content: bytes) -> None:
    with pytest.raises(UpdateError):
        read_releases(content, "registry")
