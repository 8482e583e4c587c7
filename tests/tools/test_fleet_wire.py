"""Many connections on one loop: they say and hear what those with a thread of their own do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.errors import FeedError
from edge.feed.session import Accepted, Arrived, Note, Role, Session
from tests.mosquitto import Mosquitto, wait_for
from tests.mosquitto import broker as broker
from tools.fleet.wire import HEADER_BYTES, Traffic, Wire

LARGE = b"x" * 400_000
"""More than fits into the buffers of a socket."""


@contextmanager
def turning() -> Iterator[tuple[Wire, set[str]]]:
    """A wire that another thread turns, and which of its connections heard something."""
    wire, heard, over = Wire(), set[str](), threading.Event()

    def turn() -> None:
        while not over.is_set():
            wire.turn(0.02)
            wire.keep_alive()

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield wire, heard
    finally:
        over.set()
        thread.join()
        wire.close()


def opened(broker: Mosquitto, wire: Wire, heard: set[str], name: str) -> Session:
    return Session.open(broker, Role(name, f"to/{name}"), wire.drive(lambda: heard.add(name)))


def test_a_loop_carries_what_many_say_to_each_other(broker: Mosquitto) -> None:
    with turning() as (wire, heard):
        sessions = [opened(broker, wire, heard, f"box-{n}") for n in range(5)]
        for number, session in enumerate(sessions):
            session.publish(Note(f"to/box-{(number + 1) % 5}", b"from %d" % number))
        got: dict[int, bytes] = {}

        def all_heard() -> bool:
            for number, session in enumerate(sessions):
                for item in session.receive(0.05):
                    if isinstance(item, Arrived):
                        got[number] = item.payload
            return len(got) == 5

        wait_for(all_heard, "five messages")
        assert got == {(n + 1) % 5: b"from %d" % n for n in range(5)}
        assert heard == {f"box-{n}" for n in range(5)}
        for session in sessions:
            session.close()
        assert wire.traffic.connections == 5


def test_what_does_not_fit_at_once_goes_out_bit_by_bit(broker: Mosquitto) -> None:
    with turning() as (wire, heard):
        session = opened(broker, wire, heard, "box-1")
        session.publish(Note("to/box-1", LARGE))
        items: list[object] = []

        def came() -> bool:
            items.extend(session.receive(0.05))
            return {Arrived, Accepted} <= {type(item) for item in items}

        wait_for(came, "a large message and its acknowledgement")
        assert wire.totals().payload > 2 * len(LARGE)  # out and back
        session.close()


def test_a_broker_that_dies_is_heard_of(broker: Mosquitto) -> None:
    with turning() as (wire, heard):
        session = opened(broker, wire, heard, "box-1")
        heard.clear()
        broker.kill()
        wait_for(lambda: "box-1" in heard, "the loss")
        with pytest.raises(FeedError, match="was lost"):
            session.receive(5)
        session.close()


def test_headers_count_to_what_is_on_the_wire() -> None:
    assert Traffic(1, 1000, 4).total == 1000 + 4 * HEADER_BYTES
