"""Every link of the pages that are read leads somewhere: to a file, and to a heading in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

LINK = re.compile(r"\]\(([^)\s]+)\)")
OURS = ("deploy", "edge", "firmware_bridge", "models", "systemd", "tools")
PAGES = [
    *sorted(REPOSITORY.glob("*.md")),
    *sorted(page for folder in OURS for page in (REPOSITORY / folder).rglob("*.md")),
]
PAGES = [page for page in PAGES if "node_modules" not in page.parts]


def lost(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere in this repository."""
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        name, _, heading = link.partition("#")
        path = page.parent / name if name else page
        if not path.exists() or (heading and heading not in headings(path)):
            yield link


def headings(page: Path) -> set[str]:
    """Return the names by which a page's headings are linked to."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(lost(page)) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A word, or two\n[a](#a-word-or-two) [b](page.md) [c](#c) [d](none.md)\n")
    assert list(lost(page)) == ["#c", "none.md"]
