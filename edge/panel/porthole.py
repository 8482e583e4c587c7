"""The panel's side of the daemon's hatch: frames and state, while somebody looks.

Whoever looks at the same time shares one frame.
"""

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.daemon.shown import (
    HEAD_BYTES,
    MAX_HEAD,
    SOCKET,
    Ask,
    PhotoHead,
    Plate,
    SightHead,
    StateHead,
)
from edge.vision.aim import Light

WAIT_S = 3.0
FRESH_S = 0.1
BEST_S = 4.0
"""So long the plate that was seen widest stays on the page: its vehicle is gone within a second."""
MAX_JPEG = 4_000_000
HeadT = TypeVar("HeadT", SightHead, StateHead, PhotoHead)


@dataclass(frozen=True, slots=True)
class Look:
    """A frame as it came: its head, its JPEG, and when (monotonic)."""

    head: SightHead
    jpeg: bytes
    at_s: float


class Porthole:
    """Looks at the daemon; what does not answer is None."""

    def __init__(self, folder: Path) -> None:
        """Look through the socket in a folder."""
        self._folder = folder
        self._lock = asyncio.Lock()
        self._last: dict[bool, Look] = {}
        self._best: tuple[float, Plate] | None = None

    async def state(self) -> StateHead | None:
        """Return how the daemon stands."""
        found = await self._ask(Ask("state"), StateHead)
        return None if found is None else found[0]

    async def look(self, drawn: bool = True) -> Look | None:
        """Return a frame of this moment, with its plates outlined or as it is."""
        async with self._lock:
            last = self._last.get(drawn)
            if last is not None and time.monotonic() - last.at_s < FRESH_S:
                return last
            found = await self._ask(Ask("sight", drawn), SightHead)
            if found is None:
                self._last.pop(drawn, None)
                return None
            look = Look(*found, time.monotonic())
            self._last[drawn] = look
            self._remember(look)
            return look

    async def photo(self) -> tuple[PhotoHead, bytes] | None:
        """Return a picture in which no plate can be read, as JPEG."""
        return await self._ask(Ask("photo"), PhotoHead)

    async def best_within(self, wait_s: float) -> Plate | None:
        """Look until a plate is seen without a fault, or so long; return the best one."""
        until, found = time.monotonic() + wait_s, None
        while time.monotonic() < until:
            await self.look()
            best = self.best()
            if best is not None and (found is None or _rank(best) >= _rank(found)):
                found = best
            if found is not None and found.light is Light.GREEN:
                return found
            await asyncio.sleep(FRESH_S)
        return found

    def best(self, since_s: float = 0.0) -> Plate | None:
        """Return the plate that was seen widest a moment ago, and since then (monotonic)."""
        if self._best is None or self._best[0] < max(since_s, time.monotonic() - BEST_S):
            return None
        return self._best[1]

    def _remember(self, look: Look) -> None:
        for plate in (*look.head.plates, *look.head.plated):
            best = self.best()
            if best is None or _width_px(plate) >= _width_px(best):
                self._best = (look.at_s, plate)

    async def _ask(self, ask: Ask, kind: type[HeadT]) -> tuple[HeadT, bytes] | None:
        try:
            raw = await asyncio.wait_for(self._exchange(ask), WAIT_S)
            size = int.from_bytes(raw[:HEAD_BYTES], "big")
            if size > MAX_HEAD or len(raw) < HEAD_BYTES + size:
                return None
            head = msgspec.json.decode(raw[HEAD_BYTES : HEAD_BYTES + size], type=kind)
        except (OSError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return head, raw[HEAD_BYTES + size :]

    async def _exchange(self, ask: Ask) -> bytes:
        """Send an ask and return all that comes back; a path of any length fits its address."""
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            place = f"/proc/self/fd/{folder}/{SOCKET}"
            reader, writer = await asyncio.open_unix_connection(place, limit=MAX_JPEG)
        finally:
            os.close(folder)
        try:
            writer.write(msgspec.json.encode(ask) + b"\n")
            await writer.drain()
            return await reader.read(-1)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _rank(plate: Plate) -> tuple[int, float]:
    return (Light.RED, Light.AMBER, Light.GREEN).index(plate.light), _width_px(plate)


def _width_px(plate: Plate) -> float:
    return next((mark.value for mark in plate.marks if mark.figure == "width_px"), 0.0)
