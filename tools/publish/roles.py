"""The roles of the repository: who vouches for whom, and for how long. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from edge.update.releases import FAMILIES

ROOT, TARGETS, SNAPSHOT, TIMESTAMP = "root", "targets", "snapshot", "timestamp"
OFFLINE = (ROOT, TARGETS, *FAMILIES)
"""Roles whose holders sign with keys that lie in a safe (or, for the registry, on its host)."""
ONLINE = (SNAPSHOT, TIMESTAMP)
ROLES = (*OFFLINE, *ONLINE)
LIFETIMES: Mapping[str, int] = {
    ROOT: 365,
    TARGETS: 365,
    "registry": 35,
    "packs": 180,
    "models": 180,
    SNAPSHOT: 7,
    TIMESTAMP: 3,
}
"""Days. A box refuses what is older: a registry goes stale within weeks, law and models do not.
The timestamp outlives two failed runs of the daily renewal."""


def delegator_of(role: str) -> str:
    """Return the role that names the keys of a role."""
    return TARGETS if role in FAMILIES else ROOT


def expiry(role: str, days: Mapping[str, int], now: datetime) -> datetime:
    """Return until when what is signed now is valid; `days` overrides lifetimes."""
    length = timedelta(days={**LIFETIMES, **days}[role])
    return (now + length).astimezone(UTC).replace(microsecond=0)
