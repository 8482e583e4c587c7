"""What a link tells whoever reads it: what the device reports, and how the link itself stands."""

from dataclasses import dataclass
from typing import TypeAlias

from firmware_bridge.messages import Hello, Log, Status
from firmware_bridge.session import SeenTrigger


@dataclass(frozen=True, slots=True)
class Connected:
    """The device was greeted; `restarted`: it has forgotten its settings, so send them again."""

    hello: Hello
    restarted: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The device went away or started anew; triggers may be lost until it is connected."""

    cause: str
    remedy: str


Report: TypeAlias = Connected | Disconnected | Status | SeenTrigger | Log
