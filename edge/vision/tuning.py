"""Shutter, gain, white balance and infrared filter of the camera, by what it sees. Pure.

The exposure goes in thirds of a stop. As long as the light outside stays as it is, an exposure that
burnt plates is not gone back to: each step down lowers the ceiling, and steps up end at it. So it
settles, whatever the plates say.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from edge.vision.profile import Lux, Profile, Turn, estimated

PLATE_M, SMEAR_PX, ACROSS = 0.52, 2.0, 0.5
"""A plate is so wide. So far it may smear: a stroke of its letters is 2.3 pixels wide where the
plate is 120. Seen 30 degrees from its way, half of a vehicle's speed goes across the picture."""
UNIT_US, STOPS = 100, 6.0
"""The unit of V4L2's shutter; what all the gain of a camera comes to (36 dB)."""
THIRDS = 3
GAIN = {Profile.DAY: 0.25, Profile.DUSK: 0.6, Profile.NIGHT: 1.0}
"""How much of the gain a profile may use: more of it is noise, and by day there is light."""
NIGHT_WHITE_K = 4600
"""Infrared has no colour to balance: it is held there."""
FILTER_REST_S = 600.0
"""So long the infrared filter rests after a move: it wears, and the picture jumps."""
ENOUGH, MANY = 8, 0.25
BRIGHT, DIM = 200.0, 40.0
"""Of a picture's mean (0 to 255), where no plate has spoken yet."""
SHORTER, SHORTEST = 0.8, 0.25
"""What soft plates make of the longest shutter: so much at a time, down to so much."""
OTHER, DARKEST_LX = 2.0, 1.0
"""The light is another one from this factor on; below so many lux it is all the same."""
DUSK = Turn()

FilterWish = Literal["auto", "in", "out"]


def sharp_us(top_kmh: float, plate_px: float) -> float:
    """Return the longest shutter (us) with which the fastest vehicle's plate does not smear.

    Allowed smear in pixels / speed in pixels a second: 80 km/h and a plate 120 pixels wide are
    22.2 m/s x 0.5 x 120 / 0.52 = 2564 pixels a second, so 2 pixels are passed in 780 us.
    """
    return 1e6 * SMEAR_PX / (top_kmh / 3.6 * ACROSS * plate_px / PLATE_M)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a site allows: shutter (us), the share of the gain, and where the filter stands."""

    longest_us: float
    most_gain: float = 1.0
    ir_filter: FilterWish = "auto"
    shortest_us: int = UNIT_US


@dataclass(frozen=True, slots=True)
class Plates:
    """How plates came out; `soft` ones are among the others."""

    right: int = 0
    over: int = 0
    under: int = 0
    soft: int = 0

    def __add__(self, more: "Plates") -> "Plates":
        """Return both."""
        return Plates(
            self.right + more.right,
            self.over + more.over,
            self.under + more.under,
            self.soft + more.soft,
        )

    def share(self, n: int) -> float:
        """Return what share of the plates so many are."""
        return n / max(1, self.right + self.over + self.under)

    @property
    def speak(self) -> bool:
        """True when they are enough to say something."""
        return self.right + self.over + self.under >= ENOUGH


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen since the last time, until a moment (s, monotonic).

    `brightness` is the mean of a picture, 0 to 255; what is not known is None.
    """

    at_s: float
    brightness: float | None = None
    illuminance_lx: float | None = None
    plates: Plates = Plates()


