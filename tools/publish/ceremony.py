"""Who may sign what: the first root and targets, and every change of keys after that."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import TypeAlias

from securesystemslib.signer import Key
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Role, Root, Targets

from edge.errors import UpdateError
from edge.update.releases import FAMILIES
from tools.publish.commit import Pen
from tools.publish.family import first_version
from tools.publish.repository import Document, Repository
from tools.publish.roles import ONLINE, ROLES, ROOT, TARGETS, delegator_of
from tools.publish.signing import SHOWN, delegation

Keys: TypeAlias = Mapping[str, Sequence[Key]]
"""The public keys of every role."""
Thresholds: TypeAlias = Mapping[str, int]


def first_drafts(
    repository: Repository, keys: Keys, thresholds: Thresholds, pen: Pen
) -> dict[str, Document]:
    """Return the first version of every offline role; none is signed. Raises UpdateError."""
    refuse_shared_keys(keys)
    for role in ROLES:
        refuse_threshold(role, len(keys[role]), thresholds[role])
    families: dict[str, Document] = {
        family: first_version(repository, family, pen) for family in FAMILIES
    }
    root = first_root(keys, thresholds, pen)
    return {ROOT: root, TARGETS: first_targets(keys, thresholds, pen), **families}


def first_root(keys: Keys, thresholds: Thresholds, pen: Pen) -> Metadata[Root]:
    """Return a root that names the keys of the four top-level roles."""
    top = (ROOT, TARGETS, *ONLINE)
    return Metadata(
        Root(
            1,
            expires=pen.expires(ROOT),
            keys={key.keyid: key for role in top for key in keys[role]},
            roles={role: Role([key.keyid for key in keys[role]], thresholds[role]) for role in top},
        )
    )


def first_targets(keys: Keys, thresholds: Thresholds, pen: Pen) -> Metadata[Targets]:
    """Return targets that vouch for nothing but the keys of the families."""
    roles: dict[str, DelegatedRole] = {
        family: DelegatedRole(
            family,
            [key.keyid for key in keys[family]],
            thresholds[family],
            terminating=True,
            paths=[f"{family}/*"],
        )
        for family in FAMILIES
    }
    known = {key.keyid: key for family in FAMILIES for key in keys[family]}
    delegations = Delegations(known, roles)
    return Metadata(Targets(1, expires=pen.expires(TARGETS), delegations=delegations))


def refuse_shared_keys(keys: Keys) -> None:
    """Raise UpdateError for a key in two roles: who steals it would hold both.

    Snapshot and timestamp are signed on one machine and may share theirs.
    """
    owner: dict[str, str] = {}
    for role in ROLES:
        for key in keys[role]:
            other = owner.setdefault(key.keyid, role)
            if other != role and not {other, role} <= set(ONLINE):
                cause = f"Key {key.keyid[:SHOWN]} was given for {other} and for {role}."
                raise UpdateError(cause, "Make a key of its own for each role.")


def refuse_threshold(role: str, keys: int, threshold: int) -> None:
    """Raise UpdateError for a threshold that nobody, or anybody, reaches."""
    if not 1 <= threshold <= keys:
        cause = f"The threshold of {role} is {threshold}, and it has {keys} keys."
        raise UpdateError(cause, "Give at least one key, and no more signatures than keys.")


def next_draft(repository: Repository, role: str, pen: Pen) -> Document:
    """Return the next version of an offline role with the same content, not signed."""
    document = deepcopy(repository.published(role))
    document.signatures.clear()
    document.signed.version += 1
    document.signed.expires = pen.expires(role)
    return document


def rotated(
    repository: Repository,
    roles: Sequence[str],
    change: Callable[[Root | Targets, str], None],
    pen: Pen,
) -> dict[str, Document]:
    """Return the drafts of a change of keys: who names them, and the roles that sign anew."""
    drafts: dict[str, Document] = {}
    for role in roles:
        above = delegator_of(role)
        for one in (above, role):
            if one not in ONLINE and one not in drafts:
                drafts[one] = next_draft(repository, one, pen)
        change(delegation(repository, drafts, role), role)
    refuse_shared_keys(keys_named(repository, drafts))
    return drafts


def exchanged(
    delegator: Root | Targets,
    role: str,
    added: Sequence[Key],
    removed: Sequence[str],
    threshold: int | None,
) -> None:
    """Change the keys of a role in what names them. Raises UpdateError."""
    named = delegator.get_delegated_role(role)
    for key in added:
        if key.keyid in named.keyids:
            cause = f"Key {key.keyid[:SHOWN]} is a key of {role} already."
            raise UpdateError(cause, "Add a new one; `renew` signs anew and changes no key.")
        delegator.add_key(key, role)
    for given in removed:
        delegator.revoke_key(key_meant(named, given, role), role)
    named.threshold = threshold or named.threshold
    refuse_threshold(role, len(named.keyids), named.threshold)


def key_meant(named: Role, given: str, role: str) -> str:
    """Return the key of a role that an id, or its beginning, means. Raises UpdateError."""
    meant = [key for key in named.keyids if given and key.startswith(given)]
    if len(meant) != 1:
        which = "no" if not meant else "more than one"
        raise UpdateError(
            f"{given[:SHOWN] or 'Nothing'} is {which} key of {role}.",
            f"Its keys are {', '.join(key[:SHOWN] for key in named.keyids)}.",
        )
    return meant[0]


def keys_named(repository: Repository, drafts: Mapping[str, Document]) -> dict[str, list[Key]]:
    """Return the keys of every role, as drafts or what is published name them."""
    found = {}
    for role in ROLES:
        delegator = delegation(repository, drafts, role)
        ids = delegator.get_delegated_role(role).keyids
        found[role] = [delegator.get_key(key) for key in ids]
    return found
