"""Conditions of the law on one fully known combination of inputs. Pure.

Days are proleptic Gregorian ordinals here, so that a condition is a comparison of numbers.
"""

from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from edge.access.calendar import anniversary
from edge.types import BodyCode


class Range(NamedTuple):
    """A range of numbers; by default all of them."""

    at_least: float = -inf
    above: float = -inf
    at_most: float = inf
    below: float = inf

    def holds(self, value: float) -> bool:
        """True when the value lies inside."""
        return self.at_least <= value <= self.at_most and self.above < value < self.below

    @property
    def edges(self) -> frozenset[int]:
        """The finite bounds: an answer can change only beside one of them."""
        return frozenset(int(bound) for bound in self if abs(bound) != inf)


ANY = Range()


class Signs(NamedTuple):
    """What a plate itself tells of its vehicle: `foreign` to the law, of an `oldtimer`."""

    foreign: bool = False
    oldtimer: bool = False


NO_SIGNS = Signs()


class Point(NamedTuple):
    """One fully known combination of inputs, on the axes that the tables speak of.

    What follows `codes` is the same for all combinations of a vehicle: the open questions of
    the law ask for it. `unknown` names the inputs that the register does not hold.
    """

    group: str
    category: str
    day: int
    first: int
    energy: str
    norm: int
    power: float
    codes: frozenset[BodyCode]
    reference_mass: float | None = None
    fuels: frozenset[str] = frozenset()
    signs: Signs = NO_SIGNS
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """When a row speaks; what is left out does not matter to it."""

    groups: frozenset[str] | None = None
    categories: tuple[str, ...] = ()
    day: Range = ANY
    first: Range = ANY
    energies: frozenset[str] | None = None
    norm: Range = ANY
    power: Range = ANY
    codes: frozenset[BodyCode] | None = None
    younger_than: int | None = None
    years_old: int | None = None

    def holds(self, at: Point) -> bool:
        """True when every part of the condition is met."""
        return (
            (self.groups is None or at.group in self.groups)
            and (self.energies is None or at.energy in self.energies)
            and (self.day is ANY or self.day.holds(at.day))
            and (self.first is ANY or self.first.holds(at.first))
            and (self.norm is ANY or self.norm.holds(at.norm))
            and (self.power is ANY or self.power.holds(at.power))
            and (not self.categories or at.category.startswith(self.categories))
            and (self.codes is None or not self.codes.isdisjoint(at.codes))
            and (self.younger_than is None or at.day < anniversary(at.first, self.younger_than))
            and (self.years_old is None or at.day >= anniversary(at.first, self.years_old))
        )


@dataclass(frozen=True, slots=True)
class Touch:
    """Where an open question of the law matters: a condition, and what only questions ask."""

    when: Condition
    reference_mass: Range = ANY
    fuels: frozenset[str] | None = None
    signs: Signs = NO_SIGNS
    unknown: frozenset[str] = frozenset()

    def holds(self, at: Point) -> bool:
        """True when the question touches a combination; an unknown mass lies nowhere."""
        mass, signs = at.reference_mass, self.signs
        return (
            self.unknown <= at.unknown
            and (self.fuels is None or not self.fuels.isdisjoint(at.fuels))
            and at.signs.foreign >= signs.foreign
            and at.signs.oldtimer >= signs.oldtimer
            and (
                self.reference_mass is ANY or (mass is not None and self.reference_mass.holds(mass))
            )
            and self.when.holds(at)
        )
