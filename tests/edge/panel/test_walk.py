"""A box is put into use in a real Chromium, from the first login to the report, on each device.

On the way the pictures of the handbook are taken: `make handbook` keeps them beside it.
"""

import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect

from edge.daemon.bulletin import Bulletin
from edge.daemon.shown import Tally
from edge.panel.walk import Step
from edge.panel.words import say
from edge.record.active import Burden
from tests.booth import BULLETIN, PASSWORD
from tests.conftest import REPOSITORY
from tests.edge.panel.browsing import check_with_axe, opened
from tests.edge.panel.lamplit import Lit, lit_booth

HANDBOOK = REPOSITORY / "deploy" / "HANDBOOK.md"
NAMED = re.compile(r"pictures/(?P<device>phone|desktop)-(?P<name>[a-z-]+)\.webp")
QUALITY = 80


def words(word: str, **values: object) -> str:
    return say("en", word, **values)


class Album:
    """The pictures of one device; those of the handbook are kept, if a folder is asked for."""

    def __init__(self, page: Page, device: str) -> None:
        self.page, self.device, self.taken = page, device, set[str]()
        found = NAMED.finditer(HANDBOOK.read_text())
        self.named = {m["name"] for m in found if m["device"] == device}

    def take(self, name: str, whole: bool = True) -> None:
        """Take what is in sight, or the whole page, with its menu where it begins."""
        self.taken.add(name)
        menu = "document.querySelector('.menu').style.position"
        if whole:
            self.page.evaluate(f"{menu} = 'static'")
        png = _shot(lambda: self.page.screenshot(full_page=whole, animations="disabled"))
        if whole:
            self.page.evaluate(f"{menu} = ''")
        self._keep(name, png)

    def take_part(self, name: str, part: Locator) -> None:
        """Take one part of the page."""
        self.taken.add(name)
        self._keep(name, _shot(lambda: part.screenshot(animations="disabled")))

    def _keep(self, name: str, png: bytes) -> None:
        image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        folder = os.environ.get("ANPR_EDGE_PICTURES")
        if folder and name in self.named:
            path = Path(folder) / f"{self.device}-{name}.webp"
            cv2.imwrite(str(path), image, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])


def _shot(take: Callable[[], bytes]) -> bytes:
    """Take a picture; a Chromium that is busy says at times that it cannot, and then can."""
    for _ in range(2):
        try:
            return take()
        except Error as e:
            if "Unable to capture" not in e.message:
                raise
    return take()


