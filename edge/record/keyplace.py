"""Where the signing key of a box is, and the one that comes after it.

A file (`box.pem`, and `box.pem.next` beside it), a credential likewise, or behind a program.
"""

from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import OKPKey

from edge.record.envelope import ALGORITHM
from edge.record.keyfile import (
    MAKE_ONE,
    PRIVATE_MODE,
    PUBLIC_MODE,
    fail,
    is_credential,
    locked,
    replace,
    take_over,
)
from edge.record.keys import create_signer, load_signer, text_of
from edge.record.signer import OwnSigner
from edge.record.signer_command import CommandSigner

NEXT = ".next"
BY_HAND = (
    "Give the new key beside the old one (a second credential NAME.next, or next_signer_command)"
    " and start the daemon again: deploy/KEYS.md."
)


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """The signing key of one box: `signing` is a file, else `command` signs."""

    box: str
    signing: Path | None
    command: tuple[str, ...] = ()
    next_command: tuple[str, ...] = ()

    def load(self) -> OwnSigner:
        """Open the key that is there. Raises KeyFileError."""
        if self.signing is not None:
            return load_signer(self.signing)
        if not self.command:
            fail("The configuration names no signing key.", "Set keys.signing.")
        return CommandSigner(self.command)

    def load_next(self) -> OwnSigner | None:
        """Open the key that comes after it; None where there is none. Raises KeyFileError."""
        if self.next_path is not None:
            return load_signer(self.next_path) if self.next_path.exists() else None
        return CommandSigner(self.next_command) if self.next_command else None

    @property
    def next_path(self) -> Path | None:
        """Where the next key lies, if it is a file."""
        return None if self.signing is None else self.signing.with_name(self.signing.name + NEXT)

    @property
    def is_changeable(self) -> bool:
        """True where the box itself can put a new key in the place of the old one."""
        return self.signing is not None and not is_credential(self.signing)

    def has_next(self) -> bool:
        """True when a next key lies there as a file: a look that costs nothing."""
        return self.next_path is not None and self.next_path.exists()

    def create(self) -> OwnSigner:
        """Make the first key of the box, if there is none. Raises KeyFileError."""
        if self.signing is None or self.signing.exists():
            return self.load()
        if not self.is_changeable:
            fail(f"There is no credential {self.signing.name}.", MAKE_ONE)
        return create_signer(self.signing, self.box)

    def create_next(self) -> OwnSigner:
        """Make the next key, if there is none; it is its owner's who owns the old one.

        Raises KeyFileError where the box cannot change its key by itself.
        """
        found = self.load_next()
        if found is not None:
            return found
        if self.signing is None or self.next_path is None or not self.is_changeable:
            fail("The box cannot change this key by itself.", BY_HAND)
        with locked(self.signing.parent):  # two orders at once must not make two keys
            if not self.next_path.exists():
                key = OKPKey.generate_key(ALGORITHM, auto_kid=False)
                replace(self.next_path, key.as_pem(private=True), PRIVATE_MODE, like=self.signing)
            return load_signer(self.next_path)

    def settle(self) -> None:
        """Put the next key in the place of the old one, which is destroyed: it signs no more.

        Does nothing where only a maintainer can. Raises KeyFileError.
        """
        if self.signing is None or self.next_path is None or not self.is_changeable:
            return
        public = load_signer(self.next_path).public(self.box)
        take_over(self.next_path, self.signing)
        shown = self.signing.with_suffix(".jwk")
        if shown.exists():
            replace(shown, text_of(public), PUBLIC_MODE, like=shown)
