"""`anpr-edge status`: how a box stands, on one screen."""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import click
import msgspec

from edge.cli.looks import MB, Item, ages, casebook, disk, looked, show, updates
from edge.cli.plainly import age_words
from edge.cli.sealed import as_service
from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, Config, load
from edge.daemon import wiring
from edge.daemon.body import COOL
from edge.daemon.bulletin import Bulletin, HousingTold, TuningTold, read_bulletin
from edge.daemon.eyesight import REMEDY as LOOK_AT_CAMERA
from edge.daemon.late import LATE
from edge.daemon.silence import REMEDY as NO_PICTURE
from edge.daemon.storeroom import REMEDY, STORAGE
from edge.feed.opening import is_taken
from edge.types import ClockReading
from edge.witness import REMEDY as WITNESS

SILENT = timedelta(minutes=3)
"""A daemon tells how it stands once a minute at least."""
WAITS = {"mqtt": timedelta(days=1), "spool": LATE}
"""What waits longer than so long is for a person to look at; a stick may well come once a week."""
START = "Start `anpr-edge run`, or the service that does. Its log says why it ended."
AGAIN = "Look at its log, then at the camera; start it again."
IN_LOG = "The log says more: journalctl -u anpr-run."
SYNC = "Let it reach a time server: until then nobody is accused."
UPLINK = "Look at the log of the uplink: `anpr-edge uplink --once` tries now."
DEVICE = "Look at `systemctl status anpr-firmware`, then at the cable and power of the device."
LOOK_AT_BOX = "If nobody of yours is at the box, send somebody."
UNTOLD = "The daemon has told nothing yet"


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@as_service
def status(config: Path, as_json: bool) -> None:
    """Tell how this box stands: what works, since when, what waits, what is wrong.

    Works beside the daemon, and shows no plate. Exit status: 0 fine, 1 something needs a look.
    `check` proves more, and takes longer.
    """
    sys.exit(0 if show(standing(load(config)), as_json) else 1)


def standing(config: Config) -> Iterator[Item]:
    """Look at one thing after another."""
    now, told = wiring.clock(config, SystemClock()).read(), read_bulletin(config.box.state)
    looks: list[tuple[str, Callable[[], Item]]] = [
        ("daemon", partial(_daemon, config, told, now.now)),
        ("camera", partial(_camera, config, told)),
        *_of_tuning(told),
        *_of_device(config, told),
        *([] if config.external else [("eyesight", partial(_eyesight, told))]),
        ("last passage", partial(_passage, told, now.now)),
        ("reading", partial(_reading, told, now.now)),
        ("backlog", partial(_backlog, config, now.now)),
        ("casebook", partial(casebook, config)),
        ("registry", partial(_registry, config, told, now.now)),
        ("updates", partial(updates, config, now.now)),
        ("clock", partial(_clock, now)),
        ("state", partial(_disk, config, told)),
        ("body", partial(_body, told)),
        ("alarms", partial(_alarms, told)),
    ]
    for name, look in looks:
        yield looked(name, look)


def _daemon(config: Config, told: Bulletin | None, now: datetime) -> Item:
    if not is_taken(config.box.state / wiring.OUTBOX):
        last = "" if told is None else f" It was, {age_words(now - told.told_at)} ago."
        return Item("daemon", f"The daemon is not running.{last}", START)
    if told is None:
        return Item("daemon", "at work, and has told nothing yet")
    times = {"began_at": told.began_at.isoformat(), "told_at": told.told_at.isoformat()}
    if now - told.told_at > SILENT:
        says = f"The daemon has told nothing for {age_words(now - told.told_at)}."
        return Item("daemon", says, AGAIN, times)
    says = f"at work since {_moment(told.began_at)}, for {age_words(now - told.began_at)}"
    return Item("daemon", says, figures=times)


