"""What is wrong with a run, each in one sentence; none: it holds (pure)."""

from collections.abc import Iterator

from tools.fleet.figures import Figures
from tools.fleet.plan import Limits
from tools.fleet.scenario import QUIET


def findings(found: Figures, limits: Limits) -> list[str]:
    """Return all that must not be."""
    return [*_records(found), *_refusals(found), *_times(found, limits)]


def _records(found: Figures) -> Iterator[str]:
    if found.lost:
        yield f"{found.lost} of {found.records} records are lost: no box and no platform has them."
    if found.twice:
        yield f"{found.twice} records are stored twice."
    if found.left:
        yield (
            f"{found.left} records have not come home: they still wait in boxes, or at the platform"
            " for one before them."
        )
    if found.strange:
        yield f"{found.strange} records are stored that no box wrote."


def _refusals(found: Figures) -> Iterator[str]:
    for bad in found.poison:
        if bad.refused < bad.sent:
            yield f"Of {bad.sent} bad messages ({bad.sort}) only {bad.refused} were refused."
    if found.poison and found.poisoned:
        yield f"{found.poisoned} records of the box that sends bad messages were stored."
    if sum(found.refused.values()) and not found.poison:
        yield f"{sum(found.refused.values())} good messages were refused."
    if found.cloned and found.cloned not in found.forked:
        yield f"{found.cloned} was cloned, and the platform does not name its fork."
    for box in found.forked:
        if box != found.cloned:
            yield f"{box} is said to be forked, and it was not."
    for box, waiting in found.deaf.items():
        if not waiting:
            yield f"{box} forgot its records though no receipt of its platform came."


def _times(found: Figures, limits: Limits) -> Iterator[str]:
    quiet = found.phase(QUIET)
    if quiet is None or quiet.p99_s is None:
        yield "Nothing was stored while all was quiet: there is no latency to speak of."
    elif quiet.p99_s > limits.p99_s:
        yield (
            f"One record in a hundred took {quiet.p99_s:.2f} s or longer from the box's disk to the"
            f" platform's while all was quiet: more than {limits.p99_s:g} s."
        )
    for phase in found.phases:
        if not phase.was_home:
            yield f"After '{phase.name}' the boxes were not home when waiting for them ended."
        elif phase.home_s is not None and phase.home_s > limits.home_s:
            yield (
                f"After '{phase.name}' it took {phase.home_s:.0f} s until all was home: more than"
                f" {limits.home_s:g} s."
            )
