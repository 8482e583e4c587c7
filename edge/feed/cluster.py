"""A broker under one or several names: the servers of a cluster are tried in turn."""

import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edge.errors import FeedError
from edge.feed.session import Broker

log = logging.getLogger(__name__)
OpenT = TypeVar("OpenT")


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is, and how to prove who we are; satisfies the session's `Broker`."""

    host: str
    port: int
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


class Cluster:
    """The servers of one broker.

    It begins with any of them, so that boxes spread over all; every connection after that goes to
    the next one first, for the last one was lost.
    """

    def __init__(
        self, servers: Sequence[BrokerAddress], draw: Callable[[], float] = random.random
    ) -> None:
        """Know at least one server."""
        self._servers = deque(servers)
        self._servers.rotate(int(draw() * len(servers)))

    def open(self, connect: Callable[[Broker], OpenT]) -> OpenT:
        """Connect to the first server that lets us in.

        Raises FeedError, that of the last one, when none does.
        """
        for _ in range(len(self._servers) - 1):
            try:
                return connect(self._next())
            except FeedError as e:
                log.info("%s Trying the next server.", e.cause)
        return connect(self._next())

    def _next(self) -> BrokerAddress:
        server = self._servers[0]
        self._servers.rotate(-1)
        return server
