"""How bright the illuminator shines: by the light outside, and by how plates came out. Pure."""

import math
from dataclasses import dataclass, replace

from edge.housing.words import Plates

DAY_LX, DAY_AGAIN_LX, NIGHT_LX = 400.0, 300.0, 10.0
"""By day it is off; from night on it shines as at night, and in between by the order of the light.
Once off, it stays off until it is darker than the middle one."""
NIGHT = 0.6
STEP = 0.05
ENOUGH = 8
"""So many plates say something."""
MANY = 0.25
LESS, MORE = 0.85, 1.15
DIMMEST, BRIGHTEST = 0.25, 1.6
NONE = Plates()


@dataclass(frozen=True, slots=True)
class Lighting:
    """The light as it is wanted; `trim` is what the plates taught, `plates` what they may yet."""

    level: float = 0.0
    trim: float = 1.0
    plates: Plates = NONE

    def see(self, plates: Plates) -> "Lighting":
        """Take in how plates came out; enough of them change the trim."""
        seen = Plates(
            right=self.plates.right + plates.right,
            over=self.plates.over + plates.over,
            under=self.plates.under + plates.under,
        )
        n = seen.right + seen.over + seen.under
        if n < ENOUGH:
            return replace(self, plates=seen)
        factor = _factor((seen.over - seen.under) / n) if self.level else 1.0
        trim = min(BRIGHTEST, max(DIMMEST, self.trim * factor))
        return replace(self, trim=trim, plates=NONE)

    def under(self, illuminance_lx: float | None) -> "Lighting":
        """Return the light for what it is like outside; what is not known is night."""
        level = _untrimmed(illuminance_lx, is_off=self.level == 0.0) * self.trim
        level = min(1.0, round(level / STEP) * STEP)
        near = self.level and level and abs(level - self.level) < 1.5 * STEP
        return self if near else replace(self, level=round(level, 2))


def _factor(excess: float) -> float:
    """Return what to change the light by, from the share that was too bright less the dark one."""
    return LESS if excess > MANY else MORE if excess < -MANY else 1.0


def _untrimmed(illuminance_lx: float | None, *, is_off: bool) -> float:
    if illuminance_lx is None or illuminance_lx <= NIGHT_LX:
        return NIGHT
    day_lx = DAY_AGAIN_LX if is_off else DAY_LX
    if illuminance_lx >= day_lx:
        return 0.0
    return NIGHT * (1 - 0.7 * math.log(illuminance_lx / NIGHT_LX) / math.log(DAY_LX / NIGHT_LX))
