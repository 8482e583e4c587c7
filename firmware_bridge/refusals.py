"""What a person is told when a device says no."""

from firmware_bridge.errors import RefusedError
from firmware_bridge.messages import Command, Refusal, word

REMEDIES: dict[int, str] = {
    Refusal.UNKNOWN_TYPE: "Install a newer firmware: this one does not know the command.",
    Refusal.MALFORMED: "Install matching versions of firmware and software.",
    Refusal.OUT_OF_RANGE: "Send values within the ranges of PROTOCOL.md.",
    Refusal.UNAVAILABLE: "The device has no such part: see the capabilities in its hello.",
    Refusal.INTERLOCKED: "The device protects eyes or itself: look at its status.",
    Refusal.BUSY: "Send it again a little later.",
    Refusal.NO_SESSION: "The device started anew; send it again once it is connected.",
}


def refused(port: str, command: Command, reason: int) -> RefusedError:
    """Return the error for a refusal: its reason in words, and what to do."""
    name = type(command).__name__.lower()
    return RefusedError(
        f"The device on {port} refused {name}: {word(Refusal, reason)}.",
        REMEDIES.get(reason, "Look the reason up in the papers of its firmware."),
        reason,
    )
