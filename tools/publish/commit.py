"""Publishing what is staged and signed. The timestamp comes last: until then all is as before.

Order: targets, families, snapshot (none of which a box sees yet), then the timestamp. A new root
is seen at once, so it goes after all that is new: where the keys before it signed that as well, no
moment is without a valid state. Where they could not, boxes refuse until both are there. A run
that was killed is made up for by the next one: what was staged still is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Timestamp

from edge.errors import UpdateError
from tools.publish.keys import Signers
from tools.publish.repository import Document, Repository, write_durably
from tools.publish.roles import OFFLINE, ONLINE, ROOT, SNAPSHOT, TIMESTAMP, expiry
from tools.publish.signing import SHOWN, Drafts, in_force, lacks, ready


@dataclass(frozen=True, slots=True)
class Pen:
    """What a command signs with: keys by their id, lifetimes by role where not the usual ones."""

    signers: Signers
    days: Mapping[str, int] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def expires(self, role: str) -> datetime:
        """Return until when what it signs is valid."""
        return expiry(role, self.days, self.now)


def holds_online(repository: Repository, drafts: Drafts, pen: Pen) -> bool:
    """True when the keys given suffice for snapshot and timestamp."""
    root = in_force(repository, drafts, ROOT)
    return root is not None and all(enough(root.signed, role, pen) for role in ONLINE)


def enough(root: Root, role: str, pen: Pen) -> bool:
    """True when the keys given reach the threshold of a role."""
    found = root.get_delegated_role(role)
    return len(set(found.keyids) & pen.signers.keys()) >= found.threshold


def complete(repository: Repository, pen: Pen) -> list[str]:
    """Publish all that is staged; return what. Raises UpdateError where a signature is missing."""
    drafts = repository.all_staged()
    if not drafts:
        raise UpdateError("Nothing is staged.", "`show` tells what is published.")
    if missing := lacks(repository, drafts):
        raise UpdateError(
            f"{next(iter(missing.values()))}; nothing was published.",
            "Let a holder add one with `sign ROLE --key FILE`, then repeat this.",
        )
    return commit(repository, drafts, pen)


def catch_up(repository: Repository, pen: Pen) -> list[str]:
    """Publish what is staged and has its signatures, as a killed run would have; return what."""
    drafts = ready(repository, repository.all_staged())
    if not drafts or not holds_online(repository, drafts, pen):
        return []
    return commit(repository, drafts, pen)


def commit(repository: Repository, drafts: Drafts, pen: Pen) -> list[str]:
    """Publish drafts that have their signatures, with a new snapshot and timestamp.

    Raises UpdateError where an online key is missing.
    """
    refuse_offline(repository, drafts, pen)
    for role, document in drafts.items():
        if role != ROOT:
            write(repository, role, document)
    snapshot = next_snapshot(repository, drafts, pen)
    timestamp = next_timestamp(repository, drafts, snapshot, pen)
    write(repository, SNAPSHOT, snapshot)
    write(repository, TIMESTAMP, timestamp)
    if ROOT in drafts:
        write(repository, ROOT, drafts[ROOT])
    for role in OFFLINE:
        if repository.staged(role) is None:
            repository.unstage(role)
    return [f"{role} version {document.signed.version}" for role, document in drafts.items()]


def write(repository: Repository, role: str, document: Document) -> None:
    """Write a version to its place. Raises UpdateError."""
    write_durably(repository.path(role, document.signed.version), document.to_bytes())


def refuse_offline(repository: Repository, drafts: Drafts, pen: Pen) -> None:
    """Raise UpdateError unless snapshot and timestamp can be signed."""
    root = in_force(repository, drafts, ROOT)
    assert root is not None
    for role in ONLINE:
        if not enough(root.signed, role, pen):
            given = ", ".join(sorted(key[:SHOWN] for key in pen.signers)) or "none"
            cause = f"The key of {role} is not among those given ({given}); nothing was published."
            raise UpdateError(cause, "Give it with --online-key; `show` tells which it is.")


def next_snapshot(repository: Repository, drafts: Drafts, pen: Pen) -> Metadata[Snapshot]:
    """Return the snapshot that names drafts beside what is published."""
    meta = {}
    for role in OFFLINE:
        if role == ROOT:
            continue
        document = in_force(repository, drafts, role)
        assert document is not None
        version = document.signed.version
        content = document.to_bytes() if role in drafts else read(repository, role, version)
        meta[f"{role}.json"] = MetaFile.from_data(version, content, ["sha256"])
    version = repository.version(SNAPSHOT) + 1
    made = Metadata(Snapshot(version=version, expires=pen.expires(SNAPSHOT), meta=meta))
    sign_online(repository, drafts, SNAPSHOT, made, pen)
    return made


def read(repository: Repository, role: str, version: int) -> bytes:
    """Return what is published of a role, byte by byte."""
    return repository.path(role, version).read_bytes()


def next_timestamp(
    repository: Repository, drafts: Drafts, snapshot: Metadata[Snapshot], pen: Pen
) -> Metadata[Timestamp]:
    """Return the timestamp that leads to a snapshot."""
    meta = MetaFile.from_data(snapshot.signed.version, snapshot.to_bytes(), ["sha256"])
    version = repository.version(TIMESTAMP) + 1
    signed = Timestamp(version=version, expires=pen.expires(TIMESTAMP), snapshot_meta=meta)
    made = Metadata(signed)
    sign_online(repository, drafts, TIMESTAMP, made, pen)
    return made


def sign_online(
    repository: Repository, drafts: Drafts, role: str, document: Document, pen: Pen
) -> None:
    """Sign with the keys of the root in force, and of the one before where they are given."""
    roots = [in_force(repository, drafts, ROOT), in_force(repository, {}, ROOT)]
    keys = {key for root in roots if root for key in root.signed.roles[role].keyids}
    for key in sorted(keys & pen.signers.keys()):
        document.sign(pen.signers[key], append=True)
