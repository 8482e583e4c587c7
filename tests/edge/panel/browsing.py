"""Two devices on which pages are looked at, and what every page must stand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.conftest import REPOSITORY

AXE = REPOSITORY / "build/axe/node_modules/axe-core/axe.min.js"
DEVICES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    },
    "desktop": {"viewport": {"width": 1280, "height": 900}},
}
SERIOUS = {"serious", "critical"}


@contextmanager
def opened(browser: Browser, address: str, device: str) -> Iterator[Page]:
    """Open a page that fails the test for any fault that the browser sees."""
    context = browser.new_context(ignore_https_errors=True, **DEVICES[device])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type in {"error"} else None)
    page.on(
        "request",
        lambda asked: faults.append(asked.url) if not asked.url.startswith(address) else None,
    )
    yield page
    context.close()
    assert faults == [], faults


def check_with_axe(page: Page) -> None:
    """Find nothing serious on a page as it stands."""
    if not AXE.exists():
        return
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS]
    assert serious == [], serious
