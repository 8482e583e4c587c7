"""How a box stands, as cards with a light each (pure): what the status page shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from edge.daemon.bulletin import Bulletin
from edge.daemon.shown import StateHead
from edge.panel.words import Language, ago, long, number, percent, say
from edge.vision.aim import Light

MB = 1_000_000
LATE_S = 86_400.0
FEW_VEHICLES, GOOD_SHARE = 20, 0.8
LITTLE_DISK = 500 * MB
WORST_FIRST = (Light.RED, Light.AMBER, Light.GREEN)


@dataclass(frozen=True, slots=True)
class Card:
    """One thing: its name, its light, what is so, and what to do; `foreign` is told in English."""

    name: str
    light: Light
    says: str
    todo: str | None = None
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What the panel knows without the daemon: settings on the disk, deeds that wait, the time."""

    now: datetime
    settings_sha256: str | None
    deeds_waiting: int


def cards(state: StateHead | None, around: Around, language: Language) -> tuple[Card, ...]:
    """Return the cards of a box, the worst first; `state` None: its daemon does not answer."""
    if state is None:
        off = say(language, "daemon_off"), say(language, "daemon_off_do")
        return (Card("daemon", Light.RED, *off), _trail(around, language))
    told = state.bulletin
    known = () if told is None else _told(state, told, around, language)
    found = (_daemon(told, around, language), *known, _settings(state, around, language))
    return tuple(sorted(found, key=lambda card: WORST_FIRST.index(card.light)))


def verdict(found: tuple[Card, ...]) -> Light:
    """Return the light of all cards together."""
    return min((card.light for card in found), key=WORST_FIRST.index, default=Light.GREEN)


def _told(state: StateHead, told: Bulletin, around: Around, language: Language) -> Iterator[Card]:
    yield _camera(state, told, language)
    yield _reading(told, around, language)
    if told.last is not None:
        seen = ago(language, (around.now - told.last.seen_at).total_seconds())
        yield Card("last", Light.GREEN, f"{say(language, told.last.outcome)}, {seen}")
    yield _alarms(told, language)
    yield _registry(state, told, around, language)
    yield _backlog(told, language)
    yield _clock(told, language)
    yield from _disk(told, language)
    yield _trail(around, language)


def _daemon(told: Bulletin | None, around: Around, language: Language) -> Card:
    if told is None:
        return Card("daemon", Light.AMBER, say(language, "daemon_young"))
    since = long(language, (around.now - told.began_at).total_seconds())
    return Card("daemon", Light.GREEN, say(language, "daemon_since", ago=since))


def _camera(state: StateHead, told: Bulletin, language: Language) -> Card:
    if not state.in_force.has_picture:
        refused = told.messages_refused
        light = Light.AMBER if refused else Light.GREEN
        return Card("camera", light, say(language, "camera_foreign", refused=refused))
    if told.frames_per_s == 0:
        none = say(language, "camera_none"), say(language, "camera_none_do")
        return Card("camera", Light.RED, *none)
    if told.frames_per_s is None:
        return Card("camera", Light.GREEN, say(language, "daemon_young"))
    return Card(
        "camera",
        Light.GREEN,
        say(language, "camera_rate", rate=number(language, told.frames_per_s)),
    )


def _reading(told: Bulletin, around: Around, language: Language) -> Card:
    reads = told.reads
    if reads is None or reads.day != around.now.date() or not reads.announced:
        return Card("reading", Light.GREEN, say(language, "reading_none"))
    share = reads.settled / reads.announced
    says = say(
        language,
        "reading_share",
        settled=reads.settled,
        announced=reads.announced,
        share=percent(share),
    )
    if reads.announced >= FEW_VEHICLES and share < GOOD_SHARE:
        return Card("reading", Light.AMBER, says, say(language, "reading_do"))
    return Card("reading", Light.GREEN, says)


def _alarms(told: Bulletin, language: Language) -> Card:
    if not told.alarms:
        return Card("alarms", Light.GREEN, say(language, "alarms_none"))
    causes = tuple(f"{name}: {cause}" for name, cause in sorted(told.alarms.items()))
    says = say(language, "alarms_some", n=len(causes))
    return Card("alarms", Light.RED, says, foreign=causes)


def _registry(state: StateHead, told: Bulletin, around: Around, language: Language) -> Card:
    if told.vehicles_as_of is None or told.exemptions_as_of is None:
        none = say(language, "registry_none"), say(language, "registry_do")
        return Card("registry", Light.RED, *none)
    as_of = told.vehicles_as_of, told.exemptions_as_of
    ages = [(around.now - moment).total_seconds() / 3600 for moment in as_of]
    says = say(language, "registry_age", hours=round(max(ages)))
    old = any(age > most or age < 0 for age, most in zip(ages, state.max_age_h, strict=True))
    if old:
        return Card("registry", Light.RED, says, say(language, "registry_do"))
    return Card("registry", Light.GREEN, says)


def _backlog(told: Bulletin, language: Language) -> Card:
    burden = told.burden
    if not burden.waiting or burden.waiting_s is None:
        return Card("backlog", Light.GREEN, say(language, "backlog_none"))
    oldest = long(language, burden.waiting_s)
    says = say(language, "backlog_some", n=burden.waiting, ago=oldest)
    if burden.waiting_s > LATE_S:
        return Card("backlog", Light.AMBER, says, say(language, "backlog_do"))
    return Card("backlog", Light.GREEN, says)


def _clock(told: Bulletin, language: Language) -> Card:
    if told.clock_trusted:
        return Card("clock", Light.GREEN, say(language, "clock_good"))
    return Card("clock", Light.RED, say(language, "clock_bad"), say(language, "clock_do"))


def _disk(told: Bulletin, language: Language) -> Iterator[Card]:
    free = told.burden.disk_free
    if free is None:
        return
    says = say(language, "disk_free", mb=round(free / MB))
    if free < LITTLE_DISK:
        yield Card("disk", Light.AMBER, says, say(language, "disk_do"))
    else:
        yield Card("disk", Light.GREEN, says)


def _trail(around: Around, language: Language) -> Card:
    if not around.deeds_waiting:
        return Card("trail", Light.GREEN, say(language, "trail_none"))
    says = say(language, "trail_waiting", n=around.deeds_waiting)
    return Card("trail", Light.GREEN, says)


def _settings(state: StateHead, around: Around, language: Language) -> Card:
    if around.settings_sha256 is None:
        return Card("settings", Light.RED, say(language, "settings_broken"))
    if around.settings_sha256 != state.in_force.sha256:
        return Card("settings", Light.AMBER, say(language, "settings_waiting"))
    return Card("settings", Light.GREEN, say(language, "settings_in_force"))
