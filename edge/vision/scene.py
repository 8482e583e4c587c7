"""What the camera has always seen at its place, and how the picture of now lies against it (pure).

The light of a street is never twice the same, but it changes slowly: a picture that lies where the
one before lay becomes one more reference when no older one shows it as well. So what is known
grows with dusk, night and rain, and no change of light is taken for a change of place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from edge.vision.look import Edges, Grid, Look
from edge.vision.place import Shift, agreement, alike, shifted, steady

SURE, PARTLY, BETTER = 0.5, 0.2, 0.3
"""Shares of tiles: surely in place, in place though partly hidden, and by how much a shift must
explain the picture better."""
FAR = 0.015
"""Of the picture's width: what moves by less is still in its lane."""
KEPT, KNOWN = 6, 0.7
LEARN_EVERY_S, CREEP_EVERY_S = 60.0, 30.0
SETTLED_LOOKS, PROVEN_AFTER_S = 10, 10.0
FAST, SLOW = 0.4, 0.05
"""Weights of a new look in what is now and in what is usual."""
STEEP, LEAST_TILES = 40.0, 8
"""Sharpness is measured at edges as steep as this, in so many tiles at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """How the scene looks in one light: its edges, and how sharp each tile is (NaN: unknown)."""

    edges: Edges
    sharpness: Grid


class Placed(NamedTuple):
    """How a picture lies: `alike` is the share of tiles that are where they were.

    `shift` tells of a camera that moved. `sharpness` is a share of what is usual, `agreement` what
    this look alone has in common with any look before, -1 to 1. None where nothing can be told,
    as `alike` is before anything is known.
    """

    alike: float | None = None
    shift: Shift | None = None
    sharpness: float | None = None
    agreement: float | None = None


class Scene:
    """Learns how the scene looks, as long as the picture is in place."""

    def __init__(self, references: Sequence[Reference] = ()) -> None:
        """Go on with what was known."""
        self.references = tuple(references)
        self._now: Edges | None = None
        self._last: Reference | None = None
        self._next: Reference | None = None
        self._proven: Edges | None = None
        self._next_at_s = 0.0
        self._looks, self._learn_at_s, self._creep_at_s = 0, 0.0, 0.0

    def place(self, look: Look, at_s: float) -> Placed:
        """Place a look at a moment (s)."""
        self._now = look.edges if self._now is None else _mixed(self._now, look.edges, FAST)
        self._looks += 1
        placed = self._place(self._now, sharpness_of(look), at_s)
        return placed._replace(agreement=self._agreement(look.edges))

    def learn(self, look: Look, placed: Placed, at_s: float) -> None:
        """Learn from a look that was just placed, if it is in place."""
        in_place = placed.alike is not None and placed.alike >= SURE
        is_first = placed.alike is None and not self.references
        settled = self._looks >= SETTLED_LOOKS and placed.shift is None
        if self._now is not None and settled and (in_place or is_first):
            self._learn(self._now, sharpness_of(look), at_s)
        else:
            self.pass_over()

    def pass_over(self) -> None:
        """Learn nothing from the look that was just placed, nor from those right before it."""
        self._next = None

    @property
    def _known(self) -> tuple[Reference, ...]:
        return self.references if self._last is None else (*self.references, self._last)

    def _agreement(self, now: Edges) -> float | None:
        found = (agreement(now, ref.edges) for ref in self._known)
        return max((one for one in found if one is not None), default=None)

    def _place(self, now: Edges, sharp: Grid, at_s: float) -> Placed:
        known = self._known
        shares = [(share, ref) for ref in known if (share := alike(now, ref.edges)) is not None]
        if not shares:
            return Placed()
        share, best = max(shares, key=lambda one: one[0])
        suspects = [(share, best)] if share < SURE else self._of_old(shares, at_s)
        shift = next((s for one, ref in suspects if (s := _moved(now, ref, one)) is not None), None)
        return Placed(share, shift, _beside(sharp, best.sharpness))

    def _of_old(
        self, shares: list[tuple[float, Reference]], at_s: float
    ) -> list[tuple[float, Reference]]:
        """Return an old reference that a picture in place should still lie on, now and then.

        A mast that leans over a little every day is in place beside yesterday.
        """
        old = [one for one in shares if one[1] is not self._last]
        if not old or at_s < self._creep_at_s:
            return []
        self._creep_at_s = at_s + CREEP_EVERY_S
        share, ref = max(old, key=lambda one: one[0])
        return [(share, ref)] if share < SURE else []

    def _learn(self, now: Edges, sharp: Grid, at_s: float) -> None:
        """Learn what was seen a while ago, if it was in place ever since.

        What is now may be half of a move: it must not vouch for the other half. What is not as it
        was when the one before was learnt is noise or traffic, and no witness.
        """
        before = self._last.sharpness if self._last else sharp
        if self._next is None:
            self._next, self._next_at_s = Reference(now, before), at_s + PROVEN_AFTER_S
        if at_s < self._next_at_s:
            return
        proven, self._proven, self._next = self._proven, self._next.edges, None
        if proven is None:
            return
        seen = steady(self._proven, proven)
        self._last = Reference(seen, _mixed_known(before, sharp, SLOW))
        if at_s < self._learn_at_s:
            return
        self._learn_at_s = at_s + LEARN_EVERY_S
        shares = [alike(now, ref.edges) or 0.0 for ref in self.references]
        if alike(now, seen) is None:
            return
        if not shares or max(shares) < KNOWN:
            self.references = (self._last, *self.references)[:KEPT]
            return
        best = self.references[int(np.argmax(shares))]
        finer = replace(best, sharpness=_mixed_known(best.sharpness, sharp, SLOW))
        rest = (ref for ref in self.references if ref is not best)
        self.references = (finer, *rest)  # the one that was needed last stays longest


def sharpness_of(look: Look) -> Grid:
    """Return how steep the edges of each tile are beside those of a picture a quarter as wide."""
    clear = look.coarse >= STEEP
    return np.where(clear, look.fine / np.maximum(look.coarse, 1), np.nan).astype(np.float32)


def _moved(now: Edges, ref: Reference, share: float) -> Shift | None:
    found = shifted(now, ref.edges)
    if found is None or found.distance < FAR:
        return None
    return found if found.alike >= max(SURE, share + BETTER) else None


def _beside(now: Grid, usual: Grid) -> float | None:
    both = ~np.isnan(now) & ~np.isnan(usual)
    if both.sum() < LEAST_TILES:
        return None
    return float(np.median(now[both] / usual[both]))


def _mixed(before: Grid, new: Grid, weight: float) -> Grid:
    return ((1 - weight) * before + weight * new).astype(np.float32)


def _mixed_known(before: Grid, new: Grid, weight: float) -> Grid:
    mixed = _mixed(before, new, weight)
    return np.where(np.isnan(new), before, np.where(np.isnan(before), new, mixed))
