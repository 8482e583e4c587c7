"""The keys that a receiver knows: those of the register, and those that rotations brought in."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from edge.record.envelope import Keyring, TrustedKey
from edge.record.rotation import followed


class Keys:
    """What was followed so far; found anew in the records when the register changes."""

    def __init__(self) -> None:
        """Know no key yet."""
        self._register: Keyring | None = None
        self._known: Mapping[str, TrustedKey] = {}
        self._boxes: frozenset[str] = frozenset()

    @property
    def known(self) -> Keyring:
        """All keys that are known, of the register that was asked last."""
        return self._known

    @property
    def boxes(self) -> frozenset[str]:
        """The boxes that have a key; counted once, for a register may name a hundred thousand."""
        return self._boxes

    def of(self, register: Keyring) -> Keyring:
        """Return the keys of a register, and what rotations brought in under that very register."""
        if register is not self._register:
            self._register = register
            self._know(dict(register))
        return self._known

    def follow(self, records: Iterable[tuple[bytes, datetime]]) -> Keyring:
        """Take up the keys that the rotations among records bring in; return all that is known."""
        self._know(followed(records, self._known))
        return self._known

    def _know(self, keys: Mapping[str, TrustedKey]) -> None:
        self._known = keys
        self._boxes = frozenset(key.box for key in keys.values() if key.box is not None)
