"""What the firmware service and the daemon say to each other, one packet for each word.

Both begin with a greeting that names the version: who hears another one hangs up. Within a version
words and fields are only added; a word that is not known is passed over. Moments are nanoseconds of
the machine's monotonic clock, which all its processes share. `None` means: not known.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec

VERSION = 1
LARGEST = 4096
"""Of a packet, in bytes."""
TEXT_MOST = 300
"""Two such texts, however they are escaped, fit into a packet."""

ContactName: TypeAlias = Literal["tamper", "door", "tilt"]
CONTACTS: tuple[ContactName, ...] = ("tamper", "door", "tilt")
Count = Annotated[int, msgspec.Meta(ge=0)]
Text = Annotated[str, msgspec.Meta(max_length=TEXT_MOST)]


class _Word(msgspec.Struct, frozen=True, kw_only=True, tag=str.lower):
    """One packet."""


class Greeting(_Word, frozen=True, kw_only=True):
    """The first word of either side; `start` differs from one start of the service to the next."""

    version: int
    start: str = ""


class Standing(_Word, frozen=True, kw_only=True):
    """Whether the device is there; if not, why, and what to do.

    `restarts`: how often it started anew since the service began. `triggers`: it tells of vehicles.
    """

    connected: bool
    cause: Text = ""
    remedy: Text = ""
    restarts: Count = 0
    triggers: bool = False


class Conditions(_Word, frozen=True, kw_only=True):
    """How the housing stood at `at_ns`; shares are 0 to 1."""

    at_ns: int
    temperature_c: float | None = None
    humidity: float | None = None
    supply_v: float | None = None
    illuminance_lx: float | None = None
    tamper: bool | None = None
    door: bool | None = None
    tilt: bool | None = None
    illuminator: float | None = None
    heater: float | None = None
    fan: float | None = None


class Change(_Word, frozen=True, kw_only=True):
    """A contact began or ceased to report; said again until it is taken.

    `found`: it was so when the device was first heard (again), and may have been for long.
    """

    number: Count
    contact: ContactName
    reports: bool
    at_ns: int
    found: bool = False


class Trigger(_Word, frozen=True, kw_only=True):
    """A vehicle is there; right to within `error_us`, or heard at that moment where it is None.

    `lost` were lost on the way just before it. `is_test`: the device only tried itself.
    """

    at_ns: int
    error_us: int | None = None
    lost: Count = 0
    is_test: bool = False


class Taken(_Word, frozen=True, kw_only=True):
    """A change is in a durable record: it need not be said again."""

    number: Count


class Progress(_Word, frozen=True, kw_only=True):
    """The daemon did a step of its work."""


class Plates(_Word, frozen=True, kw_only=True):
    """How the plates read since the last such word were exposed."""

    right: Count = 0
    over: Count = 0
    under: Count = 0


class Shine(_Word, frozen=True, kw_only=True):
    """A person tries the light: so bright, 0 to 1, for so long; None: as the box wants, at once."""

    level: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    for_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0


Up: TypeAlias = Greeting | Standing | Conditions | Change | Trigger
Down: TypeAlias = Greeting | Taken | Progress | Plates | Shine
Word: TypeAlias = Up | Down

_DECODER: msgspec.json.Decoder[Word] = msgspec.json.Decoder(Word)
_KNOWN = frozenset(str(kind.__struct_config__.tag) for kind in Word.__args__)


class _Tagged(msgspec.Struct):
    type: str


def packed(word: Word) -> bytes:
    """Return the packet of a word."""
    return msgspec.json.encode(word)


def read(packet: bytes) -> Word | None:
    """Return the word of a packet, None for one that this version does not know.

    Raises ValueError for what is no word.
    """
    try:
        tag = msgspec.json.decode(packet, type=_Tagged).type
        return _DECODER.decode(packet) if tag in _KNOWN else None
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise ValueError("no word of the seam") from e
