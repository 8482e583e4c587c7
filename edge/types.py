"""The nouns, in the order in which a vehicle meets them.

Frame -> Detection -> Reading -> Track -> Passage -> Facts -> Decision -> Message -> Envelope.
All values are frozen; what crosses from one adapter to another is one of these.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) uint8 BGR."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of the camera.

    `image` is (H, W, 3) uint8 BGR and read-only. `captured_at` (UTC) dates the frame,
    `monotonic_ns` orders it: never subtract dates to measure time.
    """

    image: Image
    index: int
    captured_at: datetime
    monotonic_ns: int


class Box(NamedTuple):
    """Axis-aligned box in frame pixels; x2 and y2 lie outside."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y2 - self.y1

    @property
    def centre(self) -> tuple[float, float]:
        """Middle point in pixels."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2


class Point(NamedTuple):
    """A place in the frame, in pixels."""

    x: float
    y: float


Corners: TypeAlias = tuple[Point, Point, Point, Point]
"""Top left, top right, bottom right, bottom left, as seen on the plate."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A plate found in a frame."""

    box: Box
    corners: Corners
    score: float


class Tint(StrEnum):
    """The colour of a plate's face, as far as the light tells."""

    YELLOW = "yellow"
    WHITE = "white"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the reader saw on one plate in one frame.

    `whole` is the reader's own probability that `text` is all that stands there: no character
    missed, added or mistaken. `countries` holds ISO 3166 alpha-2 codes with their probabilities,
    likeliest first, judged by band, colour and shapes and not by syntax; what they lack of one
    is an unknown country. Empty when the reader cannot tell.

    `slots` is (S, A) float32: for each text slot the probability of every character of
    `alphabet`, whose last character is the pad. `chars` holds one probability for each
    character of `text`; nobody averages them before the vote.
    """

    detection: Detection
    text: str
    chars: tuple[float, ...]
    slots: NDArray[np.float32]
    alphabet: str
    tint: Tint
    whole: float = 1.0
    countries: tuple[tuple[str, float], ...] = ()


NOWHERE = Point(0, 0)
NO_DETECTION = Detection(Box(0, 0, 0, 0), (NOWHERE, NOWHERE, NOWHERE, NOWHERE), 1.0)
"""Stands where nobody saw a picture."""


class Candidate(NamedTuple):
    """A possible plate text and the share of the evidence that speaks for it."""

    text: str
    probability: float


class Direction(StrEnum):
    """How a vehicle moved through the picture."""

    APPROACHING = "approaching"
    LEAVING = "leaving"
    STILL = "still"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle that went by, and what all frames together say about its plate.

    `doubt` says why the plate may not be used to decide; None means settled. The monotonic
    times belong to `seen_first` and `seen_last`: they show whether the clock was set meanwhile.
    `country` is an ISO 3166 alpha-2 code, None when the plate does not tell. `read_as` is the
    text before syntax corrected one character of it, None when nothing was corrected.
    `lane` names the lane it was seen in best, None when that is in none; `wrong_way`: it went
    against the direction of that lane. `foreign` names the product that read it, None for us.
    `blind` says why the camera may not be believed then; None: it saw as it should.
    """

    plate: str
    country: str | None
    confidence: float
    chars: tuple[float, ...]
    candidates: tuple[Candidate, ...]
    doubt: str | None
    seen_first: datetime
    seen_last: datetime
    first_monotonic_ns: int
    last_monotonic_ns: int
    first_frame: int
    last_frame: int
    frames_read: int
    direction: Direction
    best_frame: int
    best: Detection
    country_probability: float = 0.0
    read_as: str | None = None
    lane: str | None = None
    wrong_way: bool = False
    foreign: str | None = None
    blind: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignReading:
    """What a camera that is not ours says of one vehicle, as far as it says so.

    `vehicle` is its own name of the passage: what comes under one name is of one vehicle. Times
    are UTC by its clock. `confidence` is 0 to 1 by its own measure, None when it gives none;
    `chars` and `country_confidence` likewise.
    `begins`: it tells of this vehicle for the first time. `gone`: it says no more of it. `late`:
    it kept the message and sends it again.
    """

    product: str
    vehicle: str
    plate: str
    country: str | None
    confidence: float | None
    chars: tuple[float, ...]
    seen_first: datetime
    seen_last: datetime
    direction: Direction = Direction.UNKNOWN
    lane: str | None = None
    country_confidence: float | None = None
    begins: bool = False
    gone: bool = True
    late: bool = False


class VehicleKind(StrEnum):
    """Dutch vehicle kinds (bedrijfsauto, vrachtauto, opleggertrekker): RULES 3.2."""

    VAN = "van"
    RIGID = "bakwagen"
    TRACTOR = "trekker"


