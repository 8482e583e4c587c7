"""Where the panel listens."""

import socket

import pytest

from edge.errors import ListenError
from edge.panel.serve import listening

ABSENT = "192.0.2.7"
"""Of no machine (RFC 5737), as a maintenance port's address before its cable is plugged in."""


def test_it_listens_at_an_address_that_is_not_there_yet() -> None:
    with socket.socket() as plain, pytest.raises(OSError, match="assign"):
        plain.bind((ABSENT, 0))
    with listening((ABSENT, 0)) as made:
        assert made.getsockname()[0] == ABSENT


def test_a_port_that_somebody_holds_is_named_with_what_to_do() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        address = held.getsockname()
        with pytest.raises(ListenError, match=f"127.0.0.1:{address[1]} .*in use") as told:
            listening(address)
    assert "panel.listen" in told.value.remedy
