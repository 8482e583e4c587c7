"""How the box itself stands, as its records tell: its housing, and what its triggers say. Pure."""

from typing import Annotated

import msgspec

from edge.record.wording import Moment, says


class HousingRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the microcontroller of the box measured in the last seconds; absent is not known."""

    tamper: Annotated[
        bool | None, says("Somebody tampers with the housing, by its own contact.")
    ] = None
    door_open: Annotated[bool | None, says("Its door is open.")] = None
    tilted: Annotated[bool | None, says("It was moved since it was set up.")] = None
    temperature_c: Annotated[float | None, says("Temperature inside, in degrees Celsius.")] = None
    illuminator: Annotated[float | None, says("How bright the infrared light shines, 0 to 1.")] = (
        None
    )


class TriggerCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Triggers of the box set against its passages, one to one, since `since`."""

    since: Annotated[Moment, says("Since when is counted (UTC).")]
    triggers: Annotated[int, says("How often a sensor of the box saw a vehicle.", minimum=0)]
    captured: Annotated[int, says("For how many of them a passage was announced.", minimum=0)]
    missed: Annotated[int, says("For how many of them none ever was.", minimum=0)]
    untriggered: Annotated[int, says("How many passages no trigger told of.", minimum=0)]
    lost: Annotated[
        int, says("How many triggers were lost on the way; they are in none of these.", minimum=0)
    ]