def _camera(config: Config, told: Bulletin | None) -> Item:
    if told is None:
        return Item("camera", UNTOLD, known=False)
    if config.external is not None:
        says = f"{config.external.product} pushes; {told.messages_refused} messages were refused"
        return Item("camera", says, figures={"messages_refused": told.messages_refused})
    rate = told.frames_per_s
    figures = {"frames": told.frames, "per_s": rate, "dropped": told.frames_dropped}
    figures["rested"] = told.frames_rested
    says = f"{told.frames} frames looked at, {told.frames_rested} of them still and not searched"
    says += f", {told.frames_dropped} dropped for newer ones"
    if rate is None:
        return Item("camera", says, figures=figures)
    return Item("camera", f"{rate:g} a second, {says}", None if rate else NO_PICTURE, figures)


def _of_tuning(told: Bulletin | None) -> list[tuple[str, Callable[[], Item]]]:
    tuning = None if told is None else told.tuning
    return [] if tuning is None else [("light", partial(_light, tuning))]


def _light(told: TuningTold) -> Item:
    says = f"{told.profile}: shutter {told.shutter_us} us, gain {told.gain:.0%}"
    if told.filter_in is not None:
        says += f", infrared filter {'in' if told.filter_in else 'out'}"
    warnings = tuple(f"the driver takes no {name}: {why}" for name, why in told.refused.items())
    return Item("light", says, figures=msgspec.to_builtins(told), warnings=warnings)


def _eyesight(told: Bulletin | None) -> Item:
    fit = None if told is None else told.burden.fitness
    if fit is None or fit.seeing is None:
        return Item("eyesight", UNTOLD, known=False)
    figures = msgspec.to_builtins(fit.seeing)
    if fit.seeing.faults:
        says = f"The camera is {' and '.join(fit.seeing.faults)}"
        return Item("eyesight", says, LOOK_AT_CAMERA, figures)
    if fit.seeing.in_place is None:
        says = "the camera sees; cannot tell whether it was moved"
        return Item("eyesight", says, figures=figures)
    return Item("eyesight", "the camera sees, and looks where it always looked", figures=figures)


def _of_device(config: Config, told: Bulletin | None) -> list[tuple[str, Callable[[], Item]]]:
    if config.firmware is None:
        return []
    return [
        ("housing", partial(_housing, None if told is None else told.housing)),
        ("triggers", partial(_triggers, None if told is None else told.housing)),
    ]


def _housing(told: HousingTold | None) -> Item:
    if told is None:
        return Item("housing", UNTOLD, START)
    figures = msgspec.to_builtins(told)
    del figures["triggers"]
    if told.fault is not None:
        return Item("housing", f"The device is not heard. {told.fault}", DEVICE, figures)
    measured = (
        *((told.temperature_c, "{:.1f} °C"), (told.humidity, "{:.0%} humid")),
        *((told.supply_v, "{:.1f} V"), (told.illuminance_lx, "{:.0f} lx outside")),
        (told.illuminator, "light at {:.0%}"),
    )
    says = ", ".join(form.format(value) for value, form in measured if value is not None)
    reporting = [name for name, reports in told.contacts.items() if reports]
    if reporting:
        return Item("housing", f"{', '.join(reporting)} reports; {says}", LOOK_AT_BOX, figures)
    return Item("housing", f"nothing is open or moved; {says}", figures=figures)


def _triggers(told: HousingTold | None) -> Item:
    counts = None if told is None else told.triggers
    if counts is None:
        return Item("triggers", "nothing triggers this box")
    judged = counts.captured + counts.missed
    share = f"{counts.captured / judged:.0%} became a passage" if judged else "none is judged yet"
    says = (
        f"{counts.triggers} since {_moment(counts.since)}, {share}; {counts.missed} never did,"
        f" {counts.untriggered} passages came without one"
    )
    return Item("triggers", says, figures=msgspec.to_builtins(counts))


def _passage(told: Bulletin | None, now: datetime) -> Item:
    last = None if told is None else told.last
    if last is None:
        return Item("last passage", "none that the daemon told of")
    figures = {"seen_at": last.seen_at.isoformat(), "outcome": last.outcome}
    says = f"{last.outcome}, {_moment(last.seen_at)}, {age_words(now - last.seen_at)} ago"
    return Item("last passage", says, figures=figures)


