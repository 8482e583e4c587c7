"""Who signed what, and whether it is enough. No version is published below its threshold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tuf.api.metadata import Root, Targets, VerificationResult

from edge.errors import UpdateError
from tools.publish.keys import Signers
from tools.publish.repository import Document, Repository
from tools.publish.roles import OFFLINE, ROOT, delegator_of

Drafts: TypeAlias = Mapping[str, Document]
"""Versions that are not published yet, by role."""
SHOWN = 8  # characters of a key id


@dataclass(frozen=True, slots=True)
class Lack:
    """A version without the signatures it needs: how many are there, and whose may be added."""

    role: str
    version: int
    signed: int
    needed: int
    open: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one sentence."""
        keys = ", ".join(sorted(key[:SHOWN] for key in self.open)) or "none"
        have = f"has {self.signed} of {self.needed} signatures"
        return f"{self.role} version {self.version} {have} (keys that may still sign: {keys})"


def in_force(repository: Repository, drafts: Drafts, role: str) -> Document | None:
    """Return the draft of a role, else what is published, else None."""
    if role in drafts:
        return drafts[role]
    return repository.published(role) if repository.version(role) else None


def delegation(repository: Repository, drafts: Drafts, role: str) -> Root | Targets:
    """Return what names the keys of a role. Raises UpdateError."""
    found = in_force(repository, drafts, delegator_of(role))
    assert found is not None  # a role is never drafted before the one that names its keys
    delegator: Root | Targets = found.signed
    return delegator


def results(
    repository: Repository, drafts: Drafts, role: str, document: Document
) -> list[VerificationResult]:
    """Return how far every set of keys that must sign a version has done so.

    A root is signed by the keys of the root before it as well.
    """
    judges = [delegation(repository, drafts, role)]
    if role == ROOT and document.signed.version > 1:
        judges.insert(0, repository.root(document.signed.version - 1))
    return [
        judge.get_verification_result(role, document.signed_bytes, document.signatures)
        for judge in judges
    ]


def lack(repository: Repository, drafts: Drafts, role: str, document: Document) -> Lack | None:
    """Return what a version lacks, None where it has every signature it needs."""
    for result in results(repository, drafts, role, document):
        if not result:
            return Lack(
                role,
                document.signed.version,
                len(result.signed),
                result.threshold,
                tuple(result.unsigned),
            )
    return None


def lacks(repository: Repository, drafts: Drafts) -> dict[str, Lack]:
    """Return every role in force that lacks signatures, were these drafts published."""
    found = {}
    for role in OFFLINE:
        document = in_force(repository, drafts, role)
        if document is None or in_force(repository, drafts, delegator_of(role)) is None:
            found[role] = Lack(role, 0, 0, 1, ())
        elif (missing := lack(repository, drafts, role, document)) is not None:
            found[role] = missing
    return found


def ready(repository: Repository, drafts: Drafts) -> dict[str, Document]:
    """Return the drafts that may be published now: signed, as is all that rests on them."""
    chosen = dict(drafts)
    while chosen and (missing := lacks(repository, chosen)):
        role = next(iter(missing))
        # A version that is published stands only under the keys named before.
        fallen = role if role in chosen else delegator_of(role)
        if chosen.pop(fallen, None) is None:
            return {}
    return chosen


def sign_drafts(repository: Repository, drafts: Drafts, signers: Signers) -> set[str]:
    """Sign every draft with the keys that may; return the ids of the keys used."""
    used = (sign_draft(repository, drafts, role, signers) for role in drafts)
    return set().union(*used)


def sign_draft(repository: Repository, drafts: Drafts, role: str, signers: Signers) -> set[str]:
    """Sign one of the drafts with the keys that may; return the ids of the keys used."""
    used: set[str] = set()
    for result in results(repository, drafts, role, drafts[role]):
        for key in sorted(result.unsigned.keys() & signers.keys() - used):
            drafts[role].sign(signers[key], append=True)
            used.add(key)
    return used


def refuse_idle(signers: Signers, used: Iterable[str], asked: str) -> None:
    """Raise UpdateError for a key that was given and may sign nothing of what is asked."""
    if idle := sorted(signers.keys() - set(used)):
        cause = f"Key {idle[0][:SHOWN]} is no key of {asked}."
        raise UpdateError(cause, "`show` tells which keys each role has.")


def key_ids(delegator: Root | Targets, role: str) -> list[str]:
    """Return the ids of the keys of a role."""
    return list(delegator.get_delegated_role(role).keyids)
