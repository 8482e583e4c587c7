"""A panel for each module, or for each test; a browser for those who want to see."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.booth import Booth, Caller, booth

SOON_MS = 40_000
"""So long a page may take on a machine with much else to do."""
LOG = "10.1.2.3 said nothing of aa:bb:cc:dd:ee:ff"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Booth]:
    with booth(
        tmp_path, journal=("printf", "%s", "10.1.2.3 said nothing of aa:bb:cc:dd:ee:ff")
    ) as b:
        yield b


@pytest.fixture
def inside(stand: Booth) -> Caller:
    caller = stand.caller()
    assert caller.log_in() == 303
    return caller


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Somebody who is logged in, and changes nothing that the next test would see."""
    with booth(tmp_path_factory.mktemp("calm")) as made:
        caller = made.caller()
        assert caller.log_in() == 303
        yield caller


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: apt install chromium")
    expect.set_options(timeout=SOON_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
