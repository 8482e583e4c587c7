"""The page of a benchmark says all that was measured, needs no network, and fits a screen."""

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.tools.bench.test_history import HERE, before, run
from tools.bench.compare import compared
from tools.bench.drawn import BARS, chart, comparable, line
from tools.bench.eyes import AGAINST
from tools.bench.figure import Figure
from tools.bench.history import Run
from tools.bench.page import Told, write_page


def written(path: Path, now: Run, runs: list[Run]) -> str:
    write_page(path, Told(now, runs, compared(now, runs), ("The uplink is left out: <none>.",)))
    return path.read_text("utf-8")


def test_every_figure_stands_on_the_page_with_its_history_and_what_is_worse(
    tmp_path: Path,
) -> None:
    now = run(11, detect=1.3)
    page = written(tmp_path / "page.html", now, before())
    text = unescape(page)
    for one in now.figures:
        assert one.name in text
        assert f"{one.name} over the runs" in text
    assert page.count("<circle") == len(now.figures) * 11
    assert "pipeline: detect: 5.20 ms is " in text
    assert str(HERE) in text
    assert "c011" in text
    assert "&lt;none&gt;" in page  # what is told is text, and no part of the page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_bars_are_as_long_as_their_values() -> None:
    figures = [Figure("g", "long", 8.0, p95=10.0), Figure("g", "detect (YuNet fp32)", 2.0)]
    drawn = chart("ms", [*figures, Figure("g", "late", 9.0, asked=5.0)])
    assert [round(bar.width) for bar in drawn.bars] == [320, 80, 360]
    assert drawn.bars[0].p95 == BARS
    assert [bar.kind for bar in drawn.bars] == ["ours", "peer", "missed"]


def test_a_line_has_a_point_for_each_run_that_measured_it() -> None:
    runs = [run(n, detect=1 + n) for n in range(3)]
    detect = next(one for one in runs[-1].figures if one.name == "detect")
    drawn = line(detect, runs)
    assert drawn is not None
    heights = [drawn.height - 8 - point.y for point in drawn.points]
    assert heights == pytest.approx([h * max(heights) / 3 for h in (1, 2, 3)])
    assert line(replace(detect, name="new"), runs) is None
    assert line(detect, runs[:1]) is None


def test_of_another_machine_the_ratios_alone_are_drawn() -> None:
    other = before(2, machine=replace(HERE, cores=64))
    drawn = comparable(run(11), other)
    assert [{one.group for one in found.figures} for found in drawn[:2]] == [{AGAINST}] * 2
    assert drawn[2] == run(11)


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> dict[int, float]:
    """How wide the page is on screens of some widths, in a real browser without a network."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: apt install chromium")
    page = tmp_path_factory.mktemp("page") / "page.html"
    written(page, run(11, detect=1.3), before())
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for width in (390, 1280):
            shown = browser.new_page(viewport={"width": width, "height": 900}, offline=True)
            shown.goto(page.as_uri())
            assert shown.locator("svg.bars").first.is_visible()
            found[width] = shown.evaluate("document.documentElement.scrollWidth")
        browser.close()
    return found


def test_the_page_fits_a_phone_and_a_screen(screens: dict[int, float]) -> None:
    assert all(wide <= width for width, wide in screens.items())
