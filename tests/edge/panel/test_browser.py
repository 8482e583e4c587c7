"""The panel in a real Chromium, on a phone and on a desktop: seen, touched, by keyboard alone."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.booth import PASSWORD, Booth, booth
from tests.edge.panel.browsing import AXE, DEVICES, check_with_axe, opened

PAGES = ["/", "/live", "/live/light", "/road", "/commission", "/service"]
LEAST_TAP_PX = 44


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    with booth(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture(params=list(DEVICES))
def page(browser: Browser, stand: Booth, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on one of the devices that fails the test for any fault that the browser sees."""
    with opened(browser, stand.address, request.param) as page:
        page.goto(f"{stand.address}/login")
        page.get_by_label("Wachtwoord").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Dit kastje")
        yield page


def test_the_picture_moves_and_a_plate_has_its_lights_and_its_sentence(
    page: Page, stand: Booth
) -> None:
    page.goto(f"{stand.address}/live")
    expect(page.locator("#verdict")).to_have_text("Zo leest het goed")
    expect(page.locator("#seen")).to_contain_text("••••B9")
    assert page.evaluate("document.getElementById('picture').naturalWidth") == 960
    small = tuple(replace(r, text="<b>9</b>") for r in stand.road.readings[1:])
    before, stand.road.readings = stand.road.readings, small
    try:
        width = page.locator(".mark", has_text="Breedte van het kenteken")
        expect(width.locator(".todo")).to_contain_text("Zoom in", timeout=15_000)
        expect(page.locator("#seen")).to_contain_text("••••••b>")  # text, and no markup
    finally:
        stand.road.readings = before


def test_a_page_that_nobody_sees_asks_for_no_frame(page: Page, stand: Booth) -> None:
    page.goto(f"{stand.address}/live")
    expect(page.locator("#verdict")).to_have_text("Zo leest het goed")
    page.goto(f"{stand.address}/service")
    page.wait_for_timeout(2600)
    assert stand.road.window._newest is None


@pytest.mark.parametrize("path", ["/live", "/live/light"])
def test_a_page_that_is_hidden_asks_for_no_frame_until_it_is_seen_again(
    page: Page, stand: Booth, path: str
) -> None:
    page.goto(stand.address + path)
    picture = page.locator("#picture")
    expect(picture).to_have_js_property("naturalWidth", 960)
    turn = """is => {
        Object.defineProperty(document, 'hidden', { value: is, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(turn, True)
    until = time.monotonic() + 30
    while stand.road.window._newest is not None:
        assert time.monotonic() < until
        page.wait_for_timeout(100)
    page.evaluate(turn, False)
    expect(picture).to_have_js_property("naturalWidth", 960)
    assert stand.road.window._newest is not None


def test_a_lane_is_drawn_by_finger_looked_at_put_in_force_and_taken_back(
    page: Page, stand: Booth
) -> None:
    page.goto(f"{stand.address}/road")
    page.get_by_role("button", name="Rijstrook erbij").click()
    page.get_by_label("Naam").fill("midden")
    page.get_by_label("van de camera af").check()
    canvas = page.locator("#sketch")
    box = canvas.bounding_box()
    assert box is not None
    for x, y in ((0.3, 0.3), (0.7, 0.35), (0.6, 0.8), (0.25, 0.75)):
        canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})
    assert page.locator(".handle").count() == 4
    page.get_by_role("button", name="Bekijk het verschil").click()
    expect(page.get_by_role("heading", name="midden")).to_be_visible()
    page.get_by_role("button", name="Toepassen").click()
    expect(page.get_by_role("status")).to_contain_text("Opgeslagen")
    lane = stand.settings.config().camera.lanes[-1]
    assert (lane.name, lane.direction, len(lane.polygon)) == ("midden", "leaving", 4)
    page.get_by_role("button", name="Terug naar deze").last.click()
    expect(page.get_by_role("status")).to_contain_text("Opgeslagen")
    assert [one.name for one in stand.settings.config().camera.lanes] == ["north"]


def test_a_drawing_without_a_picture_says_so_until_one_comes(
    browser: Browser, stand: Booth
) -> None:
    socket = stand.parts.folder / "daemon.sock"
    with closing(browser.new_context(ignore_https_errors=True)) as context:
        page = context.new_page()
        page.goto(f"{stand.address}/login")
        page.get_by_label("Wachtwoord").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Dit kastje")
        socket.rename(socket.with_suffix(".away"))
        try:
            page.goto(f"{stand.address}/road")
            expect(page.get_by_alt_text("Er komt geen beeld")).to_be_visible()
        finally:
            socket.with_suffix(".away").rename(socket)
        expect(page.get_by_alt_text("Beeld van de camera")).to_be_visible(timeout=15_000)


def test_a_corner_is_moved_and_removed_by_keyboard_alone(page: Page, stand: Booth) -> None:
    page.goto(f"{stand.address}/road")
    corner = page.get_by_role("button", name="Hoek 1", exact=True)
    corner.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    value = page.locator("#drawing").input_value()
    assert value.startswith('{"region":[[0.11,0.21]')
    page.keyboard.press("Delete")
    assert page.locator(".handle").count() == 3
    page.get_by_role("button", name="Herstel").press("Enter")
    assert page.locator(".handle").count() == 4


def test_everything_is_reached_by_tab_and_seen_to_be(page: Page, stand: Booth) -> None:
    page.goto(f"{stand.address}/service")
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle !== 'none'"
            " || document.activeElement === document.body"
        )
    for word in ("Naar de inhoud", "Toestand", "Weg", "Vernieuw vanaf de stick"):
        assert word in reached, reached


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_too_small_for_a_thumb_or_wider_than_the_screen(
    page: Page, stand: Booth, path: str
) -> None:
    page.goto(stand.address + path)
    page.wait_for_timeout(300)
    for one in page.locator("a:visible, button:visible, summary:visible, .choice:visible").all():
        box = one.bounding_box()
        assert box is not None
        if box["height"] > 1:  # the link to the content shows only when it is reached
            assert box["height"] >= LEAST_TAP_PX, one.inner_text()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, stand: Booth, scheme: Any) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make axe")
    page.emulate_media(color_scheme=scheme)
    for path in PAGES:
        answer = page.goto(stand.address + path)
        assert answer is not None
        check_with_axe(page)
