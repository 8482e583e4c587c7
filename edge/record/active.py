"""What is active on a box, and what the last sync found, as its health record tells. Pure."""

from typing import Annotated

import msgspec

from edge.record.housing import TriggerCounts
from edge.record.wording import Moment, Sha256, says


class ActiveRegistry(msgspec.Struct, frozen=True, kw_only=True):
    """The registry that answers, and with how many rows it was built."""

    id: Annotated[str, says("Its name.")]
    sha256: Annotated[Sha256, says("Digest of all its rows.")]
    vehicles_as_of: Annotated[Moment, says("The moment of which its vehicle data are (UTC).")]
    exemptions_as_of: Annotated[Moment, says("The moment of which its exemptions are (UTC).")]
    vehicles: Annotated[
        int | None, says("How many vehicles it was built with; null: it cannot be read.")
    ]
    exemptions: Annotated[
        int | None, says("How many exemptions it was built with; null: it cannot be read.")
    ]


class ActivePack(msgspec.Struct, frozen=True, kw_only=True):
    """The rule pack that decides in a zone."""

    zone: Annotated[str, says("Id of the zone.")]
    id: Annotated[str, says("Name of the pack.")]
    version: Annotated[str, says("Its version.")]
    sha256: Annotated[Sha256, says("SHA-256 of its file.")]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One family of updates: what the last sync did for it, the release in force, the refused."""

    family: Annotated[str, says("`registry`, `packs` or `models`.")]
    outcome: Annotated[
        str,
        says(
            "What became of it: `current`, `activated`, `rolled_back`, `refused`, `not_reached`,"
            " `not_followed`."
        ),
    ]
    release: Annotated[
        int | None, says("Number of the release in force; null: none of the updates is.")
    ]
    refused: Annotated[
        int | None, says("Number of the release that was refused; null: none, or not known.")
    ] = None
    reason: Annotated[
        str | None, says("Why it was refused or not reached, for people; null: it was not.")
    ] = None
    until: Annotated[
        Moment | None,
        says("Until when the law lets the release in force be used (UTC); null: it sets no end."),
    ] = None


class Updates(msgspec.Struct, frozen=True, kw_only=True):
    """What the last sync found."""

    synced_at: Annotated[Moment | None, says("When it was (UTC); null: there was none yet.")]
    reached_at: Annotated[
        Moment | None, says("When a sync last reached every family (UTC); null: never.")
    ]
    fault: Annotated[str | None, says("Why that cannot be told, for people; null: it can.")]
    families: Annotated[tuple[Family, ...], says("What was found for each family.")]


class Slowed(msgspec.Struct, frozen=True, kw_only=True):
    """That a box looked at fewer frames than its camera gave, and why."""

    frames_per_s: Annotated[float, says("So many frames a second were looked at.", minimum=0)]
    of_per_s: Annotated[float, says("So many frames a second the camera gave.", minimum=0)]
    reasons: Annotated[
        tuple[str, ...],
        says(
            "Why: `heat` of the processor, `enclosure` too warm, `throttled` by the system, `load`:"
            " the box could not keep up. More may come."
        ),
    ]


class Seeing(msgspec.Struct, frozen=True, kw_only=True):
    """How the camera sees: what keeps it from seeing as it should, and whether it was moved."""

    faults: Annotated[
        tuple[str, ...],
        says(
            "What is wrong: `covered`, `dark`, `overexposed`, `defocused`, `moved`, `frozen`;"
            " empty: nothing. More may come."
        ),
    ]
    in_place: Annotated[
        bool | None,
        says("Whether it looks where it always looked; null: the scene does not tell."),
    ]


class Fitness(msgspec.Struct, frozen=True, kw_only=True):
    """How the box is as hardware; null is what it cannot tell."""

    temperature_c: Annotated[
        float | None, says("Temperature of its hottest part, degrees Celsius.")
    ] = None
    slowed: Annotated[
        Slowed | None, says("That it looks at fewer frames than come; null: it looks at all.")
    ] = None
    written_day: Annotated[
        int | None,
        says(
            "Bytes written to its disk in the last day, or since it began; null: it cannot tell.",
            minimum=0,
        ),
    ] = None
    life_used_percent: Annotated[
        int | None,
        says("How much of its life the disk has used at most; null: it does not tell.", minimum=0),
    ] = None
    spare: Annotated[
        str | None,
        says("What the disk says of its spares: `normal`, `warning`, `urgent`; null: nothing."),
    ] = None
    seeing: Annotated[Seeing | None, says("How the camera sees; null: it is not known.")] = None


class Active(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of a box that may change while it works; `updates` None: it follows none."""

    registry: ActiveRegistry | None
    packs: tuple[ActivePack, ...]
    updates: Updates | None


class Burden(msgspec.Struct, frozen=True, kw_only=True):
    """What has gathered on a box: records that wait or went, held candidates, disk, triggers."""

    waiting: int
    waiting_s: float | None
    held: int
    disk_free: int | None
    waiting_bytes: int | None = None
    dropped: int | None = None
    triggers: TriggerCounts | None = None
    fitness: Fitness | None = None
