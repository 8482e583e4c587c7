"""Who is logged in: kept in memory alone, so a session that ended is dead, and so is a restart's.

The cookie is 256 random bits; what is kept of it is its hash.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

IDLE_S, LONGEST_S = 20 * 60.0, 4 * 3600.0
MOST = 8
TOKEN_BYTES, NAME_DIGITS = 32, 8


@dataclass(slots=True)
class Session:
    """One login: `by` is `password` or `token:NAME`; `name` is what the audit trail calls it."""

    name: str
    by: str
    csrf: str
    ends_s: float
    used_s: float
    watched_s: float | None = None


class Sessions:
    """The sessions that are alive."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with none."""
        self._monotonic = monotonic
        self._alive: dict[str, Session] = {}

    def begin(self, by: str) -> tuple[str, Session]:
        """Return a new cookie and its session; of too many the one least used ends."""
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._monotonic()
        key = _key(token)
        csrf = secrets.token_urlsafe(TOKEN_BYTES)
        session = Session(key[:NAME_DIGITS], by, csrf, now + LONGEST_S, now)
        self._alive[key] = session
        self._sweep(now)
        return token, session

    def find(self, token: str | None) -> Session | None:
        """Return the session of a cookie, which is used by this; None when there is none alive."""
        now = self._monotonic()
        self._sweep(now)
        session = self._alive.get(_key(token)) if token else None
        if session is not None:
            session.used_s = now
        return session

    def is_alive(self, session: Session) -> bool:
        """True while a session has not ended; asking does not use it."""
        self._sweep(self._monotonic())
        return any(alive is session for alive in self._alive.values())

    def end(self, token: str | None) -> None:
        """End the session of a cookie."""
        self._alive.pop(_key(token or ""), None)

    def _sweep(self, now: float) -> None:
        over = [k for k, s in self._alive.items() if now > s.ends_s or now - s.used_s > IDLE_S]
        for key in over:
            del self._alive[key]
        while len(self._alive) > MOST:
            del self._alive[min(self._alive, key=lambda k: self._alive[k].used_s)]


def is_own(session: Session, csrf: str) -> bool:
    """True when a form was made for this session."""
    return hmac.compare_digest(session.csrf.encode(), csrf.encode("utf-8", "surrogatepass"))


def _key(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
