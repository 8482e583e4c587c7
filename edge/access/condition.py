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


@dataclass(frozen=True, slots=True)
class Point:
    """One fully known combination of inputs, on the axes that the tables speak of."""

    group: str
    category: str
    day: int
    first: int
    energy: str
    norm: int
    power: float
    codes: frozenset[BodyCode]


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
