"""How a session is opened: ask for a hello until it comes, and say what came instead."""

import time
from collections.abc import Callable, Sequence

from firmware_bridge.errors import NoAnswerError, VersionError
from firmware_bridge.messages import Hello
from firmware_bridge.packet import VERSION
from firmware_bridge.port import Port
from firmware_bridge.session import Heard, OtherVersion, Session
from firmware_bridge.settings import Settings


def greet(
    port: Port, session: Session, settings: Settings, listen: Callable[[], Sequence[Heard]]
) -> Hello:
    """Return the device's hello. Raises VersionError, NoAnswerError, or what `listen` raises."""
    deadline_s = time.monotonic() + settings.greeting_s
    ask_at_s = 0.0
    heard_before = _heard(session)
    while time.monotonic() < deadline_s:
        if time.monotonic() >= ask_at_s:
            ask_at_s = time.monotonic() + settings.answer_s
            port.write(session.greet())
        for message in listen():
            if isinstance(message, OtherVersion):
                raise _other(message, port.name)
        if session.open and session.hello is not None:
            return session.hello
    something = _heard(session) > heard_before or session.hears_no_packets
    raise _nobody(port, settings, something=something)


def _heard(session: Session) -> int:
    return session.counts.packets + session.noise.total


def _other(other: OtherVersion, port: str) -> VersionError:
    return VersionError(
        f"The device on {port} speaks version {other.version} of the protocol, "
        f"this box version {VERSION}; its firmware is {other.hello.firmware!r}.",
        f"Install a firmware of version {VERSION}, or the box's software that knows it.",
    )


def _nobody(port: Port, settings: Settings, *, something: bool) -> NoAnswerError:
    if something:
        return NoAnswerError(
            f"What is on {port.name} sends bytes, but no hello.",
            f"Check the speed ({settings.baud} baud) and that it is the box's device.",
        )
    return NoAnswerError(
        f"Nobody answers on {port.name}.",
        "Check the device's power and cable, and that its firmware is installed.",
    )