@dataclass(frozen=True, slots=True)
class Setting:
    """What the camera is to be set to; gain is a share of its range, `white_k` None automatic."""

    profile: Profile
    shutter_us: int
    gain: float
    white_k: int | None
    filter_in: bool


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the camera is set, and what was learnt in this light.

    `third` counts thirds of a stop above the shortest shutter without gain. `taught_lx` is the
    light in which `ceiling`, `shorter` and `by_plates` were learnt.
    """

    limits: Limits
    turn: Turn = DUSK
    third: int = 6
    ceiling: int | None = None
    shorter: float = 1.0
    by_plates: bool = False
    taught_lx: float | None = None
    plates: Plates = Plates()
    filter_in: bool = True
    moved_s: float = float("-inf")

    def see(self, seen: Seen) -> "Tuning":
        """Take in what was seen; the exposure changes by one step at most."""
        lux = self._lux(seen)
        turned = replace(self, turn=self.turn.follow(lux, seen.at_s))
        in_light = turned if lux is None else turned._in_light(lux.lx)
        return in_light._exposed(seen)._bounded()._filtered(seen.at_s)

    @property
    def setting(self) -> Setting:
        """Return what the camera is to be set to."""
        exposure_us, longest_us = self._exposure_us, self.limits.longest_us * self.shorter
        shutter_us = max(self.limits.shortest_us, _whole(min(exposure_us, longest_us)))
        gain = math.log2(max(1.0, exposure_us / shutter_us)) / STOPS
        night = self.turn.profile is Profile.NIGHT
        return Setting(
            profile=self.turn.profile,
            shutter_us=shutter_us,
            gain=round(min(gain, self._most_gain), 3),
            white_k=NIGHT_WHITE_K if night else None,
            filter_in=self.filter_in,
        )

    @property
    def _exposure_us(self) -> float:
        return self.limits.shortest_us * float(2.0 ** (self.third / THIRDS))

    @property
    def _most_gain(self) -> float:
        return min(self.limits.most_gain, GAIN[self.turn.profile])

    def _lux(self, seen: Seen) -> Lux | None:
        if seen.illuminance_lx is not None:
            return Lux(seen.illuminance_lx, is_measured=True)
        if seen.brightness is None:
            return None
        now = self.setting
        return estimated(seen.brightness, now.shutter_us * 2.0 ** (STOPS * now.gain))

    def _in_light(self, lx: float) -> "Tuning":
        """Forget what was learnt in another light."""
        lx = max(DARKEST_LX, lx)
        if self.taught_lx is not None and 1 / OTHER < lx / self.taught_lx < OTHER:
            return self
        return replace(self, taught_lx=lx, ceiling=None, shorter=1.0, by_plates=False)

    def _exposed(self, seen: Seen) -> "Tuning":
        plates = self.plates + seen.plates
        if plates.speak:
            return replace(self, plates=Plates(), by_plates=True)._by_plates(plates)
        waiting = replace(self, plates=plates)
        if self.by_plates or seen.brightness is None:
            return waiting
        if seen.brightness > BRIGHT:
            return waiting._down()
        # At night all but the plates is black, as it should be.
        is_dim = seen.brightness < DIM and self.turn.profile is not Profile.NIGHT
        return waiting._up() if is_dim else waiting

    def _by_plates(self, plates: Plates) -> "Tuning":
        """Too bright comes first, for a burnt plate is lost; then too soft, then too dark."""
        if plates.share(plates.over) > MANY:
            return self._down()
        if plates.share(plates.soft) > MANY and self.shorter > SHORTEST:
            return replace(self, shorter=max(SHORTEST, self.shorter * SHORTER))
        return self._up() if plates.share(plates.under) > MANY else self

    def _down(self) -> "Tuning":
        lower = max(0, self.third - 1)
        return replace(self, third=lower, ceiling=lower)

    def _up(self) -> "Tuning":
        higher = self.third + 1
        return replace(self, third=higher if self.ceiling is None else min(higher, self.ceiling))

    def _bounded(self) -> "Tuning":
        """Keep to what the profile and the site allow."""
        longest_us = max(self.limits.shortest_us, self.limits.longest_us * self.shorter)
        stops = math.log2(longest_us / self.limits.shortest_us) + STOPS * self._most_gain
        return replace(self, third=min(self.third, int(THIRDS * stops)))

    def _filtered(self, at_s: float) -> "Tuning":
        """Let the filter in by day and out by night; in between it stays where it is."""
        wish = self.limits.ir_filter
        by_light = {Profile.DAY: True, Profile.NIGHT: False}.get(self.turn.profile, self.filter_in)
        is_in = by_light if wish == "auto" else wish == "in"
        if is_in == self.filter_in or at_s - self.moved_s < FILTER_REST_S:
            return self
        return replace(self, filter_in=is_in, moved_s=at_s)


def _whole(us: float) -> int:
    """Return the whole units in it: the shutter is never longer than that."""
    return int(us / UNIT_US) * UNIT_US
