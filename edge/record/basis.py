"""What a record rests on, by name: the way back from a bad snapshot to all it touched (R000-32).

Pure.
"""

import re
from collections.abc import Iterable, Sequence

from edge.record.message import ModelRef, PackRef, SnapshotRef

DIGITS = re.compile(r"[0-9a-f]{8,64}")
"""As much of a hash as suffices to name it."""


def names(
    registry: SnapshotRef | None, pack: PackRef, models: Sequence[ModelRef], config_sha256: str
) -> tuple[str, ...]:
    """Return the ids and hashes that a record can be found by."""
    snapshot = () if registry is None else (registry.id, registry.sha256)
    hashes = (model.sha256 for model in models)
    return (*snapshot, pack.id, pack.sha256, *hashes, config_sha256)


def rests_on(found: Iterable[str], wanted: str) -> bool:
    """True when one of the names is the wanted one, or a hash that begins with it."""
    digits = wanted.lower()
    is_start = DIGITS.fullmatch(digits) is not None
    return any(name == wanted or (is_start and is_hash(name, digits)) for name in found)


def is_hash(name: str, start: str) -> bool:
    """True for a whole hash that begins so."""
    return len(name) == 64 and name.startswith(start)
