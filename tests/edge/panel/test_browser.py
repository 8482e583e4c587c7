"""The panel in a real Chromium, on a phone and on a desktop: seen, touched, and by keyboard alone.

`ANPR_EDGE_PICTURES=FOLDER` keeps pictures of the pages.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from edge.daemon.shown import Tally
from edge.record.active import Burden
from tests.booth import BULLETIN, PASSWORD, Booth, booth
from tests.conftest import REPOSITORY

AXE = REPOSITORY / "build/axe/node_modules/axe-core/axe.min.js"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PAGES = ["/", "/live", "/live/light", "/road", "/commission", "/service"]
SERIOUS = {"serious", "critical"}
LEAST_TAP_PX = 44


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: apt install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    with booth(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture(params=["phone", "desktop"])
def page(browser: Browser, stand: Booth, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on one of the devices that fails the test for any fault that the browser sees."""
    kind = PHONE if request.param == "phone" else DESKTOP
    context = browser.new_context(ignore_https_errors=True, **kind)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type in {"error"} else None)
    opened.on(
        "request",
        lambda asked: faults.append(asked.url) if not asked.url.startswith(stand.address) else None,
    )
    opened.goto(f"{stand.address}/login")
    opened.get_by_label("Wachtwoord").fill(PASSWORD)
    opened.keyboard.press("Enter")
    expect(opened.get_by_role("heading", level=1)).to_contain_text("Dit kastje")
    yield opened
    context.close()
    assert faults == []


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("ANPR_EDGE_PICTURES")
    if folder:
        wide = page.viewport_size
        kind = "phone" if wide and wide["width"] < 500 else "desktop"
        page.screenshot(path=Path(folder) / f"{kind}-{name}.png", full_page=True)


def keep(path: Path, name: str) -> None:
    folder = os.environ.get("ANPR_EDGE_PICTURES")
    if folder:
        shutil.copy(path, Path(folder) / name)


def check_with_axe(page: Page) -> None:
    """Find nothing serious on a page as it stands."""
    if not AXE.exists():
        return
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS] == []


def test_the_picture_moves_and_a_plate_has_its_lights_and_its_sentence(
    page: Page, stand: Booth
) -> None:
    page.goto(f"{stand.address}/live")
    expect(page.locator("#verdict")).to_have_text("Zo leest het goed")
    expect(page.locator("#seen")).to_contain_text("••••B9")
    assert page.evaluate("document.getElementById('picture').naturalWidth") == 960
    picture(page, "live")
    small = tuple(replace(r, text="<b>9</b>") for r in stand.road.readings[1:])
    before, stand.road.readings = stand.road.readings, small
    try:
        width = page.locator(".mark", has_text="Breedte van het kenteken")
        expect(width.locator(".todo")).to_contain_text("Zoom in", timeout=15_000)
        expect(page.locator("#seen")).to_contain_text("••••••b>")  # text, and no markup
        picture(page, "live-amber")
    finally:
        stand.road.readings = before


def test_a_page_that_nobody_sees_asks_for_no_frame(page: Page, stand: Booth) -> None:
    page.goto(f"{stand.address}/live")
    expect(page.locator("#verdict")).to_have_text("Zo leest het goed")
    page.goto(f"{stand.address}/service")
    page.wait_for_timeout(2600)
    assert stand.road.window._newest is None


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
    picture(page, "road")
    page.get_by_role("button", name="Bekijk het verschil").click()
    expect(page.get_by_role("heading", name="midden")).to_be_visible()
    picture(page, "change")
    page.get_by_role("button", name="Toepassen").click()
    expect(page.get_by_role("status")).to_contain_text("Opgeslagen")
    lane = stand.settings.config().camera.lanes[-1]
    assert (lane.name, lane.direction, len(lane.polygon)) == ("midden", "leaving", 4)
    page.get_by_role("button", name="Terug naar deze").last.click()
    expect(page.get_by_role("status")).to_contain_text("Opgeslagen")
    assert [one.name for one in stand.settings.config().camera.lanes] == ["north"]


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


def judge(page: Page, button: str, result: str) -> None:
    step = page.locator("li[aria-current=step]")
    name = step.get_by_role("heading").inner_text()
    step.get_by_role("button", name=button).click()
    expect(page.locator("li.step", has_text=name).first.locator(".result")).to_have_text(
        result, timeout=30_000
    )


def test_a_box_is_commissioned_from_its_first_step_to_its_report(page: Page, stand: Booth) -> None:
    readings, stand.road.readings = stand.road.readings, stand.road.readings[:1]
    before = stand.told[0]
    later = datetime.now(UTC) + timedelta(minutes=5)
    delivered = Burden(waiting=0, waiting_s=None, held=0, disk_free=21_000_000_000)
    in_force = msgspec.structs.replace(before.in_force, sha256=stand.settings.config().sha256)
    told = msgspec.structs.replace(BULLETIN, told_at=later, burden=delivered)
    stand.tell(bulletin=told, in_force=in_force)
    try:
        page.goto(f"{stand.address}/commission")
        page.get_by_role("button", name=re.compile("Begin")).click()
        picture(page, "commission-begun")
        judge(page, "Controleer", "in orde")
        judge(page, "Leg vast", "niet in orde")  # the tick was forgotten
        page.get_by_label("Het bord “ZES, model 2027” staat er").check()
        page.get_by_label("Waar staat het?").fill("rechts, 40 m vóór de camera")
        picture(page, "commission-sign")
        judge(page, "Leg vast", "in orde")
        judge(page, "Kijk naar het volgende voertuig", "in orde")
        judge(page, "Controleer", "in orde")
        judge(page, "Controleer", "n.v.t.")
        judge(page, "Controleer", "in orde")
        judge(page, "Controleer", "in orde")
        page.get_by_role("button", name="Begin te tellen").click()
        stand.tell(tally=Tally(announced=12, settled=11))
        expect(page.locator("#count")).to_contain_text("11 van 12 kentekens zeker (92 %)")
        picture(page, "commission-run")
        check_with_axe(page)
        judge(page, "Sluit de proef af", "in orde")
        page.get_by_label("Monteur").fill("A. de Vries")
        page.get_by_label("Plaats").fill("Catharijnesingel, km 2, richting centrum")
        picture(page, "commission-finish")
        page.get_by_role("button", name="Maak het rapport").click()
        expect(page.get_by_role("heading", name="Geschikt voor gebruik")).to_be_visible()
        picture(page, "commission-done")
        check_with_axe(page)
        with page.expect_download() as fetched:
            page.get_by_role("link", name="Rapport als PDF").click()
        keep(fetched.value.path(), "report.pdf")
        assert fetched.value.path().read_bytes().startswith(b"%PDF-")
        with page.expect_download() as fetched:
            page.get_by_role("link", name="Rapport als webpagina").click()
        keep(fetched.value.path(), "report.html")
        assert "A. de Vries" in fetched.value.path().read_text()
    finally:
        stand.road.readings, stand.told[0] = readings, before


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
    picture(page, f"page{re.sub('/', '-', path)}")
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