def _reading(told: Bulletin | None, now: datetime) -> Item:
    reads = None if told is None else told.reads
    if reads is None or reads.day != now.date() or not reads.announced:
        return Item("reading", "no vehicle yet today (UTC)")
    share = reads.settled / reads.announced
    says = f"{reads.settled} of {reads.announced} plates settled today (UTC), {share:.0%}"
    return Item("reading", says, figures={"announced": reads.announced, "settled": reads.settled})


def _backlog(config: Config, now: datetime) -> Item:
    with wiring.attached_outbox(config) as outbox:
        found = outbox.backlog()
    figures = {"records": found.records, "bytes": found.size_bytes, "dropped": found.dropped}
    gone = f"; {found.dropped} were dropped, ever" if found.dropped else ""
    if found.oldest_at is None:
        return Item("backlog", f"every record is at the platform{gone}", figures=figures)
    age = max(now - found.oldest_at, timedelta())
    size = f"{found.size_bytes / MB:.1f} MB"
    says = f"{found.records} records wait ({size}), the oldest for {age_words(age)}{gone}"
    figures["oldest_s"] = round(age.total_seconds())
    return Item("backlog", says, UPLINK if age > WAITS[config.uplink.publisher] else None, figures)


def _registry(config: Config, told: Bulletin | None, now: datetime) -> Item:
    if told is None:
        return Item("registry", UNTOLD, known=False)
    if told.vehicles_as_of is None or told.exemptions_as_of is None:
        remedy = "Bring the box a registry: until then passages go to review."
        return Item("registry", "No registry answers", remedy)
    return ages(config, now, (told.vehicles_as_of, told.exemptions_as_of))


def _clock(now: ClockReading) -> Item:
    error = "" if now.error_ms is None else f", off by {now.error_ms:.0f} ms at most"
    figures = {"trusted": now.trusted, "error_ms": now.error_ms}
    if now.trusted:
        return Item("clock", f"{_moment(now.now)}{error}", figures=figures)
    why, remedy = (f": {now.doubt}", WITNESS) if now.doubt else ("", SYNC)
    return Item("clock", f"{_moment(now.now)}, which cannot be trusted{why}", remedy, figures)


def _body(told: Bulletin | None) -> Item:
    fit = None if told is None else told.burden.fitness
    if fit is None:
        return Item("body", UNTOLD, known=False)
    heat = "" if fit.temperature_c is None else f"{fit.temperature_c:.0f} degrees, "
    figures = msgspec.to_builtins(fit)
    if fit.slowed is None:
        return Item("body", f"{heat}looks at all frames that it has time for", figures=figures)
    rate, of, why = fit.slowed.frames_per_s, fit.slowed.of_per_s, ", ".join(fit.slowed.reasons)
    return Item("body", f"{heat}looks at {rate:g} of {of:g} frames a second: {why}", COOL, figures)


def _written(told: Bulletin | None) -> str:
    fit = None if told is None else told.burden.fitness
    if fit is None or fit.written_day is None:
        return ""
    used = "" if fit.life_used_percent is None else f", {fit.life_used_percent} % of its life used"
    return f", {fit.written_day / MB:.0f} MB written in the last day{used}"


def _disk(config: Config, told: Bulletin | None) -> Item:
    found = disk(config)
    free = found.figures.get("disk_free")
    if found.remedy is not None or free is None:
        return found
    return Item("state", f"{free / MB:.0f} MB free{_written(told)}", figures=found.figures)


def _alarms(told: Bulletin | None) -> Item:
    if told is None:
        return Item("alarms", UNTOLD, known=False)
    if not told.alarms:
        return Item("alarms", "none is open", figures={"open": {}})
    says = " ".join(f"{name}: {cause}" for name, cause in told.alarms.items())
    remedies = {name: told.remedies.get(name, IN_LOG) for name in told.alarms}
    if STORAGE in remedies:
        remedies[STORAGE] = REMEDY
    if len(remedies) == 1:
        (remedy,) = remedies.values()
    else:
        remedy = " ".join(f"{name}: {words}" for name, words in remedies.items())
    return Item("alarms", says, remedy, {"open": told.alarms})


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
