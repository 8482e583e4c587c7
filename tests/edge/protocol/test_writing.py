"""Text of the configuration is text: it can be no markup in either form."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.protocol.document import Code, Document, Section, Table, Words, both, plain
from edge.protocol.markdown import escaped, markdown
from edge.protocol.page import page
from tests.edge.protocol.world import DUTCH, made

HOSTILE = "<script>alert(1)</script> | a\\\\|b **x** [y](javascript:z) `c` & \"q\" 'r'"


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k in ("href", "src", "action", "onclick")]


def hostile(folder: Path) -> Document:
    text = HOSTILE.replace('"', '\\"')
    zone = f'context = """{text}\n# heading\n- item"""\ndecree = "{text}"\n'
    people = f'[authority]\nname = "{text}"\n[[authority.recipients]]\nname = "{text}"\n'
    return made(folder, f'{DUTCH}{zone}{people}receives = "{text}"\n[camera]\nid = "{text}"\n')


def test_a_hostile_text_is_no_markup_on_the_page(tmp_path: Path) -> None:
    found = Tags(page(hostile(tmp_path), "nl"))
    assert "script" not in found.tags
    assert all(link.startswith("#") for link in found.links)
    assert found.tags == Tags(page(made(tmp_path, SAME_SHAPE), "nl")).tags


SAME_SHAPE = (
    f'{DUTCH}context = "a"\ndecree = "a"\n[authority]\nname = "a"\n[[authority.recipients]]\n'
    'name = "a"\nreceives = "a"\n[camera]\nid = "a"\n'
)


def test_a_hostile_text_is_no_markup_in_markdown(tmp_path: Path) -> None:
    found = markdown(hostile(tmp_path), "nl")
    same = markdown(made(tmp_path, SAME_SHAPE), "nl")
    assert len(found.splitlines()) == len(same.splitlines())
    assert "<" not in found
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in found.splitlines()]
    assert bars == [line.count("|") for line in same.splitlines()]


def test_nothing_is_fetched_from_elsewhere(tmp_path: Path) -> None:
    text = page(made(tmp_path, DUTCH), "en")
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert not {"img", "link", "script", "iframe"} & set(Tags(text).tags)


def test_the_page_names_its_language_and_its_tables_their_heads(tmp_path: Path) -> None:
    document = made(tmp_path, DUTCH)
    assert '<html lang="nl">' in page(document, "nl")
    text = page(document, "en")
    assert '<html lang="en">' in text
    assert text.count("<caption>") == text.count("<table")
    anchors = re.findall(r'href="#([^"]+)"', text)
    assert anchors == [section.id for section in document.sections]
    assert all(f'id="{anchor}"' in text for anchor in anchors)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb\t c", "a b c"), ("a\u202eb\u200bc", "abc"), ("\x1b[2J", "[2J"), (" \n ", "")],
)
def test_what_nobody_sees_does_not_reach_the_document(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("12.5 km", "12.5 km"),
        ("1. one", "1\\. one"),
        ("- x", "\\- x"),
        ("# x", "\\# x"),
        ("a_b _c_", "a_b \\_c\\_"),
        ("a & b", "a &amp; b"),
    ],
)
def test_only_what_would_be_markup_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text(max_size=60))
def test_any_text_stays_in_its_cell(text: str) -> None:
    table = Table(both("t"), (both("a"), both("b")), ((both(text), Code(plain(text))),))
    document = Document(both("t"), both("s"), (Section("x", Words("x", "x"), (table,)),))
    written = markdown(document, "nl")
    last = written.rstrip("\n").splitlines()[-1]
    assert len(written.splitlines()) == 11
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", last)) == 3
    assert Tags(page(document, "nl")).tags.count("td") == 1
