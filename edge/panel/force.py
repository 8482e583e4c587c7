"""Drawn settings put in force, with what stands on the trail of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.errors import ConfigError
from edge.panel.sessions import Session
from edge.panel.trail import Person, Trail
from edge.settings import Settings

UNDONE = "settings_kept"


@dataclass(frozen=True, slots=True)
class Act:
    """What is done, in the words of the trail."""

    action: str
    details: Mapping[str, str]


def put_in_force(
    settings: Settings, text: str, trail: Trail, who: Session | Person, act: Act
) -> str:
    """Write an act down, then do it; return the new hash.

    Where it cannot be done, that is on the trail too, as `settings_kept`, and ConfigError is
    raised. Raises ReportError where the act cannot be written down: nothing was done.
    """
    trail.write(act.action, who, **act.details)
    try:
        return settings.apply(text, datetime.now(UTC), who.by)
    except ConfigError:
        trail.write(UNDONE, who, instead_of=act.action, **act.details)
        raise
