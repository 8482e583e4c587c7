"""Whether there is room for records, as those who write them ask it."""

from collections.abc import Callable
from typing import Protocol

from edge.casebook.file import NoRoomError as CasebookNoRoomError
from edge.errors import BoxError
from edge.feed.storefile import NoRoomError as OutboxNoRoomError
from edge.types import Passage

NO_ROOM = (OutboxNoRoomError, CasebookNoRoomError)
"""What a disk that is full, or cannot be written, makes of a write."""


class Room(Protocol):
    """Whether records can be taken now."""

    def opens(self) -> bool:
        """Make room where that can be done; False where nothing can be recorded now."""
        ...

    def miss(self, passage: Passage) -> None:
        """Count a passage that was not recorded."""
        ...

    def fail(self, error: BoxError, passage: Passage | None = None) -> None:
        """Take note that a write (of a passage) found no room."""
        ...


class Endless:
    """Room without end, for a tester's run: who runs out of it is told at once."""

    def opens(self) -> bool:
        """Say yes."""
        return True

    def miss(self, passage: Passage) -> None:
        """Count nothing: this is never called."""

    def fail(self, error: BoxError, passage: Passage | None = None) -> None:
        """Raise what happened."""
        raise error


class Chores:
    """What is done between two frames, as long as there is room for records."""

    def __init__(self, step: Callable[[int], None], room: Room) -> None:
        """Call `step` with how many frames were looked at since it was called last."""
        self._step, self._room, self._frames = step, room, 0

    def step(self, frames: int) -> None:
        """Do what is due; what finds no room is due again."""
        self._frames += frames
        if self._room.opens():
            frames, self._frames = self._frames, 0
            self.attempt(lambda: self._step(frames))

    def attempt(self, do: Callable[[], object]) -> None:
        """Do something that writes, if there is room for it."""
        try:
            if self._room.opens():
                do()
        except NO_ROOM as e:
            self._room.fail(e)
