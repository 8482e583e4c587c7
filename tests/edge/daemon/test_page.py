"""The page of figures: one address, one caller at a time, a clear word where it cannot open."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from edge.daemon.page import Page
from edge.errors import ListenError

HOST = "127.0.0.1"


@pytest.fixture
def registry() -> CollectorRegistry:
    made = CollectorRegistry()
    Counter("anpr_frames", "Frames.", registry=made).inc(3)
    return made


@pytest.fixture
def page(registry: CollectorRegistry) -> Iterator[Page]:
    with Page((HOST, 0), registry) as made:
        yield made


def fetch(page: Page, path: str = "/metrics") -> str:
    with urllib.request.urlopen(f"http://{HOST}:{page.port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def test_it_shows_what_the_registry_holds_and_nothing_of_the_library_s_own(page: Page) -> None:
    families = {family.name for family in text_string_to_metric_families(fetch(page))}
    assert {name.removesuffix("_created") for name in families} == {"anpr_frames"}


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../etc/passwd"])
def test_there_is_one_page(page: Page, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(page, path)


def test_many_callers_at_once_are_all_answered_by_one_thread(page: Page) -> None:
    before, answers = threading.active_count(), list[str]()
    callers = [threading.Thread(target=lambda: answers.append(fetch(page))) for _ in range(5)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(answers) == len(callers)
    assert threading.active_count() == before


def test_a_caller_that_hangs_up_ends_nothing(page: Page) -> None:
    for words in (b"", b"GET /met", b"\0\xff\r\n\r\n"):
        with socket.create_connection((HOST, page.port)) as caller:
            caller.sendall(words)
    assert "anpr_frames_total 3.0" in fetch(page)


def test_a_port_that_is_taken_is_one_clear_sentence(
    page: Page, registry: CollectorRegistry
) -> None:
    with pytest.raises(ListenError) as refused:
        Page((HOST, page.port), registry)
    assert refused.value.cause == (
        f"Nothing can listen at {HOST}:{page.port} (Address already in use)."
    )
    assert "metrics.listen" in refused.value.remedy


def test_a_unit_that_has_no_network_is_told_of_its_drop_in() -> None:
    """There the system refuses the address, as it does one of another machine."""
    with pytest.raises(ListenError, match="Nothing can listen") as told:
        Page(("192.0.2.7", 0), CollectorRegistry())
    assert "drop-in" in told.value.remedy
