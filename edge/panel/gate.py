"""The gate: the listening socket of the panel, before any TLS.

A line costs 250 kB from its first byte on, so there is an end to them, and a smaller one for each
address: whoever opens a thousand must neither use up the memory nor keep others out.
"""

import socket

MOST, MOST_OF_ONE = 128, 24
BACKLOG = 128
IP_FREEBIND = 15
"""ip(7); the socket module of Python 3.11 does not name it."""
UNHEARD_MS = 15_000
"""So long what was sent may go unread: else who reads nothing would hold his line for ever."""


class Gate(socket.socket):
    """Accepts lines as any socket does, and hangs up at once on those beyond the limits."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Listen at an IPv4 address, also where that is not there yet. Raises OSError.

        A maintenance port has none before its cable is plugged in.
        """
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.lines: list[tuple[socket.socket, str]] = []
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS)
        try:
            self.bind(address)
            self.listen(BACKLOG)
        except OSError:
            self.close()
            raise

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """Return the next line; of too many ConnectionAbortedError: to the loop there was none."""
        line, address = super().accept()
        self.lines = [one for one in self.lines if one[0].fileno() >= 0]
        if len(self.lines) >= MOST or self._of(address[0]) >= MOST_OF_ONE:
            line.close()
            raise ConnectionAbortedError
        self.lines.append((line, address[0]))
        return line, address

    def _of(self, host: str) -> int:
        return sum(other == host for _, other in self.lines)
