"""The MQTT topics: `anpr/v1/<box>/<kind>` of a box, `anpr/v1/updates` of all.

Up: every kind of record, and the retained `status` (online, offline). Down: `receipt`, and the
retained `anpr/v1/updates`, a hint that updates may have come; what it says is never read.
"""

from typing import Annotated, Literal, NamedTuple

from edge.errors import FeedError
from edge.record.envelope import NAME as NAME
from edge.record.wording import says

PREFIX = "anpr/v1"
STATUS, RECEIPT = "status", "receipt"
UPDATES = f"{PREFIX}/updates"
EVERY_RECORD = f"{PREFIX}/+/+"

Status = Annotated[
    Literal["online", "offline"],
    says(
        "Whether the box is connected: it says `online`, and `offline` when it leaves; the broker"
        " says `offline` when it vanishes."
    ),
]
Hint = Annotated[str, says("Anything, such as a time: no box reads it, it only differs.")]


class Topic(NamedTuple):
    """Whose topic, and of what kind."""

    box: str
    kind: str

    @property
    def is_record(self) -> bool:
        """True when records travel here."""
        return self.kind not in (STATUS, RECEIPT)


def topic(box: str, kind: str) -> str:
    """Return the topic of a kind of message of a box.

    Raises FeedError for a name that would reach into another topic.
    """
    if not (NAME.fullmatch(box) and NAME.fullmatch(kind)):
        raise FeedError(
            "The box id or the kind of a record cannot be part of a topic.",
            "Use letters, digits, dot, dash and underscore in box.id.",
        )
    return f"{PREFIX}/{box}/{kind}"


def shared(group: str, pattern: str) -> str:
    """Return a subscription of which each message goes to one member of a group.

    Source: MQTT 5.0, 4.8.2; brokers offer it with MQTT 3.1.1, too. Raises FeedError for a name
    that cannot be a group's.
    """
    if not NAME.fullmatch(group):
        raise FeedError(
            "The name of a group of receivers cannot be part of a subscription.",
            "Use letters, digits, dot, dash and underscore.",
        )
    return f"$share/{group}/{pattern}"


def parse(text: str) -> Topic | None:
    """Return whose topic this is; None when it is not one of ours."""
    prefix, *parts = text.rsplit("/", 2)
    ours = prefix == PREFIX and len(parts) == 2 and all(NAME.fullmatch(part) for part in parts)
    return Topic(*parts) if ours else None
