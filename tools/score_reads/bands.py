"""The bands that figures are broken down by (pure)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tools.score_reads.samples import Sample

Band = Callable[[Sample], str | None]
"""Names the band a sample belongs to, None when nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Bands of a quantity between ascending borders: below the first, ..., from the last on."""

    borders: tuple[float, ...]
    unit: str

    def of(self, value: float) -> str:
        """Name the band of a value."""
        return self.names[sum(value >= border for border in self.borders)]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all bands, lowest first."""
        inner = zip(self.borders, self.borders[1:], strict=False)
        first, last = self.borders[0], self.borders[-1]
        between = [f"{low:g}-{high:g}{self.unit}" for low, high in inner]
        return (f"< {first:g}{self.unit}", *between, f">= {last:g}{self.unit}")


WIDTHS = Steps((20, 40, 60, 80, 100, 130, 170, 230, 300), " px")
LIGHTS = Steps((50, 85, 120, 160), "")
ANGLES = Steps((3, 6, 10, 20), "°")

BREAKDOWNS: Mapping[str, Band] = {
    "country": lambda s: s.plate.country or ("not labelled" if s.plate.text else None),
    "plate width": lambda s: WIDTHS.of(s.width_px),
    "mean grey": lambda s: LIGHTS.of(s.brightness),
    "day or night": lambda s: s.light,
    "turn": lambda s: ANGLES.of(s.angle.turn_deg) if s.angle else None,
    "obliqueness": lambda s: ANGLES.of(s.angle.oblique_deg) if s.angle else None,
    "lines": lambda s: str(s.plate.lines) if s.plate.lines else None,
}
ORDER = (*WIDTHS.names, *LIGHTS.names, *ANGLES.names)


def banded(samples: Sequence[Sample], band: Band) -> dict[str, list[Sample]]:
    """Group samples by band, in the order of the bands; unknown ones are left out."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        name = band(sample)
        if name is not None:
            groups[name].append(sample)
    return {name: groups[name] for name in sorted(groups, key=_rank)}


def _rank(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else -1, name)
