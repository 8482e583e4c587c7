"""Numbers on a command line."""

import math
from typing import Any

import click


class Finite(click.FloatRange):
    """A number in a range; `nan`, which no comparison keeps out of one, and infinity are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - as click has it
        """Return the number. Fails as click does."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number
