"""One loop over the network of all boxes of a process, and what went over it."""

import select
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import paho.mqtt.client as paho

TCP_INFO_BYTES = 144
COUNTERS = struct.Struct("=120x2Q2I")
"""`tcp_info` of Linux from 4.6 on: bytes acknowledged and received, segments out and in."""
HEADER_BYTES = 52
"""IPv4 and TCP with timestamps, of each segment."""
MOST_WRITES = 64


@dataclass(slots=True)
class Traffic:
    """What connections carried so far: payload of TCP, and segments, both ways."""

    connections: int = 0
    payload: int = 0
    segments: int = 0

    def add(self, opened: socket.socket) -> None:
        """Count in what the kernel counted."""
        told = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
        out, into, segments_out, segments_in = COUNTERS.unpack(told)
        self.connections += 1
        self.payload += out + into
        self.segments += segments_out + segments_in

    @property
    def total(self) -> int:
        """Bytes on the wire, headers of TCP and IP with them."""
        return self.payload + self.segments * HEADER_BYTES


@dataclass(frozen=True, slots=True)
class _Line:
    client: paho.Client
    heard: Callable[[], None]


class Wire:
    """Reads and writes for many connections, from the thread that calls `turn`."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._epoll = select.epoll()
        self._lines: dict[int, _Line] = {}
        self._bell = socket.socketpair()
        for end in self._bell:
            end.setblocking(False)
        self._epoll.register(self._bell[0], select.EPOLLIN)
        self.traffic = Traffic()

    def close(self) -> None:
        """Watch no more."""
        self._epoll.close()
        for end in self._bell:
            end.close()

    def drive(self, heard: Callable[[], None]) -> "Drive":
        """Return what a session is driven by; `heard` is called when something came."""
        return Drive(self, heard)

    def ring(self) -> None:
        """End the wait of `turn`, from any thread."""
        try:
            self._bell[1].send(b".")
        except BlockingIOError:  # it rings already
            return

    def turn(self, wait_s: float) -> None:
        """Wait for the network, at most so long, then read and write what there is."""
        for handle, mask in self._epoll.poll(wait_s):
            if handle == self._bell[0].fileno():
                self._bell[0].recv(4096)
                continue
            line = self._lines.get(handle)
            if line is None:  # closed meanwhile
                continue
            if mask & select.EPOLLOUT:
                line.client.loop_write()
            if mask & ~select.EPOLLOUT:
                read(line.client)
                line.heard()

    def keep_alive(self) -> None:
        """Ping where it is time, and write what another thread left behind."""
        for line in [*self._lines.values()]:
            if line.client.loop_misc() != paho.MQTT_ERR_SUCCESS:
                line.heard()
            elif line.client.want_write():
                line.client.loop_write()

    def totals(self) -> Traffic:
        """Return what went over all connections, those that are open with them."""
        found = Traffic(self.traffic.connections, self.traffic.payload, self.traffic.segments)
        for line in [*self._lines.values()]:
            if isinstance(opened := line.client.socket(), socket.socket):
                with suppress(OSError):  # another thread closes it
                    found.add(opened)
        return found

    def add(self, client: paho.Client, heard: Callable[[], None]) -> None:
        """Watch a connection from now on."""
        opened = client.socket()
        if opened is None:
            return
        client.on_socket_register_write = lambda c, u, s: self._watch(s.fileno(), select.EPOLLOUT)
        client.on_socket_unregister_write = lambda c, u, s: self._watch(s.fileno(), 0)
        client.on_socket_close = lambda c, u, s: self._forget(s)
        self._lines[opened.fileno()] = _Line(client, heard)
        self._epoll.register(opened.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _watch(self, handle: int, more: int) -> None:
        if handle in self._lines:
            with suppress(OSError):  # another thread closes it
                self._epoll.modify(handle, select.EPOLLIN | more)

    def _forget(self, opened: object) -> None:
        if not isinstance(opened, socket.socket):
            return
        if self._lines.pop(opened.fileno(), None) is not None:
            self._epoll.unregister(opened.fileno())
            self.traffic.add(opened)


@dataclass(frozen=True, slots=True)
class Drive:
    """Puts one connection on the wire; implements `edge.feed.session.Drive`."""

    wire: Wire
    heard: Callable[[], None]

    def start(self, client: paho.Client) -> None:
        """Watch it from now on."""
        self.wire.add(client, self.heard)
        self.wire.ring()

    def stop(self, client: paho.Client) -> None:
        """Say what there is to say, if it goes out at once; the rest is lost with the line."""
        for _ in range(MOST_WRITES):
            if client.socket() is None or not client.want_write():
                break
            client.loop_write()
        client.disconnect()
        if client.socket() is not None:
            client.loop_write()


def read(client: paho.Client) -> None:
    """Read all that has come: what TLS holds decrypted, no poll would tell."""
    client.loop_read()
    while isinstance(opened := client.socket(), ssl.SSLSocket) and opened.pending():
        client.loop_read()
