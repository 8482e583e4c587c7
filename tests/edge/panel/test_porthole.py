"""The panel's look at the daemon."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from edge.panel.porthole import Porthole

T = TypeVar("T")


def done(work: Coroutine[Any, Any, T]) -> T:
    """Do it in a thread of its own: that of a test may belong to a browser's loop."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, work).result()


def test_who_waited_while_no_picture_came_shares_that_and_does_not_queue(tmp_path: Path) -> None:
    porthole, asked = Porthole(tmp_path), 0

    async def blind(*_: Any) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)

    porthole._ask = blind  # type: ignore[method-assign,assignment]

    async def look_together() -> None:
        assert await asyncio.gather(*(porthole.look() for _ in range(20))) == [None] * 20
        assert asked == 1
        await porthole.look()
        assert asked == 2

    done(look_together())


def test_no_photo_comes_where_no_daemon_is(tmp_path: Path) -> None:
    assert done(Porthole(tmp_path).photo_within(0.01)) is None
