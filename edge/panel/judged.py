"""How each step of a commissioning comes out (pure): what is not known has failed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.config import Config
from edge.daemon.bulletin import Bulletin
from edge.daemon.shown import Plate, StateHead
from edge.panel.standing import GOOD_SHARE
from edge.panel.walk import Begin, Finding, Result, Shown, Step
from edge.panel.words import percent
from edge.vision.advice import figure
from edge.vision.aim import Light

LEAST_VEHICLES = 10
GOOD_CAPTURE = 0.9
SIGNED_WITHIN = timedelta(seconds=5)
"""So soon what a person did is a record that waits for the platform."""
OF_LAW = {"registry", "keys", "updates"}
"""The alarms that tell of registry, rule packs, models and keys."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a step is judged by; `best` is the plate that was seen best, `agreed` the tick.

    `light_is_tried`: it shines as a person asked, which says nothing of the light sensor.
    """

    state: StateHead
    told: Bulletin
    config: Config
    now: datetime
    clock_trusted: bool
    begun_at: datetime
    best: Plate | None = None
    run: Begin | None = None
    agreed: bool = False
    said: str = ""
    light_is_tried: bool = False


def judge(step: Step, seen: Seen) -> Finding:
    """Return what a step finds at this moment."""
    return _JUDGES[step](seen)


def no_answer() -> Finding:
    """Return the finding while the daemon does not answer, or has told nothing yet."""
    return _failed("daemon_off")


def begin(state: StateHead, told: Bulletin, now: datetime) -> Begin:
    """Return the counts at the beginning of a test run."""
    housing = told.housing
    return Begin(
        at=now,
        daemon_at=told.began_at,
        announced=state.tally.announced,
        settled=state.tally.settled,
        triggers=None if housing is None else housing.triggers,
    )


def _identity(seen: Seen) -> Finding:
    if not (seen.told.clock_trusted and seen.clock_trusted):
        return _failed("clock_do")
    error = seen.told.clock_error_ms
    known = "?" if error is None else f"{error:.0f}"
    return _passed("found_identity", box=seen.config.box.id, error=known)


def _sign(seen: Seen) -> Finding:
    sign = seen.config.camera.sign
    if sign is None:
        return _failed("found_sign_unnamed")
    if not seen.agreed:
        return _failed("found_sign_absent", sign=sign)
    return _passed("found_sign", sign=sign, said=seen.said or "-")


def _camera(seen: Seen) -> Finding:
    if not seen.state.in_force.has_picture:
        return Finding(result=Result.NONE, word="found_foreign")
    if seen.best is None:
        return _failed("found_camera_none")
    shown = tuple(Shown(m.figure, figure(m), m.light.value) for m in seen.best.marks)
    well = seen.best.light is Light.GREEN
    return Finding(
        result=Result.PASSED if well else Result.FAILED,
        word="found_camera" if well else "found_camera_ill",
        figures=shown,
    )


def _road(seen: Seen) -> Finding:
    in_force = seen.state.in_force
    if not in_force.has_picture:
        return Finding(result=Result.NONE, word="found_foreign")
    if in_force.sha256 != seen.config.sha256:
        return _failed("settings_waiting")
    if in_force.region is None or not in_force.lanes:
        return _failed("found_road_none")
    names = ", ".join(lane.name for lane in in_force.lanes)
    return _passed("found_road", names=names)


def _light(seen: Seen) -> Finding:
    housing = seen.told.housing
    if seen.config.firmware is None:
        return Finding(result=Result.NONE, word="found_light_without")
    if housing is None or housing.fault is not None:
        return _failed("found_light_unheard")
    if seen.light_is_tried:
        return _failed("found_light_tried")
    if not housing.illuminator:
        return _failed("found_light_off")
    return _passed("found_light", level=percent(housing.illuminator))


def _law(seen: Seen) -> Finding:
    alarms = sorted(OF_LAW & set(seen.told.alarms))
    if alarms:
        return _failed("found_law_alarm", names=", ".join(alarms))
    as_of = seen.told.vehicles_as_of, seen.told.exemptions_as_of
    ages = [(seen.now - moment).total_seconds() / 3600 for moment in as_of if moment is not None]
    fits = zip(ages, seen.state.max_age_h, strict=False)
    if len(ages) < len(as_of) or not all(0 <= age <= most for age, most in fits):
        return _failed("registry_do")
    return _passed("found_law", hours=f"{max(ages):.0f}")


def _uplink(seen: Seen) -> Finding:
    """What is forgotten has a receipt; so the platform has what was signed before all that waits.

    The beginning of this commissioning is such a record.
    """
    if seen.config.uplink.publisher == "spool":
        return Finding(result=Result.NONE, word="found_uplink_spool")
    burden, told_at = seen.told.burden, seen.told.told_at
    delivered = told_at - timedelta(seconds=burden.waiting_s or 0.0)
    if delivered < seen.begun_at + SIGNED_WITHIN:
        return _failed("found_uplink_not", n=str(burden.waiting))
    return _passed("found_uplink", at=f"{delivered:%Y-%m-%d %H:%M:%SZ}")


def _run(seen: Seen) -> Finding:
    run = seen.run
    if run is None:
        return _failed("found_run_none")
    if run.daemon_at != seen.told.began_at:
        return _failed("found_run_anew")
    announced = seen.state.tally.announced - run.announced
    settled = seen.state.tally.settled - run.settled
    if announced < LEAST_VEHICLES:
        return _failed("found_run_few", n=str(announced), least=str(LEAST_VEHICLES))
    rates = {"n": str(announced), "settled": str(settled), "share": percent(settled / announced)}
    good = settled / announced >= GOOD_SHARE
    captured, judged = _captured(run, seen.told)
    if judged is None:
        return _outcome(good, "found_run", rates)
    rates |= {"captured": str(captured), "judged": str(judged)}
    good = good and judged > 0 and captured / judged >= GOOD_CAPTURE
    return _outcome(good, "found_run_triggers", rates)


def _captured(run: Begin, told: Bulletin) -> tuple[int, int | None]:
    """Return how many triggers became a passage, and of how many; None: nothing triggers."""
    now = None if told.housing is None else told.housing.triggers
    if now is None or run.triggers is None or now.since != run.triggers.since:
        return 0, None
    captured = now.captured - run.triggers.captured
    return captured, captured + now.missed - run.triggers.missed


def _outcome(good: bool, word: str, values: Mapping[str, str]) -> Finding:
    return _passed(word, **values) if good else _failed(word, **values)


def _passed(word: str, **values: str) -> Finding:
    return Finding(result=Result.PASSED, word=word, values=values)


def _failed(word: str, **values: str) -> Finding:
    return Finding(result=Result.FAILED, word=word, values=values)


_JUDGES: dict[Step, Callable[[Seen], Finding]] = {
    Step.IDENTITY: _identity,
    Step.SIGN: _sign,
    Step.CAMERA: _camera,
    Step.ROAD: _road,
    Step.LIGHT: _light,
    Step.LAW: _law,
    Step.UPLINK: _uplink,
    Step.RUN: _run,
}
