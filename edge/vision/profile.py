"""Whether the camera is set for day, dusk or night: by the lux outside, or else by the picture.

A change must be wished for without a break for a while, and goes one profile at a time. Pure.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

LASTS_S = 60.0
"""So long a change is wished for before it is made: headlights on the sensor are gone by then."""
REGRET_S, TRUSTED_S, CLEARLY = 900.0, 3600.0, 4.0
"""Who turned brighter by the picture alone, and back within the first, was deceived by the light of
the box: it believes only what is so many times brighter, until a turn has lasted for the second."""
LX_US = 1e8
"""Lux times microseconds that burn out a picture, at f/2 and no gain: 100,000 lx in 156 us come to
a middle grey. An estimate, good to a factor of a few; the profiles lie further apart."""
GAMMA = 2.2
WHITE = 255.0


class Profile(StrEnum):
    """What light the camera is set for, darkest first."""

    NIGHT = "night"
    DUSK = "dusk"
    DAY = "day"


ORDER = tuple(Profile)
BRIGHTER_LX = {Profile.NIGHT: 15.0, Profile.DUSK: 500.0}
"""From here on the next brighter one."""
DARKER_LX = {Profile.DUSK: 8.0, Profile.DAY: 300.0}
"""Below here the next darker one."""


@dataclass(frozen=True, slots=True)
class Lux:
    """How bright it is outside: measured, or estimated from a picture."""

    lx: float
    is_measured: bool


def estimated(brightness: float, exposure_us: float) -> Lux:
    """Estimate the lux from the mean of a picture (0 to 255) and shutter (us) times gain factor."""
    return Lux(LX_US * (brightness / WHITE) ** GAMMA / exposure_us, is_measured=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """The profile in force, and the one that is wished for since a moment (s, monotonic)."""

    profile: Profile = Profile.DUSK
    wish: Profile | None = None
    since_s: float = 0.0
    rose_lx: float = 0.0
    rose_s: float = float("-inf")
    bar_lx: float = 0.0

    def follow(self, lux: Lux | None, at_s: float) -> "Turn":
        """Take in how bright it is; what is not known changes nothing."""
        wish = None if lux is None else self._wish(lux)
        if wish is None or lux is None:
            return replace(self, wish=None)
        if wish is not self.wish:
            return replace(self, wish=wish, since_s=at_s)
        return self if at_s - self.since_s < LASTS_S else self._turned(wish, lux, at_s)

    def _wish(self, lux: Lux) -> Profile | None:
        place = ORDER.index(self.profile)
        bar_lx = BRIGHTER_LX.get(self.profile)
        if bar_lx is not None and lux.lx >= (
            bar_lx if lux.is_measured else max(bar_lx, self.bar_lx)
        ):
            return ORDER[place + 1]
        return ORDER[place - 1] if lux.lx < DARKER_LX.get(self.profile, 0.0) else None

    def _turned(self, profile: Profile, lux: Lux, at_s: float) -> "Turn":
        turned = replace(self, profile=profile, wish=None)
        if ORDER.index(profile) > ORDER.index(self.profile):
            return replace(turned, rose_lx=lux.lx, rose_s=at_s)
        lasted_s = at_s - self.rose_s
        if not lux.is_measured and lasted_s < REGRET_S:
            return replace(turned, bar_lx=max(self.bar_lx, CLEARLY * self.rose_lx))
        return replace(turned, bar_lx=0.0) if lasted_s > TRUSTED_S else turned