class BodyCode(NamedTuple):
    """A body code and the system it belongs to: SF (EU.special) is not F5 (DIV)."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """The attributes of RULES 1.1 of one vehicle; None is unknown.

    `first_known_use` is the other date a register may hold beside the first registration
    (F-AMB-05). `eev`: its norm is EEV and not a number (F-AMB-11); `euro` is None then. `ref`
    is an opaque name of the vehicle itself, for plates that move to another one (F-AMB-25).
    """

    category: str | None = None
    kind: VehicleKind | None = None
    max_mass_kg: int | None = None
    reference_mass_kg: int | None = None
    fuels: frozenset[str] | None = None
    hybrid_class: str | None = None
    zero_emission: bool | None = None
    euro: int | None = None
    stage: str | None = None
    power_kw: float | None = None
    first_registration: date | None = None
    body_codes: frozenset[BodyCode] | None = None
    first_known_use: date | None = None
    eev: bool = False
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Exemption:
    """A registered exemption or permission (vrijstelling, ontheffing): RULES 1.5.

    `scope` holds zone or municipality ids; None means every zone of the jurisdiction.
    Valid in [valid_from, valid_to), UTC; an open end is None. `vehicle_ref` names the vehicle
    it was granted to, where the register says so.
    """

    record_id: str
    source: str
    type: str
    status: str
    scope: frozenset[str] | None
    valid_from: datetime
    valid_to: datetime | None
    requested_at: datetime | None = None
    vehicle_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which registry answered, and how old each of its sources is (UTC).

    `sha256` is the digest of its content: the same for every file that holds the same rows.
    `listed`: it holds only the vehicles that some rule could refuse, and says nothing of others.
    """

    id: str
    sha256: str
    vehicles_as_of: datetime
    exemptions_as_of: datetime
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known offline of one vehicle at one moment.

    `vehicle` None: not in this snapshot. `fault`: why no look-up was possible at all.
    """

    vehicle: Vehicle | None
    exemptions: tuple[Exemption, ...]
    snapshot: Snapshot | None
    fault: str | None = None


REPLAY = "replay"
"""The source of a clock that a tester set: what it dates was not seen by a camera now."""


class ProvenTime(NamedTuple):
    """Between which moments the time lies, by what the platform's receipts prove (UTC)."""

    not_before: datetime | None = None
    not_after: datetime | None = None


UNPROVEN = ProvenTime()


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The time, and how far it can be trusted.

    `now` is UTC. `error_ms` is the kernel's own bound, None when it gives none. `doubt` says what
    speaks against the clock beside the kernel, `wrong_boots` in which boots it was proven wrong.
    """

    now: datetime
    monotonic_ns: int
    since_boot_ns: int
    boot_id: str
    source: str
    trusted: bool
    error_ms: float | None
    proven: ProvenTime = UNPROVEN
    doubt: str | None = None
    wrong_boots: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What the access rule says of a vehicle: RULES 1.2."""

    FREE_ACCESS = "free_access"
    EXEMPT = "exempt"
    PERMITTED = "permitted"
    PERMIT_POSSIBLE = "permit_possible"
    NO_ACCESS = "no_access"
    OUT_OF_SCOPE = "out_of_scope"
    REVIEW = "review"


class Consequence(StrEnum):
    """What follows from an outcome: RULES 1.7."""

    NONE = "none"
    NOT_ENFORCED = "not_enforced"
    WARN = "warn"
    HOLD48 = "hold48"
    HOLD_DAY = "hold_day"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one vehicle, one zone and one moment, with all that it rests on.

    `rule` is the row of the pack that answered; `source` the place in the law it cites. Where what
    is unknown leaves several rows with this answer, `rule` is the first, `reason` names the others
    and `source` cites all.
    """

    zone: str
    outcome: Outcome
    consequence: Consequence
    rule: str
    reason: str
    source: str
    pack_id: str
    pack_sha256: str
    snapshot: Snapshot | None
    marks: tuple[str, ...] = field(default=())


class Tally(NamedTuple):
    """One more of something that is counted in a zone, without a plate.

    `hour` is the beginning of the hour of the passage, UTC.
    """

    zone: str
    hour: datetime
    figure: str
    value: str
    n: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """The place of a record in the box's chain.

    `prev` is the SHA-256 (hex) of the previous compact JWS, 64 zeros for the first record.
    """

    epoch: int
    seq: int
    prev: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed record: the bytes signed are the bytes stored and sent.

    `jws` is the compact serialisation (ASCII), `sha256` its hex digest.
    """

    kind: str
    box: str
    epoch: int
    seq: int
    sha256: str
    jws: bytes
