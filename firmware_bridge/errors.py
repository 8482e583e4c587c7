"""What can go wrong with the link, drawn once. Every error names a cause and a remedy.

LinkError
├── PortError      the port cannot be opened, or went away
├── RestartError   the device started anew and must be greeted again
├── VersionError   the device speaks another major version
├── RefusedError   the device understood the command and said no
└── NoAnswerError  nobody can say whether the command was carried out
"""


class LinkError(Exception):
    """A fault that a person can act on: what happened, and what to do."""

    def __init__(self, cause: str, remedy: str) -> None:
        """Keep both sentences."""
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class PortError(LinkError):
    """The port cannot be opened, or it went away."""


class RestartError(LinkError):
    """The device started anew: it has forgotten its settings, and its clock began again."""


class VersionError(LinkError):
    """The device speaks another major version of the protocol."""


class RefusedError(LinkError):
    """The device understood a command and did not carry it out."""

    def __init__(self, cause: str, remedy: str, reason: int) -> None:
        """Keep the device's reason: a `messages.Refusal`, or a number of a newer firmware."""
        super().__init__(cause, remedy)
        self.reason = reason


class NoAnswerError(LinkError):
    """A command was not answered: it may have been carried out, or not."""
