"""A box for testers who have no box: our models, throwaway keys, no registry.

Without a registry nothing can be decided, so every passage goes to review: the replay shows
what was seen and read.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from edge.clock import ReplayClock
from edge.config import Access, Box, Config, Keys, Models, Zone
from edge.daemon import wiring
from edge.daemon.pipeline import Pipeline
from edge.feed.outbox import Outbox
from edge.ports import Signer
from edge.record.keys import create_signer, write_private
from edge.registry.cache import AbsentRegistry
from edge.registry.token import new_key

BOX = "replay"
ZONE = Zone(id="replay", pack="nl-ze", start=date(2025, 1, 1))


@dataclass(frozen=True, slots=True)
class ReplayBox:
    """What a replay runs on."""

    pipeline: Pipeline
    clock: ReplayClock
    signer: Signer
    outbox: Outbox


def bare_box(folder: Path, threads: int = 2, start: datetime | None = None) -> ReplayBox:
    """Make a box in a folder of its own."""
    signing, token = folder / "replay.pem", folder / "replay.token"
    write_private(token, new_key().hex().encode())
    config = Config(
        box=Box(id=BOX, state=folder),
        access=Access(registry=folder / "registry.sqlite", token_key=token),
        keys=Keys(signing=signing, platform=folder / "platform.jwk"),
        zones=(ZONE,),
        models=Models(threads=threads),
        sha256=hashlib.sha256(b"").hexdigest(),
    )
    signer = create_signer(signing, BOX)
    outbox = Outbox.open(folder / "outbox.sqlite", BOX)
    clock = ReplayClock(start or datetime.now(UTC))
    absent = AbsentRegistry("this replay was given no registry")
    return ReplayBox(wiring.pipeline(config, clock, absent, signer, outbox), clock, signer, outbox)
