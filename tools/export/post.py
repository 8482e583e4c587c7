"""Passages sent to a platform, one HTTP POST each, so that each arrives once.

201: it took it. 409: it has it already. 400: it will never take it; the message is put aside with
the answer, for people. Nothing to be had now (no connection, 429, 5xx) is tried again, ever less
often. Any other answer ends it: address or authorization are wrong.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import urllib3

from edge.errors import FeedError
from edge.record.chain import Place

CREATED, INVALID, KNOWN, TOO_MANY, FAILING = 201, 400, 409, 429, 500
TIMEOUT = urllib3.Timeout(connect=10, read=30)
RETRY_S, RETRY_LIMIT_S = 0.5, 60.0
ANSWER_CHARS = 500
LATER = "Run the same command again: it goes on where it ended."


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, and the place of the record that it tells."""

    box: str
    place: Place
    body: dict[str, Any]


@dataclass(slots=True)
class Posted:
    """What became of the messages."""

    created: int = 0
    known: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Platform:
    """Where to send, and how long to insist."""

    address: str
    authorization: str | None = None
    patience_s: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(timeout=TIMEOUT, retries=False)
    )

    def answer(self, body: dict[str, Any]) -> tuple[int, str]:
        """Send one message until it is answered; return the status and what was said.

        Raises FeedError when no answer comes, or one that is no answer to a message.
        """
        deadline, said = time.monotonic() + self.patience_s, "nothing"
        for delay in delays():
            try:
                status, said = self._sent(body)
            except urllib3.exceptions.HTTPError as e:
                status, said = FAILING, type(e).__name__
            if status in (CREATED, KNOWN, INVALID):
                return status, said
            if status < FAILING and status != TOO_MANY:
                raise FeedError(
                    f"The platform answers {status}.", "Check --to and --authorization."
                )
            if time.monotonic() + delay > deadline:
                break
            self.sleep(delay)
        raise FeedError(f"The platform does not take anything now ({said}).", LATER)

    def _sent(self, body: dict[str, Any]) -> tuple[int, str]:
        headers = {"Content-Type": "application/json"}
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        content = msgspec.json.encode(body)
        found = self.pool.request(
            "POST", self.address, body=content, headers=headers, redirect=False
        )
        return found.status, found.data.decode(errors="replace")[:ANSWER_CHARS]


def post(
    messages: Iterable[Outgoing],
    platform: Platform,
    aside: Path,
    done: Callable[[str, Place], None],
) -> Posted:
    """Send messages in order, telling `done` the place of each; return what became of them.

    Raises FeedError; what was done before is done.
    """
    posted = Posted()
    for message in messages:
        status, said = platform.answer(message.body)
        if status == INVALID:
            put_aside(aside, message, said)
        posted.created += status == CREATED
        posted.known += status == KNOWN
        posted.refused += status == INVALID
        done(message.box, message.place)
    return posted


def put_aside(path: Path, message: Outgoing, said: str) -> None:
    """Add a message that was refused to a file. Raises FeedError."""
    line = {"box": message.box, "place": message.place, "answer": said, "message": message.body}
    try:
        with path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
    except OSError as e:
        cause = f"What was refused cannot be put aside in {path} ({e.strerror})."
        raise FeedError(cause, "Free some disk space; then run the same command again.") from e


def delays() -> Iterator[float]:
    """Yield how long to wait before each new try: ever longer, spread by chance."""
    longest = RETRY_S
    while True:
        yield longest * (0.5 + random.random() / 2)
        longest = min(RETRY_LIMIT_S, longest * 2)
