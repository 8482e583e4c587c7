"""What may be done with the index of a family. Pure."""

from collections.abc import Iterator

import msgspec

from edge.errors import UpdateError
from edge.update.releases import Release, Releases, Withdrawn

EVERYONE = 100


def next_number(index: Releases) -> int:
    """Return a number that was never used: withdrawn releases keep theirs."""
    standing = [release.number for release in index.releases]
    return max([0, *standing, *(gone.number for gone in index.withdrawn)]) + 1


def newest(index: Releases) -> Release | None:
    """Return the last release that stands."""
    return index.releases[-1] if index.releases else None


def found(index: Releases, number: int) -> Release:
    """Return a release that stands. Raises UpdateError."""
    for release in index.releases:
        if release.number == number:
            return release
    known = ", ".join(str(release.number) for release in index.releases) or "none"
    cause = f"Release {number} of {index.family} does not stand."
    raise UpdateError(cause, f"Choose one that does: {known}.")


def added(index: Releases, release: Release, keep: int) -> Releases:
    """Return the index with one more release, and the last few that may still be needed."""
    releases = (*index.releases, release)
    return msgspec.structs.replace(index, releases=kept(releases, keep))


def kept(releases: tuple[Release, ...], keep: int) -> tuple[Release, ...]:
    """Return the last `keep` releases, and more where some boxes would be left without one."""
    whole = (place for place, release in enumerate(releases) if release.share == EVERYONE)
    # The one before the last for everyone is where a rollback leads.
    needed = max([*whole][-2:-1], default=0)
    return releases[min(needed, max(0, len(releases) - keep)) :]


def shared(index: Releases, number: int, share: int) -> Releases:
    """Return the index with another share for one release. Raises UpdateError."""
    old = found(index, number)
    new = msgspec.structs.replace(old, share=share)
    return msgspec.structs.replace(
        index, releases=tuple(new if one is old else one for one in index.releases)
    )


def taken_back(index: Releases, number: int, reason: str) -> Releases:
    """Return the index without a release, which leaves its number and the reason.

    Raises UpdateError when some boxes would have nothing to go back to.
    """
    release = found(index, number)
    releases = tuple(one for one in index.releases if one is not release)
    if not any(one.share == EVERYONE for one in releases):
        cause = f"Without release {number} no release of {index.family} stands for every box."
        raise UpdateError(cause, "Publish a good one first, or give another a share of 100.")
    gone = Withdrawn(number, release.id, reason)
    return msgspec.structs.replace(index, releases=releases, withdrawn=(*index.withdrawn, gone))


def paths(index: Releases) -> Iterator[str]:
    """Yield the target paths that an index names."""
    for release in index.releases:
        yield from (file.path for file in release.files)
        yield from (delta.path for delta in release.deltas)
