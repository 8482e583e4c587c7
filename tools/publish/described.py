"""A repository in words and in JSON: what is published, what waits, who signs, until when."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from edge.update.releases import FAMILIES, Family, Release, Releases
from tools.publish.family import index_of, published_index
from tools.publish.repository import Document, Repository
from tools.publish.roles import ROLES, delegator_of
from tools.publish.signing import SHOWN, delegation, lacks


def family_of(role: str) -> Family | None:
    """Return the family that a role signs for."""
    return next((family for family in FAMILIES if family == role), None)


def described(repository: Repository, role: str, document: Document) -> Iterator[str]:
    """Yield what a version says, for whoever signs it."""
    signed = document.signed
    yield f"{role} version {signed.version}, valid until {moment(signed.expires)}"
    if family := family_of(role):
        yield from indexed(index_of(repository, family, signed))
    for named in ROLES:
        if delegator_of(named) == role:
            one = signed.get_delegated_role(named)
            ids = ", ".join(key[:SHOWN] for key in one.keyids)
            yield f"  {named}: {one.threshold} of the keys {ids}"


def indexed(index: Releases) -> Iterator[str]:
    """Yield the releases of a family."""
    for one in index.releases:
        size = sum(file.size for file in one.files)
        yield (
            f"  {one.number}  {one.id}  share {one.share}%  {moment(one.released_at)}  "
            f"{len(one.files)} files, {size:,} bytes{came_from(one)}"
        )
    for gone in index.withdrawn:
        yield f"  {gone.number}  {gone.id}  withdrawn: {gone.reason}"
    if not index.releases:
        yield "  no release yet"


def came_from(release: Release) -> str:
    """Return which releases a delta leads from."""
    bases = ", ".join(str(delta.base) for delta in release.deltas)
    return f", delta from {bases}" if bases else ""


def as_text(repository: Repository) -> Iterator[str]:
    """Yield all that is published, and what waits. Raises UpdateError."""
    if repository.exists:
        for role in ROLES:
            yield from described(repository, role, repository.published(role))
    for waits in staged(repository):
        yield (
            f"staged: {waits['role']} version {waits['version']}, "
            f"{waits['signed']} of {waits['needed']} signatures"
        )


def as_json(repository: Repository) -> dict[str, Any]:
    """Return all that is published, and what waits. Raises UpdateError."""
    there = repository.exists
    return {
        "roles": [role_facts(repository, role) for role in ROLES] if there else [],
        "families": [family_facts(repository, family) for family in FAMILIES] if there else [],
        "staged": staged(repository),
    }


def role_facts(repository: Repository, role: str) -> dict[str, Any]:
    """Return who signs for a role, and until when it is valid."""
    signed = repository.published(role).signed
    named = delegation(repository, {}, role).get_delegated_role(role)
    return {
        "role": role,
        "version": signed.version,
        "expires": moment(signed.expires),
        "threshold": named.threshold,
        "keys": list(named.keyids),
    }


def family_facts(repository: Repository, family: Family) -> dict[str, Any]:
    """Return the releases of a family."""
    index = published_index(repository, family)
    return {
        "family": family,
        "releases": [release_facts(one) for one in index.releases],
        "withdrawn": [
            {"number": one.number, "id": one.id, "reason": one.reason} for one in index.withdrawn
        ],
    }


def release_facts(one: Release) -> dict[str, Any]:
    """Return what a release is."""
    return {
        "number": one.number,
        "id": one.id,
        "share": one.share,
        "released_at": moment(one.released_at),
        "content": one.content,
        "files": [file.name for file in one.files],
        "deltas_from": [delta.base for delta in one.deltas],
    }


def staged(repository: Repository) -> list[dict[str, Any]]:
    """Return what waits, with the signatures it has and needs."""
    drafts = repository.all_staged()
    missing = lacks(repository, drafts)
    found = []
    for role, document in drafts.items():
        lack = missing.get(role)
        needed = lack.needed if lack else len(document.signatures)
        signed = lack.signed if lack else needed
        version = document.signed.version
        found.append({"role": role, "version": version, "signed": signed, "needed": needed})
    return found


def moment(at: datetime) -> str:
    """Return a moment as people read it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