class Walker:
    """Somebody who puts a box into use."""

    def __init__(self, page: Page, lit: Lit, album: Album) -> None:
        self.page, self.lit, self.album = page, lit, album
        self.address = lit.stand.address

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def press(self, word: str) -> None:
        self.page.get_by_role("button", name=words(word), exact=True).click()

    def log_in(self) -> None:
        self.go("/language/en?back=/login")
        self.album.take("login", whole=False)
        self.page.get_by_label(words("password")).fill(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("heading", level=1)).to_have_text(words("all_green"))
        self.album.take("status")

    def aim(self) -> None:
        self.go("/live")
        expect(self.page.locator("#verdict")).to_have_text(words("live_green"))
        self.album.take("live")

    def try_light(self) -> None:
        self.go("/live/light")
        for level in ("off", "dim", "full"):
            self.press(f"light_{level}")
            row = self.page.locator(f"#level-{level} td")
            expect(row.nth(1)).to_contain_text("%")
        expect(self.page.locator("#lens-plate .now")).not_to_have_text("-")
        self.album.take("light")
        check_with_axe(self.page)
        self.press("light_back")

    def draw(self) -> None:
        self.go("/road")
        self.press("add_lane")
        self.page.get_by_label(words("name")).fill("south")
        self.page.get_by_label(words("leaving")).check()
        canvas = self.page.locator("#sketch")
        box = canvas.bounding_box()
        assert box is not None
        for x, y in ((0.52, 0.3), (0.66, 0.3), (0.985, 0.85), (0.55, 0.85)):
            canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(wide) <= 0  # a corner at the edge makes no page wider
        self.album.take("road")
        self.press("check")
        expect(self.page.get_by_role("heading", name="south")).to_be_visible()
        self.album.take("change", whole=False)
        self.press("apply")
        expect(self.page.get_by_role("status")).to_contain_text(words("applied"))
        in_force = self.lit.stand.told[0].in_force
        config = self.lit.stand.settings.config()
        self.lit.stand.tell(
            in_force=msgspec.structs.replace(
                in_force, sha256=config.sha256, lanes=config.camera.lanes
            )
        )

    def step(self) -> Locator:
        return self.page.locator("li[aria-current=step]")

    def judge(self, step: Step, button: str, result: str = "passed") -> None:
        name = words(f"step_{step}")
        self.step().get_by_role("button", name=words(button), exact=True).click()
        one = self.page.locator("li.step", has_text=name).first.locator(".result")
        expect(one).to_have_text(words(f"result_{result}"))

    def commission(self) -> None:
        self.go("/commission")
        self.press("commission_go")
        self.album.take("commission", whole=False)
        self.judge(Step.IDENTITY, "judge")
        self.judge(Step.SIGN, "judge_sign", "failed")  # the tick was forgotten
        self.page.get_by_label(words("sign_agree", sign="ZES, model 2027")).check()
        self.page.get_by_label(words("sign_said")).fill("right, 40 m before the camera")
        self.album.take_part("sign", self.step())
        self.judge(Step.SIGN, "judge_sign")
        self.judge(Step.CAMERA, "judge_camera")
        self.judge(Step.ROAD, "judge")
        for step in (Step.LIGHT, Step.LAW, Step.UPLINK):
            self.judge(step, "judge")
        self.press("run_go")
        self.lit.stand.tell(tally=Tally(announced=12, settled=11))
        expect(self.page.locator("#count")).to_contain_text("11 of 12")
        self.album.take("run")
        check_with_axe(self.page)
        self.judge(Step.RUN, "judge_run")

    def finish(self) -> None:
        self.page.get_by_label(words("technician")).fill("A. de Vries")
        self.page.get_by_label(words("place")).fill("Catharijnesingel, km 2, inwards")
        self.press("finish_go")
        expect(self.page.get_by_role("heading", name=words("report_fit"))).to_be_visible()
        self.album.take("report")
        check_with_axe(self.page)
        for word, begins in (("report_pdf", b"%PDF-"), ("report_html", b"<!doctype html>")):
            with self.page.expect_download() as fetched:
                self.page.get_by_role("link", name=words(word)).click()
            assert fetched.value.path().read_bytes().startswith(begins)

    def service(self) -> None:
        self.go("/service")
        self.album.take("service", whole=False)


@pytest.fixture
def lit(tmp_path: Path) -> Iterator[Lit]:
    with lit_booth(tmp_path) as made:
        yield made


def told() -> Bulletin:
    """Return what a daemon tells whose records are all delivered."""
    delivered = Burden(waiting=0, waiting_s=None, held=0, disk_free=21_000_000_000)
    later = datetime.now(UTC) + timedelta(minutes=5)
    return msgspec.structs.replace(BULLETIN, told_at=later, burden=delivered)


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_a_box_is_put_into_use_and_the_handbook_has_its_pictures(
    browser: Browser, lit: Lit, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lit.bulletin = told()
    monkeypatch.setattr("edge.panel.trial.LATE_S", 1.5)
    with opened(browser, lit.stand.address, device) as page:
        album = Album(page, device)
        walker = Walker(page, lit, album)
        walker.log_in()
        walker.aim()
        walker.try_light()
        walker.draw()
        walker.commission()
        walker.finish()
        walker.service()
    assert album.named <= album.taken, "the handbook names a picture that nobody takes"
